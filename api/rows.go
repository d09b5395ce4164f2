package api

import "time"

// pageOfRows returns the page that a call asks for of rows that are all in memory, in the order of their keys. A cursor's
// position is the key of the last row given: what is deleted meanwhile moves nothing.
func pageOfRows[T any](a *API, c *call, all []T, key func(*T) string) (page []T, next *string, err error) {
	limit, err := c.limit()
	if err != nil {
		return nil, nil, err
	}
	cursor, err := a.cursor(c)
	if err != nil {
		return nil, nil, err
	}
	for cursor != nil && len(all) > 0 && key(&all[0]) <= string(cursor) {
		all = all[1:]
	}
	if len(all) <= limit {
		return all, nil, nil
	}
	return all[:limit], a.nextCursor(c, []byte(key(&all[limit-1]))), nil
}

// whenMade is the key of rows in the order in which they were made.
func whenMade(at time.Time, id string) string {
	return at.UTC().Format("2006-01-02T15:04:05.000000000") + id
}
