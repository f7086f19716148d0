package caveat

import (
	"math"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types/ref"
)

// maxDepth bounds how deep a value of type any nests, as contexts do: what
// walks values recurses, and a map in Go can even hold itself.
const maxDepth = 100

// anything is the type any: JSON as it is.
type anything struct{}

func (anything) cel() *cel.Type    { return cel.DynType }
func (anything) native(v any) bool { return isJSON(v, 0) }

func (anything) value(v any) (ref.Val, *mismatch) {
	if !isJSON(v, 0) {
		var wrong *mismatch
		if v, wrong = toJSON(v, 0); wrong != nil {
			return nil, wrong
		}
	}
	return ordered{}.NativeToValue(v), nil
}

// isJSON reports whether v is made as encoding/json decodes it.
func isJSON(v any, depth int) bool {
	if depth > maxDepth {
		return false
	}
	switch v := v.(type) {
	case nil, bool, string:
		return true
	case float64:
		return !math.IsNaN(v) && !math.IsInf(v, 0)
	case []any:
		for _, e := range v {
			if !isJSON(e, depth+1) {
				return false
			}
		}
		return true
	case map[string]any:
		for _, e := range v {
			if !isJSON(e, depth+1) {
				return false
			}
		}
		return true
	}
	return false
}

// toJSON returns a copy of v with every number as a float64.
func toJSON(v any, depth int) (any, *mismatch) {
	if depth > maxDepth {
		return nil, &mismatch{want: "a value that nests no more than 100 deep", got: v}
	}
	switch v := v.(type) {
	case nil, bool, string:
		return v, nil
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			var wrong *mismatch
			if out[i], wrong = toJSON(e, depth+1); wrong != nil {
				return nil, wrong
			}
		}
		return out, nil
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			var wrong *mismatch
			if out[k], wrong = toJSON(e, depth+1); wrong != nil {
				return nil, wrong
			}
		}
		return out, nil
	}
	if f, ok := toDouble(v); ok {
		return f, nil
	}
	return nil, &mismatch{want: "a value that JSON has", got: v}
}
