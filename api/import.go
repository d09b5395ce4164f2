package api

import "footfall/ingest"

// importEvents answers POST /v1/import. It waits for the disk itself, batch by batch.
func (a *API) importEvents(c *call) {
	site, err := a.site(c)
	if err == nil {
		err = c.whole()
	}
	if err != nil {
		ingest.WriteError(c.RequestCtx, err)
		return
	}
	a.o.Ingest.Import(c.RequestCtx, site)
}
