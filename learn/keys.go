package learn

import (
	"encoding/binary"
	"fmt"

	"footfall/journal"
	"footfall/store"
)

// Keys, big endian; organizations as the directory's keyed hashes:
//
//	models        0x40 | organization 16 | number u32: a version; 0: which is active
//	training log  0x41 | organization 16 | position u64, that of the record
const (
	versionKeyLen = 1 + 16 + 4
	logKeyLen     = 1 + 16 + 8
)

func prefix(space store.Space, organization store.ID) []byte {
	return append([]byte{byte(space)}, organization[:]...)
}

func versionKey(organization store.ID, number uint32) []byte {
	return binary.BigEndian.AppendUint32(prefix(store.Models, organization), number)
}

func logKey(organization store.ID, pos journal.Position) []byte {
	return binary.BigEndian.AppendUint64(prefix(store.TrainingLog, organization), uint64(pos))
}

func parseVersionKey(k []byte) (organization store.ID, number uint32, err error) {
	if len(k) != versionKeyLen {
		return organization, 0, fmt.Errorf("%w: key %x", errCorrupt, k)
	}
	return store.ID(k[1:17]), binary.BigEndian.Uint32(k[17:]), nil
}

func parseLogKey(k []byte) (organization store.ID, pos journal.Position, err error) {
	if len(k) != logKeyLen {
		return organization, 0, fmt.Errorf("%w: key %x", errCorrupt, k)
	}
	return store.ID(k[1:17]), journal.Position(binary.BigEndian.Uint64(k[17:])), nil
}
