package caveat_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/baobab-authz/baobab/caveat"
	"github.com/baobab-authz/baobab/schema"
)

// fuzzed declares a parameter of each type, by the type's name.
var fuzzed = []schema.Parameter{
	schema.Param("a", "any"), schema.Param("b", "bool"), schema.Param("by", "bytes"), schema.Param("d", "double"),
	schema.Param("du", "duration"), schema.Param("i", "int"), schema.Param("ip", "ipaddress"), schema.Param("s", "string"),
	schema.Param("t", "timestamp"), schema.Param("u", "uint"), schema.Param("l", "list<int>"), schema.Param("m", "map<any>"),
	schema.Param("ml", "map<list<timestamp>>"),
}

// Whatever the expression and the context: no panic, errors that say where they
// are, and verdicts that keep their promises.
func FuzzEvaluate(f *testing.F) {
	for _, seed := range []struct{ expression, context string }{
		{"b", `{"b":true}`},
		{"i / u == 1 || s == 'é'", `{"i":"4","u":0}`},
		{"l[i] == 1 && l.all(x, l.exists(y, y > x))", `{"l":[1,"2",3.0],"i":7}`},
		{"m.isSubtreeOf(m) && has(m.x.y) && m[?s].orValue(1) == a", `{"m":{"x":{"y":[null]}},"a":{}}`},
		{"ip.in_cidr(s) || ip.in_cidr('10.0.0.0/8')", `{"ip":"::1","s":"x"}`},
		{"t + du > timestamp('2024-01-01T00:00:00Z') && t.getHours(s) == 3", `{"t":"9999-12-31T23:59:59Z","du":"1h","s":"+25:00"}`},
		{"by == b'a' && d < 1.5 && size(by) > 0", `{"by":"YQ==","d":"1e300"}`},
		{"ml.all(k, ml[k].all(x, x < t)) && s.matches(s)", `{"ml":{"a":["2024-01-01T00:00:00Z"]},"s":"(("}`},
		{"'né' + && @", `{`},
		{"type(a) == type(b) && string(a) == s && dyn(a) == ip && a in [a] && {s: a}[s] == a", `{"a":1e308,"s":""}`},
		{"a", `{"a":{"a":{"a":[]}}}`},
		{"[[[1]]].map(x, x.map(y, y + [a])) == a", `{}`},
		{"timestamp(i) < t && duration(s) < du && int(t) == i && uint(i) == 1u", `{"i":"-9223372036854775808","s":"x"}`},
	} {
		f.Add(seed.expression, seed.context)
	}
	evaluator := caveat.New(caveat.Options{CostLimit: 1000})
	f.Fuzz(func(t *testing.T, expression, values string) {
		s, err := schema.New(schema.DeclareCaveat("c", expression, fuzzed...), schema.Define("user"))
		if err != nil {
			return
		}
		c := s.Caveat("c")
		condition, err := evaluator.Compile(c)
		if err != nil {
			expressionErrorsOnly(t, c, err)
			return
		}
		var known map[string]any
		if json.Unmarshal([]byte(values), &known) != nil {
			known = nil
		}
		err = condition.Validate(known)
		evaluated, evalErr := condition.Evaluate(nil, known)
		if err != nil && !(errors.Is(err, caveat.ErrType) && errors.Is(evalErr, caveat.ErrType)) {
			t.Fatal(err, evalErr)
		}
		if evalErr != nil && !errors.Is(evalErr, caveat.ErrType) && !errors.Is(evalErr, caveat.ErrCost) && !errors.Is(evalErr, caveat.ErrEvaluation) {
			t.Fatal(evalErr)
		}
		if evalErr != nil && (evaluated.Holds || !evaluated.Known()) {
			t.Fatal(evaluated, evalErr)
		}
		for _, name := range evaluated.Missing {
			if _, given := known[name]; given || evaluated.Holds {
				t.Fatal(evaluated)
			}
			if _, ok := c.Parameter(name); !ok {
				t.Fatal(evaluated)
			}
		}
	})
}

// FuzzConvert looks for a value that a conversion panics on, or on which storing
// and asking do not agree.
func FuzzConvert(f *testing.F) {
	for _, value := range []string{
		"null", "true", `"a"`, "1", "-1.5", "1e308", `"1e308"`, `"-9223372036854775808"`, `"1h"`, `"2024-01-01T00:00:00Z"`, `"YQ=="`,
		`"10.0.0.1"`, `"fe80::1%eth0"`, `[1,"2"]`, `{"a":["2024-01-01T00:00:00Z"]}`, `"0.000000001e9"`, `"+.5e-1"`, `[[[]]]`,
	} {
		f.Add(value)
	}
	s := schema.MustNew(schema.DeclareCaveat("c", "true", fuzzed...), schema.Define("user"))
	s, err := s.Bind(caveat.New(caveat.Options{}))
	if err != nil {
		f.Fatal(err)
	}
	condition := s.Caveat("c").Condition()
	f.Fuzz(func(t *testing.T, text string) {
		var value any
		if json.Unmarshal([]byte(text), &value) != nil {
			return
		}
		for _, p := range fuzzed {
			values := map[string]any{p.Name: value}
			validErr := condition.Validate(values)
			v, err := condition.Evaluate(values, nil)
			if (validErr == nil) != (err == nil) || err == nil && !v.Holds {
				t.Fatal(p, text, validErr, v, err)
			}
			if err != nil && (!errors.Is(err, caveat.ErrType) || len(err.Error()) > 300) {
				t.Fatal(p, text, err)
			}
		}
	})
}

// expressionErrorsOnly fails unless err is made of errors that point into the
// expression.
func expressionErrorsOnly(t *testing.T, c *schema.Caveat, err error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			expressionErrorsOnly(t, c, err)
		}
		return
	}
	e, ok := err.(*schema.ExpressionError)
	if !ok || e.Offset < 0 || e.Length < 0 || e.Offset+e.Length > len(c.Expression) || e.Message == "" {
		t.Fatalf("%q: %#v", c.Expression, err)
	}
}
