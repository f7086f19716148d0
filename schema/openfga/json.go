package openfga

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/baobab-authz/baobab/schema"
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
	if n := invalidUTF8(text); n >= 0 {
		b.Errorf(src.Span(n, n+1), "", "byte %#02x is not valid UTF-8", text[n])
		return nil
	}
	r := &jsonReader{src: src, text: text, decoder: json.NewDecoder(bytes.NewReader([]byte(text)))}
	r.decoder.UseNumber()
	v, err := r.value()
	if err == nil {
		if _, err = r.decoder.Token(); err == io.EOF {
			return v
		}
		if err == nil {
			err = errors.New("there is something behind the model")
		}
	}
	at := int(r.decoder.InputOffset())
	if s := (*json.SyntaxError)(nil); errors.As(err, &s) {
		at = max(0, int(s.Offset)-1)
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		at, err = len(text), errors.New("the text ends too early")
	}
	at = min(at, len(text))
	b.Errorf(src.Span(at, at), "", "this is not JSON: %v", err)
	return nil
}

// token returns the next token with its place.
func (r *jsonReader) token() (json.Token, int, int, error) {
	start := int(r.decoder.InputOffset())
	t, err := r.decoder.Token()
	end := int(r.decoder.InputOffset())
	start += len(r.text[start:end]) - len(strings.TrimLeft(r.text[start:end], " \t\r\n,:"))
	return t, start, end, err
}

func (r *jsonReader) value() (*value, error) {
	t, start, end, err := r.token()
	if err != nil {
		return nil, err
	}
	v := &value{at: r.src.Span(start, end)}
	switch t := t.(type) {
	case string:
		v.kind, v.text, v.at = '"', t, r.src.Span(start+1, end-1)
		v.plain = r.text[start+1:end-1] == t
	case json.Number:
		v.text = t.String()
	case json.Delim:
		v.kind = byte(t)
		if v.kind == '{' {
			err = r.object(v)
		} else {
			err = r.array(v)
		}
		if err == nil {
			_, _, end, err = r.token()
			v.at = r.src.Span(start, end)
		}
	default:
		v.kind = r.text[start]
	}
	return v, err
}

func (r *jsonReader) object(v *value) error {
	for r.decoder.More() {
		key, err := r.value()
		if err != nil {
			return err
		}
		val, err := r.value()
		if err != nil {
			return err
		}
		v.members = append(v.members, member{name{key.text, key.at}, val})
	}
	return nil
}

func (r *jsonReader) array(v *value) error {
	for r.decoder.More() {
		item, err := r.value()
		if err != nil {
			return err
		}
		v.items = append(v.items, item)
	}
	return nil
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
