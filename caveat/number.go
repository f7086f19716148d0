package caveat

import (
	"math"
	"math/big"
	"reflect"
	"strconv"
)

// number returns a number of any of Go's types as an int64, a uint64 or a
// float64. Contexts that come from JSON have float64 alone; those written in Go
// are as likely to say 4.
func number(v any) (any, bool) {
	switch v := v.(type) {
	case float64, int64, uint64:
		return v, true
	case int:
		return int64(v), true
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Float64, reflect.Float32:
		return r.Float(), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return r.Int(), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return r.Uint(), true
	}
	return nil, false
}

// toInt returns a whole number, or one written in a string.
func toInt(v any) (int64, bool) {
	if s, ok := v.(string); ok {
		return parseInt(s)
	}
	n, _ := number(v)
	switch n := n.(type) {
	case int64:
		return n, true
	case uint64:
		return int64(n), n <= math.MaxInt64
	case float64:
		return int64(n), n == math.Trunc(n) && math.Abs(n) <= maxExact
	}
	return 0, false
}

// maxExact is the greatest float64 up to which every whole number has its own. 2^53
// itself may be 2^53+1, rounded.
const maxExact = 1<<53 - 1

// isRounded reports whether v is a number that may have been another before it
// became a float64.
func isRounded(v any) bool {
	n, _ := number(v)
	f, ok := n.(float64)
	return ok && math.Abs(f) > maxExact && f == math.Trunc(f) && -(1<<63) <= f && f < 1<<63
}

// toDouble returns a number, or one written in a string, that is finite.
func toDouble(v any) (float64, bool) {
	if s, ok := v.(string); ok {
		if !isDecimal(s) {
			return 0, false
		}
		f, err := strconv.ParseFloat(s, 64)
		return f, err == nil
	}
	n, _ := number(v)
	switch n := n.(type) {
	case float64:
		return n, !math.IsNaN(n) && !math.IsInf(n, 0)
	case int64:
		return float64(n), true
	case uint64:
		return float64(n), true
	}
	return 0, false
}

// parseInt reads a whole number; "4.0" and "4e3" are some.
func parseInt(s string) (int64, bool) {
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return i, true
	}
	if !isDecimal(s) {
		return 0, false
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok || !r.IsInt() || !r.Num().IsInt64() {
		return 0, false
	}
	return r.Num().Int64(), true
}

// maxDecimal bounds the text of a number, and maxExponent the digits of its
// exponent: exact arithmetic on more would take long.
const (
	maxDecimal  = 400
	maxExponent = 3
)

// isDecimal reports whether s is a number in decimal, without the hexadecimals,
// underscores, fractions and infinities that Go's packages read as well.
func isDecimal(s string) bool {
	if len(s) > maxDecimal {
		return false
	}
	s = skipSign(s)
	whole := skipDigits(s)
	digits := len(s) - len(whole)
	s = whole
	if s != "" && s[0] == '.' {
		s = skipDigits(s[1:])
		digits += len(whole) - 1 - len(s)
	}
	if digits == 0 {
		return false
	}
	if s == "" {
		return true
	}
	if s[0] != 'e' && s[0] != 'E' {
		return false
	}
	s = skipSign(s[1:])
	return s != "" && len(s) <= maxExponent && skipDigits(s) == ""
}

func skipSign(s string) string {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		return s[1:]
	}
	return s
}

func skipDigits(s string) string {
	for s != "" && '0' <= s[0] && s[0] <= '9' {
		s = s[1:]
	}
	return s
}
