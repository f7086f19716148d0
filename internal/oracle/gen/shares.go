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
	Answers                     map[oracle.Value]int // of each; one that is conditional counts as Missing()
	Undefined                   int                  // cases with an undefined answer
	Exclusions, Cycles, Expired int                  // cases in which an answer depends on these
	Chains                      int                  // cases with a long chain
	Caveated                    int                  // cases with caveats, and of these:
	Conditional, Failed         int                  // with such an answer
	Both                        int                  // with answers that are conditional and others that are undefined
	CaveatCycles                int                  // in which an answer depends on a cycle's edge that has a caveat
	Lines                       int                  // relationships and operations
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
	if len(c.Schema.Caveats) > 0 {
		s.Caveated++
	}
	if s.Answers == nil {
		s.Answers = map[oracle.Value]int{}
	}
	met := map[oracle.Value]bool{}
	moments := c.Moments()
	for i, m := range moments {
		if i > 0 {
			s.Lines += len(c.History[i-1].Operations)
		}
		for _, values := range c.answers(m) {
			for _, v := range values {
				if v.Conditional() {
					v = oracle.Missing()
				}
				s.Answers[v]++
				met[v] = true
			}
		}
	}
	count := func(n *int, yes bool) {
		if yes {
			*n++
		}
	}
	count(&s.Undefined, met[oracle.Undefined])
	count(&s.Conditional, met[oracle.Missing()])
	count(&s.Failed, met[oracle.Failed])
	count(&s.Both, met[oracle.Undefined] && met[oracle.Missing()])
	now := moments[0]
	answers := c.answers(now)
	differs := func(c *Case, m Moment) bool { return !slices.EqualFunc(answers, c.answers(m), slices.Equal) }
	plain := *c
	plain.Schema = WithoutExclusions(c.Schema)
	count(&s.Exclusions, differs(&plain, now))
	if edge, ok := CycleEdge(c); ok {
		count(&s.Cycles, differs(c, Moment{now.State.Without(edge), now.At, now.Given}))
	}
	if edge, ok := cycleEdge(c, func(r tuple.Relationship) bool { return r.Caveat != "" }); ok {
		count(&s.CaveatCycles, differs(c, Moment{now.State.Without(edge), now.At, now.Given}))
	}
	count(&s.Expired, differs(c, Moment{now.State, c.Loaded, now.Given}))
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
	answers := 0
	for _, n := range s.Answers {
		answers += n
	}
	of := func(n, all int) float64 { return 100 * float64(n) / float64(max(all, 1)) }
	share := func(v oracle.Value) float64 { return of(s.Answers[v], answers) }
	return fmt.Sprintf(`%d cases, %d answers, %.0f a case, %.1f relationships and operations a case
allowed %.1f %%, denied %.1f %%, undefined %.1f %%, conditional %.1f %%, failed %.1f %% of the answers
cases with an undefined answer %.1f %%
an answer depends on an exclusion in %.1f %%, on a cycle's edge in %.1f %%, on an expiry in %.1f %% of the cases
cases with a long chain %.1f %%
cases with caveats %.1f %%; of these, with a conditional answer %.1f %%, with one that failed %.1f %%, with a conditional and an undefined one %.1f %%;
an answer depends on a cycle's edge that has a caveat in %.1f %% of them`,
		s.Cases, answers, of(answers, s.Cases)/100, of(s.Lines, s.Cases)/100,
		share(oracle.True), share(oracle.False), share(oracle.Undefined), share(oracle.Missing()), share(oracle.Failed),
		of(s.Undefined, s.Cases), of(s.Exclusions, s.Cases), of(s.Cycles, s.Cases), of(s.Expired, s.Cases), of(s.Chains, s.Cases),
		of(s.Caveated, s.Cases), of(s.Conditional, s.Caveated), of(s.Failed, s.Caveated), of(s.Both, s.Caveated), of(s.CaveatCycles, s.Caveated))
}
