package caveat

import (
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// nestedCosts makes what looks at all of a value pay for all of it. To CEL the
// size of a string costs 1, although its characters are counted, and to compare
// lists of lists costs as many as the outer one has elements; in a loop over a
// long list the limit would not mean much.
func nestedCosts(b *bound) []cost.TrackerOption {
	compare := func(args []ref.Val, _ ref.Val) *uint64 {
		n := comparison(args[0], args[1], b.limit)
		return &n
	}
	contains := func(args []ref.Val, _ ref.Val) *uint64 {
		n := membership(args[1], b.limit)
		return &n
	}
	length := func(_ []ref.Val, result ref.Val) *uint64 {
		n := uint64(1)
		if size, ok := result.(types.Int); ok {
			n += uint64(size) / 10
		}
		return &n
	}
	return []cost.TrackerOption{
		cost.OverloadTracker(overloads.Equals, compare),
		cost.OverloadTracker(overloads.NotEquals, compare),
		cost.OverloadTracker(overloads.InList, contains),
		cost.OverloadTracker(overloads.SizeString, length),
		cost.OverloadTracker(overloads.SizeStringInst, length),
		cost.OverloadTracker(overloads.Matches, b.matchesCost),
		cost.OverloadTracker(overloads.MatchesString, b.matchesCost),
	}
}

// comparison is what it costs to compare two values: no more than the lighter one
// is looked at. What is beyond the limit is not told from one another.
func comparison(x, y ref.Val, limit uint64) uint64 {
	most := (limit + 1) * perUnit
	return 1 + weight(y, 0, weight(x, 0, most))/perUnit
}

// membership is what it costs to look for a value in a list.
func membership(in ref.Val, limit uint64) uint64 {
	l, ok := in.(traits.Lister)
	if !ok {
		return 1 // a map is asked for one key
	}
	n := 1 + weight(in, 0, (limit+1)*perUnit)/perUnit
	if size, ok := l.Size().(types.Int); ok {
		n += uint64(size)
	}
	return n
}

// perUnit is how many bytes are compared for a unit of cost, and nodeWeight is
// what a value that is part of another counts as, in bytes.
const (
	perUnit    = 10
	nodeWeight = 5
)

// maxWalk is deeper than values nest that anyone meant: what is deeper weighs too much.
const maxWalk = 1000

// weight counts the values that a value is made of, and the bytes of strings. It
// ends at most: what an expression makes can hold the same list many times.
func weight(v ref.Val, depth int, most uint64) uint64 {
	if depth > maxWalk {
		return most
	}
	n := uint64(1)
	if depth > 0 {
		n = nodeWeight
	}
	switch v := v.(type) {
	case types.String:
		n += uint64(len(v))
	case types.Bytes:
		n += uint64(len(v))
	case *types.Optional:
		if v.HasValue() {
			n += weight(v.GetValue(), depth+1, most)
		}
	case traits.Lister:
		for it := v.Iterator(); n < most && it.HasNext() == types.True; {
			n += weight(it.Next(), depth+1, most-n)
		}
	case traits.Mapper:
		m := anyOrder(v)
		for it := m.Iterator(); n < most && it.HasNext() == types.True; {
			key := it.Next()
			n += weight(key, depth+1, most)
			if n < most {
				n += weight(m.Get(key), depth+1, most-n)
			}
		}
	}
	return min(n, most)
}
