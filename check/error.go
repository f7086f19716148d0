package check

import (
	"errors"
	"fmt"
	"strings"

	"github.com/baobab-authz/baobab/tuple"
)

var (
	// ErrCycle is matched by a [*CycleError].
	ErrCycle = errors.New("undefined: the answer depends on its own denial")
	// ErrCondition is matched by a [*ConditionError].
	ErrCondition = errors.New("a caveat failed")
	// ErrBudget is matched by a [*BudgetError].
	ErrBudget = errors.New("the budget of steps is used up")
)

// A CycleError says that a tuple neither holds nor fails to hold, because it
// holds exactly if it does not: some relation is reached again through the
// right side of an exclusion. Such a question is denied.
type CycleError struct {
	Tuple tuple.Tuple // what was asked
	// Cycle is a cycle that leaves it undefined: each tuple depends on the
	// next, and the last on the first. At least one step leads through the
	// right side of an exclusion. It is nil only if the budget or the context
	// ended before it was found.
	Cycle []CycleStep
	// Omitted is how many steps follow those in Cycle, which has [MaxCycle] at
	// the most.
	Omitted int
}

// MaxCycle bounds the steps of a cycle that a [*CycleError] names.
const MaxCycle = 100

// A CycleStep is one tuple of a cycle.
type CycleStep struct {
	Tuple tuple.Tuple
	// Excluded says that the step to the next tuple leads through the right
	// side of an exclusion.
	Excluded bool
}

// Error names the cycle.
func (e *CycleError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v is %v: ", e.Tuple, ErrCycle)
	for _, s := range e.Cycle {
		b.WriteString(s.Tuple.Object.String() + "#" + s.Tuple.Relation)
		if s.Excluded {
			b.WriteString(" excludes ")
		} else {
			b.WriteString(" needs ")
		}
	}
	if e.Omitted > 0 {
		fmt.Fprintf(&b, "… %d more … ", e.Omitted)
	}
	if len(e.Cycle) > 0 {
		b.WriteString(e.Cycle[0].Tuple.Object.String() + "#" + e.Cycle[0].Tuple.Relation)
	}
	return b.String()
}

// Is reports whether target is [ErrCycle].
func (e *CycleError) Is(target error) bool { return target == ErrCycle }

// A BudgetError says that a question was given up after the number of steps
// that Options allow. It is denied.
type BudgetError struct {
	Tuple tuple.Tuple
	Steps int
}

// Error names the question and the budget.
func (e *BudgetError) Error() string {
	return fmt.Sprintf("%v: %v: %d", e.Tuple, ErrBudget, e.Steps)
}

// Is reports whether target is [ErrBudget].
func (e *BudgetError) Is(target error) bool { return target == ErrBudget }

// A QuestionError is one failed question of many asked at once.
type QuestionError struct {
	Index int // of the question
	Err   error
}

// Error says which question failed, from 0, and why.
func (e *QuestionError) Error() string { return fmt.Sprintf("question %d: %v", e.Index, e.Err) }

// Unwrap returns why the question failed.
func (e *QuestionError) Unwrap() error { return e.Err }

// A ConditionError says that the answer depends on the condition of a stored
// tuple that went wrong. Such a question is denied. If there are several, it is
// one of them, always the same.
type ConditionError struct {
	Question tuple.Tuple // what was asked
	Tuple    tuple.Tuple // the one that carries the caveat
	Caveat   string
	Err      error // what the evaluator returned
}

// Error names the tuple and the caveat.
func (e *ConditionError) Error() string {
	return fmt.Sprintf("%v: %v: %s of %v: %v", e.Question, ErrCondition, e.Caveat, e.Tuple, e.Err)
}

// Is reports whether target is [ErrCondition].
func (e *ConditionError) Is(target error) bool { return target == ErrCondition }

// Unwrap returns what the evaluator returned.
func (e *ConditionError) Unwrap() error { return e.Err }
