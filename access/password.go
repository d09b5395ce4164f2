package access

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"footfall/fault"

	"golang.org/x/crypto/argon2"
)

// What a password's hash costs, and its form: Argon2id as OWASP's Password Storage Cheat Sheet has it. The form is part
// of the format: a hash says by itself how it was made, so that these may change.
//
//	$argon2id$v=19$m=19456,t=2,p=1$ 16 bytes of salt $ 32 bytes of hash, both in base64 without padding
const (
	hashMemory  = 19 << 10 // KiB
	hashPasses  = 2
	hashThreads = 1
	saltLen     = 16
	hashLen     = 32
	hashFormat  = "$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s"
)

// What a stored hash may ask for, so that a damaged one takes no gigabytes.
const (
	maxHashMemory  = 256 << 10 // KiB
	maxHashPasses  = 16
	maxHashThreads = 8
	maxHashLen     = 128 // bytes of salt and of hash
)

// Bounds of passwords, in characters.
const (
	minPassword = 12
	maxPassword = 128
)

// How many hashes are made at a time, 19 MiB each, and how many more wait for their turn.
const (
	hashesAtOnce = 2
	hashesWait   = 16
)

// nobodysHash is what the password of somebody who is not known is held against: it takes as long as any other, so that
// time does not tell who is known. No password has it.
const nobodysHash = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

var errHash = errors.New("access: a stored hash of a password cannot be read")

// hasher makes and compares hashes of passwords, a few at a time.
type hasher struct {
	random io.Reader
	turns  chan struct{} // holds one for each hash being made
	places chan struct{} // holds one for each caller, being served or waiting
	made   atomic.Int64  // hashes so far
}

func newHasher(random io.Reader) *hasher {
	return &hasher{random: random,
		turns: make(chan struct{}, hashesAtOnce), places: make(chan struct{}, hashesAtOnce+hashesWait)}
}

// enter waits for a turn, which leave ends. It answers Overloaded at once if too many wait already.
func (h *hasher) enter(ctx context.Context) (leave func(), err error) {
	select {
	case h.places <- struct{}{}:
	default:
		return nil, fault.New(fault.Overloaded, "Too many people are signing in at this moment. Try again soon.")
	}
	select {
	case h.turns <- struct{}{}:
		return func() { <-h.turns; <-h.places }, nil
	case <-ctx.Done():
		<-h.places
		return nil, fault.Wrap(fault.Unavailable, ctx.Err(), "The server is stopping. Try again soon.")
	}
}

// hash returns the hash to store of a password that checkPassword had nothing against.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	salt := make([]byte, saltLen)
	if _, err := io.ReadFull(h.random, salt); err != nil {
		return "", fmt.Errorf("make the salt of a password: %w", err)
	}
	c := hashCost{hashMemory, hashPasses, hashThreads}
	return c.format(salt, h.derive(&c, password, salt, hashLen)), nil
}

// matches says whether a password has this hash; an empty one stands for somebody who has none, or is not known.
func (h *hasher) matches(ctx context.Context, stored, password string) (bool, error) {
	known := stored != ""
	if !known {
		stored = nobodysHash
	}
	c, salt, want, err := parseHash(stored)
	if err != nil {
		return false, err
	}
	if len(password) > maxPassword*utf8.UTFMax {
		password = "" // nobody has one so long; it is not hashed either
	}
	leave, err := h.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	got := h.derive(&c, password, salt, len(want))
	return subtle.ConstantTimeCompare(got, want) == 1 && known, nil
}

func (h *hasher) derive(c *hashCost, password string, salt []byte, n int) []byte {
	h.made.Add(1)
	return argon2.IDKey([]byte(password), salt, c.passes, c.memory, c.threads, uint32(n))
}

// hashCost is what a hash asks for.
type hashCost struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
}

func (c *hashCost) format(salt, hash []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf(hashFormat, argon2.Version, c.memory, c.passes, c.threads, b64.EncodeToString(salt), b64.EncodeToString(hash))
}

// parseHash reads what format writes, and nothing that is written otherwise.
func parseHash(s string) (c hashCost, salt, hash []byte, err error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 {
		return c, nil, nil, errHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.passes, &c.threads); err != nil {
		return c, nil, nil, errHash
	}
	if c.memory < 8 || c.memory > maxHashMemory || c.passes < 1 || c.passes > maxHashPasses || c.threads < 1 || c.threads > maxHashThreads {
		return c, nil, nil, errHash
	}
	b64 := base64.RawStdEncoding.Strict()
	salt, saltErr := b64.DecodeString(parts[4])
	hash, hashErr := b64.DecodeString(parts[5])
	if saltErr != nil || hashErr != nil || len(salt) < 8 || len(salt) > maxHashLen || len(hash) < 16 || len(hash) > maxHashLen {
		return c, nil, nil, errHash
	}
	if c.format(salt, hash) != s {
		return c, nil, nil, errHash
	}
	return c, salt, hash, nil
}

// checkPassword says what is wrong with a password that somebody chooses. own are the person's e-mail and name.
func checkPassword(password string, own ...string) error {
	refuse := func(format string, args ...any) error {
		return fault.Field(fault.InvalidField, "password", format, args...)
	}
	if !utf8.ValidString(password) || strings.ContainsRune(password, 0) {
		return refuse("A password is UTF-8 text without NUL.")
	}
	if n := utf8.RuneCountInString(password); n < minPassword || n > maxPassword {
		return refuse("A password has %d to %d characters; this one has %d.", minPassword, maxPassword, n)
	}
	if common(password, own) {
		return refuse("This password is one of the first that others would try: common words, your own name, rows of keys or few characters again and again. Take several words that do not belong together.")
	}
	return nil
}
