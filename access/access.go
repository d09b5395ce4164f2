// Package access says who may do what: keys, users, and the audit trail of what they did.
//
// A write key is public and only sends, for one site. A secret key is looked up by the id in it and compared as SHA-256
// in constant time; only that hash is stored. What it gives is a Grant: scopes, over all organizations, one, or one
// profile. Keys are in memory, and a key that was revoked is good for nothing from the moment on at which Revoke
// returns. Keys that flags give are in memory only. Whoever changes keys or users, exports, erases or activates leaves
// an Entry in the trail of their organization.
//
// People are users with a password, of which the Argon2id hash is stored. They come in by invites and resets, links that
// work once, and are then known by a cookie; of links and cookies the SHA-256 is stored. What a user may do is looked up at
// each request, and whoever fails to sign in again and again waits, but is never shut out.
//
// It guarantees that no key is made that may do more than the one that makes it, and that neither a secret, nor its hash,
// nor a token, nor an e-mail address stands in the journal: rows of keys and users are primary data beside it. It does not judge
// origins (package catalog lists them), nor which rows of others a grant covers (package api asks it).
//
// It owns the spaces keys, users, logins and audit. Keys, big endian:
//
//	keys    0x21 | key's id, 8 characters; see Key for the value
//	users   0x22 | 1 | user's id; 2 or 3 | SHA-256 of an invite's or reset's token; see people.go for the values
//	logins  0x23 | SHA-256 of the cookie 32
//	audit   0x24 | organization's hash 16 | position u64
//
// An audit row, and the body of a journal.KindAccess record:
//
//	u8 version (1) | the Entry as JSON
//
// When a key or a login was last used is kept without a record, at most once a minute:
//
//	meta    0x00 | "used/" | key's id: ms since 1970, a uvarint
//	meta    0x00 | "seen/" | SHA-256 of the cookie 32: ms since 1970, a uvarint
package access
