package fault

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"regexp"
	"strconv"
	"testing"
)

// declared reads the codes from the source, so that a new one cannot be forgotten below.
func declared(t *testing.T) map[string]Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "fault.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]Code{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != "Code" {
			return true
		}
		for i, name := range spec.Names {
			value, err := strconv.Unquote(spec.Values[i].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			codes[name.Name] = Code(value)
		}
		return true
	})
	if len(codes) == 0 {
		t.Fatal("no codes found in fault.go")
	}
	return codes
}

func TestEveryCodeHasAStatusAndAWireName(t *testing.T) {
	codes := declared(t)
	snake := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	seen := map[Code]string{}
	for name, code := range codes {
		if status, ok := statuses[code]; !ok || status < 400 || status > 599 {
			t.Errorf("%s has status %d", name, status)
		}
		if !snake.MatchString(string(code)) {
			t.Errorf("%s is %q on the wire", name, code)
		}
		if other := seen[code]; other != "" {
			t.Errorf("%s and %s are both %q", name, other, code)
		}
		seen[code] = name
	}
	for code := range statuses {
		if seen[code] == "" {
			t.Errorf("there is a status for %q, which is no code", code)
		}
	}
}

func TestUnknownCodeIsOurMistake(t *testing.T) {
	if got := Code("made_up").Status(); got != 500 {
		t.Errorf("status %d", got)
	}
	if got := Overloaded.Status(); got != 503 {
		t.Errorf("status of %s is %d", Overloaded, got)
	}
}

func TestFromFindsTheFaultInAChain(t *testing.T) {
	f := Field(InvalidField, "limit", "limit is at most %d.", 1000)
	if got := From(fmt.Errorf("list: %w", errors.Join(io.EOF, f))); got != f {
		t.Errorf("got %v", got)
	}
}

func TestFromHidesOtherErrorsBehindInternal(t *testing.T) {
	got := From(io.ErrUnexpectedEOF)
	if got.Code != Internal || got.Message == "" || !errors.Is(got, io.ErrUnexpectedEOF) {
		t.Errorf("got %+v", got)
	}
	if regexp.MustCompile(io.ErrUnexpectedEOF.Error()).MatchString(got.Message) {
		t.Errorf("the message tells the cause: %s", got.Message)
	}
}

func TestErrorTellsEverythingToTheLog(t *testing.T) {
	for _, c := range []struct {
		fault *Error
		want  string
	}{
		{New(NotFound, "No %s.", "lead"), "not_found: No lead."},
		{Field(MissingField, "email", "Needed."), "missing_field: Needed. (email)"},
		{Wrap(DataCorrupt, io.EOF, "Cannot be read."), "data_corrupt: Cannot be read.: EOF"},
		{&Error{Code: Conflict, Message: "No.", Field: "status", Cause: io.EOF}, "conflict: No. (status): EOF"},
	} {
		if got := c.fault.Error(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestUnwrapReturnsTheCause(t *testing.T) {
	if got := Wrap(Internal, io.EOF, "x").Unwrap(); got != io.EOF {
		t.Errorf("got %v", got)
	}
	if got := New(Internal, "x").Unwrap(); got != nil {
		t.Errorf("got %v", got)
	}
}
