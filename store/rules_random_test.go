package store_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// drawCount makes a schema with one count and no other rule, so that much is
// committed, and refused for that alone.
func drawCount(t *rapid.T) *schema.Schema {
	for {
		if s, err := schema.New(drawCounted(t)...); err == nil {
			return s
		}
	}
}

func drawCounted(t *rapid.T) []schema.Part {
	user, a, b := schema.Type("user"), schema.Type("a"), schema.Type("b")
	c := schema.Count{
		Max:        rapid.SampledFrom([]int{1, 1, 2, 3, schema.Unbounded}).Draw(t, "max"),
		PerSubject: rapid.Bool().Draw(t, "per subject"),
		In:         rapid.SampledFrom([]string{"", "", "r0", "r2", "r2"}).Draw(t, "in"),
	}
	if c.Max == schema.Unbounded || rapid.Bool().Draw(t, "lower") {
		c.Min = 1
	}
	of := rapid.SampledFrom([]string{"r0", "r1", "r1", "sum", "sum"}).Draw(t, "of")
	count := func(m schema.Member, name string) schema.Member {
		if name == of {
			return m.Counted(c)
		}
		return m
	}
	return []schema.Part{
		schema.DeclareCaveat("c", "n > 0", schema.Param("n", "int")),
		schema.Define("user", schema.Rel("h", user)),
		schema.Define("b", schema.Rel("h", b), schema.Rel("r0", user), schema.Rel("r1", a)),
		schema.Define("a",
			schema.Rel("h", a),
			count(schema.Rel("r0", user, user.With("c"), a, schema.Userset("b", "r0")), "r0"),
			count(schema.Rel("r1", user, user.With("c"), schema.Wildcard("user"), schema.Userset("b", "r0"), user.Expiring()), "r1"),
			schema.Rel("r2", b, b.With("c"), b.Expiring()).OnDelete(rapid.SampledFrom([]schema.OnDelete{schema.Detach, schema.Cascade}).Draw(t, "on-delete")),
			count(schema.Perm("sum", schema.Or(schema.Ref("r0"), schema.Ref("r1"))), "sum"),
		),
	}
}

// drawRules makes a schema of three types with random directives. Each type
// has a permission p, which the judge decides by the stored tuples of h.
func drawRules(t *rapid.T) *schema.Schema {
	for { // until the directives do not contradict each other
		if s, err := schema.New(drawParts(t)...); err == nil {
			return s
		}
	}
}

func drawParts(t *rapid.T) []schema.Part {
	chance := func(of int, what string) bool { return rapid.IntRange(0, 9).Draw(t, what) < of }
	parts := []schema.Part{schema.DeclareCaveat("c", "n > 0", schema.Param("n", "int"))}
	for _, typ := range []string{"user", "a", "b"} {
		var members []schema.Member
		if chance(7, "deleted-by") {
			members = append(members, schema.DeletedBy("p"))
		}
		relations := []string{"h"}
		if typ != "user" {
			relations = append(relations, "r0", "r1", "r2")
		}
		for _, name := range relations {
			expiring := name == "r2" && chance(5, "expiring")
			m := drawDirectives(t, schema.Rel(name, drawSubjects(t, name, expiring)...), name)
			if expiring {
				m = m.ExpiresWithin(5 * time.Minute)
			}
			members = append(members, m)
		}
		members = append(members, schema.Perm("p", schema.Ref("h")))
		if typ != "user" {
			members = append(members,
				counting(t, schema.Perm("sum", schema.Or(schema.Ref("r0"), schema.Ref("r1"))), 3),
				counting(t, schema.Perm("total", schema.Or(schema.Ref("sum"), schema.Ref("r2"))), 1))
		}
		parts = append(parts, schema.Define(typ, members...))
	}
	return parts
}

func drawSubjects(t *rapid.T, name string, expiring bool) []schema.SubjectType {
	user, a, b := schema.Type("user"), schema.Type("a"), schema.Type("b")
	if name == "h" {
		return []schema.SubjectType{user, schema.Userset("a", "r0")}
	}
	if expiring {
		return []schema.SubjectType{user.Expiring(), a.Expiring()}
	}
	all := []schema.SubjectType{a, user, b, schema.Userset("a", "r0"), schema.Wildcard("user"), user.With("c"), a.With("c"), a.Expiring(), user.Expiring()}
	return append(all[:1:1], rapid.SliceOfNDistinct(rapid.SampledFrom(all[1:]), 1, 4, rapid.ID).Draw(t, "subjects")...)
}

