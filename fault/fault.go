// Package fault holds footfall's one error type and the one table from its codes to HTTP statuses.
//
// A fault says to a client what is wrong and what to do; the cause behind it is for the log only and never leaves the
// program. Any other error that reaches the boundary is an Internal fault.
package fault

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Code names a kind of fault in snake_case. It is part of the wire contract.
type Code string

// The codes and what they mean to a client.
const (
	BadRequest          Code = "bad_request"          // the request cannot be understood
	InvalidJSON         Code = "invalid_json"         // the body, or a line of it, is not JSON
	InvalidField        Code = "invalid_field"        // a field holds what it may not; Field names it
	MissingField        Code = "missing_field"        // a required field is absent; Field names it
	InvalidCompression  Code = "invalid_compression"  // the body does not decompress
	InvalidCursor       Code = "invalid_cursor"       // a cursor that we did not make, or for another query
	NoEvents            Code = "no_events"            // a body without events
	AllRejected         Code = "all_rejected"         // none of the events could be accepted
	Unauthorized        Code = "unauthorized"         // no key, or none that we know
	OriginNotAllowed    Code = "origin_not_allowed"   // the site does not list this origin
	Forbidden           Code = "forbidden"            // the key lacks the scope
	NotFound            Code = "not_found"            // no such thing, or not yours
	Erased              Code = "erased"               // of somebody who was forgotten; nothing is taken for a while
	MethodNotAllowed    Code = "method_not_allowed"   // the Allow header names the methods
	Timeout             Code = "request_timeout"      // the request came too slowly
	Conflict            Code = "conflict"             // the state does not permit this
	Ambiguous           Code = "ambiguous"            // an id that several sites of the key's reach know; Field says how to tell which
	InFlight            Code = "in_flight"            // the same Idempotency-Key is being worked on
	IdempotencyMismatch Code = "idempotency_mismatch" // the same Idempotency-Key came with another body
	TooLarge            Code = "too_large"            // a body over a limit
	TooManyEvents       Code = "too_many_events"      // a body with too many events
	HeadersTooLarge     Code = "headers_too_large"    // a request line or headers over the limit
	UnsupportedEncoding Code = "unsupported_encoding" // a Content-Encoding that we do not read
	UnsupportedMedia    Code = "unsupported_media"    // a content type that we do not read
	LengthRequired      Code = "length_required"      // a chunked body where none is taken
	RateLimited         Code = "rate_limited"         // too often; Retry-After says when
	SiteQuota           Code = "site_quota"           // too much that is new for one site; Retry-After says when
	Overloaded          Code = "overloaded"           // the queue is full; Retry-After says when
	DiskLow             Code = "disk_low"             // the disk is nearly full
	ReadOnly            Code = "read_only"            // the server takes nothing
	Unavailable         Code = "unavailable"          // starting, stopping, or poisoned
	DataCorrupt         Code = "data_corrupt"         // stored bytes do not check
	Internal            Code = "internal"             // our mistake; the log has the cause under the request id
)

var statuses = map[Code]int{
	BadRequest: 400, InvalidJSON: 400, InvalidField: 400, MissingField: 400, InvalidCompression: 400,
	InvalidCursor: 400, NoEvents: 400, AllRejected: 400,
	Unauthorized: 401, OriginNotAllowed: 403, Forbidden: 403,
	NotFound: 404, MethodNotAllowed: 405, Erased: 410, Timeout: 408,
	Conflict: 409, Ambiguous: 409, InFlight: 409, IdempotencyMismatch: 422,
	TooLarge: 413, TooManyEvents: 413, UnsupportedEncoding: 415, UnsupportedMedia: 415,
	LengthRequired: 411, RateLimited: 429, SiteQuota: 429, HeadersTooLarge: 431,
	DataCorrupt: 500, Internal: 500, Overloaded: 503, DiskLow: 503, ReadOnly: 503, Unavailable: 503,
}

// Status returns the HTTP status of a code, 500 for one that is not in the table.
func (c Code) Status() int {
	if s, ok := statuses[c]; ok {
		return s
	}
	return 500
}

// Codes returns the codes that have a status, all of them for 0, in the order of the alphabet.
func Codes(status int) (codes []Code) {
	for code, s := range statuses {
		if status == 0 || s == status {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	return codes
}

// Error is a fault. Message is a sentence for the client; Field, if any, the JSON name of what is wrong.
type Error struct {
	Code    Code
	Message string
	Field   string
	After   time.Duration // how long to wait before another try, for codes that ask for one; 0: a little
	Cause   error         // for the log; may be nil
}

// New returns a fault with a message made as by fmt.Sprintf.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Field returns a fault about one field.
func Field(code Code, field, format string, args ...any) *Error {
	e := New(code, format, args...)
	e.Field = field
	return e
}

// Wrap returns a fault with a cause.
func Wrap(code Code, cause error, format string, args ...any) *Error {
	e := New(code, format, args...)
	e.Cause = cause
	return e
}

// Error describes the fault with its cause, for the log.
func (e *Error) Error() string {
	s := string(e.Code) + ": " + e.Message
	if e.Field != "" {
		s += " (" + e.Field + ")"
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// From returns the fault in err's chain, or an Internal one around err.
func From(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return Wrap(Internal, err, "Something went wrong here. Try again; if it stays, report the request_id.")
}

// Is says whether there is a fault of this code in err's chain.
func Is(err error, code Code) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}
