package logtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// A chooser returns a number from 0 to n-1.
type chooser func(n int) int

// chance returns a chooser that repeats itself for the same seed.
func chance(seed uint64) chooser { return rand.New(rand.NewPCG(seed, 1)).IntN }

func pick[T any](choose chooser, from []T) T { return from[choose(len(from))] }

// ids returns ids that are hard to store: what means something to a shell, to SQL, to
// COPY, to a format, to JSON; what differs only for who looks closely; the longest.
func ids() []string {
	ids := []string{
		"a", "A", "b", "0", "00", "-", "_", "...", "**", "*a", "//", "a/b", "null", "NULL", `\N`, `\.`, `\`, `\\`, `\x00`, `\0`,
		"'", "''", `"`, `""`, "`", "a,b", "(a)", "{a}", "{}", "%s", "%", "$1", "?", "--", "/*", ";", "&amp;", "<a>", "~", "!", "|", "^", "=", "+",
		"ann@example.com", "@", "a@b", `{"a"=1}`, "1e9", "a.b", "é", "e\u0301", "É", "ß", "ss", "ı", "İ", "世界", "שלום", "\u200b", "a\u200b", "\ufeff", "\ufeffa",
		"\ufffd", "\U0001F333", "\U0010FFFF", "\ue000", "\u202e", "\u03a9", "\u2126",
		strings.Repeat("i", tuple.MaxID), strings.Repeat("i", tuple.MaxID-1), strings.Repeat("i", tuple.MaxID-1) + "j",
		strings.Repeat("世", tuple.MaxID/3) + "x", strings.Repeat("\U0001F333", tuple.MaxID/4),
	}
	for c := rune('!'); c < 0x7f; c++ {
		if !strings.ContainsRune(":#[]*", c) {
			ids = append(ids, string(c)+string(c)+"z")
		}
	}
	return ids
}

// tuples returns tuples that are hard to store: with every hard id on each side, with
// the longest names, with subjects of every kind.
func tuples() []tuple.Tuple {
	long := strings.Repeat("n", tuple.MaxName)
	user := tuple.Object{Type: "user", ID: "a"}
	doc := tuple.Object{Type: "document", ID: "a"}
	all := []tuple.Tuple{
		tuple.New(doc, "viewer", tuple.Object{Type: "user", ID: tuple.Wildcard}.Subject()),
		tuple.New(doc, "viewer", doc.Userset("viewer")),
		tuple.New(doc, "viewer", doc.Subject()),
		tuple.New(doc, "viewer", doc.Userset("editor")),
		tuple.New(doc, "Viewer", doc.Userset("viewer")),
		tuple.New(doc, long, tuple.Object{Type: long, ID: "a"}.Userset(long)),
		tuple.New(tuple.Object{Type: "a/b/c", ID: "a"}, "-", tuple.Object{Type: "a/b", ID: "c"}.Userset("0")),
		tuple.New(tuple.Object{Type: "a", ID: "b/c"}, "-", tuple.Object{Type: "a/b", ID: "c"}.Userset("_")),
	}
	for _, id := range ids() {
		all = append(all,
			tuple.New(tuple.Object{Type: "document", ID: id}, "viewer", user.Subject()),
			tuple.New(doc, "viewer", tuple.Object{Type: "user", ID: id}.Subject()),
			tuple.New(doc, "editor", tuple.Object{Type: "team", ID: id}.Userset("member")))
	}
	seen := map[tuple.Tuple]bool{}
	return slices.DeleteFunc(all, func(t tuple.Tuple) bool {
		twice := seen[t]
		seen[t] = true
		return twice
	})
}

// qualified returns a tuple with what may qualify it.
func qualified(choose chooser, t tuple.Tuple) tuple.Relationship {
	r := t.Always()
	switch choose(8) {
	case 0, 1:
		r = r.When("office_hours", nil)
	case 2:
		r = r.When("org/hours", map[string]any{"zone": "CET", "from": 8.0, "days": []any{"mo", "tu", nil, true}, "deep": map[string]any{"": "]", "]": "["}})
	case 3:
		r = r.When("c", map[string]any{"世": "\u0000\n\\\"'<&>\u2028\U0001F333", "n": -1.5e300, "small": 5e-324, "big": float64(1 << 53)})
	}
	if choose(4) == 0 {
		r = r.Until(pick(choose, instants()))
	}
	return r
}

// instants returns times that are hard to store, in order.
func instants() []time.Time {
	return []time.Time{
		time.Date(1678, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1969, 12, 31, 23, 59, 59, 999_999_000, time.UTC), time.Unix(0, 0).UTC(),
		time.Date(2027, 2, 28, 12, 0, 0, 1000, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
	}
}

// A drafter makes commits that a store might make.
type drafter struct {
	choose chooser
	tuples []tuple.Tuple
}

func newDrafter(choose chooser) *drafter { return &drafter{choose, tuples()} }

// group returns n commits, one after the other, on top of the model's head.
func (d *drafter) group(m *model, n int) []store.Commit {
	s := m.newest.clone()
	parent, first := m.head(), len(m.commits) == 0
	var commits []store.Commit
	for range n {
		c := d.commit(&s, parent, first)
		commits = append(commits, c)
		parent, first = c.Revision, false
	}
	return commits
}

// commit returns one on top of a state, and applies it to that.
func (d *drafter) commit(s *state, parent store.Revision, first bool) store.Commit {
	c := store.Commit{Parent: parent, ID: store.NewCommitID(), Time: d.time(s, parent.Position() == 0)}
	if first || d.choose(8) == 0 {
		c.Schema = schemaText(d.choose(4))
	}
	if d.choose(3) == 0 {
		c.Actor = d.tuples[d.choose(len(d.tuples))].Subject
	}
	if d.choose(3) == 0 {
		c.Note = pick(d.choose, []string{"why", "\x00", "'; --", "世界", "a\nb\t\\N", strings.Repeat("n", store.MaxNote)})
	}
	touched := map[key]bool{}
	for range d.choose(6) {
		d.change(&c, s, touched)
	}
	c.Seal()
	s.apply(c)
	return c
}

// change adds, removes, touches, sets aside or brings back one tuple.
func (d *drafter) change(c *store.Commit, s *state, touched map[key]bool) {
	k := key{pick(d.choose, d.tuples), d.choose(6) == 0}
	other := key{k.Tuple, !k.aside}
	if touched[k] || touched[other] {
		return
	}
	touched[k], touched[other] = true, true
	text, there := s.tuples[k]
	if !there {
		c.Added = append(c.Added, store.Stored{Relationship: d.qualified(k.Tuple, c.Time), Aside: k.aside})
		return
	}
	was := tuple.MustParseRelationship(text)
	c.Removed = append(c.Removed, store.Stored{Relationship: was, Aside: k.aside})
	_, both := s.tuples[other]
	switch d.choose(3) {
	case 0: // it is gone
	case 1:
		c.Added = append(c.Added, store.Stored{Relationship: d.qualified(k.Tuple, c.Time), Aside: k.aside})
	case 2:
		if !both {
			c.Added = append(c.Added, store.Stored{Relationship: was, Aside: other.aside})
		}
	}
}

// qualified returns a tuple with what may qualify it, often an expiry about a time.
func (d *drafter) qualified(t tuple.Tuple, about time.Time) tuple.Relationship {
	r := qualified(d.choose, t)
	if d.choose(4) > 0 {
		return r
	}
	at := about.Add(pick(d.choose, []time.Duration{0, -time.Microsecond, time.Microsecond, 8 * time.Minute}))
	all := instants()
	if at.Before(all[0]) || at.After(all[len(all)-1]) {
		at = about
	}
	return r.Until(at)
}

// time returns a time that is not before that of the commits that have made a state: a store
// sees to that, also if clocks go back. Now and then much time passes.
func (d *drafter) time(s *state, first bool) time.Time {
	all := instants()
	if first && d.choose(4) == 0 {
		return all[d.choose(len(all)-1)]
	}
	at := s.time
	if first {
		at = time.UnixMicro(1_800_000_000_000_000).UTC()
	}
	switch d.choose(24) {
	case 0, 1, 2, 3:
		return at
	case 4, 5:
		return earlier(at.Add(time.Microsecond), all[len(all)-1])
	case 6:
		return all[min(len(all)-1, slices.IndexFunc(all, func(x time.Time) bool { return !x.Before(at) })+d.choose(2))]
	}
	return earlier(at.Add(time.Duration(d.choose(1_000_000_000))*time.Microsecond), all[len(all)-1])
}

// earlier returns the earlier of two times.
func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// schemaText returns JSON that is not what it was if somebody reads and writes it.
func schemaText(n int) string {
	return fmt.Sprintf(`{"z":%d,"a":"\u003c\u00e9é世\\","":1.0,"definitions":[{"name":"document"},{"name":"user"}]}`, n)
}

// plain returns a commit that adds a tuple which no other commit has.
func plain(parent store.Revision, name string) store.Commit {
	c := store.Commit{Parent: parent, ID: store.NewCommitID(), Time: time.UnixMicro(1_800_000_000_000_000).UTC()}
	if parent.Position() == 0 {
		c.Schema = schemaText(0)
	}
	t := tuple.New(tuple.Object{Type: "document", ID: name}, "viewer", tuple.Object{Type: "user", ID: "a"}.Subject())
	c.Added = []store.Stored{{Relationship: t.Always()}}
	c.Seal()
	return c
}

// plains returns n such commits, one after the other.
func plains(parent store.Revision, name string, n int) []store.Commit {
	var commits []store.Commit
	for i := range n {
		c := plain(parent, fmt.Sprintf("%s-%d", name, i))
		commits = append(commits, c)
		parent = c.Revision
	}
	return commits
}
