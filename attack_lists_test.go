package baobab_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// Lists of random states against Check over every candidate: ids on both sides of
// the wildcard's, types with prefixes, relations named like types, usersets of
// permissions, arrows over wildcards, exclusions within exclusions across types,
// conditions that are unknown or fail, and the views that a state can have, also back
// before another schema. Set BAOBAB_CASES for more worlds, and BAOBAB_SEED for others.
func TestListsAreWhatCheckSays(t *testing.T) {
	worlds := uint64(16)
	first := uint64(0)
	if n, err := strconv.ParseUint(os.Getenv("BAOBAB_CASES"), 10, 64); err == nil {
		worlds = n
	}
	if n, err := strconv.ParseUint(os.Getenv("BAOBAB_SEED"), 10, 64); err == nil {
		first = n
	}
	total := attackShares{}
	for seed := first; seed < first+worlds; seed++ {
		w := &attackWorld{Rand: rand.New(rand.NewPCG(seed, 7)), clock: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), shares: &total}
		require.NoError(t, w.run(), "world %d\n%s", seed, w)
	}
	t.Logf("%+v", total)
}

// attackShares say what was listed.
type attackShares struct {
	Refused, Views, Lists, Entries, Conditional, Cycles, Failed, Wildcards, Except, GivenBack int
}

// An attackWorld is an engine with a random schema, and then another.
type attackWorld struct {
	*rand.Rand
	eng    *baobab.Engine
	clock  time.Time
	shares *attackShares
	types  []string
	given  map[string]any // to the view that is compared
	log    []string
}

func (w *attackWorld) String() string { return strings.Join(w.log, "\n") }

func (w *attackWorld) say(format string, args ...any) {
	w.log = append(w.log, fmt.Sprintf(format, args...))
}

func (w *attackWorld) of(list ...string) string { return list[w.IntN(len(list))] }

func (w *attackWorld) write(n int) error {
	s := w.eng.Now().Schema()
	for ; n > 0; n-- {
		r := w.relationship(s)
		if _, err := w.eng.Write(ctx, r); err != nil {
			return fmt.Errorf("%v: %w", r, err)
		}
		w.say("%v", r)
	}
	return nil
}

func (w *attackWorld) run() (err error) {
	w.types = attackTypes[:1+w.IntN(3)]
	s := w.draw()
	w.say("%v", s)
	w.eng, err = openEngine(s, baobab.Options{Caveats: boolean{}, Store: store.Options{HistoryAge: 24 * time.Hour, Clock: func() time.Time { return w.clock }}})
	if err != nil {
		return err
	}
	defer w.eng.Close()
	if err := w.write(10 + w.IntN(60)); err != nil {
		return err
	}
	old := w.eng.Now().Revision()
	if err := w.views("now", w.eng.Now()); err != nil {
		return err
	}
	next := w.draw()
	w.say("-- another schema\n%v", next)
	if _, err := w.eng.SetSchema(ctx, next, store.SchemaOptions{SetAside: true}); err != nil {
		return err
	}
	w.clock = w.clock.Add(2 * time.Hour)
	if err := w.write(w.IntN(15)); err != nil {
		return err
	}
	if err := w.views("then", w.eng.Now()); err != nil {
		return err
	}
	past, err := w.eng.At(old)
	if err != nil {
		return err
	}
	return w.views("back", past)
}

func (w *attackWorld) views(name string, v baobab.View) error {
	w.given = nil
	if err := w.compare(name, v); err != nil {
		return err
	}
	given := map[string]any{}
	for _, p := range []string{"x", "y", "z"} {
		switch w.IntN(4) {
		case 0:
			given[p] = true
		case 1:
			given[p] = false
		case 2:
			given[p] = "no"
		}
	}
	var more []tuple.Relationship
	var fewer []tuple.Tuple
	for n := w.IntN(8); n > 0; n-- {
		r := w.relationship(v.Schema())
		if w.IntN(2) == 0 {
			r.Object.ID = "~"
		}
		if w.IntN(2) == 0 && r.Subject.ID != "*" {
			r.Subject.ID = w.of("~", "new")
		}
		more = append(more, r)
	}
	for r, err := range v.Tuples(tuple.Filter{}) {
		if err != nil {
			return err
		}
		if w.IntN(6) == 0 {
			fewer = append(fewer, r.Tuple)
		}
	}
	w.given = given
	hyp := v.Given(given).Without(fewer...).With(more...)
	return w.compare(fmt.Sprintf("%s given %v without %v with %v", name, given, fewer, more), hyp.AsOf(v.Time().Add(time.Duration(w.IntN(12))*time.Hour)))
}

