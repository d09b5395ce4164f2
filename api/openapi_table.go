package api

import (
	"footfall/access"
	"footfall/catalog"
	"footfall/ingest"
	"footfall/leads"
	"footfall/learn"
	"footfall/market"
)

// operation is what the document says of a route beside what its row in the route table does. What it may answer beyond
// is in the table of faults: see failuresOf.
type operation struct {
	query string           // parameters of the query; "sort=a|b" is one of words, the first if it is absent, "status:" any text
	body  contents         // what is read
	gives map[int]response // what is answered where nothing is wrong
	fails []int            // statuses beside those of all such routes
	once  bool             // takes an Idempotency-Key
	write bool             // takes a write key
}

// contents are bodies by media type.
type contents map[string]shape

// response is a body with the headers that come with it.
type response struct {
	body   contents
	header []string
}

func jsonBody(s shape) contents        { return contents{"application/json": s} }
func replies(s shape) map[int]response { return map[int]response{200: {body: jsonBody(s)}} }
func creates(s shape) map[int]response {
	return map[int]response{201: {jsonBody(s), []string{"Location"}}}
}
func starts(s shape) map[int]response {
	return map[int]response{202: {jsonBody(s), []string{"Location"}}}
}
func nothing() map[int]response { return map[int]response{204: {}} }
func plainFile(kind string) map[int]response {
	return map[int]response{200: {body: contents{kind: anyText}}}
}

// onward is the answer to a form of a page: on to another page, or the page again.
func onward() map[int]response { return map[int]response{303: {header: []string{"Location"}}} }

func cached(kind string) map[int]response {
	return map[int]response{200: {contents{kind: anyText}, []string{"ETag", "Cache-Control"}}, 304: {header: []string{"ETag", "Cache-Control"}}}
}

