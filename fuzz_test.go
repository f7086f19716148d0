package baobab_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/internal/oracle/gen"
)

// An input is what a case is drawn from: its bytes first, and then those of
// the tail, which is always the same. So no input is too short to be a case,
// not even an empty one, and the fuzzer changes the few bytes that matter: the
// schema comes first, then the tuples, then the history.
func FuzzEngineAgreesWithOracle(f *testing.F) {
	for _, seed := range fuzzSeeds() {
		f.Add(seed)
	}
	tail := randomBytes(0, 1<<17)
	target := rapid.MakeFuzz(func(t *rapid.T) {
		c := gen.Draw(t)
		if len(c.Tuples) > fuzzTuples {
			return
		}
		if _, err := agree(c); err != nil {
			t.Fatalf("%v\n\n%s", err, gen.Describe(c))
		}
	})
	f.Fuzz(func(t *testing.T, input []byte) {
		if len(input) > 1<<16 {
			return // more than any case needs
		}
		target(t, append(input[:len(input):len(input)], tail...))
	})
}

// fuzzTuples is how many tuples a case may have. Those with more have a long chain,
// for which the oracle takes a second and more, and many times that while the
// fuzzer watches, which gives up after ten. TestAgreesWithOracle has them.
const fuzzTuples = 60

// fuzzSeeds are short and long inputs. What is in them does not matter, as long
// as it draws cases that differ.
func fuzzSeeds() [][]byte {
	seeds := [][]byte{nil}
	for n := range uint64(16) {
		seeds = append(seeds, randomBytes(1+n, 256<<(n%5)))
	}
	return seeds
}

// randomBytes are n bytes, the same for the same seed.
func randomBytes(seed uint64, n int) []byte {
	random := rand.New(rand.NewPCG(seed, 0))
	var bytes []byte
	for len(bytes) < n {
		bytes = binary.LittleEndian.AppendUint64(bytes, random.Uint64())
	}
	return bytes
}

// The seeds draw cases with something to disagree about.
func TestFuzzSeedsDrawCases(t *testing.T) {
	var shares gen.Shares
	cases := map[string]bool{}
	for _, seed := range fuzzSeeds() {
		drawn := false
		rapid.MakeFuzz(func(t *rapid.T) {
			c := gen.Draw(t)
			drawn = true
			cases[gen.Describe(c)] = true
			shares.Measure(c)
		})(t, append(seed, randomBytes(0, 1<<17)...))
		require.True(t, drawn)
	}
	t.Logf("%s", &shares)
	require.Len(t, cases, len(fuzzSeeds()), "no two draw the same")
}
