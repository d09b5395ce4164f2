package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"unicode/utf8"

	"footfall/access"
	"footfall/catalog"
	"footfall/fault"
	"footfall/ingest"
	"footfall/leads"
	"footfall/learn"
	"footfall/scorer"

	"github.com/valyala/fasthttp"
)

// Bounds of a batch of predictions.
const (
	maxBatch     = 500
	maxBatchBody = 1 << 20
)

// predictRoutes are predictions, also at the paths of the product document. They change nothing, though they are posted.
func (a *API) predictRoutes() (rows []Route) {
	for _, prefix := range []string{"/v1", ""} {
		rows = append(rows,
			Route{post, prefix + "/predict/lead-score", access.Read, "Score features of a lead", a.answer(a.predict)},
			Route{post, prefix + "/predict/batch", access.Read, "Score features of several leads", a.answer(a.predictBatch)},
			Route{post, prefix + "/predict/batch-async", access.Read, "Score features of several leads, or leads again, as a job", a.predictLater})
	}
	return rows
}

// organizationFor returns the one organization that a call is about: the key's own, the one that organization_id or the
// site of site_id names, or the only one.
func (a *API) organizationFor(c *call) (string, error) {
	if c.grant.Organization != "" && c.param("organization_id") == "" {
		return c.grant.Organization, nil
	}
	if c.param("site_id") != "" {
		site, err := a.site(c)
		if err != nil {
			return "", err
		}
		return site.Organization, nil
	}
	ids, err := a.organizationsOf(c)
	switch {
	case err != nil:
		return "", err
	case len(ids) != 1:
		return "", fault.Field(fault.MissingField, "organization_id", "This key sees several organizations: name one by organization_id in the query.")
	}
	return ids[0], nil
}

// profileFor returns whose lead is asked about: the key's profile, or the one that profile_id names, "" for nobody's.
func profileFor(c *call) string { return cmp.Or(c.grant.Profile, c.param("profile_id")) }

// batchBody reads a body that may hold many rows.
func batchBody(c *call) ([]byte, error) {
	wire, err := ingest.Wire(c.RequestCtx, maxBatchBody)
	if err != nil {
		return nil, err
	}
	body, err := ingest.Plain(c.RequestCtx, wire, maxBatchBody)
	if err == nil && !utf8.Valid(body) {
		err = fault.New(fault.InvalidJSON, "The body is not UTF-8.")
	}
	return body, err
}

// predict answers POST /v1/predict/lead-score.
func (a *API) predict(c *call) (any, error) {
	body, err := batchBody(c)
	if err != nil {
		return nil, err
	}
	f, err := parseFeatures(body)
	if err != nil {
		return nil, err
	}
	organization, err := a.organizationFor(c)
	if err != nil {
		return nil, err
	}
	return a.o.Leads.Predict(organization, profileFor(c), f), nil
}

// predictBatch answers POST /v1/predict/batch: a list for a list, an object for an object.
func (a *API) predictBatch(c *call) (any, error) {
	body, err := batchBody(c)
	if err != nil {
		return nil, err
	}
	in, err := parseBatch(body)
	if err != nil {
		return nil, err
	}
	if in.ids != nil {
		return nil, fault.Field(fault.InvalidField, "lead_ids", "Leads are scored again by POST /v1/predict/batch-async.")
	}
	organization, err := a.organizationFor(c)
	if err != nil {
		return nil, err
	}
	list := make([]*learn.Prediction, len(in.rows))
	for i := range in.rows {
		list[i] = a.o.Leads.Predict(organization, profileFor(c), in.rows[i])
	}
	if in.bare {
		return list, nil
	}
	return predictions{list}, nil
}

type predictions struct {
	Predictions []*learn.Prediction `json:"predictions"`
}

// later is the answer to whoever asks for a job.
type later struct {
	ID       string  `json:"id"`
	Job      string  `json:"job_id"`
	Status   string  `json:"status"`
	Count    int     `json:"lead_count"`
	Estimate float64 `json:"estimated_time_seconds"`
}

// secondsEach is a generous guess of how long a prediction takes.
const secondsEach = 0.001

// predictLater answers POST /v1/predict/batch-async with 202 and a job.
func (a *API) predictLater(c *call) {
	v, err := a.inTurn(c, func(c *call) (any, error) {
		body, err := batchBody(c)
		if err != nil {
			return nil, err
		}
		in, err := parseBatch(body)
		if err != nil {
			return nil, err
		}
		organization, err := a.organizationFor(c)
		if err != nil {
			return nil, err
		}
		run := a.predictJob(organization, profileFor(c), in.rows)
		if in.ids != nil {
			if run, err = a.rescoreJob(c, in.ids); err != nil {
				return nil, err
			}
		}
		return a.startJob(c, "predict", organization, max(len(in.rows), len(in.ids)), run)
	})
	if err != nil {
		ingest.WriteError(c.RequestCtx, err)
		return
	}
	ingest.WriteJSON(c.RequestCtx, fasthttp.StatusAccepted, v)
}

func (a *API) startJob(c *call, kind, organization string, count int, run work) (later, error) {
	id, err := a.works.start(kind, c.grant, organization, run)
	c.Response.Header.Set(fasthttp.HeaderLocation, "/v1/jobs/"+url.PathEscape(id))
	return later{id, id, "processing", count, float64(count) * secondsEach}, err
}