func drawDirectives(t *rapid.T, m schema.Member, name string) schema.Member {
	if name == "h" {
		return m.GrantedBy("p").OnDelete(rapid.SampledFrom([]schema.OnDelete{schema.Detach, schema.Detach, schema.Detach, schema.Cascade}).Draw(t, "on-delete"))
	}
	for range rapid.SampledFrom([]int{0, 1, 1, 1, 1, 2}).Draw(t, "guards") {
		switch rapid.IntRange(0, 4).Draw(t, "guard") {
		case 0, 1:
			m = m.GrantedBy("p")
		case 2, 3:
			m = m.GrantedOnSubject("p")
		default:
			m = m.GrantedToSelf()
		}
	}
	m = m.OnDelete(rapid.SampledFrom([]schema.OnDelete{schema.Detach, schema.Detach, schema.Refuse, schema.Cascade}).Draw(t, "on-delete"))
	return counting(t, m, 2)
}

// counting gives a member a count, in so many of ten cases.
func counting(t *rapid.T, m schema.Member, of int) schema.Member {
	for rapid.IntRange(0, 9).Draw(t, "count") < of {
		c := schema.Count{Max: rapid.SampledFrom([]int{1, 2, 2, 3, 3, 4, 5, schema.Unbounded}).Draw(t, "max")}
		if c.Max == schema.Unbounded || rapid.IntRange(0, 9).Draw(t, "lower") == 0 {
			c.Min = 1
		}
		c.PerSubject = rapid.Bool().Draw(t, "per subject")
		c.In = rapid.SampledFrom([]string{"", "r0", "r1", "r2"}).Draw(t, "in")
		m = m.Counted(c)
	}
	return m
}

// A trial drives a store and the lawyer side by side.
type trial struct {
	*store.Store
	schema  *schema.Schema
	objects []tuple.Object
	actors  []string
	clock   time.Time
	facts   facts // also what has expired
	changes []store.Change
	first   store.Revision
	counts  map[string]int // of what became of the transactions
}

func (r *trial) relationship(t *rapid.T) tuple.Relationship {
	d := r.schema.Definition(rapid.SampledFrom([]string{"user", "a", "a", "a", "b", "b"}).Draw(t, "type"))
	var relations []*schema.Relation
	for _, rel := range d.Relations {
		if rel.Stored() {
			relations = append(relations, rel)
		}
	}
	rel := relations[0] // h
	if len(relations) > 1 && len(r.changes) > 0 && rapid.IntRange(0, 5).Draw(t, "not h") > 0 {
		rel = rapid.SampledFrom(relations[1:]).Draw(t, "relation")
	}
	s := rapid.SampledFrom(rel.Subjects).Draw(t, "subject type")
	object := func(typ string) tuple.Object {
		var list []tuple.Object
		for _, o := range r.objects {
			if o.Type == typ {
				list = append(list, o)
			}
		}
		return rapid.SampledFrom(list).Draw(t, "object")
	}
	subject := tuple.Subject{Object: object(s.Type), Relation: s.Relation}
	if s.Wildcard {
		subject.ID = tuple.Wildcard
	}
	u := tuple.New(object(d.Name), rel.Name, subject).Always()
	if s.Caveat != "" {
		u = u.When(s.Caveat, map[string]any{"n": float64(rapid.IntRange(1, 2).Draw(t, "n"))})
	}
	if s.Expiration {
		u = u.Until(r.clock.Add(time.Duration(rapid.IntRange(1, 8).Draw(t, "expires")) * time.Minute))
	}
	return u
}

// write runs random operations.
func (r *trial) write(t *rapid.T, tx *store.Tx, l *lawyer) {
	for range rapid.SampledFrom([]int{1, 1, 2, 2, 3, 4, 6}).Draw(t, "operations") {
		switch rapid.SampledFrom([]string{"touch", "touch", "touch", "create", "delete", "delete object", "delete matching"}).Draw(t, "operation") {
		case "touch":
			u := r.relationship(t)
			require.NoError(t, tx.Touch(u))
			l.after[u.Tuple] = u
		case "create":
			u := r.relationship(t)
			if err := tx.Create(u); err != nil {
				require.ErrorIs(t, err, store.ErrExists)
			} else {
				l.after[u.Tuple] = u
			}
		case "delete":
			u := r.relationship(t).Tuple
			require.NoError(t, tx.Delete(u))
			delete(l.after, u)
		case "delete object":
			o := rapid.SampledFrom(r.objects).Draw(t, "object")
			n, err := tx.DeleteObject(o)
			require.NoError(t, err)
			require.Equal(t, l.deleteObject(o), n)
		case "delete matching":
			o := rapid.SampledFrom(r.objects).Draw(t, "object")
			_, err := tx.DeleteMatching(tuple.Filter{SubjectType: o.Type, SubjectID: o.ID})
			require.NoError(t, err)
			maps.DeleteFunc(l.after, func(u tuple.Tuple, _ tuple.Relationship) bool { return u.Subject.Object == o })
		}
	}
}

