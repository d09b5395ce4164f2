package leads

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"footfall/journal"
	"footfall/store"
)

// Kinds of contacts.
const (
	ContactEmail = "email"
	ContactPhone = "phone"
)

// What forms call the fields that hold a contact, without case, spaces, dashes and underscores.
var contactFields = map[string]string{
	"email": ContactEmail, "emailaddress": ContactEmail, "mail": ContactEmail,
	"phone": ContactPhone, "phonenumber": ContactPhone, "telephone": ContactPhone, "tel": ContactPhone,
	"mobile": ContactPhone, "mobilephone": ContactPhone, "cell": ContactPhone, "cellphone": ContactPhone,
}

// normalizeContact returns the one form of an address or number by which inquiries of a person are joined, "" if it is
// none. An address is trimmed and in lower case: whether dots and what follows a plus matter is its host's business. Of
// a number the digits stay, with a + in front if it had one, or 00, until the first letter (that of an extension).
func normalizeContact(kind, value string) string {
	value = strings.TrimSpace(value)
	if kind == ContactEmail {
		at := strings.LastIndexByte(value, '@')
		if at < 1 || at == len(value)-1 || len(value) > 320 {
			return ""
		}
		return strings.ToLower(value)
	}
	var digits strings.Builder
	for _, c := range value {
		if c >= '0' && c <= '9' {
			digits.WriteRune(c)
		} else if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			break
		}
	}
	number := digits.String()
	if len(number) > 9 && strings.HasPrefix(number, "00") && value[0] != '+' {
		number, value = number[2:], "+"
	}
	if len(number) < 7 || len(number) > 15 {
		return ""
	}
	if value[0] == '+' {
		return "+" + number
	}
	return number
}

// contactID returns the keyed hash of a normalized contact.
func (l *Leads) contactID(kind, normalized string) store.ID {
	return l.db.ID("contact\x00" + kind + "\x00" + normalized) // no id on the wire holds a NUL
}

// contactsOf returns the contacts that a form holds, addresses first.
func (l *Leads) contactsOf(form []Field) (ids []store.ID) {
	for _, kind := range []string{ContactEmail, ContactPhone} {
		for i := range form {
			if contactFields[plainName(form[i].Name)] != kind {
				continue
			}
			text, ok := form[i].text()
			if !ok {
				text = string(form[i].Value) // a number, perhaps
			}
			if normalized := normalizeContact(kind, text); normalized != "" {
				if id := l.contactID(kind, normalized); !slices.Contains(ids, id) {
					ids = append(ids, id)
				}
			}
		}
	}
	return ids
}

// plainName returns a name in lower case without what people part words with.
func plainName(name string) string {
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune(" -_.:", c) {
			return -1
		}
		return c
	}, strings.ToLower(name))
}

// Inquiry is a lead of somebody's.
type Inquiry struct {
	Site    uint32
	Lead    string
	Created Time
}

// The value of the space contacts:
//
//	u8 version (1) | uv created ms | the lead's id
const contactVersion = 1

func encodeContact(i Inquiry) []byte {
	return append(binary.AppendUvarint([]byte{contactVersion}, uint64(i.Created)), i.Lead...)
}

func decodeContact(k, value []byte) (i Inquiry, err error) {
	_, site, _, err := parseContactKey(k)
	d := decoder{b: value}
	if d.u8() != contactVersion && err == nil {
		err = fmt.Errorf("%w: contact version", errCorrupt)
	}
	i = Inquiry{Site: site, Created: Time(d.uv())}
	i.Lead = string(d.b)
	if d.bad && err == nil {
		err = fmt.Errorf("%w: contact", errCorrupt)
	}
	return i, err
}

// contactRows returns the rows that make the index say what a lead's form says; before is what the form said until now.
func (l *Leads) contactRows(organization string, i Inquiry, before, after []Field) (rows []journal.Row) {
	org, lead := l.db.ID(organization), l.db.ID(i.Lead)
	now := l.contactsOf(after)
	for _, id := range l.contactsOf(before) {
		if !slices.Contains(now, id) {
			rows = append(rows, journal.Row{Key: contactKey(org, id, i.Site, lead)})
		}
	}
	for _, id := range now {
		rows = append(rows, journal.Row{Key: contactKey(org, id, i.Site, lead), Value: encodeContact(i)})
	}
	return rows
}

// ByContact returns the leads of an organization whose form holds an e-mail address or phone number, newest first.
func (l *Leads) ByContact(organization, kind, value string) ([]Inquiry, error) {
	normalized := normalizeContact(kind, value)
	if normalized == "" {
		return nil, nil
	}
	return l.inquiries(l.db.Reader(), organization, []store.ID{l.contactID(kind, normalized)})
}

// inquiries returns the leads of an organization that any of the contacts belongs to, newest first.
func (l *Leads) inquiries(r store.Reader, organization string, contacts []store.ID) (all []Inquiry, err error) {
	org := l.db.ID(organization)
	for _, id := range contacts {
		err := r.ScanPrefix(contactPrefix(org, id), func(k, value []byte) error {
			i, err := decodeContact(k, value)
			if err == nil && !slices.Contains(all, i) {
				all = append(all, i)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(all, func(a, b Inquiry) int {
		return cmp.Or(cmp.Compare(b.Created, a.Created), cmp.Compare(a.Lead, b.Lead))
	})
	return all, nil
}

// contactsKey says that the index of contacts holds every lead.
var contactsKey = []byte("\x00leads by contact")

// IndexContacts makes the index of contacts where it is missing: the leads of a directory that a program wrote before
// there was one. The journal has been applied, and nobody creates or changes leads yet.
func (l *Leads) IndexContacts() error {
	if _, done, err := l.db.Get(contactsKey); err != nil || done {
		return err
	}
	lo, hi := store.LeadForms.Span()
	b := l.db.NewBatch()
	err := l.db.Reader().Scan(store.Range{Lo: lo, Hi: hi}, func(k, value []byte) error {
		site, id, err := parseIDKey(k)
		if err != nil {
			return err
		}
		p, err := decodePerson(value)
		if err != nil {
			return err
		}
		r, found, err := getRow(l.db, site, id)
		if err != nil || !found {
			return err
		}
		for _, row := range l.contactRows(r.Organization, Inquiry{site, r.ID, Time(r.Created)}, nil, p.Form) {
			b.Set(row.Key, row.Value)
		}
		return nil
	})
	if err != nil {
		b.Close()
		return fmt.Errorf("index the contacts of leads: %w", err)
	}
	b.Set(contactsKey, []byte{1})
	return b.Commit(true)
}
