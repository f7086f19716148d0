package validation

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// ReadTuplesJSON reads OpenFGA's tuples from JSON: an array of objects with the
// keys that [ReadTuplesYAML] shows, or such objects one after another, a line each
// (JSON Lines). The name of the file is only for messages. The error is [Errors].
func ReadTuplesJSON(file string, data []byte) ([]Relationship, error) {
	p := &problems{}
	data = bytes.TrimPrefix(data, []byte(byteOrderMark))
	j := jsonTuples{file: file, data: data, problems: p, decoder: json.NewDecoder(bytes.NewReader(data))}
	j.decoder.DisallowUnknownFields()
	j.decoder.UseNumber()
	j.read()
	return j.rels, p.err(file)
}

// jsonTuples reads tuples from JSON.
type jsonTuples struct {
	file     string
	data     []byte
	problems *problems
	decoder  *json.Decoder
	rels     []Relationship

	counted, lines int // how far lines are counted, and how many there are
}

func (j *jsonTuples) read() {
	array := bytes.HasPrefix(bytes.TrimLeft(j.data, " \t\r\n"), []byte("["))
	if array {
		if _, err := j.decoder.Token(); err != nil {
			j.broken(err)
			return
		}
	}
	for !array || j.decoder.More() {
		line := j.line(j.next())
		var t fgaTuple
		err := j.decoder.Decode(&t)
		if !array && errors.Is(err, io.EOF) {
			return
		}
		if err != nil && !j.wrong(line, err) {
			return
		}
		if err == nil {
			j.add(line, t)
		}
	}
	if _, err := j.decoder.Token(); err != nil {
		j.broken(err)
		return
	}
	if at := j.next(); at < len(j.data) {
		j.problems.errorf(j.file, j.line(at), "something stands behind the list of tuples")
	}
}

// next returns where the next value begins.
func (j *jsonTuples) next() int {
	at := min(int(j.decoder.InputOffset()), len(j.data))
	rest := bytes.TrimLeft(j.data[at:], " \t\r\n,")
	return len(j.data) - len(rest)
}

// line returns the line of an offset that is not before the one asked for last.
func (j *jsonTuples) line(offset int) int {
	offset = max(offset, j.counted)
	j.lines += bytes.Count(j.data[j.counted:offset], []byte("\n"))
	j.counted = offset
	return 1 + j.lines
}

// wrong reports the error of one tuple; false if none can be read behind it.
func (j *jsonTuples) wrong(line int, err error) bool {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		j.broken(err)
		return false
	}
	var typed *json.UnmarshalTypeError
	switch {
	case errors.As(err, &typed) && typed.Field == "":
		j.problems.errorf(j.file, line, "a tuple should be an object, not a JSON %s", typed.Value)
	case errors.As(err, &typed):
		j.problems.errorf(j.file, line, "%s cannot be a JSON %s", typed.Field, typed.Value)
	default:
		j.problems.errorf(j.file, line, "%s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return true
}

// broken reports that the text is not JSON.
func (j *jsonTuples) broken(err error) {
	at := len(j.data)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at = min(max(int(syntax.Offset)-1, 0), len(j.data))
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	j.problems.errorf(j.file, j.line(at), "not JSON: %w", err)
}

func (j *jsonTuples) add(line int, t fgaTuple) {
	if t.Condition != nil {
		context, err := numbers(t.Condition.Context)
		if err != nil {
			j.problems.errorf(j.file, line, "%w", err)
			return
		}
		t.Condition.Context, _ = context.(map[string]any)
	}
	rel, err := t.relationship()
	if err != nil {
		j.problems.errorf(j.file, line, "%w", err)
		return
	}
	j.rels = append(j.rels, Relationship{rel, j.file, line})
}
