package check

import (
	"fmt"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
)

// conditionWork is what the evaluation of a caveat counts as, in steps, at least.
const conditionWork = 16

// condition returns whether the condition of a stored tuple holds; if that is
// unsure, why.
func (s *solver) condition(k index.Key) (value, cause) {
	if k.Qualifier == 0 {
		return yes, certain
	}
	q := s.reader.Qualifier(k)
	if q.Expires != 0 {
		s.until = min(s.until, q.Expires)
	}
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

// holds is condition for who does not ask why, which takes memory for each tuple
// whose condition fails.
func (s *solver) holds(k index.Key) (holds, known bool) {
	q := s.reader.Qualifier(k)
	if q.Caveat == "" {
		return true, true
	}
	holds, missing, err := s.evaluate(q)
	return holds, err == nil && len(missing) == 0
}

// evaluate decides a caveat. Who evaluates it may be anyone, so the names that it
// says are missing are checked: a decision names parameters, sorted, each once.
func (s *solver) evaluate(q index.Qualifier) (holds bool, missing []string, err error) {
	c := s.plan.caveats[q.Caveat]
	if c == nil || c.Condition() == nil {
		return false, nil, schema.ErrNoEvaluator
	}
	verdict, err := s.prepared(q.Caveat, c.Condition()).evaluate(s, q.Context)
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

// A prepared is a condition with the given values: either it has read them, or it
// reads them at each evaluation.
type prepared struct {
	once schema.Prepared
	each schema.Condition
}

// prepared returns a caveat's condition with the given values.
func (s *solver) prepared(name string, c schema.Condition) prepared {
	p, ok := s.conditions[name]
	if ok {
		return p
	}
	if preparer, can := c.(schema.Preparer); can {
		p.once = preparer.Prepare(s.given)
	} else {
		p.each = c
	}
	if s.conditions == nil {
		s.conditions = make(map[string]prepared)
	}
	s.conditions[name] = p
	return p
}

func (p prepared) evaluate(s *solver, stored map[string]any) (schema.Verdict, error) {
	if p.once == nil {
		return p.each.Evaluate(stored, s.given)
	}
	verdict, work, err := p.once.Evaluate(stored)
	s.work += max(work, 0)
	return verdict, err
}
