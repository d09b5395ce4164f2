package sessionize

// Stats is the size of the live state.
type Stats struct {
	Live    int    // sessions in memory
	Bytes   int64  // what they take
	Limit   int64  // Options.Memory
	Evicted uint64 // sessions that gave way to others since the start
}

// Stats returns the figures of now.
func (o *Sessions) Stats() Stats {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return Stats{len(o.live), o.bytes, o.o.Memory, o.evicted}
}
