package leads

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"footfall/catalog"
	"footfall/fault"
	"footfall/journal"
	"footfall/learn"
	"footfall/scorer"
	"footfall/sessionize"
	"footfall/store"
)

// ImportAtOnce is how many rows of an import are best given together: they are one write to the disk.
const ImportAtOnce = 200

// Import asks for past leads, with what became of them.
type Import struct {
	Site    *catalog.Site
	By      string // who asks, may be empty
	Profile string // whose leads they must be, "": anybody's
	Whole   bool   // columns that are not known are fields of the form, else they are left out
	Dry     bool   // only say what would happen
}

// What became of a row of an import.
const (
	ImportCreated  = "created"
	ImportUpdated  = "updated" // the lead was there, the outcome is news
	ImportExists   = "exists"  // nothing of it is news
	ImportRejected = "rejected"
)

// ImportResult is what became of one row.
type ImportResult struct {
	ID     string // of the lead, empty if it was rejected
	Status string
	Err    error // why it was rejected, a *fault.Error
}

// Import makes leads of rows, each the columns of one, and returns what became of each once it is on disk. A row that
// cannot be taken spoils no other. A lead is known by its external_id, or else by all that its row says: importing it
// again changes nothing, but for an outcome that its history does not have. It gets the score that it
// would be given now, by what is known of it.
func (l *Leads) Import(ctx context.Context, im Import, rows [][]Field) ([]ImportResult, error) {
	now := l.o.Now().Truncate(time.Millisecond)
	w := importing{l: l, im: &im, now: now.UnixMilli(), met: map[string]bool{}}
	defer l.lockAll()() // the same row may be on its way elsewhere
	results := make([]ImportResult, len(rows))
	for i, fields := range rows {
		id, status, err := w.row(fields)
		if err != nil {
			var f *fault.Error
			if !errors.As(err, &f) {
				return nil, err
			}
			id, status = "", ImportRejected
		}
		results[i] = ImportResult{ID: id, Status: status, Err: err}
	}
	if im.Dry || len(w.records) == 0 {
		return results, nil
	}
	return results, l.submit(ctx, w.records...)
}

// importing is an import on its way.
type importing struct {
	l       *Leads
	im      *Import
	now     int64 // ms
	met     map[string]bool
	records []journal.Record
}

func (w *importing) row(fields []Field) (id, status string, err error) {
	p, err := readPast(w.im.Site, fields, w.im.Whole, w.now)
	if err != nil {
		return "", "", err
	}
	switch own := w.im.Profile; {
	case own == "":
	case p.Profile == "":
		p.Profile = own
	case p.Profile != own:
		return "", "", fault.Field(fault.InvalidField, colProfile, "The key imports leads of its own profile only.")
	}
	if id, err = w.l.pastID(w.im.Site, p); err != nil {
		return "", "", err
	}
	if w.met[id] { // the same row twice
		return id, ImportExists, nil
	}
	w.met[id] = true
	r, found, err := getRow(w.l.db, w.im.Site.ID, w.l.db.ID(id))
	if err != nil {
		return "", "", err
	}
	if found {
		status, err = w.again(&r, p)
		return id, status, err
	}
	return id, ImportCreated, w.create(id, p)
}

// pastID returns the id of an imported lead, which depends on nothing but what is imported.
func (l *Leads) pastID(site *catalog.Site, p *pastLead) (string, error) {
	said := "external\x00" + p.External
	if p.External == "" {
		b, err := json.Marshal(p)
		if err != nil {
			return "", fmt.Errorf("encode a past lead: %w", err)
		}
		said = fmt.Sprintf("row\x00%x", sha256.Sum256(b))
	}
	id := l.db.ID(fmt.Sprintf("import\x00%d\x00%s", site.ID, said))
	return "ld_" + strings.ToLower(base32.StdEncoding.EncodeToString(id[:])[:20]), nil
}

// again takes the outcome of a lead that was imported before, if it is news.
func (w *importing) again(r *row, p *pastLead) (status string, err error) {
	if p.Result == nil || r.Erased {
		return ImportExists, nil
	}
	e, err := w.outcome(r.ID, r.Entries+1, p)
	if err != nil {
		return "", err
	}
	known := false
	err = readHistory(w.l.db.Reader(), w.im.Site.ID, w.l.db.ID(r.ID), func(old *entry) error {
		if o := old.Outcome; o != nil {
			known = known || o.Outcome == e.Outcome.Outcome && o.Loss == e.Outcome.Loss &&
				(p.Result.Date == "" || o.Day == e.Outcome.Day) && string(money(o.Value)) == string(money(e.Outcome.Value))
		}
		return nil
	})
	if err != nil || known {
		return ImportExists, err
	}
	if r.Entries >= maxEntries {
		return "", errFull
	}
	return ImportUpdated, w.add(e, p)
}