func (r *trial) update(t *rapid.T) {
	r.clock = r.clock.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "minutes")) * time.Minute)
	live := r.facts.live(r.clock)
	l := &lawyer{
		schema: r.schema, objects: r.objects, now: r.clock,
		before: live, after: maps.Clone(live),
		roots: map[tuple.Object]bool{}, deleted: map[tuple.Object]bool{},
	}
	actor := rapid.SampledFrom(r.actors).Draw(t, "actor")
	note := strconv.Itoa(len(r.changes))
	fn := func(tx *store.Tx) error {
		r.write(t, tx, l)
		require.Equal(t, l.after, read(t, must(tx.State()), tuple.Filter{}))
		return tx.Note(note)
	}
	head := must(r.Now()).Revision()
	var rev store.Revision
	var err error
	if actor == "" {
		rev, err = r.Update(context.Background(), fn)
	} else {
		l.actor = tuple.MustParseSubject(actor)
		rev, err = r.UpdateAs(context.Background(), store.Actor{Subject: l.actor, Judge: func(_ context.Context, st *store.State, u tuple.Tuple) (bool, error) {
			require.Equal(t, "p", u.Relation)
			u.Relation = "h"
			_, ok, err := st.Get(u)
			return ok, err
		}}, fn)
	}
	changes := l.changes()
	outcome := "committed"
	guarded, refusal := true, error(nil)
	if actor != "" {
		guarded, refusal = l.guardsHold()
	}
	switch {
	case !guarded:
		require.ErrorIs(t, err, refusal)
		outcome = "guarded"
	case !l.constraintsHold():
		require.ErrorIs(t, err, store.ErrConstraint)
		require.NotErrorIs(t, err, store.ErrGuard)
		outcome = "constrained"
	default:
		require.NoError(t, err)
		if len(l.roots) > 0 {
			outcome = "committed with deletions"
		}
		if actor != "" {
			outcome += " by an actor"
		}
	}
	r.counts[outcome]++
	st := must(r.Now())
	if err != nil || len(changes) == 0 {
		require.Equal(t, live, read(t, st, tuple.Filter{}), "a refused commit changed something")
	}
	if err != nil || rev == head { // what had expired can be replaced, and that deleted
		require.Equal(t, head, st.Revision())
		return
	}
	require.Equal(t, rev, st.Revision())
	require.Equal(t, store.Next(head), rev)
	require.Equal(t, l.after, read(t, st, tuple.Filter{}))
	r.facts = l.after
	c := store.Change{Revision: rev, Time: r.clock, Actor: l.actor, Note: note}
	for _, u := range changes {
		if x, ok := l.before[u]; ok {
			c.Removed = append(c.Removed, x)
		}
		if x, ok := l.after[u]; ok {
			c.Added = append(c.Added, x)
		}
	}
	r.changes = append(r.changes, c)
}

// requireWatch resumes a watch at every revision.
func (r *trial) requireWatch(t *rapid.T) {
	from := r.first
	for i := range r.changes {
		n := i
		for c, err := range r.Watch(context.Background(), from) {
			require.NoError(t, err)
			want := r.changes[n]
			require.ElementsMatch(t, want.Added, c.Added)
			require.ElementsMatch(t, want.Removed, c.Removed)
			c.Added, c.Removed, want.Added, want.Removed = nil, nil, nil, nil
			require.Equal(t, want, c)
			if n++; n == len(r.changes) {
				break
			}
		}
		from = r.changes[i].Revision
	}
}

// The store refuses what the page's rules for writes refuse, and nothing else.
// Set BAOBAB_TRANSACTIONS for a longer run.
func TestRulesAgainstModel(t *testing.T) {
	const each = 25 // transactions of a schema
	transactions := 5000
	if n, err := strconv.Atoi(os.Getenv("BAOBAB_TRANSACTIONS")); err == nil {
		transactions = n
	}
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		require.NoError(t, f.Value.Set(fmt.Sprint(max(1, transactions/each))))
		defer f.Value.Set(f.DefValue)
	}
	counts := map[string]int{}
	var objects []tuple.Object
	for _, text := range []string{"user:1", "user:2", "a:1", "a:2", "a:3", "b:1", "b:2"} {
		objects = append(objects, tuple.MustParseObject(text))
	}
	rapid.Check(t, func(t *rapid.T) {
		r := &trial{objects: objects, clock: at(0), facts: facts{}, counts: counts, actors: []string{"", "", "", "user:1", "user:1", "user:2", "a:1#r0"}}
		if rapid.Bool().Draw(t, "one count") {
			r.schema, r.actors = drawCount(t), r.actors[:1]
		} else {
			r.schema = drawRules(t)
		}
		s, err := store.Open(r.schema, store.Options{
			Clock:           func() time.Time { return r.clock },
			CheckEachCommit: true,
			SweepGrace:      time.Duration(rapid.SampledFrom([]int{-1, 3}).Draw(t, "grace")) * time.Minute,
			HistoryAge:      -1,
		})
		require.NoError(t, err)
		r.Store, r.first = s, must(s.Now()).Revision()
		for range each {
			r.update(t)
			require.NoError(t, store.Violations(s, r.schema), "a committed state breaks a rule")
		}
		r.requireWatch(t)
	})
	t.Logf("%v", counts)
}
