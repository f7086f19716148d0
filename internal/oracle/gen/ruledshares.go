package gen

import (
	"fmt"
	"strings"

	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/tuple"
)

// RuledShares say of many cases about the rules for writes what they are good
// for. The first of each pair is without actor, the second with one.
type RuledShares struct {
	Cases, Loaded int // in how many the load commits
	Transactions  [2]int
	Accepted      [2]int
	Refused       [2]map[oracle.Reason]int // transactions, by each of their reasons
	Met           map[oracle.Reason]int    // cases that meet it, the load included
	Empty         [2]int                   // accepted, and changing nothing
	Tuples        int                      // after all transactions
}

// Measure adds a case.
func (s *RuledShares) Measure(c *Ruled) {
	met := map[oracle.Reason]bool{}
	state, broken := c.Schema.Commit(oracle.State{}, c.Load)
	if len(broken) == 0 {
		s.Loaded++
	}
	for _, v := range broken {
		met[v.Reason] = true
	}
	for _, u := range c.History {
		before := state
		state, broken = c.Schema.Commit(before, u)
		s.Add(before, state, u, broken)
		for _, v := range broken {
			met[v.Reason] = true
		}
	}
	s.AddCase(met)
}

// AddCase adds the reasons that were met in a case.
func (s *RuledShares) AddCase(met map[oracle.Reason]bool) {
	s.Cases++
	if s.Met == nil {
		s.Met = map[oracle.Reason]int{}
	}
	for r := range met {
		s.Met[r]++
	}
}

// Add adds what the oracle says of a transaction.
func (s *RuledShares) Add(before, after oracle.State, u oracle.Update, broken []oracle.Violation) {
	i := 0
	if u.Actor != (tuple.Subject{}) {
		i = 1
	}
	s.Transactions[i]++
	s.Tuples += len(after)
	if len(broken) == 0 {
		s.Accepted[i]++
		if same(before, after) {
			s.Empty[i]++
		}
		return
	}
	if s.Refused[i] == nil {
		s.Refused[i] = map[oracle.Reason]int{}
	}
	reasons := map[oracle.Reason]bool{}
	for _, v := range broken {
		reasons[v.Reason] = true
	}
	for r := range reasons {
		s.Refused[i][r]++
	}
}

func same(a, b oracle.State) bool {
	for t, r := range a {
		if b[t].String() != r.String() {
			return false
		}
	}
	return len(a) == len(b)
}

// String returns the shares, a line each.
func (s *RuledShares) String() string {
	of := func(n, all int) float64 { return 100 * float64(n) / float64(max(all, 1)) }
	var b strings.Builder
	fmt.Fprintf(&b, "%d cases, of which %.1f %% load; %.1f tuples after a transaction; met in",
		s.Cases, of(s.Loaded, s.Cases), of(s.Tuples, s.Transactions[0]+s.Transactions[1])/100)
	for _, r := range oracle.Reasons {
		fmt.Fprintf(&b, " %s %.1f %%", r, of(s.Met[r], s.Cases))
	}
	b.WriteString(" of the cases")
	for i, who := range []string{"without an actor", "with an actor"} {
		fmt.Fprintf(&b, "\n%d transactions %s: accepted %.1f %% (changing nothing %.1f %%), refused for", s.Transactions[i], who,
			of(s.Accepted[i], s.Transactions[i]), of(s.Empty[i], s.Transactions[i]))
		for _, r := range oracle.Reasons {
			fmt.Fprintf(&b, " %s %.1f %%", r, of(s.Refused[i][r], s.Transactions[i]))
		}
	}
	return b.String()
}
