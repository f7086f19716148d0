package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A formReader reads the values of a text that is JSON, in their order, and stops
// at the first that is not what it must be.
type formReader struct {
	decoder *json.Decoder
	path    []string // to the value that is read: ".definitions", "[3]", …
	report  *reports
}

func newFormReader(text string, report *reports) *formReader {
	r := &formReader{decoder: json.NewDecoder(strings.NewReader(text)), report: report}
	r.decoder.UseNumber()
	return r
}

// where returns the path of the value that is read, shortened if it is long.
func (r *formReader) where() string {
	const most = 12
	path := r.path
	if len(path) > most {
		path = slices.Concat(path[:most/2], []string{"…"}, path[len(path)-most/2:])
	}
	return strings.TrimPrefix(strings.Join(path, ""), ".")
}

// fail reports what is wrong with the value, unless something has been wrong.
func (r *formReader) fail(format string, args ...any) {
	if r.report.errors == 0 {
		r.report.errorf(span{}, r.where(), format, args...)
	}
}

// unexpected reports a token that is not what it must be.
func (r *formReader) unexpected(expected string, t json.Token) {
	found := "null"
	switch t := t.(type) {
	case json.Delim:
		if found = "an object"; t == '[' {
			found = "a list"
		}
	case string:
		found = fmt.Sprintf("%.60q", t)
	case bool, json.Number:
		found = fmt.Sprint(t)
	}
	r.fail("expected %s, found %s", expected, found)
}

// token returns the next token; nil, as for null, after an error.
func (r *formReader) token() json.Token {
	if r.report.errors > 0 {
		return nil
	}
	t, _ := r.decoder.Token() // there is one, since the text is JSON
	return t
}

// more reports whether the object or the list goes on.
func (r *formReader) more() bool { return r.report.errors == 0 && r.decoder.More() }

// within reads what is one step further.
func (r *formReader) within(step string, read func()) {
	r.path = append(r.path, step)
	read()
	r.path = r.path[:len(r.path)-1]
}

// fieldReaders are what reads the fields that an object can have.
type fieldReaders map[string]func()

// object reads an object, which must have some of its fields.
func (r *formReader) object(read fieldReaders, required ...string) {
	if t := r.token(); t != json.Delim('{') {
		r.unexpected("an object", t)
		return
	}
	r.fields(read, required...)
}

// fields reads an object behind its brace and returns how many fields it has.
func (r *formReader) fields(read fieldReaders, required ...string) int {
	seen := map[string]bool{}
	for r.more() {
		name, _ := r.token().(string)
		switch {
		case read[name] == nil:
			known := slices.Sorted(maps.Keys(read))
			r.report.unknown(span{}, r.where(), nil, name, known, "unknown field %q: there are %s", name, among(known, "and"))
		case seen[name]:
			r.fail("the field %q stands here already", name)
		default:
			seen[name] = true
			r.within("."+name, read[name])
		}
	}
	r.token()
	for _, name := range required {
		if !seen[name] {
			r.fail("the field %q is missing", name)
		}
	}
	return len(seen)
}

// list returns what reads a list: each of its elements by read.
func (r *formReader) list(read func()) func() {
	return func() {
		if t := r.token(); t != json.Delim('[') {
			r.unexpected("a list", t)
			return
		}
		for i := 0; r.more(); i++ {
			r.within("["+strconv.Itoa(i)+"]", read)
		}
		r.token()
	}
}

// text returns what reads a string. It is not empty: nothing that has no name is
// written.
func (r *formReader) text(to *string) func() {
	return func() {
		t := r.token()
		s, ok := t.(string)
		if !ok || s == "" {
			r.unexpected("a string with something in it", t)
			return
		}
		*to = s
	}
}

// truth returns what reads a truth value.
func (r *formReader) truth(to *bool) func() {
	return func() {
		t := r.token()
		b, ok := t.(bool)
		if !ok {
			r.unexpected("true or false", t)
			return
		}
		*to = b
	}
}

// number returns what reads a number: digits alone, up to [MaxCount].
func (r *formReader) number(to *int) func() {
	return func() {
		t := r.token()
		n, _ := t.(json.Number)
		i, err := strconv.ParseInt(n.String(), 10, 32)
		if err != nil || !isNumber(n.String()) {
			r.unexpected(fmt.Sprintf("a whole number from 0 to %d", MaxCount), t)
			return
		}
		*to = int(i)
	}
}
