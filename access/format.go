package access

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

// Prefixes of keys, and how much must follow them.
const (
	writePrefix  = "wk_"
	secretPrefix = "sk_"
	minKeyTail   = 16
)

// Lengths of what a made secret key consists of: prefix, id, "_", random characters, checksum.
const (
	idLen        = 8
	secretRandom = 43
	checksumLen  = 8
	secretKeyLen = len(secretPrefix) + idLen + 1 + secretRandom + checksumLen
)

// CheckKeys says what is wrong with keys that flags give; an empty one is not given.
func CheckKeys(writeKey, adminKey string) error {
	if writeKey != "" {
		if err := checkKey("--write-key", writePrefix, writeKey); err != nil {
			return err
		}
	}
	if adminKey != "" {
		return checkKey("--admin-key", secretPrefix, adminKey)
	}
	return nil
}

// checkKey does not repeat the key in its message: a secret pasted into the wrong flag must not reach a log.
func checkKey(flag, prefix, key string) error {
	tail, ok := strings.CutPrefix(key, prefix)
	if !ok {
		return fmt.Errorf("%s must begin with %q", flag, prefix)
	}
	if len(tail) < minKeyTail {
		return fmt.Errorf("%s has %d characters after %q, it needs at least %d", flag, len(tail), prefix, minKeyTail)
	}
	for _, c := range []byte(key) {
		if c <= ' ' || c > '~' {
			return fmt.Errorf("%s may hold only printable ASCII characters without spaces", flag)
		}
	}
	return nil
}

// newWriteKey returns "wk_" and 22 random characters.
func newWriteKey(random io.Reader) (string, error) {
	b, err := randomBytes(random, 16)
	return writePrefix + base64.RawURLEncoding.EncodeToString(b), err
}

// newSecretKey returns "sk_", the id to look it up by, "_", 43 random characters, and 8 of a checksum of all that stands
// before them, so that a mistyped key is told from a revoked one.
func newSecretKey(random io.Reader, id string) (string, error) {
	b, err := randomBytes(random, 32)
	key := secretPrefix + id + "_" + base64.RawURLEncoding.EncodeToString(b)
	return key + checksum(key), err
}

func checksum(s string) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(s))) }

// idOf returns the id in a secret key of the shape that newSecretKey gives, checksum included.
func idOf(key string) (id string, ok bool) {
	if len(key) != secretKeyLen || key[len(secretPrefix)+idLen] != '_' {
		return "", false
	}
	body := key[:secretKeyLen-checksumLen]
	return key[len(secretPrefix):][:idLen], checksum(body) == key[len(body):]
}

// newID returns 8 hexadecimal digits.
func newID(random io.Reader) (string, error) {
	b, err := randomBytes(random, idLen/2)
	return hex.EncodeToString(b), err
}

func randomBytes(random io.Reader, n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(random, b); err != nil {
		return b, fmt.Errorf("make a key: %w", err)
	}
	return b, nil
}
