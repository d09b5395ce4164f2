package learn

import "testing"

func BenchmarkPredict(b *testing.B) {
	w := newWorld(b)
	w.fill("default", newMarket(1, -2.5, 1.8), 300, 4)
	w.at(start.Add(400 * day))
	w.train("default")
	b.ReportAllocs()
	for b.Loop() {
		w.predict("default", busy())
	}
}

func BenchmarkTrain(b *testing.B) {
	w := newWorld(b)
	w.fill("default", newMarket(1, -4, 1), 365, 20)
	w.at(start.Add(600 * day))
	for b.Loop() {
		w.train("default")
	}
}
