package baobab_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// An advisory is a wrong answer that another engine gave once and published.
// docs/CONFORMANCE.md lists them. Its cases are schemas, tuples and questions of
// our own that would meet such a flaw here, in the form of the examples of
// docs/SEMANTICS.md: the files of testdata/advisories/NAME, and larger ones that
// are made here, by what they are about.
type advisory struct {
	name string
	made map[string]string
}

// advisories are all that are about answers.
func advisories() []advisory { return append(spicedbAdvisories(), openfgaAdvisories()...) }

// Every question of every case has its answer, whatever way it is asked: alone
// and among others, first and last, about tuples written in one order or in
// the other, stored or hypothetical.
func TestAdvisories(t *testing.T) {
	for _, a := range advisories() {
		for about, body := range a.cases(t) {
			t.Run(a.name+"/"+about, func(t *testing.T) {
				r := retell(t, body)
				for name, view := range r.views(t) {
					for _, i := range r.inquiries {
						i.ask(t, view, name)
					}
					for _, i := range slices.Backward(r.inquiries) {
						i.ask(t, view, name)
					}
				}
			})
		}
	}
}

// cases are the advisory's, by what they are about.
func (a advisory) cases(t *testing.T) map[string]string {
	files, err := filepath.Glob(filepath.Join("testdata", "advisories", a.name, "*.txt"))
	require.NoError(t, err)
	cases := map[string]string{}
	maps.Copy(cases, a.made)
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(t, err)
		about := strings.TrimSuffix(filepath.Base(file), ".txt")
		cases[strings.ReplaceAll(about, "-", " ")] = string(body)
	}
	require.NotEmpty(t, cases, a.name)
	return cases
}

// Every directory of cases is an advisory's.
func TestAdvisoriesHaveNames(t *testing.T) {
	named := map[string]bool{}
	for _, a := range advisories() {
		named[a.name] = true
	}
	dirs, err := os.ReadDir(filepath.Join("testdata", "advisories"))
	require.NoError(t, err)
	for _, dir := range dirs {
		require.True(t, named[dir.Name()], dir.Name())
	}
}

// A retelling is a case that has been read.
type retelling struct {
	schema    *schema.Schema
	tuples    []tuple.Relationship
	inquiries []inquiry
}

// An inquiry is some questions with what they give, and their answers.
type inquiry struct {
	given     map[string]any
	questions []tuple.Tuple
	answers   []string
}

func retell(t *testing.T, body string) *retelling {
	schemaEnds := strings.LastIndex(body, "\n}\n") + 3
	s, err := schema.Parse("", body[:schemaEnds])
	require.NoError(t, err)
	r := &retelling{schema: s, inquiries: []inquiry{{}}}
	for _, line := range strings.Split(body[schemaEnds:], "\n") {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		last := &r.inquiries[len(r.inquiries)-1]
		switch word {
		case "":
		case "?":
			fields := strings.Fields(rest)
			require.Len(t, fields, 2, line)
			last.questions = append(last.questions, tuple.MustParse(fields[0]))
			last.answers = append(last.answers, fields[1])
		case "given":
			next := inquiry{}
			require.NoError(t, json.Unmarshal([]byte(rest), &next.given), line)
			r.inquiries = append(r.inquiries, next)
		default:
			r.tuples = append(r.tuples, tuple.MustParseRelationship(strings.TrimSpace(line)))
		}
	}
	require.NotEmpty(t, r.tuples)
	require.NotEmpty(t, r.inquiries[len(r.inquiries)-1].questions)
	return r
}

// open returns an engine without tuples, which keeps every result that it can.
func (r *retelling) open(t *testing.T) *baobab.Engine {
	eng, err := openEngine(r.schema, baobab.Options{Caveats: oracle.Conditions{}, Check: check.Options{CacheSteps: 1}})
	require.NoError(t, err)
	t.Cleanup(func() { eng.Close() })
	return eng
}

// views are ways to come by the same state, by name.
func (r *retelling) views(t *testing.T) map[string]baobab.View {
	backwards := slices.Clone(r.tuples)
	slices.Reverse(backwards)
	written, reversed, empty := r.open(t), r.open(t), r.open(t)
	_, err := written.Write(ctx, r.tuples...)
	require.NoError(t, err)
	for _, one := range backwards {
		_, err := reversed.Write(ctx, one)
		require.NoError(t, err)
	}
	return map[string]baobab.View{
		"written":      written.Now(),
		"in reverse":   reversed.Now(),
		"hypothetical": empty.Now().With(r.tuples...),
	}
}

// ask asks all of a view.
func (i inquiry) ask(t *testing.T, view baobab.View, name string) {
	view = view.Given(i.given)
	check := func(at int) {
		d, err := view.Check(ctx, i.questions[at])
		require.Equal(t, i.answers[at], answer(d, err), "%s: %s, given %v", name, i.questions[at], i.given)
	}
	for at := range i.questions {
		check(at)
	}
	for at := range i.questions {
		check(len(i.questions) - 1 - at)
	}
	all := append(slices.Clone(i.questions), i.questions...)
	for _, backwards := range []bool{false, true} {
		if backwards {
			slices.Reverse(all)
		}
		ds, err := view.CheckAll(ctx, all)
		failed := failures(err)
		for at, d := range ds {
			want := i.answers[slices.Index(i.questions, all[at])]
			require.Equal(t, want, answer(d, failed[at]), "%s: CheckAll of %s, given %v", name, all[at], i.given)
		}
	}
	for at, q := range i.questions {
		e, err := view.Explain(ctx, q)
		if err != nil {
			require.Equal(t, i.answers[at], answer(baobab.Decision{}, err), "%s: %s", name, q)
			continue
		}
		require.Equal(t, i.answers[at], answer(e.Decision, nil), "%s: Explain of %s, given %v", name, q, i.given)
	}
}

// repeated is the lines that a format makes of 0 to n-1.
func repeated(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format+"\n", i)
	}
	return b.String()
}