// operations are the rows of the document, by method and path of their routes: a new route needs one here.
func operations() map[string]operation {
	events := contents{
		"application/json":     anyOf(asked(openTo(of[wireEvent]())), asked(listOf[wireEvent]())),
		"application/x-ndjson": asked(openTo(of[wireEvent]())), "text/plain": anyText,
	}
	rows := map[string]operation{
		"POST /v1/events":                              {query: "k compression", body: events, gives: map[int]response{200: {body: jsonBody(of[accepted]())}, 204: {}}, fails: []int{410}, write: true},
		"OPTIONS /v1/events":                           {query: "k", gives: nothing()},
		"POST /api/analytics/page-duration":            {body: jsonBody(asked(openTo(of[pageDuration]()), "sessionId", "duration")), gives: nothing(), fails: []int{401, 403, 410}},
		"OPTIONS /api/analytics/page-duration":         {gives: nothing()},
		"GET /v1/p":                                    {query: "k e", gives: plainFile("image/gif"), fails: []int{401, 403, 410}},
		"GET /v1/pixel.gif":                            {query: "k e", gives: plainFile("image/gif"), fails: []int{401, 403, 410}},
		"POST /v1/import":                              {query: "site_id format=ndjson|combined listing_pattern shift", body: contents{"application/x-ndjson": asked(openTo(of[wireEvent]())), "text/plain": anyText}, gives: map[int]response{200: {body: contents{"application/x-ndjson": of[progress]()}}}},
		"GET /v1/rejects":                              {query: "limit cursor site_id", gives: replies(pageOf[ingest.RejectRow]("rejects"))},
		"GET /v1/sessions":                             {query: "active sort=score|recent limit cursor site_id", gives: replies(of[sessionsPage]())},
		"GET /v1/sessions/{id}":                        {query: "site_id", gives: replies(of[session]()), fails: []int{409}},
		"GET /v1/sessions/{id}/events":                 {query: "limit cursor site_id", gives: replies(pageOf[timelineEvent]("events")), fails: []int{409}},
		"GET /v1/visitors":                             {query: "active limit cursor site_id", gives: replies(of[visitorsPage]())},
		"GET /v1/visitors/{id}":                        {query: "site_id", gives: replies(of[visitor]()), fails: []int{409}},
		"DELETE /v1/visitors/{id}":                     {query: "site_id", gives: starts(of[erasure]())},
		"GET /v1/listings/{id}/engagement":             {query: "from to site_id", gives: replies(of[market.Engagement]()), fails: []int{409}},
		"GET /v1/listings/{id}/audience":               {query: "overlaps from to site_id", gives: replies(of[market.Audience]()), fails: []int{409}},
		"GET /v1/engagement/listings":                  {query: "profile_id from to sort=total_views|unique_views|avg_time_on_page|avg_scroll_depth|inquiry_count|share_count|inquiry_rate limit site_id", gives: replies(of[market.Ranking]())},
		"GET /v1/listings":                             {query: "profile_id status: city property_type limit cursor site_id", gives: replies(pageOf[listingView]("listings"))},
		"GET /v1/listings/{id}":                        {query: "site_id", gives: replies(of[listingWithHistory]()), fails: []int{409}},
		"PUT /v1/listings/{id}":                        {query: "site_id", body: jsonBody(asked(openTo(of[listingFields]()))), gives: map[int]response{200: {body: jsonBody(of[listingView]())}, 201: {jsonBody(of[listingView]()), []string{"Location"}}}, fails: []int{409}},
		"DELETE /v1/listings/{id}":                     {query: "site_id", gives: nothing(), fails: []int{409}},
		"POST /v1/listings:batch":                      {query: "site_id", body: contents{"application/x-ndjson": asked(openTo(of[listingFields]())), "text/plain": anyText}, gives: map[int]response{200: {body: contents{"application/x-ndjson": anyOf(of[lineResult](), of[batchSum]())}}}},
		"GET /v1/listings/{id}/comparison":             {query: "site_id", gives: replies(of[market.Comparison]()), fails: []int{409}},
		"GET /v1/listings/{id}/report-links":           {query: "site_id", gives: replies(pageOf[reportLinkView]("report_links")), fails: []int{409}},
		"POST /v1/listings/{id}/report-links":          {query: "site_id", body: jsonBody(asked(of[newReportLink]())), gives: creates(of[reportLinkMade]()), fails: []int{409}},
		"DELETE /v1/listings/{id}/report-links/{part}": {query: "site_id", gives: nothing(), fails: []int{409}},
		"GET /r/{id}":                                  {gives: map[int]response{200: {body: contents{"text/html": anyText}}, 404: {body: contents{"text/html": anyText}}}},
		"GET /v1/benchmarks":                           {query: "organization_id property_type price_range market_area metric_type as_of limit cursor", gives: replies(pageOf[market.Benchmark]("benchmarks"))},
		"POST /v1/leads":                               {query: "k site_id format dry_run", body: leadBodies(), gives: leadAnswers(), fails: []int{409, 410, 422}, once: true, write: true},
		"OPTIONS /v1/leads":                            {query: "k", gives: nothing()},
		"GET /v1/leads":                                {query: "profile_id priority status listing_id updated_since q sort=created_at|ml_score|activity limit cursor site_id", gives: replies(pageOf[leads.View]("leads"))},
		"GET /v1/leads/{id}":                           {query: "site_id", gives: replies(of[leads.View]()), fails: []int{409}},
		"PATCH /v1/leads/{id}":                         {query: "site_id", body: jsonBody(asked(openTo(of[leadPatch]()))), gives: replies(of[leads.View]()), fails: []int{409}},
		"DELETE /v1/leads/{id}":                        {query: "site_id", gives: starts(of[erasure]())},
		"GET /v1/leads/{id}/activities":                {query: "limit cursor site_id", gives: replies(pageOf[leads.Deed]("activities")), fails: []int{409}},
		"POST /v1/leads/{id}/activities":               {query: "site_id", body: jsonBody(asked(openTo(of[newActivity]()), "type")), gives: creates(of[leadActivity]()), fails: []int{409, 422}, once: true},
		"DELETE /v1/leads/{id}/activities/{part}":      {query: "site_id", gives: nothing(), fails: []int{409}},
		"POST /v1/leads/{id}/outcome":                  {query: "site_id", body: jsonBody(asked(openTo(of[newOutcome]()), "outcome")), gives: creates(of[leadOutcome]()), fails: []int{409, 422}, once: true},
		"GET /v1/leads/{id}/outcomes":                  {query: "limit cursor site_id", gives: replies(pageOf[leads.Outcome]("outcomes")), fails: []int{409}},
		"POST /v1/leads/{id}/feedback":                 {query: "site_id", body: jsonBody(asked(openTo(of[newFeedback]()), "was_accurate")), gives: creates(of[leadFeedback]()), fails: []int{409, 422}, once: true},
		"GET /v1/leads/{id}/scores":                    {query: "site_id", gives: replies(pageOf[leads.Score]("scores")), fails: []int{409}},
		"GET /v1/leads/{id}/history":                   {query: "limit cursor site_id", gives: replies(pageOf[leads.Event]("history")), fails: []int{409}},
		"GET /v1/live":                                 {query: "types site_id", gives: plainFile("text/event-stream")},
		"GET /v1/changes":                              {query: "types limit cursor site_id", gives: replies(of[changesPage]())},
		"GET /v1/export/events":                        exportOf(),
		"GET /v1/export/sessions":                      exportOf(),
		"GET /v1/export/leads":                         exportOf(),
		"GET /v1/export/listing_days":                  exportOf(),
		"GET /v1/export/person":                        {query: "visitor email site_id", gives: replies(of[person]())},
		"GET /v1/jobs/{id}":                            {gives: replies(of[piece]())},

		"GET /v1/models":                {query: "organization_id site_id limit", gives: replies(of[modelsPage]())},
		"GET /v1/models/metrics":        {query: "organization_id site_id", gives: replies(of[learn.Monitoring]())},
		"POST /v1/models/train":         {query: "organization_id site_id", gives: starts(of[later]()), fails: []int{409}},
		"POST /v1/models/{id}/activate": {query: "organization_id site_id", gives: replies(of[activated]()), fails: []int{409}},
		"POST /v1/predict/lead-score":   {query: "organization_id site_id", body: jsonBody(anyObject), gives: replies(of[learn.Prediction]())},
		"POST /v1/predict/batch":        {query: "organization_id site_id", body: jsonBody(anyOf(anyObject, listOf[map[string]any]())), gives: replies(anyOf(of[predictions](), listOf[learn.Prediction]()))},
		"POST /v1/predict/batch-async":  {query: "organization_id site_id", body: jsonBody(anyOf(anyObject, listOf[map[string]any](), listOf[string]())), gives: starts(of[later]())},
		"POST /predict/lead-score":      {query: "organization_id site_id", body: jsonBody(anyObject), gives: replies(of[learn.Prediction]())},
		"POST /predict/batch":           {query: "organization_id site_id", body: jsonBody(anyOf(anyObject, listOf[map[string]any]())), gives: replies(anyOf(of[predictions](), listOf[learn.Prediction]()))},
		"POST /predict/batch-async":     {query: "organization_id site_id", body: jsonBody(anyOf(anyObject, listOf[map[string]any](), listOf[string]())), gives: starts(of[later]())},

		"POST /v1/login":                {body: jsonBody(asked(of[credentials](), "email", "password")), gives: replies(of[userView]()), fails: []int{401}},
		"POST /v1/logout":               {gives: nothing()},
		"GET /v1/me":                    {gives: replies(of[meView]())},
		"POST /v1/me/password":          {body: jsonBody(asked(of[passwordChange](), "old_password", "password")), gives: nothing()},
		"GET /v1/users":                 {query: "limit cursor", gives: replies(pageOf[userView]("users"))},
		"POST /v1/users":                {body: jsonBody(asked(of[newUser](), "email", "role")), gives: creates(of[userView]()), fails: []int{409}},
		"GET /v1/users/{id}":            {gives: replies(of[userView]())},
		"PATCH /v1/users/{id}":          {body: jsonBody(asked(of[userPatch]())), gives: replies(of[userView]()), fails: []int{409}},
		"GET /v1/invites":               {query: "limit cursor", gives: replies(pageOf[inviteView]("invites"))},
		"POST /v1/invites":              {body: jsonBody(asked(of[newUser](), "role")), gives: creates(of[inviteMade]()), fails: []int{409}},
		"DELETE /v1/invites/{id}":       {gives: nothing()},
		"POST /v1/invites/{id}/accept":  {body: jsonBody(asked(of[acceptance](), "password")), gives: creates(of[userView]()), fails: []int{404, 409}},
		"POST /v1/password-resets":      {body: jsonBody(asked(of[whoseReset](), "email")), gives: map[int]response{202: {body: jsonBody(of[linkView]())}}, fails: []int{401}},
		"POST /v1/password-resets/{id}": {body: jsonBody(asked(of[newPassword](), "password")), gives: replies(of[userView]()), fails: []int{404}},

		"GET /v1/profiles/{id}/performance":      {query: "organization_id months site_id", gives: replies(of[market.Performance]()), fails: []int{409}},
		"GET /v1/organizations/{id}/analytics":   {query: "from to site_id", gives: replies(of[market.Analytics]())},
		"GET /v1/organizations/{id}/leaderboard": {query: "month site_id", gives: replies(of[market.Leaderboard]())},
		"GET /v1/organizations/{id}/stories":     {query: "limit cursor", gives: replies(of[storiesPage]())},
		"GET /v1/organizations":                  {query: "limit cursor", gives: replies(pageOf[organizationView]("organizations"))},
		"POST /v1/organizations":                 {body: jsonBody(asked(of[newOrganization]())), gives: creates(of[organizationView]()), fails: []int{409}},
		"GET /v1/organizations/{id}":             {gives: replies(of[organizationView]())},
		"PATCH /v1/organizations/{id}":           {body: jsonBody(asked(of[organizationPatch]())), gives: replies(of[organizationView]())},
		"GET /v1/organizations/{id}/settings":    {gives: replies(of[catalog.Settings]())},
		"PATCH /v1/organizations/{id}/settings":  {body: jsonBody(asked(of[settingsPatch]())), gives: replies(of[catalog.Settings]())},
		"GET /v1/profiles":                       {query: "organization_id limit cursor", gives: replies(pageOf[profileView]("profiles"))},
		"POST /v1/profiles":                      {body: jsonBody(asked(of[profileFields](), "full_name")), gives: creates(of[profileView]()), fails: []int{409}},
		"GET /v1/profiles/{id}":                  {query: "organization_id", gives: replies(of[profileView]()), fails: []int{409}},
		"PATCH /v1/profiles/{id}":                {query: "organization_id", body: jsonBody(asked(of[profileFields]())), gives: replies(of[profileView]()), fails: []int{409}},
		"GET /v1/sites":                          {query: "limit cursor", gives: replies(pageOf[siteView]("sites"))},
		"POST /v1/sites":                         {body: jsonBody(asked(of[siteFields]())), gives: creates(of[siteView]()), fails: []int{409}},
		"GET /v1/sites/{id}":                     {gives: replies(of[siteView]())},
		"GET /v1/sites/{id}/installation":        {gives: replies(of[installationView]())},
		"PATCH /v1/sites/{id}":                   {body: jsonBody(asked(of[siteFields]())), gives: replies(of[siteView]())},
		"GET /v1/keys":                           {query: "limit cursor", gives: replies(pageOf[keyView]("keys"))},
		"POST /v1/keys":                          {body: jsonBody(asked(of[newKey](), "kind")), gives: creates(of[keyView]())},
		"POST /v1/keys/{id}/rotate":              {query: "overlap", gives: creates(of[keyView]()), fails: []int{409}},
		"DELETE /v1/keys/{id}":                   {gives: nothing(), fails: []int{409}},
		"GET /v1/audit":                          {query: "organization_id limit cursor", gives: replies(pageOf[access.AuditRow]("audit"))},

		"GET /openapi.json":   {gives: map[int]response{200: {contents{"application/json": anyObject}, []string{"ETag", "Cache-Control"}}, 304: {header: []string{"ETag"}}}},
		"GET /ff.js":          {gives: cached("text/javascript")},
		"GET /ff.v1.N.js":     {gives: cached("text/javascript")},
		"GET /app/":           {gives: map[int]response{200: {body: contents{"text/html": anyText}}, 303: {header: []string{"Location"}}}},
		"GET /app/sign-in":    {query: "done", gives: plainFile("text/html")},
		"POST /app/sign-in":   {body: pageForm("email", "password"), gives: onward(), fails: []int{401, 404, 409}},
		"POST /app/sign-out":  {gives: onward(), fails: []int{401, 404, 409}},
		"GET /app/invite":     {gives: plainFile("text/html")},
		"POST /app/invite":    {body: pageForm("token", "email", "name", "password"), gives: onward(), fails: []int{401, 404, 409}},
		"GET /app/reset":      {gives: plainFile("text/html")},
		"POST /app/reset":     {body: pageForm("token", "password"), gives: onward(), fails: []int{401, 404, 409}},
		"GET /app/files/{id}": {gives: appFiles(), fails: []int{404}},
		"GET /app/pages.css":  {gives: plainFile("text/css")},
		"GET /app/pages.js":   {gives: plainFile("text/javascript")},
	}
	// Pages of the dashboard: without a cookie they lead to where people sign in.
	for _, page := range []string{"leads/{id}", "live", "listings", "listings/{id}", "performance", "market", "setup", "brokerage", "model"} {
		rows["GET /app/"+page] = rows["GET /app/"]
	}
	return rows
}

