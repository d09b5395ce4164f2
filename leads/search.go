package leads

import (
	"bytes"
	"strings"

	"footfall/store"
)

// maxFind bounds what is looked for, bytes.
const maxFind = 200

// search looks for words in what leads are known by: the names, e-mail addresses and phone numbers of their forms, their
// tags, and id and address of the listing they named. All words must be met, each anywhere, whatever its case; of a
// number only the digits count.
type search struct {
	l        *Leads
	forms    *store.Lookup // as of after the index that is gone through: nobody in it is missing but who was erased since
	words    []string
	digits   []string // of the word, "" if it is no number
	masked   bool
	listings map[listingAt]string // their text

	lower, numbers []byte // of the stored form at hand, reused
}

type listingAt struct {
	site uint32
	id   store.ID
}

// newSearch returns nil if nothing is looked for.
func (l *Leads) newSearch(text string, masked bool) *search {
	s := &search{l: l, words: strings.Fields(strings.ToLower(text)), masked: masked, listings: map[listingAt]string{}}
	if len(s.words) == 0 {
		return nil
	}
	for _, word := range s.words {
		s.digits = append(s.digits, digitsOf(word))
	}
	return s
}

// digitsOf returns the digits of what may be a part of a phone number, "" for anything else.
func digitsOf(word string) string {
	var digits strings.Builder
	for _, c := range word {
		if c >= '0' && c <= '9' {
			digits.WriteRune(c)
		} else if !strings.ContainsRune("+-./()", c) {
			return ""
		}
	}
	return digits.String()
}

func (f *search) meets(r store.Reader, site uint32, key store.ID, of *standing) (bool, error) {
	listing, err := f.listing(r, site, key, of)
	if err != nil {
		return false, err
	}
	text, numbers := strings.Builder{}, strings.Builder{}
	add(&text, listing)
	add(&text, of.ID)
	if !f.masked {
		stored, found, err := f.forms.Get(idKey(store.LeadForms, site, key))
		if err != nil {
			return false, err
		}
		if !found || !f.mayBeIn(stored, text.String()) {
			return f.in(text.String(), ""), nil
		}
		p, err := decodePerson(stored)
		if err != nil {
			return false, err
		}
		for i := range p.Form {
			field := &p.Form[i]
			name := plainName(field.Name)
			kind := contactFields[name]
			if kind == "" && !strings.Contains(name, "name") {
				continue
			}
			said, ok := field.text()
			if !ok {
				said = string(field.Value)
			}
			add(&text, said)
			if kind == ContactPhone {
				for _, c := range said {
					if c >= '0' && c <= '9' {
						numbers.WriteRune(c)
					}
				}
				numbers.WriteByte('\n')
			}
		}
		for _, tag := range p.Tags {
			add(&text, tag)
		}
	}
	return f.in(text.String(), numbers.String()), nil
}

// mayBeIn says whether a stored person can hold the words that the rest of a lead does not. Where no byte is above ASCII and
// none is escaped, what is told of a person stands in its JSON as it is, and most need not be decoded.
func (f *search) mayBeIn(stored []byte, rest string) bool {
	f.lower, f.numbers = f.lower[:0], f.numbers[:0]
	for _, c := range stored {
		switch {
		case c >= 0x80 || c == '\\':
			return true
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		case c >= '0' && c <= '9':
			f.numbers = append(f.numbers, c)
		}
		f.lower = append(f.lower, c)
	}
	for i, word := range f.words {
		if !strings.Contains(rest, word) && !bytes.Contains(f.lower, []byte(word)) &&
			(f.digits[i] == "" || !bytes.Contains(f.numbers, []byte(f.digits[i]))) {
			return false
		}
	}
	return true
}

func add(to *strings.Builder, text string) {
	to.WriteString(strings.ToLower(text))
	to.WriteByte('\n')
}

func (f *search) in(text, numbers string) bool {
	for i, word := range f.words {
		if !strings.Contains(text, word) && (f.digits[i] == "" || !strings.Contains(numbers, f.digits[i])) {
			return false
		}
	}
	return true
}

// listing returns the id and address of the listing that a lead names.
func (f *search) listing(r store.Reader, site uint32, key store.ID, of *standing) (string, error) {
	if of.Listing == (store.ID{}) {
		return "", nil
	}
	at := listingAt{site, of.Listing}
	text, known := f.listings[at]
	if known {
		return text, nil
	}
	row, _, err := getRow(r, site, key)
	if err != nil {
		return "", err
	}
	l, _, err := f.l.o.Catalog.Listing(site, row.Listing)
	f.listings[at] = row.Listing + "\n" + l.Address
	return f.listings[at], err
}
