package caveat_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/caveat"
	"github.com/baobab-authz/baobab/schema"
)

// The parameters of random expressions, each with a generator of its values.
var random = []struct {
	name, typ string
	values    *rapid.Generator[any]
}{
	{"p", "bool", rapid.Bool().AsAny()},
	{"q", "bool", rapid.Bool().AsAny()},
	{"i", "int", rapid.IntRange(-1, 2).AsAny()},
	{"j", "int", rapid.IntRange(-1, 2).AsAny()},
	{"s", "string", rapid.SampledFrom([]string{"", "a", "b", "ab"}).AsAny()},
	{"l", "list<int>", rapid.Custom(func(t *rapid.T) any {
		list := []any{}
		for _, n := range rapid.SliceOfN(rapid.IntRange(-1, 2), 0, 3).Draw(t, "elements") {
			list = append(list, n)
		}
		return list
	})},
	{"m", "map<int>", rapid.Custom(func(t *rapid.T) any {
		m := context{}
		for k, v := range rapid.MapOfN(rapid.SampledFrom([]string{"a", "b"}), rapid.IntRange(-1, 2), 0, 2).Draw(t, "entries") {
			m[k] = v
		}
		return m
	})},
	{"d", "any", rapid.SampledFrom([]any{nil, true, false, 1, "a", []any{1}, context{"a": 1}})},
}

// An expression draws a random expression of the kind, by recursion: a "bool",
// an "int" or a "string". Many of them fail on some values.
func expression(t *rapid.T, kind string, depth int) string {
	ways := map[string][]string{
		"bool":   {"p", "q", "true", "false", "d == true", "d == null"},
		"int":    {"i", "j", "0", "1", "2", "size(l)", "size(s)"},
		"string": {"s", "'a'", "''"},
	}[kind]
	if depth > 0 {
		ways = map[string][]string{
			"bool": {"B && B", "B || B", "!B", "B ? B : B", "B == B", "I == I", "I < I", "S == S", "I in l", "S in m", "I in [I, I]",
				"l.all(x, x < I && B)", "l.exists(x, x == I || B)", "[I, I].exists(i, i > 0)", "l.exists_one(x, x == I)",
				"has(m.a) && B", "has(m.b)", "m.isSubtreeOf({S: I})", "{'a': I}.isSubtreeOf(m)", "m.?a.hasValue()", "d == I", "d || B",
				"S.startsWith(S)", "l.map(x, x + I) == l", "l.filter(x, x > I) == [I]", "d.a == I", "m.all(k, m[k] > I)", "type(d) == int"},
			"int":    {"I + I", "I / I", "I % I", "I - I", "l[I]", "m[S]", "m.a", "m[?S].orValue(I)", "m.?b.orValue(I)", "B ? I : I", "int(s)", "[I, I][I]"},
			"string": {"S + S", "string(I)", "B ? S : S", "string(B)"},
		}[kind]
	}
	way := rapid.SampledFrom(ways).Draw(t, kind)
	return regexp.MustCompile(`\b[BIS]\b`).ReplaceAllStringFunc(way, func(hole string) string {
		kind := map[string]string{"B": "bool", "I": "int", "S": "string"}[hole]
		return "(" + expression(t, kind, depth-1) + ")"
	})
}

// What is known of a part of the values remains so when the others come, an
// error included; and what is unknown names parameters that are used, and have
// no value.
func TestPartialIsSound(t *testing.T) {
	var declared []string
	for _, p := range random {
		declared = append(declared, p.name+" "+p.typ)
	}
	parameters := strings.Join(declared, ", ")
	rapid.Check(t, func(t *rapid.T) {
		text := expression(t, "bool", rapid.IntRange(1, 4).Draw(t, "depth"))
		c := compile(t, parameters, text, caveat.Options{})
		stored, given := context{}, context{}
		for _, p := range random {
			switch rapid.SampledFrom([]string{"none", "stored", "given"}).Draw(t, p.name) {
			case "stored":
				stored[p.name] = p.values.Draw(t, p.name)
				given[p.name] = p.values.Draw(t, p.name)
			case "given":
				given[p.name] = p.values.Draw(t, p.name)
			}
		}
		part, partErr := c.Evaluate(stored, given)
		if again, err := c.Evaluate(stored, given); !slices.Equal(again.Missing, part.Missing) || again.Holds != part.Holds || (err == nil) != (partErr == nil) {
			t.Fatalf("%s: first %v, %v; then %v, %v", text, part, partErr, again, err)
		}
		prepared := c.(schema.Preparer).Prepare(given)
		for range 2 {
			if again, _, err := prepared.Evaluate(stored); fmt.Sprint(again, err) != fmt.Sprint(part, partErr) {
				t.Fatalf("%s: it matters what was read: %v, %v; %v, %v", text, part, partErr, again, err)
			}
			_, _, _ = prepared.Evaluate(nil) // which reads the others
		}
		for _, name := range part.Missing {
			_, known := given[name]
			if known || !regexp.MustCompile(`\b`+name+`\b`).MatchString(text) || part.Holds || partErr != nil {
				t.Fatalf("%s of %v, %v: %v, %v", text, stored, given, part, partErr)
			}
		}
		if !slices.IsSorted(part.Missing) || len(slices.Compact(slices.Clone(part.Missing))) != len(part.Missing) {
			t.Fatalf("not sorted: %v", part.Missing)
		}
		for range 5 {
			all := context{}
			for _, p := range random {
				all[p.name] = p.values.Draw(t, p.name)
				if v, ok := given[p.name]; ok {
					all[p.name] = v
				}
			}
			whole, err := c.Evaluate(stored, all)
			if !whole.Known() {
				t.Fatalf("%s of %v, %v: %v", text, stored, all, whole)
			}
			if part.Known() && ((err == nil) != (partErr == nil) || whole.Holds != part.Holds) {
				t.Fatalf("%s of %v, %v: %v, %v; then with %v: %v, %v", text, stored, given, part, partErr, all, whole, err)
			}
			if again, againErr := c.Evaluate(nil, merge(all, stored)); fmt.Sprint(again, againErr) != fmt.Sprint(whole, err) {
				t.Fatalf("%s: it matters where values come from: %v, %v; %v, %v", text, whole, err, again, againErr)
			}
		}
	})
}

// merge returns given with the values of stored in it.
func merge(given, stored context) context {
	all := context{}
	for k, v := range given {
		all[k] = v
	}
	for k, v := range stored {
		all[k] = v
	}
	return all
}
