package baobab_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/internal/oracle/gen"
	"github.com/baobab-authz/baobab/tuple"
)

// What an explanation says of any tuple is what Check says of it, everything in it
// has a reason, and the conditions of the tuples of a proof hold.
func TestAttackExplanationsAgree(t *testing.T) {
	setCases(t, "60")
	rapid.Check(t, func(t *rapid.T) {
		c := gen.Draw(t)
		s, err := gen.Build(c.Schema)
		require.NoError(t, err)
		e, err := openEngine(s, baobab.Options{Caveats: oracle.Conditions{}})
		require.NoError(t, err)
		defer e.Close()
		_, err = e.Write(ctx, c.Tuples...)
		require.NoError(t, err)
		m := c.Moments()[0]
		v := e.Now().AsOf(m.At).Given(m.Given)
		if v.Err() != nil {
			t.Skip("what had expired at that instant is swept, so another case is drawn: ", v.Err())
		}
		for i, subject := range c.Subjects() {
			for _, object := range c.Objects() {
				for _, r := range c.Schema.Type(object.Type).Relations {
					if i%2 == 0 {
						continue
					}
					x, err := v.Explain(ctx, tuple.New(object, r.Name, subject))
					if err == nil {
						err = review(c, m, v, x)
					}
					if err != nil && !errors.Is(err, check.ErrCycle) && !errors.Is(err, check.ErrCondition) {
						t.Fatal(err)
					}
				}
			}
		}
	})
}

func review(c *gen.Case, m gen.Moment, v baobab.View, x *baobab.Explanation) error {
	for _, p := range x.Proof() {
		if err := condition(c, m, v, p); err != nil {
			return fmt.Errorf("%w\n%v", err, x)
		}
	}
	for todo := []*check.Reason{x.Reason}; len(todo) > 0; {
		r := todo[len(todo)-1]
		todo = append(todo[:len(todo)-1], r.Because...)
		if len(r.Because) == 0 && r.Note == "" {
			return fmt.Errorf("nothing is said of %v in\n%v", r.Tuple, x)
		}
		// A stored wildcard may be below what it matches, and a tuple below a caveat
		// that does not hold, or depends; those are not about the tuple alone.
		if r.Part || r.Stored || r.ViaCaveat != "" || r.Note == "not stored" {
			continue
		}
		d, err := v.Check(ctx, r.Tuple)
		if err == nil && (d.Allowed() != r.Holds || !slices.Equal(d.Missing(), r.Missing)) {
			return fmt.Errorf("%v is %v, but holds: %v, missing %v in\n%v", r.Tuple, d, r.Holds, r.Missing, x)
		}
	}
	return nil
}

func condition(c *gen.Case, m gen.Moment, v baobab.View, p tuple.Tuple) error {
	for r, err := range v.Tuples(tuple.Filter{ObjectType: p.Object.Type, ObjectID: p.Object.ID, Relation: p.Relation}) {
		if err != nil {
			return err
		}
		if r.Tuple != p || r.Caveat == "" {
			continue
		}
		i := slices.IndexFunc(c.Schema.Caveats, func(c *oracle.Caveat) bool { return c.Name == r.Caveat })
		if o := c.Schema.Caveats[i].Evaluate(r.Context, m.Given); o.Undecided() || !o.Holds {
			return fmt.Errorf("the proof needs %v, whose condition came to %+v", r, o)
		}
	}
	return nil
}
