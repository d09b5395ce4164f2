package api

import (
	"time"

	"footfall/access"
	"footfall/catalog"
	"footfall/fault"
	"footfall/ingest"
)

// States of an installation.
const (
	waiting  = "waiting"  // nothing has come yet
	problems = "problems" // something was refused of late, or nothing comes any more
	fine     = "ok"
)

const (
	rejectsFor  = 7 * 24 * time.Hour // that an installation tells of
	lateRejects = 24 * time.Hour     // which are a problem
	silentFor   = 7 * 24 * time.Hour // which is one too
)

type installationView struct {
	Site     uint32             `json:"site_id"`
	State    string             `json:"state"`
	Problems []string           `json:"problems"` // what to do, plain sentences
	First    *time.Time         `json:"first_event"`
	Last     *time.Time         `json:"last_event"`
	Origins  []originView       `json:"origins"`
	Keys     []writeKeyView     `json:"write_keys"`
	Rejects  []ingest.RejectSum `json:"rejects"` // by code, of the last seven days
	Since    time.Time          `json:"rejects_since"`
	All      bool               `json:"rejects_complete"` // else there were more than are kept
}

type originView struct {
	ingest.SeenOrigin
	Allowed bool `json:"allowed"`
}

type writeKeyView struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	LastUsed *time.Time `json:"last_used_at"`
}

// installation answers GET /v1/sites/{id}/installation.
func (a *API) installation(c *call) (any, error) {
	site, err := a.siteOfPath(c)
	if err == nil {
		err = c.whole()
	}
	if err != nil {
		return nil, err
	}
	now := a.o.Now().UTC()
	i, err := a.o.Ingest.Installation(site.ID)
	if err != nil {
		return nil, err
	}
	v := installationView{
		Site: site.ID, First: knownTime(i.First), Last: knownTime(i.Last), Origins: []originView{}, Keys: []writeKeyView{},
		Since: now.Add(-rejectsFor).Truncate(time.Millisecond),
	}
	if v.Rejects, v.All, err = a.o.Ingest.RejectSums(site.ID, v.Since); err != nil {
		return nil, err
	}
	for _, o := range i.Origins {
		v.Origins = append(v.Origins, originView{o, site.Allows(o.Origin)})
	}
	for _, k := range a.o.Access.Keys() {
		if k.Kind == access.KindWrite && k.Site == site.ID {
			v.Keys = append(v.Keys, writeKeyView{k.ID, k.Name, knownTime(k.Last)})
		}
	}
	v.judge(site, now)
	return v, nil
}

// judge says how the installation is, and what to do about it.
func (v *installationView) judge(site *catalog.Site, now time.Time) {
	v.State, v.Problems = fine, []string{}
	problem := func(what string) { v.State, v.Problems = problems, append(v.Problems, what) }
	for _, r := range v.Rejects {
		if now.Sub(r.Last) <= lateRejects && r.Code != fault.Erased {
			problem(r.Fix)
		}
	}
	switch {
	case v.Last == nil && len(v.Rejects) == 0:
		v.State = waiting
		v.Problems = append(v.Problems, "No event has come yet: paste the snippet with a write key of this site into the page and open it.")
	case v.Last == nil:
		problem("No event was accepted yet.")
	case now.Sub(*v.Last) > silentFor:
		problem("No event has come for a week: check that the snippet is still in the page, and that its key was not revoked.")
	}
	if len(v.Keys) == 0 {
		problem("The site has no write key: make one.")
	}
}
