package caveat

import (
	"math"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

const subtreeOverload = "map_is_subtree_of_map"

// isSubtreeOf is the method of maps of that name.
func isSubtreeOf() cel.EnvOption {
	tree := cel.MapType(cel.StringType, cel.DynType)
	return cel.Function("isSubtreeOf", cel.MemberOverload(subtreeOverload,
		[]*cel.Type{tree, tree}, cel.BoolType,
		cel.BinaryBinding(subtreeOf)))
}

func subtreeOf(target, arg ref.Val) ref.Val {
	a, aIsMap := target.(traits.Mapper)
	b, bIsMap := arg.(traits.Mapper)
	if !aIsMap || !bIsMap {
		return types.MaybeNoSuchOverloadErr(arg)
	}
	return types.Bool(subtree(a, b))
}

// subtree reports whether b has each entry of a. Of an entry of a that is itself
// a map, b's need only be a map that has its entries.
func subtree(a, b traits.Mapper) bool {
	for it := anyOrder(a).Iterator(); it.HasNext() == types.True; {
		key := it.Next()
		inB, ok := b.Find(key)
		if !ok {
			return false
		}
		inA := a.Get(key)
		if nested, ok := inA.(traits.Mapper); ok {
			if other, ok := inB.(traits.Mapper); !ok || !subtree(nested, other) {
				return false
			}
		} else if types.Equal(inA, inB) != types.True {
			return false
		}
	}
	return true
}

// subtreeCost makes isSubtreeOf cost one for each entry of its target, at every
// level: what it looks at, at most.
func subtreeCost(limit uint64) (cost.TrackerOption, cost.Option) {
	actual := func(args []ref.Val, _ ref.Val) *uint64 {
		n := entries(args[0], 0, limit)
		return &n
	}
	estimate := func(cost.Estimator, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
		return cost.NewCallEstimate(cost.RangedCostEstimate(1, math.MaxUint64), nil)
	}
	return cost.OverloadTracker(subtreeOverload, actual), cost.OverloadCostEstimate(subtreeOverload, estimate)
}

// entries counts the entries of a map and of the maps in it, and what other values
// cost to compare. It ends when it is over the limit.
func entries(v ref.Val, depth int, limit uint64) uint64 {
	m, ok := v.(traits.Mapper)
	if !ok || depth > maxDepth {
		return 1 + weight(v, depth, (limit+1)*perUnit)/perUnit
	}
	m = anyOrder(m)
	n := uint64(1)
	for it := m.Iterator(); n <= limit && it.HasNext() == types.True; {
		n += entries(m.Get(it.Next()), depth+1, limit-n)
	}
	return n
}
