package leads

import (
	"fmt"
	"testing"
)

// A page of each order, of 5,000 leads that all have a session, limit 20; and words that none of them holds.
func BenchmarkLists(b *testing.B) {
	w := newWorld(b)
	for i := range 5000 {
		session, visitor := fmt.Sprintf("s%d", i), fmt.Sprintf("v%d", i)
		w.browse(session, visitor)
		w.now.Add(1000)
		w.create(Create{Session: session, Form: form("name", fmt.Sprintf(`"Person %d"`, i), "email", fmt.Sprintf(`"person%d@example.com"`, i))})
	}
	for _, sort := range []string{SortCreated, SortScore, SortActivity} {
		b.Run(sort, func(b *testing.B) {
			for range b.N {
				_, _, err := w.leads.List(1, Query{Sort: sort, Limit: 20})
				w.must(err)
			}
		})
	}
	b.Run("find nothing", func(b *testing.B) {
		for range b.N {
			_, _, err := w.leads.List(1, Query{Find: "nobody 999999"})
			w.must(err)
		}
	})
}
