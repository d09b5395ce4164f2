package leads

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"footfall/catalog"
	"footfall/event"
	"footfall/fault"
	"footfall/scorer"
)

// firstImport is the earliest creation that an import may tell of, 2000-01-01, ms.
const firstImport = 946_684_800_000

// pastLead is a row of an import, read and checked. Its JSON is what makes two rows the same.
type pastLead struct {
	External string
	Form     []Field
	Created  int64 // ms
	DateOnly bool  // it was not said at what hour
	Status   string
	Result   *Result // nil: it has not ended
	Notes    string
	Profile  string
	Listing  string
	Consent  string // empty: the site's default
	Source   Source
	Features map[string]float64
	Viewed   []string
	Deep     []string
}

// rowReader takes the columns of one row in.
type rowReader struct {
	site  *catalog.Site
	past  pastLead
	texts map[string]string // by column, the first that says something
	whole bool              // unknown columns are fields of the form
}

// readPast reads a row of an import. A name that is not known is a field of the form if whole is set, as it is where
// somebody wrote the row for us, and left out of a CRM's export, which has hundreds.
func readPast(site *catalog.Site, fields []Field, whole bool, now int64) (*pastLead, error) {
	r := rowReader{site: site, texts: map[string]string{}, whole: whole}
	r.past.Features = map[string]float64{}
	for _, f := range fields {
		if err := r.take(f); err != nil {
			return nil, err
		}
	}
	for _, step := range []func(now int64) error{r.identity, r.time, r.end, r.place, r.form} {
		if err := step(now); err != nil {
			return nil, err
		}
	}
	return &r.past, nil
}

func (r *rowReader) take(f Field) error {
	value := bytes.TrimSpace(f.Value)
	if len(value) == 0 || string(value) == "null" || string(value) == `""` {
		return nil
	}
	text, isText := f.text()
	if !isText {
		text = string(value)
	}
	target := Column(f.Name)
	switch target {
	case colForm:
		return r.takeForm(value)
	case colViewed, colDeep:
		if value[0] == '[' {
			return r.takeListings(target, value)
		}
		return r.feature(map[string]string{colViewed: "properties_viewed_count", colDeep: "deep_engagement_properties_count"}[target], text)
	case colSource:
		if value[0] == '{' {
			if err := json.Unmarshal(value, &r.past.Source); err != nil {
				return fault.Field(fault.InvalidField, target, "source is a word, or an object such as {\"utm_source\":\"newsletter\"}.")
			}
			return nil
		}
	case "name", "email", "phone", "message", "timeline", "price_range", "city", "address":
		r.past.Form = addField(r.past.Form, target, value)
		return nil
	case "":
		if r.whole && !strings.HasPrefix(f.Name, "_") {
			r.past.Form = addField(r.past.Form, f.Name, value)
		}
		return nil
	}
	for _, name := range scorer.FeatureNames {
		if name == target {
			return r.feature(name, text)
		}
	}
	if r.texts[target] == "" {
		r.texts[target] = strings.TrimSpace(text)
	}
	return nil
}

// addField adds a field unless there is one of that name.
func addField(form []Field, name string, value []byte) []Field {
	for i := range form {
		if form[i].Name == name {
			return form
		}
	}
	return append(form, Field{name, bytes.Clone(value)})
}

// takeForm takes the fields of {"formData":{…}}, in their order.
func (r *rowReader) takeForm(value []byte) error {
	d := json.NewDecoder(bytes.NewReader(value))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return fault.Field(fault.InvalidField, "formData", "formData is an object.")
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return fault.Wrap(fault.InvalidField, err, "formData is not JSON.")
		}
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			return fault.Wrap(fault.InvalidField, err, "formData is not JSON.")
		}
		r.past.Form = addField(r.past.Form, name.(string), v) // the name of a member is a string
	}
	return nil
}

func (r *rowReader) takeListings(target string, value []byte) error {
	var ids []string
	if err := json.Unmarshal(value, &ids); err != nil || len(ids) > 256 {
		return fault.Field(fault.InvalidField, target, "%s is a number, or a list of at most 256 listings.", target)
	}
	for _, id := range ids {
		if len(id) > event.MaxListing || !isText(id) {
			return fault.Field(fault.InvalidField, target, "A listing's id has at most %d bytes of UTF-8 text.", event.MaxListing)
		}
	}
	if target == colViewed {
		r.past.Viewed = ids
		r.past.Features["properties_viewed_count"] = float64(len(ids))
	} else {
		r.past.Deep = ids
		r.past.Features["deep_engagement_properties_count"] = float64(len(ids))
	}
	return nil
}

