package caveat

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/baobab-authz/baobab/schema"
)

// What an [*Error] matches with errors.Is.
var (
	// ErrType says that a value is not of its parameter's type.
	ErrType = errors.New("a value is not of its parameter's type")
	// ErrCost says that an evaluation was stopped because it exceeded
	// [Options.CostLimit].
	ErrCost = errors.New("the evaluation costs too much")
	// ErrEvaluation says that the expression failed on the values it was given:
	// a division by zero, say, or a key that a map does not have.
	ErrEvaluation = errors.New("the expression failed")
)

// An Error says why values cannot be used with a caveat, or why its condition
// could not be decided with them.
type Error struct {
	// Caveat is the name of the caveat.
	Caveat string
	// Pos is where in the schema: the part of the expression that failed where
	// that is known, or else the caveat's name. It is the zero Pos if the caveat
	// was built in Go.
	Pos schema.Pos
	// Parameter names the parameter whose value it is about; it is empty unless
	// the error matches ErrType.
	Parameter string
	// Reason says what is wrong.
	Reason string

	kind error
}

// Error returns the position, the caveat's name and the reason.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Pos != (schema.Pos{}) {
		b.WriteString(e.Pos.String() + ": ")
	}
	b.WriteString("caveat " + e.Caveat + ": " + e.Reason)
	return b.String()
}

// Unwrap returns ErrType, ErrCost or ErrEvaluation.
func (e *Error) Unwrap() error { return e.kind }

// A mismatch is a value that is not of the type it should be of.
type mismatch struct {
	path string // within the parameter's value: ["key"][2]
	want string
	got  any
}

// in returns the mismatch as one of the value that holds m's at the step.
func (m *mismatch) in(step string) *mismatch {
	m.path = step + m.path
	return m
}

// reason describes the mismatch for the parameter.
func (m *mismatch) reason(parameter string) string {
	return fmt.Sprintf("parameter %s%s: expected %s, got %s", parameter, m.path, m.want, describe(m.got))
}

// describe names the type of a value as JSON calls it, and shows the value.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return fmt.Sprintf("the bool %v", v)
	case string:
		return "the string " + quote(v)
	case []any:
		return fmt.Sprintf("a list of %d", len(v))
	case map[string]any:
		return fmt.Sprintf("a map of %d", len(v))
	}
	if n, ok := number(v); ok {
		if text, err := json.Marshal(n); err == nil {
			return "the number " + string(text)
		}
		return fmt.Sprintf("the number %v", n)
	}
	return fmt.Sprintf("a value of the Go type %T", v)
}

// maxShown is how many bytes of a string an error quotes.
const maxShown = 40

// quote quotes a string, or its beginning.
func quote(s string) string {
	if len(s) <= maxShown {
		return fmt.Sprintf("%q", s)
	}
	cut := maxShown
	for cut > maxShown-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%q...", s[:cut])
}
