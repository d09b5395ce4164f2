package bench

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/valyala/fasthttp"
	"github.com/valyala/fastjson"
)

// postgresPool is the connections to the database: some for each core, so that commits share their syncs.
const postgresPool = 32

// postgresSchema is the product document's table, and as much of the tables that it refers to as the references need.
// The listings are known beforehand; the ids of the load's listings end in a number.
const postgresSchema = `
CREATE TABLE leads (id UUID PRIMARY KEY);
CREATE TABLE profiles (id UUID PRIMARY KEY);
CREATE TABLE listings (id UUID PRIMARY KEY);
CREATE TABLE lead_interactions (
	id UUID PRIMARY KEY,
	lead_id UUID REFERENCES leads(id),
	profile_id UUID REFERENCES profiles(id),
	event_type VARCHAR(50),
	event_data JSONB,
	property_id UUID REFERENCES listings(id) NULL,
	session_id VARCHAR(255),
	duration_seconds INTEGER,
	scroll_percentage INTEGER,
	device_type VARCHAR(50),
	referrer_url TEXT,
	created_at TIMESTAMP DEFAULT NOW()
);
INSERT INTO profiles VALUES (md5('profile')::uuid);
INSERT INTO listings SELECT md5('listing' || i)::uuid FROM generate_series(0, %d) i;
ANALYZE`

const postgresInsert = `INSERT INTO lead_interactions
	(id, profile_id, event_type, event_data, property_id, session_id, duration_seconds, scroll_percentage, device_type, referrer_url)
	VALUES (gen_random_uuid(), md5('profile')::uuid, $1, $2, md5('listing' || $3::text)::uuid, $4, $5, $6, $7, $8)`

// ServePostgres serves beacons by one row an event, all of a request in one transaction. It checks nothing, keeps no
// sessions and drops no repeated event: it does less than it would have to.
func ServePostgres(ctx context.Context, addr, dsn string, listings int) error {
	c, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return fmt.Errorf("read the DSN: %w", err)
	}
	c.MaxConns, c.MinConns, c.MaxConnLifetime = postgresPool, postgresPool, 24*time.Hour
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, fmt.Sprintf(postgresSchema, listings-1)); err != nil {
		return fmt.Errorf("create the tables: %w", err)
	}
	if err := fillPool(ctx, pool); err != nil {
		return err
	}
	var parsers fastjson.ParserPool
	return serve(ctx, addr, func(c *fasthttp.RequestCtx) {
		p := parsers.Get()
		defer parsers.Put(p)
		v, err := p.ParseBytes(c.PostBody())
		if err == nil {
			err = insert(ctx, pool, v)
		}
		if err != nil {
			c.Error(err.Error(), fasthttp.StatusInternalServerError)
			return
		}
		c.SetStatusCode(fasthttp.StatusNoContent)
	})
}

// fillPool opens all connections, so that their processes are there before they are measured.
func fillPool(ctx context.Context, pool *pgxpool.Pool) error {
	held := make([]*pgxpool.Conn, 0, postgresPool)
	defer func() {
		for _, c := range held {
			c.Release()
		}
	}()
	for range postgresPool {
		c, err := pool.Acquire(ctx)
		if err != nil {
			return fmt.Errorf("connect to PostgreSQL: %w", err)
		}
		held = append(held, c)
	}
	return nil
}

// insert inserts the events of a body. A batch is one round trip and one transaction.
func insert(ctx context.Context, pool *pgxpool.Pool, body *fastjson.Value) error {
	events := []*fastjson.Value{body}
	if body.Exists("events") {
		events = body.GetArray("events")
	}
	if len(events) == 1 {
		_, err := pool.Exec(ctx, postgresInsert, row(body, events[0])...)
		return err
	}
	var b pgx.Batch
	for _, e := range events {
		b.Queue(postgresInsert, row(body, e)...)
	}
	results := pool.SendBatch(ctx, &b)
	var errs []error
	for range events {
		_, err := results.Exec()
		errs = append(errs, err)
	}
	return errors.Join(append(errs, results.Close())...)
}

func row(shared, e *fastjson.Value) []any {
	return []any{
		text(e, "eventType"), data(e), listingNumber(e), text(shared, "sessionId"),
		int(e.GetFloat64("durationSeconds")), int(e.GetFloat64("scrollPercentage")), text(shared, "deviceType"), text(e, "referrerUrl"),
	}
}

// text returns a member, nil if it is absent.
func text(v *fastjson.Value, name string) *string {
	if !v.Exists(name) {
		return nil
	}
	s := string(v.GetStringBytes(name))
	return &s
}

// listingNumber returns what a listing's id ends in.
func listingNumber(e *fastjson.Value) *string {
	id := text(e, "propertyId")
	if id != nil {
		*id = (*id)[strings.LastIndexByte(*id, '-')+1:]
	}
	return id
}

// data returns what has no column as JSON.
func data(e *fastjson.Value) []byte {
	b := append([]byte(nil), `{"eventId":`...)
	b = append(e.Get("eventId").MarshalTo(b), `,"pageId":`...)
	b = append(e.Get("pageId").MarshalTo(b), `,"ts":`...)
	b = e.Get("ts").MarshalTo(b)
	for _, name := range []string{"url", "title", "eventData"} {
		if v := e.Get(name); v != nil {
			b = append(append(append(b, `,"`...), name...), `":`...)
			b = v.MarshalTo(b)
		}
	}
	return append(b, '}')
}
