package reference

import "math/rand/v2"

// Key is a key of 16 bytes without pointers, as an index has them.
type Key struct{ High, Low uint64 }

func less(a, b Key) bool { return a.High < b.High || a.High == b.High && a.Low < b.Low }

// keys returns n random keys. The same seed gives the same keys.
func keys(seed uint64, n int) []Key {
	random := rand.New(rand.NewPCG(seed, 0))
	all := make([]Key, n)
	for i := range all {
		all[i] = Key{random.Uint64(), random.Uint64()}
	}
	return all
}

// asked returns up to a mix's number of different ones among keys, in no order.
func asked(all []Key, n int) []Key {
	random := rand.New(rand.NewPCG(1, 1))
	some := make([]Key, n)
	for i := range some {
		some[i] = all[random.IntN(len(all))]
	}
	return some
}
