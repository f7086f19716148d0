package gen

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/internal/oracle"
)

// The parameters that caveats have, with their types for the most part. Several
// caveats may have one of the same name, and then seldom of another type.
var parameters = []oracle.Parameter{
	{Name: "on", Type: "bool"}, {Name: "n", Type: "int"}, {Name: "day", Type: "string"},
	{Name: "off", Type: "bool"}, {Name: "m", Type: "int"}, {Name: "place", Type: "string"},
}

// drawCaveats draws a few caveats, in about a third of the cases.
func drawCaveats(t *rapid.T) (list []*oracle.Caveat) {
	if !chance(t, "caveats", 3) {
		return nil
	}
	for _, name := range []string{"c1", "c2", "c3"}[:pick(t, "number of caveats", 1, 2, 2, 3)] {
		c := &oracle.Caveat{Name: name}
		some := rapid.Permutation(parameters).Draw(t, "parameters")
		for _, p := range some[:pick(t, "number of parameters", 1, 1, 2, 2, 3)] {
			if chance(t, "of another type", 20) {
				p.Type = pick(t, "type", "bool", "int", "string")
			}
			c.Parameters = append(c.Parameters, p)
		}
		c.Expression = condition(t, c.Parameters)
		list = append(list, c)
	}
	return list
}

// condition draws an expression that uses every parameter, and first the first.
func condition(t *rapid.T, list []oracle.Parameter) string {
	p, rest := list[0], list[1:]
	for i, q := range rest { // two of one type may be compared
		if q.Type == p.Type && chance(t, "together", 2) {
			rest = append(append([]oracle.Parameter(nil), rest[:i]...), rest[i+1:]...)
			return joined(t, fmt.Sprintf(pick(t, "comparison", comparisons[p.Type]...), p.Name, q.Name), rest)
		}
	}
	if p.Type == "bool" && chance(t, "alone", 2) {
		return joined(t, pick(t, "alone", p.Name, "!"+p.Name), rest)
	}
	a, b := p.Name, literal(t, p.Type)
	if chance(t, "the other way round", 4) {
		a, b = b, a
	}
	return joined(t, fmt.Sprintf(pick(t, "comparison", comparisons[p.Type]...), a, b), rest)
}

// comparisons are what can be asked of two values of a type. Division fails
// when there is a zero below.
var comparisons = map[string][]string{
	"bool":   {"%s == %s", "%s != %s", "(%s && %s)", "(%s || %s)"},
	"int":    {"%s == %s", "%s < %s", "%s / %s == 1", "%s / %s == 1", "0 < %s / %s", "2 / %[2]s != %[1]s"},
	"string": {"%s == %s", "%s != %s", "%s < %s"},
}

// joined joins a comparison and what is drawn of the parameters that are left.
func joined(t *rapid.T, comparison string, rest []oracle.Parameter) string {
	if chance(t, "negated", 6) {
		comparison = "!(" + comparison + ")"
	}
	if len(rest) == 0 {
		return comparison
	}
	other := condition(t, rest)
	switch rapid.IntRange(0, 4).Draw(t, "joined") {
	case 0:
		return comparison + " && " + other
	case 1:
		return comparison + " || " + other
	case 2:
		return other + " && " + comparison
	case 3:
		return other + " || " + comparison
	}
	return "(" + comparison + ") == (" + other + ")"
}

var (
	truths  = []any{true, false}
	numbers = []any{0.0, 0.0, 1.0, 2.0}
	words   = []any{"x", "y"}
)

// value draws a value of a type, as JSON would have it.
func value(t *rapid.T, typ string) any {
	switch typ {
	case "bool":
		return pick(t, "truth", truths...)
	case "int":
		return pick(t, "number", numbers...)
	}
	return pick(t, "word", words...)
}

func literal(t *rapid.T, typ string) string {
	if typ == "int" { // no division by a literal zero, which may be refused
		return pick(t, "literal", "1", "2")
	}
	return strings.TrimSpace(fmt.Sprintf("%#v", value(t, typ)))
}

// context draws values of some of a caveat's parameters, often of none.
func (d *drawer) context(c *oracle.Caveat) map[string]any {
	m := map[string]any{}
	for _, p := range c.Parameters {
		if chance(d.T, "stored", 3) {
			m[p.Name] = value(d.T, p.Type)
		}
	}
	if len(m) == 0 {
		return nil
	}
	return m
}

// given draws what a question gives: nothing, values of some or of all
// parameters, and others; seldom a value of a wrong type.
func (d *drawer) given() map[string]any {
	if len(d.Schema.Caveats) == 0 {
		return nil
	}
	m := map[string]any{}
	how := pick(d.T, "given", 0, 0, 1, 1, 1, 2)
	for _, c := range d.Schema.Caveats {
		for _, p := range c.Parameters {
			if _, there := m[p.Name]; there || how == 0 || how == 1 && chance(d.T, "not given", 2) {
				continue
			}
			m[p.Name] = value(d.T, p.Type)
			if chance(d.T, "of a wrong type", 12) {
				m[p.Name] = pick(d.T, "wrong", any(0.5), "x", true, 1.0, nil, any([]any{1.0}))
			}
		}
	}
	if chance(d.T, "a foreign name", 3) {
		m["colour"] = pick(d.T, "foreign", any("red"), 1.0, nil)
	}
	return m
}