// feature takes a number, or a truth as tables write it, that is a feature as it stands. A prediction takes what is taken here.
func (r *rowReader) feature(name, text string) error {
	text = strings.TrimSpace(text)
	high, whole := scorer.Feature(slices.Index(scorer.FeatureNames[:], name)).Range()
	kind := "number"
	switch {
	case whole && high == 1:
		kind = "yes, a no, or a whole number"
		switch strings.ToLower(text) {
		case "true", "yes", "t", "y":
			text = "1"
		case "false", "no", "f", "n":
			text = "0"
		}
	case whole:
		kind = "whole number"
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || v < 0 || v > high || whole && v != math.Trunc(v) {
		return fault.Field(fault.InvalidField, name, "%s is a %s from 0 to %g.", name, kind, high)
	}
	r.past.Features[name] = v
	return nil
}

func (r *rowReader) identity(int64) error {
	r.past.External = r.texts[colExternal]
	if len(r.past.External) > 255 || !isText(r.past.External) {
		return fault.Field(fault.InvalidField, colExternal, "external_id has at most 255 bytes of UTF-8 text.")
	}
	name := strings.TrimSpace(r.texts[colFirst] + " " + r.texts[colLast])
	if name != "" {
		value, err := json.Marshal(name)
		if err != nil {
			return fault.Field(fault.InvalidField, "name", "The name is not UTF-8.")
		}
		r.past.Form = addField(r.past.Form, "name", value)
	}
	return nil
}

func (r *rowReader) time(now int64) error {
	text := r.texts[colCreated]
	if text == "" {
		return fault.Field(fault.MissingField, colCreated, "created_at is required: when the lead came in.")
	}
	t, dateOnly, err := parseMoment(colCreated, text, r.site)
	r.past.DateOnly = dateOnly
	if err != nil {
		return err
	}
	if r.past.Created = t.UnixMilli(); r.past.Created < firstImport || r.past.Created > now {
		return fault.Field(fault.InvalidField, colCreated, "created_at lies between 2000-01-01 and now.")
	}
	return nil
}

// end finds out what became of the lead: by our word for it, else by the stage of its deal, else by its own status.
func (r *rowReader) end(now int64) error {
	var text, column string
	for _, column = range []string{colOutcome, colStage, colStatus} {
		if text = r.texts[column]; text != "" {
			break
		}
	}
	r.past.Notes = r.texts[colNotes]
	if text == "" {
		return nil
	}
	s, known := stages[plainName(text)]
	if i, err := statusOf(text); err == nil {
		s, known = i, true
	}
	if !known {
		return fault.Field(fault.InvalidField, column, "%.50q is no stage that is known here. Write one of: %s.", text, strings.Join(statusNames[:], ", "))
	}
	if s < statusNurturing {
		if column == colOutcome {
			return oneOf(column, text, outcomeNames)
		}
		r.past.Status = s.String()
		return nil
	}
	return r.result(s, now)
}

func (r *rowReader) result(s status, now int64) error {
	res := &Result{Outcome: s.String(), Notes: r.past.Notes}
	r.past.Notes = ""
	if loss := r.texts[colLoss]; loss != "" {
		reason, exact := lossOf(loss)
		if res.Loss = reason; !exact {
			res.Notes = strings.TrimSpace(res.Notes + "\n" + loss)
		}
	}
	res.DealValue = strings.NewReplacer("$", "", "€", "", "£", "", ",", "", " ", "").Replace(r.texts[colValue])
	if date := r.texts[colDate]; date != "" {
		t, dateOnly, err := parseMoment(colDate, date, r.site)
		if err != nil {
			return err
		}
		if !dateOnly {
			t = t.In(r.site.Zone())
		}
		res.Date = t.Format(time.DateOnly)
	}
	r.past.Result = res
	_, err := res.decide(r.site, r.past.Created, now)
	return err
}

func (r *rowReader) place(int64) error {
	p := &r.past
	p.Profile, p.Listing, p.Consent = r.texts[colProfile], r.texts[colListing], r.texts[colConsent]
	if p.Consent != "" && p.Consent != catalog.ConsentGranted && p.Consent != catalog.ConsentAnonymous {
		return fault.Field(fault.InvalidField, colConsent, "consent is %s or %s.", catalog.ConsentGranted, catalog.ConsentAnonymous)
	}
	if s := r.texts[colSource]; s != "" {
		p.Source.UTMSource = Text(s)
	}
	for _, id := range []struct {
		field, value string
		limit        int
	}{
		{colProfile, p.Profile, event.MaxProfile}, {colListing, p.Listing, event.MaxListing}, {colSource, string(p.Source.UTMSource), event.MaxProfile},
	} {
		if len(id.value) > id.limit || !isText(id.value) {
			return fault.Field(fault.InvalidField, id.field, "%s has at most %d bytes of UTF-8 text without NUL.", id.field, id.limit)
		}
	}
	return checkNote(colNotes, p.Notes)
}

func (r *rowReader) form(int64) (err error) {
	p := &r.past
	if p.Form, err = cleanForm(p.Form); err != nil {
		return err
	}
	if p.External == "" && countFilled(p.Form) == 0 {
		return fault.Field(fault.MissingField, "formData", "The row has neither an external_id nor a field of a form.")
	}
	return nil
}
