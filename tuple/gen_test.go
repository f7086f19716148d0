package tuple_test

import (
	"math"
	"strings"
	"time"

	"github.com/baobab-authz/baobab/tuple"
	"pgregory.net/rapid"
)

// The generators of valid values, which look for trouble: separators where
// they may stand, what looks like a wildcard, characters of every length,
// names and ids of exactly the greatest length.

func genName() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[a-zA-Z0-9_-]{1,6}`),
		rapid.SampledFrom([]string{"expiration", "-", "0", "__", strings.Repeat("n", tuple.MaxName)}),
	)
}

func genTypeName() *rapid.Generator[string] {
	return rapid.OneOf(
		genName(),
		rapid.StringMatching(`[a-z0-9_-]{1,3}(/[a-z0-9_-]{1,3}){1,3}`),
		rapid.Just(strings.Repeat("t/", tuple.MaxName/2-1)+"tt"),
	)
}

func genID() *rapid.Generator[string] {
	char := rapid.SampledFrom([]rune("aZ09@*/\\\"'{}(),.=+-_|&%$!?~^`<>;éß世\ufeff\ufffd\u200b\U0001F333"))
	return rapid.OneOf(
		rapid.Map(rapid.SliceOfN(char, 1, 8), func(r []rune) string { return string(r) }),
		rapid.SampledFrom([]string{"ann@example.com", "**", "...", "//", strings.Repeat("i", tuple.MaxID),
			strings.Repeat("世", tuple.MaxID/3) + "x"}),
	).Filter(func(id string) bool { return id != tuple.Wildcard })
}

func genObject() *rapid.Generator[tuple.Object] {
	return rapid.Custom(func(t *rapid.T) tuple.Object {
		return tuple.Object{Type: genTypeName().Draw(t, "type"), ID: genID().Draw(t, "id")}
	})
}

func genSubject() *rapid.Generator[tuple.Subject] {
	return rapid.Custom(func(t *rapid.T) tuple.Subject {
		o := genObject().Draw(t, "object")
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 0:
			return o.Userset(genName().Draw(t, "subject relation"))
		case 1:
			o.ID = tuple.Wildcard
		}
		return o.Subject()
	})
}

func genTuple() *rapid.Generator[tuple.Tuple] {
	return rapid.Custom(func(t *rapid.T) tuple.Tuple {
		return tuple.New(genObject().Draw(t, "object"), genName().Draw(t, "relation"), genSubject().Draw(t, "subject"))
	})
}

func genFilter() *rapid.Generator[tuple.Filter] {
	return rapid.Custom(func(t *rapid.T) tuple.Filter {
		f := tuple.FilterOf(genTuple().Draw(t, "tuple"))
		return blank(f, rapid.IntRange(0, 1<<6-1).Draw(t, "blank"))
	})
}

// blank empties the parts of f whose bits are set, and the ids that would
// stand without a type.
func blank(f tuple.Filter, parts int) tuple.Filter {
	for i, part := range []*string{&f.ObjectType, &f.ObjectID, &f.Relation, &f.SubjectType, &f.SubjectID, &f.SubjectRelation} {
		if parts&(1<<i) != 0 {
			*part = ""
		}
	}
	if f.ObjectType == "" {
		f.ObjectID = ""
	}
	if f.SubjectType == "" {
		f.SubjectID = ""
	}
	return f
}

// genContext makes contexts in canonical form.
func genContext() *rapid.Generator[map[string]any] {
	return rapid.MapOfN(rapid.String(), genValue(3), 1, 3)
}

func genValue(depth int) *rapid.Generator[any] {
	plain := rapid.OneOf(
		rapid.Just[any](nil),
		rapid.Bool().AsAny(),
		rapid.String().AsAny(),
		rapid.SampledFrom([]any{"]", "}]", "[x]", `\"`, "\u2028", "<&>", "\x00"}),
		rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64).AsAny(),
		rapid.Map(rapid.Int64Range(-1<<53, 1<<53), func(i int64) any { return float64(i) }),
		rapid.SampledFrom([]any{0.1, math.MaxFloat64, math.SmallestNonzeroFloat64, 1e20, 1e21, float64(1 << 60), math.MaxInt64 * 1.0}),
	)
	if depth == 0 {
		return plain
	}
	return rapid.OneOf(plain,
		rapid.Map(rapid.SliceOfN(genValue(depth-1), 0, 3), func(v []any) any { return append([]any{}, v...) }),
		rapid.Map(rapid.MapOfN(rapid.String(), genValue(depth-1), 0, 3), func(v map[string]any) any { return v }),
	)
}

// genInstant makes instants that can be stored, in UTC.
func genInstant() *rapid.Generator[time.Time] {
	from := time.Date(1678, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	to := time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro() - 1
	return rapid.Map(rapid.Int64Range(from, to), func(n int64) time.Time { return time.UnixMicro(n).UTC() })
}

// genRelationship makes relationships in canonical form.
func genRelationship() *rapid.Generator[tuple.Relationship] {
	return rapid.Custom(func(t *rapid.T) tuple.Relationship {
		r := genTuple().Draw(t, "tuple").Always()
		switch rapid.IntRange(0, 2).Draw(t, "caveat") {
		case 0:
			r = r.When(genTypeName().Draw(t, "name"), nil)
		case 1:
			r = r.When(genTypeName().Draw(t, "name"), genContext().Draw(t, "context"))
		}
		if rapid.Bool().Draw(t, "expires") {
			r = r.Until(genInstant().Draw(t, "instant"))
		}
		return r
	})
}
