package oracle

import "strings"

// A Value is the answer to a question, in the word that docs/SEMANTICS.md uses
// for it: one of the constants, or what [Missing] returns.
type Value string

const (
	False     Value = "no"        // not in the model: denied
	True      Value = "yes"       // in the model: allowed
	Undefined Value = "undefined" // it hangs on its own denial: the engine's ErrCycle, and denied
	Failed    Value = "error"     // it hangs on a condition that fails: another error, and denied
)

const missing = "missing:"

// Missing is the answer that hangs on parameters without a value: conditional.
// The names are sorted.
func Missing(parameters ...string) Value { return Value(missing + strings.Join(parameters, ",")) }

// Conditional reports whether v is what [Missing] returns.
func (v Value) Conditional() bool { return strings.HasPrefix(string(v), missing) }

// Missing returns the parameters that a conditional answer names.
func (v Value) Missing() []string {
	if !v.Conditional() {
		return nil
	}
	return strings.Split(strings.TrimPrefix(string(v), missing), ",")
}