func exportOf() operation {
	return operation{query: "format=ndjson|csv from to site_id", gives: map[int]response{
		200: {contents{"application/x-ndjson": anyObject, "text/csv": anyText}, []string{"Content-Disposition"}},
	}}
}

func leadBodies() contents {
	plain := func(*schemas) *schema { return &schema{Type: "object", More: &schema{Type: "string"}} }
	past := anyObject
	return contents{
		"application/json":                  anyOf(asked(openTo(of[leadForm]()), "formData"), func(s *schemas) *schema { return &schema{Type: "array", Items: past(s)} }, anyText), // text: a file, from who is signed in
		"application/x-www-form-urlencoded": plain, "multipart/form-data": plain,
		"application/x-ndjson": past, "text/csv": anyText,
	}
}

func leadAnswers() map[int]response {
	lines := anyOf(of[pastResult](), of[pastEnd](), of[pastFailed]())
	return map[int]response{
		200: {body: contents{"application/json": of[pastDone](), "application/x-ndjson": lines}},
		201: {jsonBody(anyOf(of[leadMade](), of[wholeLeadMade](), of[pastDone]())), []string{"Location"}},
		303: {header: []string{"Location"}},
	}
}

// pageForm is what a page of ours sends.
func pageForm(names ...string) contents {
	return contents{"application/x-www-form-urlencoded": func(*schemas) *schema {
		o := &schema{Type: "object", Properties: map[string]*schema{}, Required: names}
		for _, name := range names {
			o.Properties[name] = &schema{Type: "string"}
		}
		return o
	}}
}

