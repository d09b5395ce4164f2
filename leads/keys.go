package leads

import (
	"encoding/binary"
	"errors"
	"fmt"

	"footfall/store"
)

// Keys, big endian; ids are the directory's keyed hashes:
//
//	lead forms     0x10 | site u32 | lead 16
//	leads          0x11 | site u32 | lead 16
//	leads by time  0x12 | site u32 | created ms u64 | lead 16, with how far the lead is (standing.go)
//	idempotency    0x13 | site u32 | key 16
//	lead history   0x14 | site u32 | lead 16 | number u64
//	lead notes     0x15 | site u32 | lead 16 | number u64, that of the entry it was written with
//	contacts       0x16 | organization 16 | contact 16 | site u32 | lead 16
const (
	idKeyLen      = 1 + 4 + 16
	timeKeyLen    = 1 + 4 + 8 + 16
	numberKeyLen  = idKeyLen + 8
	contactKeyLen = 1 + 16 + 16 + 4 + 16
)

var errCorrupt = errors.New("leads: a stored value cannot be read")

func idKey(space store.Space, site uint32, id store.ID) []byte {
	return append(sitePrefix(space, site), id[:]...)
}

func sitePrefix(space store.Space, site uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{byte(space)}, site)
}

func timeKey(site uint32, created int64, id store.ID) []byte {
	k := binary.BigEndian.AppendUint64(sitePrefix(store.LeadsByTime, site), uint64(created))
	return append(k, id[:]...)
}

func numberKey(space store.Space, site uint32, id store.ID, number uint64) []byte {
	return binary.BigEndian.AppendUint64(idKey(space, site, id), number)
}

func contactPrefix(organization, contact store.ID) []byte {
	return append(append([]byte{byte(store.Contacts)}, organization[:]...), contact[:]...)
}

func contactKey(organization, contact store.ID, site uint32, id store.ID) []byte {
	return append(binary.BigEndian.AppendUint32(contactPrefix(organization, contact), site), id[:]...)
}

func parseNumberKey(k []byte) (site uint32, id store.ID, number uint64, err error) {
	if len(k) != numberKeyLen {
		return 0, id, 0, fmt.Errorf("%w: key %x", errCorrupt, k)
	}
	return binary.BigEndian.Uint32(k[1:]), store.ID(k[5:21]), binary.BigEndian.Uint64(k[21:]), nil
}

func parseContactKey(k []byte) (contact store.ID, site uint32, id store.ID, err error) {
	if len(k) != contactKeyLen {
		return contact, 0, id, fmt.Errorf("%w: key %x", errCorrupt, k)
	}
	return store.ID(k[17:33]), binary.BigEndian.Uint32(k[33:]), store.ID(k[37:]), nil
}

func parseIDKey(k []byte) (site uint32, id store.ID, err error) {
	if len(k) != idKeyLen {
		return 0, id, fmt.Errorf("%w: key %x", errCorrupt, k)
	}
	return binary.BigEndian.Uint32(k[1:]), store.ID(k[5:]), nil
}

func parseTimeKey(k []byte) (site uint32, created int64, id store.ID, err error) {
	if len(k) != timeKeyLen {
		return 0, 0, id, fmt.Errorf("%w: key %x", errCorrupt, k)
	}
	return binary.BigEndian.Uint32(k[1:]), int64(binary.BigEndian.Uint64(k[5:])), store.ID(k[13:]), nil
}
