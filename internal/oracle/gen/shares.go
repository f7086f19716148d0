package gen

import (
	"fmt"
	"slices"

	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/tuple"
)

// Shares say of many cases what they are good for.
type Shares struct {
	Cases                       int
	Answers                     [3]int // of each oracle.Value
	Undefined                   int    // cases with an undefined answer
	Exclusions, Cycles, Expired int    // cases in which an answer depends on these
	Chains                      int    // cases with a long chain
	Lines                       int    // relationships and operations
}

// Measure adds a case: every answer after each transaction, and whether an
// answer to what was loaded changes when exclusions are taken as their left
// side, without a tuple that closes a cycle, or if nothing had expired.
func (s *Shares) Measure(c *Case) {
	s.Cases++
	s.Lines += len(c.Tuples)
	if len(c.chain) > 0 {
		s.Chains++
	}
	undefined := false
	moments := c.Moments()
	for i, m := range moments {
		if i > 0 {
			s.Lines += len(c.History[i-1].Operations)
		}
		for _, values := range c.answers(m) {
			for _, v := range values {
				s.Answers[v]++
				undefined = undefined || v == oracle.Undefined
			}
		}
	}
	count := func(n *int, yes bool) {
		if yes {
			*n++
		}
	}
	count(&s.Undefined, undefined)
	now := moments[0]
	answers := c.answers(now)
	differs := func(c *Case, m Moment) bool { return !slices.EqualFunc(answers, c.answers(m), slices.Equal) }
	plain := *c
	plain.Schema = WithoutExclusions(c.Schema)
	count(&s.Exclusions, differs(&plain, now))
	if edge, ok := CycleEdge(c); ok {
		count(&s.Cycles, differs(c, Moment{now.State.Without(edge), now.At}))
	}
	count(&s.Expired, differs(c, Moment{now.State, c.Loaded}))
}

// answers are what Objects are to Subjects, for each subject.
func (c *Case) answers(m Moment) [][]oracle.Value {
	model := c.Model(m)
	asked := map[tuple.Object]bool{}
	for _, o := range c.Objects() {
		asked[o] = true
	}
	var answers [][]oracle.Value
	for _, subject := range c.Subjects() {
		var row []oracle.Value
		for i, v := range model.Values(subject) {
			if asked[model.Atoms()[i].Object] {
				row = append(row, v)
			}
		}
		answers = append(answers, row)
	}
	return answers
}

// String returns the shares, a line each.
func (s *Shares) String() string {
	answers := s.Answers[oracle.True] + s.Answers[oracle.False] + s.Answers[oracle.Undefined]
	of := func(n, all int) float64 { return 100 * float64(n) / float64(max(all, 1)) }
	return fmt.Sprintf(`%d cases, %d answers, %.0f a case, %.1f relationships and operations a case
allowed %.1f %%, denied %.1f %%, undefined %.1f %% of the answers
cases with an undefined answer %.1f %%
an answer depends on an exclusion in %.1f %%, on a cycle's edge in %.1f %%, on an expiry in %.1f %% of the cases
cases with a long chain %.1f %%`,
		s.Cases, answers, of(answers, s.Cases)/100, of(s.Lines, s.Cases)/100,
		of(s.Answers[oracle.True], answers), of(s.Answers[oracle.False], answers), of(s.Answers[oracle.Undefined], answers),
		of(s.Undefined, s.Cases), of(s.Exclusions, s.Cases), of(s.Cycles, s.Cases), of(s.Expired, s.Cases), of(s.Chains, s.Cases))
}
