package validation

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/baobab-authz/baobab/schema"
)

// An Error is one thing that is wrong with a file: it cannot be read as what it
// should be, so that nothing of it is run.
type Error struct {
	File   string // the path in the file system, or the name given
	Line   int    // from 1; 0 if it is about the file as a whole
	Column int    // from 1, in characters; 0 if it is about the whole line
	Err    error  // what is wrong
}

// Error returns file:line:column and what is wrong, as far as there is.
func (e *Error) Error() string { return e.At() + ": " + e.Err.Error() }

// At returns where it is: file:line:column, as far as there is.
func (e *Error) At() string {
	at := e.File
	if e.Line > 0 {
		at += ":" + strconv.Itoa(e.Line)
		if e.Column > 0 {
			at += ":" + strconv.Itoa(e.Column)
		}
	}
	return at
}

// Unwrap returns what is wrong without the position.
func (e *Error) Unwrap() error { return e.Err }

// Errors is everything that is wrong with a file and those that it names, file by
// file in the order of lines.
type Errors []*Error

// Error returns the errors, one below the other.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, err := range e {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the errors one by one, for errors.Is and errors.As.
func (e Errors) Unwrap() []error {
	all := make([]error, len(e))
	for i, err := range e {
		all[i] = err
	}
	return all
}

// maxErrors bounds how many errors of one file are reported.
const maxErrors = 100

// problems collects what is wrong while files are read.
type problems struct {
	found   []*Error
	omitted int
}

func (p *problems) add(e *Error) {
	if len(p.found) < maxErrors {
		p.found = append(p.found, e)
		return
	}
	p.omitted++
}

func (p *problems) errorf(file string, line int, format string, args ...any) {
	p.add(&Error{File: file, Line: line, Err: fmt.Errorf(format, args...)})
}

// err returns what was collected, nil if that is nothing.
func (p *problems) err(file string) error {
	if len(p.found) == 0 {
		return nil
	}
	all := slices.Clone(p.found)
	order := map[string]int{}
	for i, e := range all {
		if _, ok := order[e.File]; !ok {
			order[e.File] = i
		}
	}
	slices.SortStableFunc(all, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(order[a.File], order[b.File]), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	if p.omitted > 0 {
		all = append(all, &Error{File: file, Err: fmt.Errorf("%d more errors", p.omitted)})
	}
	return Errors(all)
}

// schemaErrors adds what is wrong with a schema that stands in a text of its own,
// with place saying where a line and column of that text are.
func (p *problems) schemaErrors(file string, err error, place func(schema.Diagnostic) *Error) {
	var all schema.Errors
	if !errors.As(err, &all) {
		p.add(&Error{File: file, Err: err})
		return
	}
	for _, d := range all {
		e := place(d)
		// The diagnostic begins with the place in its own text.
		_, text, _ := strings.Cut(d.String(), schema.Pos{File: d.File, Line: d.Line, Column: d.Column}.String()+": ")
		if text == "" {
			text = d.Message
		}
		e.Err = &schemaError{text: text, all: all}
		p.add(e)
	}
}

// A schemaError is one diagnostic of a schema without its position.
type schemaError struct {
	text string
	all  schema.Errors
}

func (e *schemaError) Error() string { return e.text }

// Unwrap lets errors.Is find what the schema's error matches.
func (e *schemaError) Unwrap() error { return e.all }

// yamlLine finds the line in a message of the YAML reader.
var yamlLine = regexp.MustCompile(`^yaml: line (\d+): `)

// notYAML adds the error of the YAML reader, which names the line in its text.
func (p *problems) notYAML(file string, err error) {
	text, line := err.Error(), 0
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = text[len(m[0]):]
	}
	p.errorf(file, line, "not YAML: %s", strings.TrimPrefix(text, "yaml: "))
}
