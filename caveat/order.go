package caveat

import (
	"cmp"
	"slices"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/interpreter"
)

// ordered is the adapter of all values, by which a map is gone through in the
// order of its keys. CEL leaves the order open, and that of Go's maps differs
// from one loop to the next, so m.map(k, k)[0] would as well; but the same values
// must give the same verdict.
type ordered struct{}

// NativeToValue implements types.Adapter.
func (o ordered) NativeToValue(v any) ref.Val {
	switch v := v.(type) {
	case string: // the most frequent first
		return types.String(v)
	case map[string]any:
		return orderedMap{types.NewStringInterfaceMap(o, v)}
	case map[ref.Val]ref.Val:
		return orderedMap{types.NewRefValMap(o, v)}
	case []any:
		return types.NewList(o, v)
	}
	return types.DefaultTypeAdapter.NativeToValue(v)
}

// An orderedMap is a map with an order. That it has no other methods makes CEL
// loop by its Iterator.
type orderedMap struct{ traits.Mapper }

// Iterator implements traits.Iterable.
func (m orderedMap) Iterator() traits.Iterator {
	var keys []ref.Val
	for it := m.Mapper.Iterator(); it.HasNext() == types.True; {
		keys = append(keys, it.Next())
	}
	slices.SortFunc(keys, compareKeys)
	return types.NewRefValList(ordered{}, keys).Iterator()
}

// compareKeys compares keys of one type by their value, and others by type.
func compareKeys(a, b ref.Val) int {
	if c, ok := a.(traits.Comparer); ok && a.Type() == b.Type() {
		if n, ok := c.Compare(b).(types.Int); ok {
			return int(n)
		}
	}
	return cmp.Compare(a.Type().TypeName(), b.Type().TypeName())
}

// anyOrder returns a map that is faster to go through where the order does not
// matter.
func anyOrder(m traits.Mapper) traits.Mapper {
	if o, ok := m.(orderedMap); ok {
		return o.Mapper
	}
	return m
}

// orderLiterals does for the maps that an expression makes what the adapter does
// for values.
func orderLiterals(i interpreter.InterpretableV2) (interpreter.InterpretableV2, error) {
	if c, ok := i.(interpreter.InterpretableConstructor); ok && c.Type() == types.MapType {
		return mapLiteral{c}, nil
	}
	return i, nil
}

type mapLiteral struct {
	interpreter.InterpretableConstructor
}

// Exec implements interpreter.InterpretableV2.
func (l mapLiteral) Exec(frame *interpreter.ExecutionFrame) ref.Val {
	return order(l.InterpretableConstructor.Exec(frame))
}

// Eval implements interpreter.Interpretable.
func (l mapLiteral) Eval(a interpreter.Activation) ref.Val {
	return order(l.InterpretableConstructor.Eval(a))
}

func order(v ref.Val) ref.Val {
	if m, ok := v.(traits.Mapper); ok {
		return orderedMap{m}
	}
	return v
}
