package ingest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"footfall/event"
	"footfall/sessionize"
)

// SaltFile is the name of the file beside the store that holds the salt of today. It is in no backup.
const SaltFile = "anonymous-salt"

const (
	saltLen     = 32
	anonymousID = 16 // bytes of the hash
)

// Salt counts people who gave no consent to be known, without knowing them: to each address and User-Agent it gives a
// visitor that stays the same on a site until the UTC day ends. The key is random, and is written over when the day
// changes; without it nobody can tell any more who was who, nor whether somebody came back.
type Salt struct {
	file   string // "": memory only
	random io.Reader

	mu  sync.Mutex
	day int32 // UTC, days since 1970-01-01
	key []byte
}

// OpenSalt reads the salt of today from a file, if there is one, so that a restart counts nobody twice. With an empty
// name the salt stands in memory only.
func OpenSalt(file string, random io.Reader, now time.Time) (*Salt, error) {
	s := &Salt{file: file, random: random, day: -1}
	if file == "" {
		return s, nil
	}
	b, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the salt of anonymous visitors: %w", err)
	}
	var day int32
	var text string
	if _, err := fmt.Sscanf(string(b), saltFormat, &day, &text); err == nil && day == utcDay(now) {
		if key, err := hex.DecodeString(text); err == nil && len(key) == saltLen {
			s.day, s.key = day, key
			return s, nil
		}
	}
	return s, s.forget() // of another day, or half written: today's visitors get a new one
}

const saltFormat = "%d %s\n" // UTC day, key in hexadecimal digits

func utcDay(now time.Time) int32 { return event.UTCDay(now.UnixMilli()) }

// Turn destroys the salt of a day that is over.
func (s *Salt) Turn(now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key == nil || s.day >= utcDay(now) {
		return nil
	}
	clear(s.key)
	s.key = nil
	return s.forget()
}

func (s *Salt) forget() error {
	if s.file == "" {
		return nil
	}
	if err := os.Remove(s.file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("destroy the salt of anonymous visitors: %w", err)
	}
	return nil
}

// Visitor returns the visitor that an address and User-Agent are on a site today. An error means that a restart may count
// them once more; the visitor is good all the same unless it is empty.
func (s *Salt) Visitor(now time.Time, site uint32, addr netip.Addr, agent []byte) (string, error) {
	key, err := s.today(now)
	if key == nil {
		return "", err
	}
	h := hmac.New(sha256.New, key)
	raw := addr.As16()
	msg := append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(raw)+len(agent)), site), raw[:]...)
	h.Write(append(msg, agent...)) // a hash takes whatever it is given
	return sessionize.AnonymousPrefix + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:anonymousID]), err
}

// today returns the key, a new one if the day has changed. It never goes back to a day that is over.
func (s *Salt) today(now time.Time) (key []byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if day := utcDay(now); s.key == nil || day > s.day {
		fresh := make([]byte, saltLen)
		if _, err := io.ReadFull(s.random, fresh); err != nil {
			return nil, fmt.Errorf("make a salt for anonymous visitors: %w", err)
		}
		clear(s.key)
		s.day, s.key = max(day, s.day), fresh
		err = s.write()
	}
	return append([]byte(nil), s.key...), err
}

// write puts the key into the place of the one before it.
func (s *Salt) write() error {
	if s.file == "" {
		return nil
	}
	temporary := s.file + ".new"
	text := fmt.Sprintf(saltFormat, s.day, hex.EncodeToString(s.key))
	err := os.WriteFile(temporary, []byte(text), 0o600)
	if err == nil {
		err = os.Rename(temporary, s.file)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(s.file), err)
	}
	return nil
}
