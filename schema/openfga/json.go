package openfga

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/schema/internal/front"
)

// A value is one of a JSON text, with its place.
type value struct {
	kind    byte // { [ " or the first character of a literal: 0 for a number, t, f, n
	text    string
	members []member
	items   []*value
	at      schema.Span // of a string: without its quotes
	plain   bool        // a string without escapes
}

// A member is one of an object.
type member struct {
	key   name
	value *value
}

// A jsonReader cuts a JSON text into values.
type jsonReader struct {
	src     *schema.Source
	text    string
	decoder *json.Decoder
}

// readJSON returns the value that a text consists of; nil after an error.
func readJSON(b *schema.Builder, src *schema.Source, text string) *value {
	if at, fault := front.InvalidJSON(text); fault != "" {
		b.Errorf(src.Span(at, at), "", "%s", fault)
		return nil
	}
	r := &jsonReader{src: src, text: text, decoder: json.NewDecoder(bytes.NewReader([]byte(text)))}
	r.decoder.UseNumber()
	return r.value()
}

// token returns the next token with its place. The text is JSON: there is one.
func (r *jsonReader) token() (json.Token, int, int) {
	start := int(r.decoder.InputOffset())
	t, _ := r.decoder.Token()
	end := int(r.decoder.InputOffset())
	start += len(r.text[start:end]) - len(strings.TrimLeft(r.text[start:end], " \t\r\n,:"))
	return t, start, end
}

func (r *jsonReader) value() *value {
	t, start, end := r.token()
	v := &value{at: r.src.Span(start, end)}
	switch t := t.(type) {
	case string:
		v.kind, v.text, v.at = '"', t, r.src.Span(start+1, end-1)
		v.plain = r.text[start+1:end-1] == t
	case json.Number:
		v.text = t.String()
	case json.Delim:
		v.kind = byte(t)
		for r.decoder.More() {
			item := r.value()
			if v.kind == '{' {
				v.members = append(v.members, member{name{item.text, item.at}, r.value()})
			} else {
				v.items = append(v.items, item)
			}
		}
		_, _, end = r.token()
		v.at = r.src.Span(start, end)
	default:
		v.kind = r.text[start]
	}
	return v
}

// describe says what a value is, for a message.
func (v *value) describe() string {
	switch v.kind {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 'n':
		return "null"
	case 0:
		return "a number"
	}
	return "a truth value"
}
