package tuple

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"unicode/utf8"
)

// maxContextDepth bounds how deep the values of a context nest.
const maxContextDepth = 100

// parseContext reads the JSON object at the beginning of s and returns the
// number of bytes that it takes, or that were read when it went wrong.
func parseContext(s string) (map[string]any, int, error) {
	if !strings.HasPrefix(strings.TrimLeft(s, " \t"), "{") {
		return nil, 0, errors.New("expected a JSON object")
	}
	d := json.NewDecoder(strings.NewReader(s))
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		return nil, min(int(d.InputOffset()), len(s)), err
	}
	n := int(d.InputOffset())
	if !utf8.ValidString(s[:n]) {
		return nil, 0, ErrUTF8
	}
	m, err := canonicalContext(m)
	return m, n, err
}

func formatContext(m map[string]any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(m); err != nil {
		return fmt.Sprintf("{%q:%q}", "error", err) // an invalid context; Validate says so too
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// canonicalContext copies m as encoding/json would decode it.
func canonicalContext(m map[string]any) (map[string]any, error) {
	v, err := canonicalValue(m, 0)
	if err != nil {
		return nil, err
	}
	return v.(map[string]any), nil
}

func canonicalValue(v any, depth int) (any, error) {
	if depth > maxContextDepth {
		return nil, fmt.Errorf("the context nests more than %d deep", maxContextDepth)
	}
	switch v := v.(type) {
	case nil, bool:
		return v, nil
	case string:
		if !utf8.ValidString(v) {
			return nil, fmt.Errorf("the context's string %q is not valid UTF-8", v)
		}
		return v, nil
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			var err error
			if list[i], err = canonicalValue(e, depth+1); err != nil {
				return nil, err
			}
		}
		return list, nil
	case map[string]any:
		m := make(map[string]any, len(v))
		for k, e := range v {
			if !utf8.ValidString(k) {
				return nil, fmt.Errorf("the context's key %q is not valid UTF-8", k)
			}
			var err error
			if m[k], err = canonicalValue(e, depth+1); err != nil {
				return nil, err
			}
		}
		return m, nil
	}
	return canonicalNumber(v)
}

// canonicalNumber turns a number into the float64 of the same value.
func canonicalNumber(v any) (any, error) {
	var f float64
	exact := true
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Float64, reflect.Float32:
		f = r.Float()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		f = float64(r.Int())
		exact = math.Abs(f) <= 1<<53
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		f = float64(r.Uint())
		exact = f <= 1<<53
	default:
		return nil, fmt.Errorf("the context has a value of type %T, which JSON does not have", v)
	}
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return nil, fmt.Errorf("the context has the number %v, which JSON does not have", v)
	case !exact:
		return nil, fmt.Errorf("the context's integer %v is beyond 2^53; pass it as a string", v)
	}
	return f, nil
}
