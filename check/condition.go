package check

import (
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
	verdict, err := s.evaluate(q)
	switch {
	case err != nil:
		return unsure, s.intern(causeSet{failed: &ConditionError{Tuple: s.key(k), Caveat: q.Caveat, Err: err}})
	case !verdict.Known():
		return unsure, s.intern(causeSet{missing: verdict.Missing})
	}
	return truth(verdict.Holds), certain
}

func (s *solver) evaluate(q index.Qualifier) (schema.Verdict, error) {
	c := s.plan.conditions[q.Caveat]
	if c == nil {
		return schema.Verdict{}, schema.ErrNoEvaluator
	}
	return c.Evaluate(q.Context, s.given)
}
