package caveat

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/baobab-authz/baobab/schema"
)

// A kind is a parameter's type: what it is in CEL, and what JSON it is
// written as.
type kind interface {
	cel() *cel.Type
	// value returns v as a value of the type. It does not change v and may keep it.
	value(v any) (ref.Val, *mismatch)
	// native reports whether CEL reads v as a value of the type by itself.
	native(v any) bool
}

// kindOf returns the kind of a parameter's type; unsigned says that a uint is one
// in CEL.
func kindOf(t schema.TypeRef, unsigned bool) (kind, error) {
	if k, ok := scalarOf(t.Name); ok && len(t.Args) == 0 {
		if unsigned && t.Name == "uint" {
			k.typ, k.read = cel.UintType, readUnsigned
		}
		return k, nil
	}
	if t.Name == "any" && len(t.Args) == 0 {
		return anything{}, nil
	}
	if (t.Name != "list" && t.Name != "map") || len(t.Args) != 1 {
		return nil, fmt.Errorf("there is no type %s", t)
	}
	elem, err := kindOf(t.Args[0], unsigned)
	if err != nil {
		return nil, err
	}
	if t.Name == "list" {
		return list{elem}, nil
	}
	return dict{elem}, nil
}

// A scalar is a type whose values have no parts.
type scalar struct {
	typ  *cel.Type
	want string // what an error says is expected
	// read returns the value, or nil if v is not one.
	read func(v any) ref.Val
	// raw reports whether CEL's own reading of v is the same as read's; nil if
	// it never is.
	raw func(v any) bool
}

func (s scalar) cel() *cel.Type    { return s.typ }
func (s scalar) native(v any) bool { return s.raw != nil && s.raw(v) }

func (s scalar) value(v any) (ref.Val, *mismatch) {
	if r := s.read(v); r != nil {
		return r, nil
	}
	if (s.typ == cel.IntType || s.typ == cel.UintType) && isRounded(v) {
		return nil, &mismatch{want: s.want + ", in a string where it is beyond 2^53", got: v}
	}
	return nil, &mismatch{want: s.want, got: v}
}

// scalarOf returns the scalar type of that name.
func scalarOf(name string) (scalar, bool) {
	switch name {
	case "bool":
		return scalar{cel.BoolType, "a bool", readBool, is[bool]}, true
	case "string":
		return scalar{cel.StringType, "a string", readString, is[string]}, true
	case "int":
		return scalar{cel.IntType, "an int", readInt, nil}, true
	case "uint":
		// An int in CEL, as in SpiceDB: see the package comment.
		return scalar{cel.IntType, "a uint", readUint, nil}, true
	case "double":
		return scalar{cel.DoubleType, "a double", readDouble, nil}, true
	case "bytes":
		return scalar{cel.BytesType, "bytes in base64", readBytes, nil}, true
	case "duration":
		return scalar{cel.DurationType, `a duration such as "1h30m"`, readDuration, nil}, true
	case "timestamp":
		return scalar{cel.TimestampType, `a timestamp such as "2006-01-02T15:04:05Z"`, readTimestamp, nil}, true
	case "ipaddress":
		return scalar{addressType, `an IP address such as "10.0.0.1"`, readAddress, nil}, true
	}
	return scalar{}, false
}

func is[T any](v any) bool {
	_, ok := v.(T)
	return ok
}

func readBool(v any) ref.Val {
	if b, ok := v.(bool); ok {
		return types.Bool(b)
	}
	return nil
}

func readString(v any) ref.Val {
	if s, ok := v.(string); ok {
		return types.String(s)
	}
	return nil
}

func readInt(v any) ref.Val {
	if i, ok := toInt(v); ok {
		return types.Int(i)
	}
	return nil
}

func readUint(v any) ref.Val {
	if i, ok := toInt(v); ok && i >= 0 {
		return types.Int(i)
	}
	return nil
}

func readUnsigned(v any) ref.Val {
	if i, ok := toInt(v); ok && i >= 0 {
		return types.Uint(i)
	}
	return nil
}

func readDouble(v any) ref.Val {
	if f, ok := toDouble(v); ok {
		return types.Double(f)
	}
	return nil
}

func readBytes(v any) ref.Val {
	s, ok := v.(string)
	if !ok {
		return nil
	}
	// The same bytes are written in one way only; the decoder skips line breaks.
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || strings.ContainsAny(s, "\r\n") {
		return nil
	}
	return types.Bytes(b)
}

func readDuration(v any) ref.Val {
	s, ok := v.(string)
	if !ok {
		return nil
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return nil
	}
	return types.Duration{Duration: d}
}

func readTimestamp(v any) ref.Val {
	s, ok := v.(string)
	if !ok {
		return nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || !isRFC3339(s) {
		return nil
	}
	t = t.UTC()
	if y := t.Year(); y < 1 || y > 9999 { // what CEL can count with
		return nil
	}
	return types.Timestamp{Time: t}
}

// isRFC3339 reports whether what time.Parse took is really in that form: Parse
// forgives an hour of one digit, a comma before the fraction, and a zone that is a
// day or more away (https://go.dev/issue/54580).
func isRFC3339(s string) bool {
	if s[len("2006-01-02T15")] != ':' || strings.Contains(s, ",") {
		return false
	}
	zone := s[len(s)-len("07:00"):]
	return strings.HasSuffix(s, "Z") || zone[:2] <= "23" && zone[3:] <= "59"
}

func readAddress(v any) ref.Val {
	s, ok := v.(string)
	if !ok {
		return nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return nil
	}
	return address{a.Unmap()} // ::ffff:10.0.0.1 is the same host as 10.0.0.1
}

// A list is the type of lists of one type.
type list struct{ elem kind }

func (l list) cel() *cel.Type  { return cel.ListType(l.elem.cel()) }
func (l list) native(any) bool { return false }

func (l list) value(v any) (ref.Val, *mismatch) {
	in, ok := v.([]any)
	if !ok {
		return nil, &mismatch{want: "a list", got: v}
	}
	native := true
	for _, e := range in {
		if native = l.elem.native(e); !native {
			break
		}
	}
	if native {
		return types.NewList(ordered{}, in), nil
	}
	out := make([]ref.Val, len(in))
	for i, e := range in {
		var wrong *mismatch
		if out[i], wrong = l.elem.value(e); wrong != nil {
			return nil, wrong.in("[" + strconv.Itoa(i) + "]")
		}
	}
	return types.NewRefValList(ordered{}, out), nil
}

// A dict is the type of maps from strings to one type.
type dict struct{ elem kind }

func (d dict) cel() *cel.Type  { return cel.MapType(cel.StringType, d.elem.cel()) }
func (d dict) native(any) bool { return false }

func (d dict) value(v any) (ref.Val, *mismatch) {
	in, ok := v.(map[string]any)
	if !ok {
		return nil, &mismatch{want: "a map", got: v}
	}
	native := true
	for _, e := range in {
		if native = d.elem.native(e); !native {
			break
		}
	}
	if native {
		return ordered{}.NativeToValue(in), nil
	}
	out := make(map[string]any, len(in))
	var wrong *mismatch
	least := ""
	for k, e := range in {
		converted, w := d.elem.value(e)
		// Of several, the one with the least key is reported: always the same.
		if w != nil && (wrong == nil || k < least) {
			wrong, least = w, k
		}
		out[k] = converted
	}
	if wrong != nil {
		return nil, wrong.in("[" + quote(least) + "]")
	}
	return ordered{}.NativeToValue(out), nil
}
