package check

import (
	"fmt"
	"slices"
	"strings"
)

// A Decision answers a question: denied, allowed, or conditional, which means
// that it depends on parameters of caveats that nobody gave a value. The zero
// Decision is a deny. Decisions are comparable.
type Decision struct {
	verdict verdict
	missing string // the names of the missing parameters, sorted, with commas
}

type verdict uint8

const (
	denied verdict = iota
	conditional
	allowed
)

// Allow returns the Decision that allows, for who knows it without a question.
func Allow() Decision { return Decision{verdict: allowed} }

// Allowed reports whether the tuple holds.
func (d Decision) Allowed() bool { return d.verdict == allowed }

// Denied reports whether the tuple does not hold.
func (d Decision) Denied() bool { return d.verdict == denied }

// Conditional reports whether it depends on [Decision.Missing] if the tuple holds.
func (d Decision) Conditional() bool { return d.verdict == conditional }

// Missing returns the names of the parameters that a conditional decision
// depends on, sorted; nil for any other.
func (d Decision) Missing() []string {
	if d.missing == "" {
		return nil
	}
	return strings.Split(d.missing, ",")
}

// String returns allowed, denied, or conditional with what is missing.
func (d Decision) String() string {
	switch d.verdict {
	case allowed:
		return "allowed"
	case conditional:
		return "conditional on " + strings.Join(d.Missing(), ", ")
	}
	return "denied"
}

// MarshalText returns the same as String, so that what is conditional stays so in
// JSON and other forms.
func (d Decision) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText returns, and nothing else. On an error d is
// unchanged.
func (d *Decision) UnmarshalText(text []byte) error {
	switch s := string(text); s {
	case "allowed":
		*d = Decision{verdict: allowed}
	case "denied":
		*d = Decision{}
	default:
		list, ok := strings.CutPrefix(s, "conditional on ")
		missing := strings.Split(list, ", ")
		read := Decision{conditional, strings.Join(union(missing, nil), ",")}
		if !ok || slices.Contains(missing, "") || read.String() != s {
			return fmt.Errorf("%q is not a decision: allowed, denied, or conditional on the names of parameters", s)
		}
		*d = read
	}
	return nil
}
