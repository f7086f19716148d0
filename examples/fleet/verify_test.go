package main

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// A past is a history that is made up, with the commits of its log.
type past struct {
	seen    *history
	commits []store.Commit
	at      time.Duration
}

// commit adds one to the log, noted with a request: + adds and - removes a tuple.
func (p *past) commit(note string, changes ...string) baobab.Revision {
	c := store.Commit{Parent: store.NewHistory(), ID: store.NewCommitID(), Note: note}
	if n := len(p.commits); n > 0 {
		c.Parent = p.commits[n-1].Revision
	}
	for _, x := range changes {
		stored := store.Stored{Relationship: tuple.MustParseRelationship(x[1:])}
		if x[0] == '+' {
			c.Added = append(c.Added, stored)
		} else {
			c.Removed = append(c.Removed, stored)
		}
	}
	c.Seal()
	p.commits = append(p.commits, c)
	return c.Revision
}

// note adds a record, which begins when the one before had ended.
func (p *past) note(o op, id, user string, rev baobab.Revision) *record {
	r := &record{op: o, request: request{id: id, method: "TEST", path: "/"}, document: "plan", user: user}
	r.answer = answer{status: 200, revision: rev, tries: 1, began: p.at + time.Second, ended: p.at + 2*time.Second}
	p.at += 2 * time.Second
	p.seen.records = append(p.seen.records, r)
	return r
}

// newPast returns one in which ann owns the plan, shares it with bob, and all is well.
func newPast() *past {
	p := &past{seen: &history{}}
	p.commit("")
	p.note(opCreate, "a-1", "ann", p.commit("a-1", "+document:plan#owner@user:ann"))
	shared := p.commit("a-2", "+document:plan#viewer@user:bob")
	p.note(opShare, "a-2", "bob", shared)
	r := p.note(opToken, "a-3", "bob", shared)
	r.allowed, r.token = true, shared
	r = p.note(opLatest, "a-4", "bob", shared)
	r.allowed = true
	p.note(opRead, "a-5", "", shared).has = roles{Owner: "ann", Viewers: []string{"bob"}}
	return p
}

func (p *past) record(id string) *record {
	i := slices.IndexFunc(p.seen.records, func(r *record) bool { return r.id == id })
	return p.seen.records[i]
}

// Each rule is broken by something, and nothing is by a past that is as it should be.
func TestVerify(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*past)
		rules []string
	}{
		{"nothing", func(*past) {}, nil},
		{"a write that was done again, to no effect", func(p *past) {
			r := p.note(opShare, "a-2", "bob", p.commits[2].Revision)
			r.tries = 2
		}, nil},
		{"lost at the end", func(p *past) {
			p.commits = p.commits[:2]
		}, []string{"nothing lost", "nothing lost", "nothing lost", "nothing lost", "nothing lost"}}, // the write, and all four answers
		{"replaced", func(p *past) {
			p.commits = p.commits[:2]
			p.commit("b-1", "+document:plan#viewer@user:bob")
		}, []string{"nothing lost", "nothing lost", "nothing lost", "nothing lost", "nothing lost"}},
		{"acknowledged with the revision of another", func(p *past) {
			p.note(opRevoke, "a-6", "cat", p.commits[2].Revision)
		}, []string{"nothing lost", "order"}},
		{"never made", func(p *past) {
			p.note(opRevoke, "a-6", "cat", p.commits[2].Revision).tries = 2
		}, []string{"nothing lost"}},
		{"made, but not so", func(p *past) {
			p.note(opRevoke, "a-6", "bob", p.commit("a-6"))
		}, []string{"nothing lost"}},
		{"twice in the log", func(p *past) { p.commit("a-2") }, []string{"once"}},
		{"two winners", func(p *past) {
			a := p.note(opTake, "b-1", "ann", p.commit("b-1", "+document:plan#pen@user:ann"))
			b := p.note(opTake, "b-2", "bob", p.commit("b-2", "+document:plan#pen@user:bob"))
			p.seen.races = append(p.seen.races, &race{*a, *b})
		}, []string{"one winner", "one pen"}},
		{"two owners", func(p *past) { p.commit("b-1", "+document:plan#owner@user:bob") }, []string{"one owner"}},
		{"no owner", func(p *past) { p.commit("b-1", "-document:plan#owner@user:ann") }, []string{"one owner"}},
		{"a write before what was answered", func(p *past) {
			p.record("a-1").began, p.record("a-1").ended = p.at+time.Second, p.at+2*time.Second
		}, []string{"order"}},
		{"not the latest", func(p *past) {
			r := p.record("a-4")
			r.revision, r.allowed = p.commits[1].Revision, false
		}, []string{"latest"}},
		{"the latest, beside a write", func(p *past) {
			r := p.record("a-4")
			r.revision, r.allowed, r.began = p.commits[1].Revision, false, p.record("a-2").began
		}, nil},
		{"before its token", func(p *past) {
			r := p.record("a-3")
			r.revision, r.allowed = p.commits[1].Revision, false
		}, []string{"token"}},
		{"a wrong deny", func(p *past) { p.record("a-3").allowed = false }, []string{"right answers"}},
		{"a wrong allow", func(p *past) { p.record("a-4").user = "eve" }, []string{"right answers"}},
		{"a wrong list", func(p *past) { p.record("a-5").has.Viewers = []string{"eve"} }, []string{"right answers"}},
		{"a wrong owner", func(p *past) { p.record("a-5").has.Owner = "" }, []string{"right answers"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPast()
			c.spoil(p)
			verify(p.seen, p.commits)
			var rules []string
			for _, v := range p.seen.violations {
				rules = append(rules, v.rule)
			}
			require.Equal(t, c.rules, rules, p.seen.violations)
		})
	}
}

// An answer is as old as the first commit that it lacks was known before the question.
func TestStaleness(t *testing.T) {
	p := newPast()
	require.Empty(t, staleness(p.seen))
	shared := p.record("a-2")
	p.note(opAny, "r-1", "bob", p.commits[1].Revision)           // asked when the share had been known for 7 s
	p.note(opAny, "r-2", "bob", p.commits[2].Revision)           // as new as can be
	beside := p.note(opAny, "r-3", "bob", p.commits[1].Revision) // asked before the share was acknowledged
	beside.began = shared.ended - time.Millisecond
	require.ElementsMatch(t, []time.Duration{p.record("r-1").began - shared.ended, 0, 0}, staleness(p.seen))
	require.Equal(t, 7*time.Second, p.record("r-1").began-shared.ended)
}
