package caveat_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/caveat"
	"github.com/baobab-authz/baobab/schema"
)

// compile returns the condition of a caveat c with these parameters, written as
// in a schema, and this expression.
func compile(t require.TestingT, parameters, expression string, o caveat.Options) schema.Condition {
	c, err := bind(parameters, expression, o)
	require.NoError(t, err)
	return c
}

func bind(parameters, expression string, o caveat.Options) (schema.Condition, error) {
	s, err := schema.Parse("s.zed", "caveat c("+parameters+") {\n\t"+expression+"\n}\ndefinition user {}\n")
	if err != nil {
		return nil, err
	}
	if s, err = s.Bind(caveat.New(o)); err != nil {
		return nil, err
	}
	return s.Caveat("c").Condition(), nil
}

type context = map[string]any

func BenchmarkEvaluate(b *testing.B) {
	const day = "day string, allowed list<string>, ip ipaddress, network string"
	for _, bench := range []struct {
		name, parameters, expression string
		stored, given                context
		missing                      int
	}{
		{"string/full", "day string", `day == "monday"`, nil, context{"day": "monday"}, 0},
		{"string/partial", "day string", `day == "monday"`, nil, nil, 1},
		{"times/full", "now timestamp, expiry timestamp", "now < expiry",
			context{"expiry": "2030-01-01T00:00:00Z"}, context{"now": "2025-01-01T00:00:00Z"}, 0},
		{"times/partial", "now timestamp, expiry timestamp", "now < expiry",
			context{"expiry": "2030-01-01T00:00:00Z"}, nil, 1},
		{"policy/full", day, "day in allowed && ip.in_cidr(network)",
			context{"allowed": []any{"monday", "friday"}, "network": "10.0.0.0/8"}, context{"day": "friday", "ip": "10.1.2.3"}, 0},
		{"policy/partial", day, "day in allowed && ip.in_cidr(network)",
			context{"allowed": []any{"monday", "friday"}, "network": "10.0.0.0/8"}, context{"day": "friday"}, 1},
		{"subtree/full", "expected map<any>, provided map<any>", "expected.isSubtreeOf(provided)",
			context{"expected": context{"team": "a", "grade": 3.0}}, context{"provided": context{"team": "a", "grade": 3.0, "x": "y"}}, 0},
		{"loop/full", "xs list<int>", "xs.all(x, x < 100)", context{"xs": []any{1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0}}, nil, 0},
	} {
		b.Run(bench.name, func(b *testing.B) {
			c := compile(b, bench.parameters, bench.expression, caveat.Options{})
			b.ReportAllocs()
			for b.Loop() {
				v, err := c.Evaluate(bench.stored, bench.given)
				if err != nil || len(v.Missing) != bench.missing {
					b.Fatal(v, err)
				}
			}
		})
	}
}

// BenchmarkCostLimit is how long an evaluation runs that comes to the limit.
func BenchmarkCostLimit(b *testing.B) {
	c := compile(b, "l list<int>", "l.all(x, l.all(y, l.all(z, x + y + z >= 0)))", caveat.Options{})
	given := context{"l": numbers(100)}
	for b.Loop() {
		if _, err := c.Evaluate(nil, given); err == nil {
			b.Fatal("the limit is not reached")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/caveat.DefaultCostLimit, "ns/unit")
}

func BenchmarkCompile(b *testing.B) {
	s := schema.MustNew(schema.DeclareCaveat("c", "day in allowed && ip.in_cidr(network)", schema.Param("day", "string"),
		schema.Param("allowed", "list<string>"), schema.Param("ip", "ipaddress"), schema.Param("network", "string")), schema.Define("user"))
	e := caveat.New(caveat.Options{})
	for b.Loop() {
		if _, err := e.Compile(s.Caveat("c")); err != nil {
			b.Fatal(err)
		}
	}
}