// parameter is a parameter of a query.
type parameter struct {
	is   schema
	says string
}

// parameters are those of all queries, by name. What a row of operations says of words comes first.
func parameters() map[string]parameter {
	date, text, number := schema{Type: "string", Format: "date"}, schema{Type: "string"}, schema{Type: "integer"}
	return map[string]parameter{
		"k":               {text, "A write key; it may also come as the header X-Footfall-Key or, with events, as key beside them."},
		"e":               {text, "One event, as JSON or as base64url of it."},
		"compression":     {schema{Type: "string", Enum: words([]string{"gzip", "zstd", "deflate"})}, "How the body is compressed, for senders that can set no Content-Encoding."},
		"limit":           {schema{Type: "integer", Minimum: bound(1), Maximum: bound(maxLimit)}, "Rows of a page, 50 unless said."},
		"cursor":          {text, "The next_cursor of the page before. It holds for the key and the query that it was made for."},
		"site_id":         {schema{Type: "integer", Minimum: bound(0)}, "One of the sites that the key sees, where they are several."},
		"organization_id": {text, "One of the organizations that the key sees, where they are several."},
		"profile_id":      {text, "What is of one agent."},
		"listing_id":      {text, "What is of one listing."},
		"active":          {text, "A duration such as 90s, 5m or 24h: who sent a beacon within it. 5m unless said, at most 24h."},
		"from":            {date, "The first day, in the site's time zone. Unless said, 30 days until to."},
		"to":              {date, "The last day, in the site's time zone; today unless said."},
		"overlaps":        {text, "Listings to compare with: ids between commas, or a parameter for each."},
		"priority":        {schema{Type: "string", Enum: words(priorities)}, "Leads of one priority."},
		"status":          {schema{Type: "string", Enum: words(leads.Statuses())}, "Leads of one status; open ones unless said."},
		"q":               {text, "Words to find, at most 200 bytes: in names, e-mail addresses, phone numbers, tags, and the listing."},
		"updated_since":   {schema{Type: "string", Format: "date-time"}, "Leads that changed since."},
		"property_type":   {text, "A type of listings, as in the catalog."},
		"price_range":     {text, "A range of prices, such as 500000-1000000."},
		"market_area":     {text, "A city, as in the catalog."},
		"metric_type":     {text, "One of the numbers that there are benchmarks of."},
		"as_of":           {date, "A past day of which the benchmarks are to be, of the organization's own listings; today's unless said."},
		"city":            {text, "Listings of one city."},
		"months":          {schema{Type: "integer", Minimum: bound(1), Maximum: bound(market.MaxMonths)}, "How many months, 6 unless said."},
		"month":           {text, "A month such as 2026-01; the present one unless said."},
		"types":           {text, "Types between commas; all unless said."},
		"visitor":         {text, "Who it is, by visitor id."},
		"email":           {text, "Who it is, by e-mail address."},
		"overlap":         {number, "Seconds for which the old key stays good, at most a week; 0 unless said."},
		"format":          {schema{Type: "string", Enum: words([]string{"json", "ndjson", "csv"})}, "How past leads are written; told by the Content-Type unless said."},
		"dry_run":         {text, "true: only say what would happen."},
		"listing_pattern": {text, "A regular expression whose first group finds the listing in a path of an access log."},
		"shift":           {text, "A duration such as 72h that is added to the times of an access log."},
		"done":            {text, "What was done before the page was shown."},
	}
}

func bound(n int) *int { return &n }

// appFiles are what pages of the dashboard load.
func appFiles() map[int]response {
	return map[int]response{
		200: {body: contents{"text/javascript": anyText, "text/css": anyText, "image/svg+xml": anyText, "font/woff2": anyText, "application/json": anyObject}},
		304: {},
	}
}
