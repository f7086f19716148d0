package check

import (
	"fmt"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
)

// conditionWork is what the evaluation of a caveat counts as, in steps.
const conditionWork = 16

// condition returns whether the condition of a stored tuple holds; if that is
// unsure, why.
func (s *solver) condition(k index.Key) (value, cause) {
	if k.Qualifier == 0 {
		return yes, certain
	}
	q := s.reader.Qualifier(k)
	if q.Caveat == "" {
		return yes, certain
	}
	s.work += conditionWork
	holds, missing, err := s.evaluate(q)
	switch {
	case err != nil:
		return unsure, s.intern(causeSet{failed: &ConditionError{Tuple: s.key(k), Caveat: q.Caveat, Err: err}})
	case len(missing) > 0:
		return unsure, s.intern(causeSet{missing: missing})
	}
	return truth(holds), certain
}

// evaluate decides a caveat. Who evaluates it may be anyone, so the names that it
// says are missing are checked: a decision names parameters, sorted, each once.
func (s *solver) evaluate(q index.Qualifier) (holds bool, missing []string, err error) {
	c := s.plan.caveats[q.Caveat]
	if c == nil || c.Condition() == nil {
		return false, nil, schema.ErrNoEvaluator
	}
	verdict, err := c.Condition().Evaluate(q.Context, s.given)
	if err != nil || verdict.Known() {
		return verdict.Holds, nil, err
	}
	for _, name := range verdict.Missing {
		if _, ok := c.Parameter(name); !ok {
			return false, nil, fmt.Errorf("the evaluator misses %q, which is no parameter of the caveat", name)
		}
	}
	return false, union(verdict.Missing, nil), nil
}
