package openfga

import (
	"strconv"
	"strings"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/schema/internal/front"
)

// A modReader reads the file that lists the modules: as much of YAML as it needs.
type modReader struct {
	b     *schema.Builder
	src   *schema.Source
	text  string
	seen  map[string]bool
	key   string // whose value the current lines are
	items []name
}

// readMod returns the paths of the modules.
func readMod(b *schema.Builder, src *schema.Source, text string) []name {
	if n := front.InvalidUTF8(text); n >= 0 {
		b.Errorf(src.Span(n, n+1), "", "byte %#02x is not valid UTF-8", text[n])
		return nil
	}
	r := &modReader{b: b, src: src, text: text, seen: map[string]bool{}}
	for at := 0; at < len(text); {
		end := at + lineLength(text[at:])
		r.line(at, end)
		at = end + 1
	}
	for _, key := range []string{"schema", "contents"} {
		if !r.seen[key] {
			b.Errorf(src.Span(0, 0), "", "%s is missing", key)
		}
	}
	return r.items
}

// trim returns a piece of the text without the white space around it.
func (r *modReader) trim(start, end int) (int, int) {
	for start < end && (r.text[start] == ' ' || r.text[start] == '\t') {
		start++
	}
	for start < end && (r.text[end-1] == ' ' || r.text[end-1] == '\t') {
		end--
	}
	return start, end
}

// line reads one line.
func (r *modReader) line(start, end int) {
	at, end := r.trim(start, end) // which the other pieces of the line end with, too
	rest := r.text[at:end]
	switch {
	case rest == "" || rest[0] == '#' || at == start && (rest == "---" || rest == "..."):
	case rest == "-" || strings.HasPrefix(rest, "- "):
		r.item(at, end)
	case at > start:
		if r.key == "schema" || r.key == "contents" {
			r.b.Errorf(r.src.Span(at, end), "", "expected a key at the left, or an item of a list that begins with a hyphen")
		}
	default:
		r.field(at, end)
	}
}

// item reads what stands behind a hyphen.
func (r *modReader) item(at, end int) {
	switch r.key {
	case "contents":
		if start, _ := r.trim(at+1, end); start < end && r.text[start] != '#' {
			r.entry(start, end)
			return
		}
		r.b.Errorf(r.src.Span(at, end), "", "expected the path of a module after the hyphen")
	case "schema", "":
		r.b.Errorf(r.src.Span(at, end), "", "an item of a list stands below contents")
	}
}

// field reads a line with a key.
func (r *modReader) field(at, end int) {
	colon := strings.IndexByte(r.text[at:end], ':')
	if colon < 0 {
		r.b.Errorf(r.src.Span(at, end), "", "expected schema or contents and a colon")
		return
	}
	key := strings.TrimRight(r.text[at:at+colon], " \t")
	r.key = key
	span := r.src.Span(at, at+len(key))
	switch {
	case key != "schema" && key != "contents":
		r.b.Warnf(span, "", "", "the key %s is unknown, and not read", key)
		return
	case r.seen[key]:
		r.b.Errorf(span, "", "%s stands here already", key)
		return
	}
	r.seen[key] = true
	start, _ := r.trim(at+colon+1, end)
	if r.text[start:end] != "" && r.text[start] == '#' {
		start = end
	}
	switch empty := start == end; {
	case key == "schema" && empty:
		r.b.Errorf(span, "", "expected a version after schema")
	case key == "schema":
		r.version(start, end)
	case !empty:
		r.list(start, end)
	}
}

func (r *modReader) version(start, end int) {
	v, next, quoted, ok := r.scalar(start, end, "")
	switch {
	case !ok || !r.ended(next, end):
	case !quoted:
		r.b.Suggestf(v.at, "", "write '"+v.text+"'", "the version is a string, and stands in quotes")
	case v.text != "1.2":
		r.b.Errorf(v.at, "", "modules take schema 1.2, and not %q", v.text)
	}
}

// list reads a list in brackets.
func (r *modReader) list(start, end int) {
	if r.text[start] != '[' {
		r.b.Errorf(r.src.Span(start, end), "", "contents is a list: expected an item a line, each after a hyphen")
		return
	}
	at, _ := r.trim(start+1, end)
	for at < end && r.text[at] != ']' {
		v, next, _, ok := r.scalar(at, end, ",]")
		if !ok {
			return
		}
		r.items = append(r.items, v)
		at, _ = r.trim(next, end)
		if at == end || r.text[at] != ',' {
			break
		}
		at, _ = r.trim(at+1, end)
	}
	if at >= end || r.text[at] != ']' {
		r.b.Errorf(r.src.Span(at, at), "", "the list is not closed on its line: expected ']'")
		return
	}
	r.ended(at+1, end)
}

// entry reads an item of the list.
func (r *modReader) entry(start, end int) {
	v, next, quoted, ok := r.scalar(start, end, "")
	if !ok || !r.ended(next, end) {
		return
	}
	if !quoted && (v.text == "" || strings.IndexByte("[{&*!|>%@", v.text[0]) >= 0 || strings.Contains(v.text, ": ") || isNumber(v.text)) {
		r.b.Errorf(v.at, "", "expected the path of a module: a string on one line")
		return
	}
	r.items = append(r.items, v)
}

func isNumber(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}

// ended reports what stands behind a value on its line, but for a comment.
func (r *modReader) ended(at, end int) bool {
	start, _ := r.trim(at, end)
	if start == end || start > at && r.text[start] == '#' {
		return true
	}
	r.b.Errorf(r.src.Span(start, end), "", "expected the end of the line")
	return false
}

// scalar reads a string, which ends before one of stops if it has no quotes. It
// returns where the string ends, and whether it has quotes.
func (r *modReader) scalar(start, end int, stops string) (v name, next int, quoted, ok bool) {
	line := r.text[start:end]
	quote := line[0]
	if quote != '\'' && quote != '"' {
		n := len(line)
		if i := commentIn(line); i >= 0 {
			n = i
		}
		if i := strings.IndexAny(line[:n], stops); i >= 0 {
			n = i
		}
		text := strings.TrimRight(line[:n], " \t")
		return name{text, r.src.Span(start, start+len(text))}, start + len(text), false, true
	}
	for i := 1; i < len(line); i++ {
		switch {
		case quote == '"' && line[i] == '\\':
			i++
		case line[i] != quote:
		case quote == '\'' && i+1 < len(line) && line[i+1] == quote:
			i++
		default:
			text, at := line[1:i], r.src.Span(start, start+i+1)
			if quote == '\'' {
				text = strings.ReplaceAll(text, "''", "'")
			} else if u, err := strconv.Unquote(line[:i+1]); err == nil {
				text = u
			} else {
				r.b.Errorf(at, "", "the string has an escape that is not read")
				return name{}, 0, false, false
			}
			return name{text, at}, start + i + 1, true, true
		}
	}
	r.b.Errorf(r.src.Span(start, end), "", "the string is not closed on its line: expected %c", quote)
	return name{}, 0, false, false
}
