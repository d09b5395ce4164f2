package agency

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
)

// Invite makes an admin who may sign in to the dashboard, and says how on the agency's output, last of all, beside the
// address of the site of homes.
func (a *Agency) Invite(ctx context.Context, homes string) error {
	const email = "you@example.com"
	var invite struct{ Token string }
	if err := a.send(ctx, "POST", "/v1/invites", map[string]string{"email": email, "role": "admin", "organization_id": "default"}, &invite); err != nil {
		return err
	}
	password := rand.Text()
	if err := a.accept(ctx, invite.Token, map[string]string{"email": email, "name": "You", "password": password}); err != nil {
		return err
	}
	fmt.Fprintf(a.o.Out, `
The dashboard   %s/app/   sign in as %s with %s
A site of homes %s   walk about there and see yourself arrive

People, past leads and their outcomes are generated, and so are the visitors who come while this runs. The log is a real
web server's; its pages stand for homes. Stop with Ctrl-C.
`, a.o.Footfall, email, password, homes)
	return nil
}

// accept accepts an invite as the page of the server would.
func (a *Agency) accept(ctx context.Context, token string, as map[string]string) error {
	body, err := json.Marshal(as)
	if err != nil {
		return fmt.Errorf("write who accepts an invite: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.o.Footfall+"/v1/invites/"+token+"/accept", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("accept an invite: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", a.o.Footfall)
	return a.do(req, nil)
}
