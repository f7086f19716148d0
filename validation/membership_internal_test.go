package validation

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/baobab-authz/baobab/tuple"
)

// usersets returns every object#relation of the objects that a file names.
func (f *File) usersets() []tuple.Subject {
	var all []tuple.Subject
	met := map[tuple.Object]bool{}
	for _, rel := range f.Relationships {
		for _, o := range []tuple.Object{rel.Object, rel.Subject.Object} {
			if met[o] || o.ID == tuple.Wildcard {
				continue
			}
			met[o] = true
			for _, r := range f.Schema.Definition(o.Type).Relations {
				all = append(all, o.Userset(r.Name))
			}
		}
	}
	return all
}

// expectations returns what the block validation of the file has to say of a userset.
func expectations(t *testing.T, w *world, at tuple.Subject) []expectation {
	m, err := newMembership(t.Context(), w.open, at)
	require.NoError(t, err)
	var all []expectation
	for _, s := range m.found() {
		e := expectation{subject: s, caveated: m.check(at, s) == conditional}
		if s.IsWildcard() {
			e.except = m.exceptions(s, m.check(at, s))
		}
		e.places, _ = m.places(s)
		all = append(all, e)
	}
	require.NoError(t, m.err)
	agree(t, m, all)
	return all
}

// agree checks that the list is the one that can be made by asking of everyone
// whom the tree names.
func agree(t *testing.T, m *membership, all []expectation) {
	var found []tuple.Subject
	for _, e := range all {
		found = append(found, e.subject)
	}
	var asked []tuple.Subject
	for _, s := range m.named() {
		direct, covered := m.places(s)
		if m.check(m.at, s) == denied {
			require.Empty(t, direct, s)
			require.Empty(t, covered, s)
		}
		if len(direct) > 0 {
			asked = append(asked, s)
		}
	}
	require.Equal(t, asked, found, m.at)
}

// withExpectations returns a file with the block validation that says all there is
// to say about the relationships of f, one line of which is changed.
func withExpectations(t *testing.T, f *File, w *world, change func([]expectation) []expectation) (block string, lines int) {
	var b strings.Builder
	b.WriteString("validation:\n")
	for _, at := range f.usersets() {
		all := expectations(t, w, at)
		lines += len(all) + 1
		fmt.Fprintf(&b, "  ? %q\n  :\n", at) // a key of more than 1,024 characters wants a question mark
		for _, e := range change(all) {
			line, err := yaml.Marshal(e.said(e.places))
			require.NoError(t, err)
			b.WriteString("  - " + string(line))
		}
	}
	return b.String(), lines
}

// What Subjects, Check and Expand say of every relation of SpiceDB's files can be
// written as expected subjects, agrees, and is confirmed when it is read back; and a line
// too many, too few or too short is noticed.
func TestExpectationsOfSpiceDBFiles(t *testing.T) {
	dir := os.Getenv("BAOBAB_CONFORMANCE")
	if dir == "" {
		t.Skip("set BAOBAB_CONFORMANCE to a folder with SpiceDB's validation files in spicedb/*.yaml")
	}
	files := os.DirFS(dir)
	names, err := fs.Glob(files, "spicedb/*.yaml")
	require.NoError(t, err)
	total := 0
	for _, name := range names {
		t.Run(name, func(t *testing.T) { total += expectationsHold(t, files, name) })
	}
	t.Logf("%d expected subjects of %d files hold", total, len(names))
	require.Greater(t, total, 200)
}

func TestExpectations(t *testing.T) {
	expectationsHold(t, os.DirFS("testdata"), "spicedb/right.yaml")
	expectationsHold(t, os.DirFS("testdata"), "spicedb/operators.yaml")
}

func expectationsHold(t *testing.T, files fs.FS, name string) int {
	f, err := Read(files, name)
	require.NoError(t, err)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	undecided, err := f.open(t.Context(), undecidedEvaluator{}, Options{At: at})
	require.NoError(t, err)
	defer undecided.Close()
	w := &world{open: undecided.Now()}
	read := func(change func([]expectation) []expectation) (*Report, int) {
		block, lines := withExpectations(t, f, w, change)
		var schema, rels strings.Builder
		schema.WriteString(f.Schema.String())
		for _, r := range f.Relationships {
			rels.WriteString(r.String() + "\n")
		}
		text, err := yaml.Marshal(map[string]string{"schema": schema.String(), "relationships": rels.String()})
		require.NoError(t, err)
		g, err := Read(fstest.MapFS{"x.yaml": {Data: []byte(string(text) + block)}}, "x.yaml")
		require.NoError(t, err)
		r, err := g.Run(t.Context(), Options{At: at})
		require.NoError(t, err)
		return r, lines
	}

	r, lines := read(func(all []expectation) []expectation { return all })
	require.Zero(t, r.Failed(), r.String())
	require.Len(t, r.Entries, lines)

	changed := 0
	changes := map[string]func(all []expectation) []expectation{
		"the first is missing": func(all []expectation) []expectation { return all[1:] },
		"the mark is another": func(all []expectation) []expectation {
			all[0].caveated = !all[0].caveated
			return all
		},
		"a place is missing": func(all []expectation) []expectation {
			all[0].places = all[0].places[1:]
			if len(all[0].places) == 0 {
				all[0].places = []tuple.Subject{{Object: f.Relationships[0].Object, Relation: f.Relationships[0].Relation}}
			}
			return all
		},
	}
	for what, change := range changes {
		first := true
		r, _ := read(func(all []expectation) []expectation {
			if !first || len(all) == 0 {
				return all
			}
			first = false
			before := fmt.Sprint(all)
			all = change(all)
			if fmt.Sprint(all) != before {
				changed++
			} else {
				first = true
			}
			return all
		})
		if !first {
			require.Equal(t, 1, r.Failed(), "%s: %s", what, r)
		}
	}
	require.Positive(t, changed)
	return lines
}
