package gen

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/tuple"
)

// A Case is a schema, the relationships that are loaded at an instant, the
// transactions that follow it, and what questions give the caveats.
type Case struct {
	Schema  *oracle.Schema
	Loaded  time.Time // when Tuples are written; none of them has expired then
	Tuples  []tuple.Relationship
	Asked   time.Time // when questions are asked about what was loaded; some have expired
	History []oracle.Transaction
	Given   []map[string]any    // after 0, 1, … len(History) transactions
	ids     map[string][]string // the ids that tuples use, for each type
	chain   []string            // the ids of a long chain
}

// stranger is the id of subjects and objects that no tuple names.
const stranger = "none"

// Cases generates cases.
func Cases() *rapid.Generator[*Case] { return rapid.Custom(Draw) }

// Draw draws a case.
func Draw(t *rapid.T) *Case {
	start := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	schema, traps := drawSchema(t)
	c := &Case{Schema: schema, Loaded: start.Add(-time.Hour), Asked: start, ids: map[string][]string{}}
	d := &drawer{T: t, Case: c, forms: formsOf(schema), traps: traps}
	d.drawIDs()
	d.drawTuples()
	d.drawHistory()
	for range 1 + len(c.History) {
		c.Given = append(c.Given, d.given())
	}
	return c
}

// A Moment is a state, the instant at which it is asked about, and what is given.
type Moment struct {
	State oracle.State
	At    time.Time
	Given map[string]any
}

// Moments are the states after 0, 1, … len(History) transactions, each at the
// instant of its commit; the first at Asked. A transaction that does not commit
// leaves the state as it was.
func (c *Case) Moments() []Moment {
	list := []Moment{{oracle.NewState(c.Tuples...), c.Asked, c.Given[0]}}
	for i, tx := range c.History {
		after, _ := list[len(list)-1].State.Apply(tx)
		list = append(list, Moment{after, tx.At, c.Given[i+1]})
	}
	return list
}

// Model is the meaning of the case at a moment, with all of its Objects.
func (c *Case) Model(m Moment) *oracle.Model {
	return oracle.NewModel(c.Schema, m.State.Relationships(), m.At, m.Given, c.Objects()...)
}

// Objects are those to ask about: what tuples can name, and a group that none
// of them does. Of a long chain only the ends and one in the middle are taken.
func (c *Case) Objects() []tuple.Object {
	inner := map[string]bool{}
	for i, id := range c.chain {
		inner[id] = i != 0 && i != len(c.chain)/2 && i != len(c.chain)-1
	}
	var list []tuple.Object
	for _, t := range c.Schema.Types {
		for _, id := range c.ids[t.Name] {
			if !inner[id] {
				list = append(list, tuple.Object{Type: t.Name, ID: id})
			}
		}
	}
	return append(list, tuple.Object{Type: typeNames[0], ID: stranger})
}

// Subjects are those to ask for: every one of Objects and of their usersets,
// and of each type a subject that no tuple names and the wildcard. Of what no
// tuple names one userset is enough.
func (c *Case) Subjects() []tuple.Subject {
	var list []tuple.Subject
	for _, o := range c.Objects() {
		list = append(list, tuple.Subject{Object: o})
		for i, r := range c.Schema.Type(o.Type).Relations {
			if o.ID == stranger && i > 0 {
				break
			}
			list = append(list, tuple.Subject{Object: o, Relation: r.Name})
		}
	}
	for _, t := range c.Schema.Types {
		for _, id := range []string{tuple.Wildcard, stranger} {
			list = addNew(list, tuple.Subject{Object: tuple.Object{Type: t.Name, ID: id}})
		}
	}
	return list
}

// Describe prints the case for a failure report.
func Describe(c *Case) string {
	var b strings.Builder
	b.WriteString(c.Schema.Source())
	fmt.Fprintf(&b, "\nloaded at %s, asked at %s\n", c.Loaded.Format(time.RFC3339Nano), c.Asked.Format(time.RFC3339Nano))
	for _, r := range c.Tuples {
		b.WriteString(r.String() + "\n")
	}
	for i, tx := range c.History {
		fmt.Fprintf(&b, "\ntransaction %d at %s\n", i+1, tx.At.Format(time.RFC3339Nano))
		for _, o := range tx.Operations {
			b.WriteString(o.String() + "\n")
		}
	}
	for i, given := range c.Given {
		if given != nil {
			text, _ := json.Marshal(given)
			fmt.Fprintf(&b, "\ngiven after transaction %d: %s\n", i, text)
		}
	}
	return b.String()
}

// A drawer fills a case.
type drawer struct {
	*rapid.T
	*Case
	forms []form
	traps []form
}

// pick draws one of the values.
func pick[V any](t *rapid.T, label string, values ...V) V {
	return values[rapid.IntRange(0, len(values)-1).Draw(t, label)]
}

// chance is true in about one of n draws, and false in the simplest case.
func chance(t *rapid.T, label string, n int) bool {
	return rapid.IntRange(0, n-1).Draw(t, label) == n-1
}

// addNew appends v if it is not in the list.
func addNew[V comparable](list []V, v V) []V {
	if slices.Contains(list, v) {
		return list
	}
	return append(list, v)
}