// said names an answer; an error that is none is returned.
func said(d check.Decision, err error) (string, error) {
	switch {
	case errors.Is(err, check.ErrCycle):
		return "cycle", nil
	case errors.Is(err, check.ErrCondition):
		return "failed", nil
	case err != nil:
		return "", err
	}
	return d.String(), nil
}

func (w *attackWorld) compare(name string, v baobab.View) error {
	if err := v.Err(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	w.shares.Views++
	ids := append(slices.Clone(attackIDs), "new", "nobody")
	slices.Sort(ids)
	sch := v.Schema()
	for _, d := range sch.Definitions() {
		for _, r := range d.Relations {
			for _, of := range sch.Definitions() {
				kinds := []string{""}
				kinds = append(kinds, w.of(attackStored...), w.of(attackPerms...), "view")
				for _, q := range kinds {
					for _, id := range []string{w.of(attackIDs[:4]...), w.of(ids...)} {
						if err := w.objects(v, d.Name, r.Name, tuple.Subject{Object: tuple.Object{Type: of.Name, ID: id}, Relation: q}, ids); err != nil {
							return fmt.Errorf("%s: objects %s#%s@%s:%s#%s: %w", name, d.Name, r.Name, of.Name, id, q, err)
						}
						if err := w.subjects(v, tuple.Object{Type: d.Name, ID: id}, r.Name, of.Name, q, ids); err != nil {
							return fmt.Errorf("%s: subjects %s:%s#%s@%s#%s: %w", name, d.Name, id, r.Name, of.Name, q, err)
						}
					}
				}
				if err := w.objects(v, d.Name, r.Name, tuple.Subject{Object: tuple.Object{Type: of.Name, ID: "*"}}, ids); err != nil {
					return fmt.Errorf("%s: objects %s#%s@%s:*: %w", name, d.Name, r.Name, of.Name, err)
				}
			}
		}
	}
	return nil
}

func (w *attackWorld) objects(v baobab.View, typ, relation string, sub tuple.Subject, ids []string) error {
	var want []string
	var keys []string
	for _, id := range ids {
		o := tuple.Object{Type: typ, ID: id}
		d, err := v.Check(ctx, tuple.New(o, relation, sub))
		s, err := said(d, err)
		if err != nil {
			return err
		}
		if s != "denied" {
			want, keys = append(want, id+" "+s), append(keys, id)
		}
	}
	list := func(options ...expand.ListOption) (got []string, err error) {
		for a, err := range v.Objects(ctx, sub, relation, typ, options...) {
			s, err := said(a.Decision, err)
			if err != nil {
				return nil, err
			}
			if a.Object.Type != typ {
				return nil, fmt.Errorf("the type of %v", a)
			}
			got = append(got, a.Object.ID+" "+s)
		}
		return got, nil
	}
	return w.agree(want, keys, list)
}

// agree compares a list, whole and from somewhere on.
func (w *attackWorld) agree(want, keys []string, list func(...expand.ListOption) ([]string, error)) error {
	w.shares.Lists++
	got, err := list()
	if err != nil {
		return err
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("it is %q, not %q", got, want)
	}
	for _, s := range got {
		w.shares.Entries++
		switch {
		case strings.Contains(s, "conditional"):
			w.shares.Conditional++
		case strings.Contains(s, "cycle"):
			w.shares.Cycles++
		case strings.Contains(s, "failed"):
			w.shares.Failed++
		}
	}
	if len(want) == 0 {
		return nil
	}
	at, n := w.IntN(len(want)), 1+w.IntN(3)
	got, err = list(expand.After(expand.Cursor{Last: keys[at]}), expand.Limit(n))
	if rest := want[at+1:]; err != nil || !slices.Equal(got, rest[:min(n, len(rest))]) {
		return fmt.Errorf("after %s, %d: it is %q, not of %q (%v)", keys[at], n, got, rest, err)
	}
	return nil
}

func (w *attackWorld) subjects(v baobab.View, o tuple.Object, relation, typ, userset string, ids []string) error {
	say := func(id string) (string, error) {
		sub := tuple.Subject{Object: tuple.Object{Type: typ, ID: id}, Relation: userset}
		d, err := v.Check(ctx, tuple.New(o, relation, sub))
		return said(d, err)
	}
	public := "denied"
	var want, keys, except []string
	if userset == "" {
		var err error
		if public, err = say("*"); err != nil {
			return err
		}
	}
	named := attackNames(v, w.given, o, relation, typ)
	for _, id := range ids {
		s, err := say(id)
		if err != nil {
			return err
		}
		if s != public {
			except = append(except, id)
		}
		if s != "denied" && (public == "denied" || s != public || named[id]) {
			want, keys = append(want, id+" "+s), append(keys, id)
			if public == "denied" && userset == "" && !named[id] {
				w.shares.GivenBack++
			}
		}
	}
	if public != "denied" {
		w.shares.Wildcards++
		w.shares.Except += len(except)
		want, keys = append([]string{fmt.Sprintf("* %s %q", public, except)}, want...), append([]string{"*"}, keys...)
	}
	list := func(options ...expand.ListOption) (got []string, err error) {
		for a, err := range v.Subjects(ctx, o, relation, strings.TrimSuffix(typ+"#"+userset, "#"), options...) {
			s, err := said(a.Decision, err)
			if err != nil {
				return nil, err
			}
			if a.Subject.Type != typ || a.Subject.Relation != userset {
				return nil, fmt.Errorf("the type of %v", a)
			}
			text := a.Subject.ID + " " + s
			if a.Subject.IsWildcard() {
				var ids []string
				for _, e := range a.Except {
					ids = append(ids, e.ID)
				}
				text += fmt.Sprintf(" %q", ids)
			} else if a.Except != nil {
				return nil, fmt.Errorf("%v has exceptions", a)
			}
			got = append(got, text)
		}
		return got, nil
	}
	return w.agree(want, keys, list)
}

// attackNames reads the page's definition of who is named, with nothing of the engine
// but its tuples.
func attackNames(v baobab.View, given map[string]any, o tuple.Object, relation, typ string) map[string]bool {
	stored := map[tuple.Subject][]tuple.Subject{}
	for r, err := range v.Tuples(tuple.Filter{}) {
		if err != nil {
			panic(err)
		}
		if r.Caveat != "" {
			i := slices.IndexFunc(v.Schema().Caveats(), func(c *schema.Caveat) bool { return c.Name == r.Caveat })
			verdict, err := booleanCondition{v.Schema().Caveats()[i]}.Evaluate(r.Context, given)
			if err == nil && verdict.Known() && !verdict.Holds {
				continue
			}
		}
		stored[r.Object.Userset(r.Relation)] = append(stored[r.Object.Userset(r.Relation)], r.Subject)
	}
	named, met := map[string]bool{}, map[tuple.Subject]bool{}
	var enter func(o tuple.Object, relation string)
	var in func(o tuple.Object, relation string, e schema.Rewrite)
	in = func(o tuple.Object, relation string, e schema.Rewrite) {
		switch e := e.(type) {
		case schema.This:
			for _, s := range stored[o.Userset(relation)] {
				if s.Relation != "" {
					enter(s.Object, s.Relation)
				} else if s.Type == typ && s.ID != "*" {
					named[s.ID] = true
				}
			}
		case schema.Computed:
			enter(o, e.Relation)
		case schema.TupleToUserset:
			for _, s := range stored[o.Userset(e.Tupleset)] {
				if s.ID != "*" {
					enter(s.Object, e.Computed)
				}
			}
		case schema.Union:
			for _, c := range e.Children {
				in(o, relation, c)
			}
		case schema.Intersection:
			for _, c := range e.Children {
				in(o, relation, c)
			}
		case schema.Exclusion:
			in(o, relation, e.Base)
		case schema.Self:
			if o.Type == typ {
				named[o.ID] = true
			}
		}
	}
	enter = func(o tuple.Object, relation string) {
		r := v.Schema().Definition(o.Type).Relation(relation)
		if r == nil || met[o.Userset(relation)] {
			return
		}
		met[o.Userset(relation)] = true
		in(o, relation, r.Rewrite)
	}
	enter(o, relation)
	return named
}