func (a *API) predictJob(organization, profile string, rows []scorer.Features) work {
	return func(ctx context.Context, progress func(float64)) (any, error) {
		list := make([]*learn.Prediction, len(rows))
		for i := range rows {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			list[i] = a.o.Leads.Predict(organization, profile, rows[i])
			progress(float64(i+1) / float64(len(rows)))
		}
		return predictions{list}, nil
	}
}

// rescoreJob scores leads again, which changes them. Leads that the key does not see are not there.
func (a *API) rescoreJob(c *call, ids []string) (work, error) {
	if !c.grant.Has(access.Write) {
		return nil, fault.New(fault.Forbidden, "The key lacks the scope write, which scoring leads again asks for.")
	}
	sites := make([]*catalog.Site, len(ids))
	for i, id := range ids {
		named := *c
		named.id = id
		site, err := a.leadSite(&named)
		if err != nil && fault.From(err).Code != fault.NotFound {
			return nil, err
		}
		sites[i] = site
	}
	return func(ctx context.Context, progress func(float64)) (any, error) {
		results := make([]leads.Rescored, len(ids))
		for i, id := range ids {
			results[i].ID = id
			if sites[i] == nil {
				continue
			}
			one, err := a.o.Leads.Rescore(ctx, sites[i].ID, []string{id})
			if err != nil {
				return nil, err
			}
			results[i] = one[0]
			progress(float64(i+1) / float64(len(ids)))
		}
		return struct {
			Leads []leads.Rescored `json:"leads"`
		}{results}, nil
	}, nil
}

// batch is what several predictions are asked for: rows of features, or leads by id.
type batch struct {
	rows []scorer.Features
	ids  []string
	bare bool // a list, not an object that holds one
}

// parseBatch reads a list of features, a list of leads' ids, or an object with one of them as leads or lead_ids.
func parseBatch(body []byte) (in batch, err error) {
	body = bytes.TrimSpace(body)
	list, name := json.RawMessage(body), ""
	if in.bare = len(body) > 0 && body[0] == '['; !in.bare {
		object, err := featureObject(body)
		if err != nil {
			return in, err
		}
		for _, name = range []string{"leads", "lead_ids"} {
			if list = object[name]; list != nil {
				break
			}
		}
		if list == nil {
			return in, fault.Field(fault.MissingField, "leads", "Send a list of features, or an object with such a list as leads, or with ids as lead_ids.")
		}
	}
	var rows []json.RawMessage
	if err := json.Unmarshal(list, &rows); err != nil {
		return in, notJSON(list, err)
	}
	if len(rows) > maxBatch {
		return in, fault.New(fault.TooLarge, "A batch has at most %d leads.", maxBatch)
	}
	if name == "lead_ids" || len(rows) > 0 && rows[0][0] == '"' {
		in.ids = []string{}
		if err := json.Unmarshal(list, &in.ids); err != nil {
			return in, fault.Field(fault.InvalidField, "lead_ids", "lead_ids is a list of leads' ids.")
		}
		return in, nil
	}
	for i, row := range rows {
		f, err := parseFeatures(row)
		if err != nil {
			if e := fault.From(err); e.Field != "" {
				err = fault.Field(e.Code, fmt.Sprintf("%d.%s", i, e.Field), "Lead %d, counted from 0: %s", i, e.Message)
			}
			return in, err
		}
		in.rows = append(in.rows, f)
	}
	return in, nil
}

// parseFeatures reads an object of features: numbers, truths, or null for what is not known, like what is left out. Other
// names say nothing.
func parseFeatures(body []byte) (scorer.Features, error) {
	f := scorer.UnknownFeatures()
	object, err := featureObject(body)
	if err != nil {
		return f, err
	}
	for name, value := range object {
		i := slices.Index(scorer.FeatureNames[:], name)
		if i < 0 || string(value) == "null" {
			continue
		}
		if f[i], err = parseFeature(scorer.Feature(i), value); err != nil {
			return f, err
		}
	}
	return f, nil
}

func parseFeature(i scorer.Feature, value []byte) (float64, error) {
	switch string(value) {
	case "true":
		value = []byte("1")
	case "false":
		value = []byte("0")
	}
	high, whole := i.Range()
	var v float64
	err := json.Unmarshal(value, &v)
	if err == nil && v >= 0 && v <= high && (!whole || v == math.Trunc(v)) {
		return v, nil
	}
	kind := "number"
	if whole {
		kind = "whole number"
	}
	return 0, fault.Field(fault.InvalidField, scorer.FeatureNames[i], "%s is a %s from 0 to %g, or null where it is not known.", scorer.FeatureNames[i], kind, high)
}

// featureObject reads a JSON object whose names may be written in camelCase too.
func featureObject(body []byte) (map[string]json.RawMessage, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(body, &object); err != nil || object == nil {
		return nil, notJSON(body, err)
	}
	plain := make(map[string]json.RawMessage, len(object))
	for name, value := range object {
		plain[snake(name)] = bytes.TrimSpace(value)
	}
	return plain, nil
}

// noNumber finds what programs write for numbers that JSON does not have.
var noNumber = regexp.MustCompile(`"(\w+)"\s*:\s*[+-]?(?:NaN|nan|Infinity|inf)\b`)

func notJSON(body []byte, err error) error {
	if m := noNumber.FindSubmatch(body); m != nil {
		name := snake(string(m[1]))
		return fault.Field(fault.InvalidField, name, "%s is not a number. Write null where it is not known.", name)
	}
	return fault.Wrap(fault.InvalidJSON, err, "The body is not what is asked for in JSON: features of a lead are one object.")
}