func (w *importing) create(id string, p *pastLead) error {
	d := w.decide(id, p)
	link := sessionize.LeadLink{Lead: id, Listing: p.Listing, Day: localDay(time.UnixMilli(p.Created).In(w.im.Site.Zone()))}
	body, err := encodeLead(link, d)
	if err != nil {
		return err
	}
	who := &person{Form: p.Form, Notes: p.Notes}
	if p.External != "" {
		value, err := json.Marshal(p.External)
		if err != nil {
			return fmt.Errorf("encode an external id: %w", err)
		}
		who.Form = setField(who.Form, Field{colExternal, value})
	}
	form, err := encodePerson(who)
	if err != nil {
		return err
	}
	site := w.im.Site.ID
	r := journal.Record{
		At: time.UnixMilli(w.now), Kind: journal.KindLead, Site: site, Body: body,
		Rows: []journal.Row{{Key: idKey(store.LeadForms, site, w.l.db.ID(id)), Value: form}},
	}
	r.Rows = append(r.Rows, w.l.contactRows(d.Organization, Inquiry{site, id, d.Lead.Created}, nil, p.Form)...)
	w.records = append(w.records, r)
	if p.Result == nil {
		return nil
	}
	e, err := w.outcome(id, 1, p)
	if err != nil {
		return err
	}
	return w.add(e, p)
}

func (w *importing) outcome(id string, number uint64, p *pastLead) (*entry, error) {
	o, err := p.Result.decide(w.im.Site, p.Created, w.now)
	return &entry{Lead: id, Number: number, At: w.now, By: w.im.By, Undated: true, Outcome: o}, err
}

func (w *importing) add(e *entry, p *pastLead) error {
	r, err := w.l.entryRecord(w.im.Site.ID, &addition{kind: journal.KindOutcome, entry: *e, note: p.Result.Notes})
	w.records = append(w.records, r)
	return err
}

// decide makes what is said of the creation of a past lead. What its visitor did is known as far as the row tells; a lead
// of which the rules cannot be counted says nothing of the rank of others.
func (w *importing) decide(id string, p *pastLead) *decision {
	site := w.im.Site
	created := Time(p.Created)
	lead := Lead{
		ID: id, Created: created, Listing: Text(p.Listing), Profile: p.Profile, Consent: p.Consent,
		Viewed: append([]string{}, p.Viewed...), Deep: append([]string{}, p.Deep...),
		Source: p.Source, Metadata: Metadata{Referrer: p.Source.Referrer},
	}
	if lead.Profile == "" {
		lead.Profile = site.Profile
	}
	if lead.Consent == "" {
		lead.Consent = site.Consent
	}
	before, known := p.behavior()
	lead.Visits, lead.Time = max(before.VisitCount, 1), before.TotalDuration/1000
	b := before
	b.FilledFields = countFilled(p.Form)
	points, uncapped := scorer.BehavioralPoints(b)
	lead.Behavior = scorer.BehavioralScore(b)
	if given, ok := p.Features["behavioral_score"]; ok {
		lead.Behavior = int(given)
	}
	lead.Metadata.EngagementScore = lead.Behavior
	lead.Features = p.features(time.UnixMilli(p.Created).In(site.Zone()))
	if wanted, ok := priceRangeOf(p.Form); ok && math.IsNaN(lead.Features[scorer.PriceRangeMatchScore]) {
		if share, ok := w.l.o.Catalog.PriceMatchAt(site.Organization, lead.Profile, wanted.low, wanted.high, p.Created); ok {
			lead.Features[scorer.PriceRangeMatchScore] = 100 * share
		}
	}
	if known {
		lead.Features[scorer.BehavioralScoreFeature] = float64(lead.Behavior)
	}
	s := w.l.predict(time.UnixMilli(w.now), &learn.Question{
		Organization: site.Organization, Profile: lead.Profile, Features: lead.Features, Points: uncapped, Rules: points, Intent: scorer.ConversionIntent(before),
	})
	lead.Score = scoreOf(s)
	return &decision{
		Organization: site.Organization, Points: uncapped, Exact: s.Exact, Unranked: !known, Imported: w.now, Status: p.Status,
		Lead: lead,
	}
}

// behavior returns what is known of what the visitor did, and whether that is all that the rules ask for.
func (p *pastLead) behavior() (b scorer.Behavior, known bool) {
	get := func(name string) float64 {
		v, ok := p.Features[name]
		known = known && ok
		return v
	}
	known = true
	b.VisitCount = int(get("visited_count"))
	b.TotalDuration = int64(get("total_engagement_time") * 1000)
	b.Viewed = int(get("properties_viewed_count"))
	b.Deep = int(get("deep_engagement_properties_count"))
	return b, known
}

// features returns the features that the row gives and those that follow.
func (p *pastLead) features(created time.Time) scorer.Features {
	f := features(nil, p.Form, 0, created)
	for i, name := range scorer.FeatureNames {
		unknown := scorer.Feature(i) == scorer.BehavioralScoreFeature || scorer.Feature(i) == scorer.HourOfDay && p.DateOnly
		if v, ok := p.Features[name]; ok {
			f[i] = v
		} else if unknown {
			f[i] = scorer.UnknownFeatures()[i]
		}
	}
	visits, ok := p.Features["visited_count"]
	if _, given := p.Features["is_returning_visitor"]; ok && !given {
		f[scorer.IsReturningVisitor] = number(visits > 1)
	}
	seconds, ok := p.Features["total_engagement_time"]
	listings, both := p.Features["properties_viewed_count"]
	if _, given := p.Features["avg_time_per_property"]; ok && both && !given {
		f[scorer.AvgTimePerProperty] = seconds / max(1, listings)
	}
	return f
}
