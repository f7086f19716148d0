package tuple

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"unicode/utf8"
)

const (
	// maxContextDepth bounds how deep the values of a context nest.
	maxContextDepth = 100
	tooDeep         = "it nests more than 100 deep"

	// maxExact is the integer up to which float64 holds every integer.
	maxExact = 1 << 53
)

// A flaw is why a context cannot be stored; the zero flaw is none.
type flaw struct {
	problem string
	kind    error
}

// contextFlaw looks for a value that JSON cannot express, and for what the
// text of a context would not be read back as. It allocates nothing unless it
// finds one.
func contextFlaw(v any, depth int) flaw {
	if depth > maxContextDepth {
		return flaw{tooDeep, ErrSyntax}
	}
	switch v := v.(type) {
	case nil, bool:
		return flaw{}
	case string:
		if !utf8.ValidString(v) {
			return flaw{"the string " + quoteAround(v, 0) + " is not valid UTF-8", ErrUTF8}
		}
		return flaw{}
	case []any:
		for _, e := range v {
			if f := contextFlaw(e, depth+1); f.kind != nil {
				return f
			}
		}
		return flaw{}
	case map[string]any:
		for k, e := range v {
			if !utf8.ValidString(k) {
				return flaw{"the key " + quoteAround(k, 0) + " is not valid UTF-8", ErrUTF8}
			}
			if f := contextFlaw(e, depth+1); f.kind != nil {
				return f
			}
		}
		return flaw{}
	}
	return numberFlaw(v)
}

// numberFlaw is contextFlaw for a number, or what should be one.
func numberFlaw(v any) flaw {
	exact := true
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Float64, reflect.Float32:
		if f := r.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return flaw{fmt.Sprintf("JSON has no number %v", f), ErrSyntax}
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		exact = -maxExact <= r.Int() && r.Int() <= maxExact
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		exact = r.Uint() <= maxExact
	default:
		return flaw{fmt.Sprintf("a value of type %T; "+
			"there can be nil, bool, string, numbers, []any and map[string]any", v), ErrSyntax}
	}
	if !exact {
		return flaw{fmt.Sprintf("the integer %d is beyond 2^53; pass it as a string", v), ErrSyntax}
	}
	return flaw{}
}

// CanonicalContext returns a copy of a context in the form in which contexts are
// kept and compared, in which numbers are float64; nil for one without values.
// The error is a [*SyntaxError] about what JSON cannot express: values of other
// types than nil, bool, string, numbers, []any and map[string]any, numbers that
// are not finite, integers beyond 2^53, strings that are not UTF-8, and what
// nests more than 100 deep.
func CanonicalContext(context map[string]any) (map[string]any, error) {
	if len(context) == 0 {
		return nil, nil
	}
	if f := contextFlaw(context, 0); f.kind != nil {
		return nil, &SyntaxError{Text: "context", Problem: f.problem, kind: f.kind}
	}
	return canonicalValue(context).(map[string]any), nil
}

// canonicalValue copies a value without a flaw as it is read from text.
func canonicalValue(v any) any {
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = canonicalValue(e)
		}
		return list
	case map[string]any:
		m := make(map[string]any, len(v))
		for k, e := range v {
			m[k] = canonicalValue(e)
		}
		return m
	case nil, bool, string, float64:
		return v
	}
	return reflect.ValueOf(v).Convert(reflect.TypeFor[float64]()).Float()
}

// formatContext returns the JSON of m, its keys sorted; of a context with a
// flaw something that cannot be read.
func formatContext(m map[string]any) string {
	if f := contextFlaw(m, 0); f.kind != nil {
		return "{!" + f.problem + "}"
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(canonicalValue(m)) // neither a flawless value nor a Builder fails
	return strings.TrimSuffix(b.String(), "\n")
}
