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
func nestedCosts() []cost.TrackerOption {
	comparison := func(args []ref.Val, _ ref.Val) *uint64 {
		n := 1 + min(weight(args[0], 0), weight(args[1], 0))/10
		return &n
	}
	membership := func(args []ref.Val, _ ref.Val) *uint64 {
		n := 1 + weight(args[1], 0)/10
		if l, ok := args[1].(traits.Lister); ok {
			if size, ok := l.Size().(types.Int); ok {
				n += uint64(size)
			}
		}
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
		cost.OverloadTracker(overloads.Equals, comparison),
		cost.OverloadTracker(overloads.NotEquals, comparison),
		cost.OverloadTracker(overloads.InList, membership),
		cost.OverloadTracker(overloads.SizeString, length),
		cost.OverloadTracker(overloads.SizeStringInst, length),
	}
}

// weight counts the values that a value is made of, a string for its length.
func weight(v ref.Val, depth int) uint64 {
	n := uint64(1)
	switch v := v.(type) {
	case types.String:
		return 1 + uint64(len(v))
	case types.Bytes:
		return 1 + uint64(len(v))
	case traits.Lister:
		if depth < maxDepth {
			for it := v.Iterator(); it.HasNext() == types.True; {
				n += weight(it.Next(), depth+1)
			}
		}
	case traits.Mapper:
		if m := anyOrder(v); depth < maxDepth {
			for it := m.Iterator(); it.HasNext() == types.True; {
				n += weight(m.Get(it.Next()), depth+1)
			}
		}
	}
	return n
}
