package schema

import "context"

// An Evaluator gives caveats their meaning. Nothing takes one yet: an engine
// refuses a schema that declares caveats.
type Evaluator interface {
	// Compile prepares a caveat. Its error says what is wrong with the
	// expression.
	Compile(c *Caveat) (Condition, error)
}

// A Condition is a compiled caveat. It is safe for concurrent use and has no
// state: the same values give the same verdict.
type Condition interface {
	// Evaluate decides the condition with the values that are known: those that
	// the tuple carries and those of the question, by the parameters' names. It
	// must not keep or change them.
	//
	// An error means that the condition went wrong and neither holds nor does
	// not; a parameter without a value is no error.
	Evaluate(ctx context.Context, values map[string]any) (Verdict, error)
}

// A Verdict is what a condition comes to, in three-valued logic. The zero
// Verdict is that the condition does not hold.
type Verdict struct {
	// Holds is whether the condition is known to hold.
	Holds bool
	// Missing names, sorted, the parameters without whose values the condition
	// is unknown; it is empty if the condition is known, even where not all
	// parameters had a value. Holds is false if it is not empty.
	Missing []string
}

// Known reports whether the verdict is yes or no, and not "that depends".
func (v Verdict) Known() bool { return len(v.Missing) == 0 }
