package openfga_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/schema/openfga"
)

// drawSchema draws a schema of which OpenFGA can say most; it may be one that New
// refuses.
func drawSchema(t *rapid.T) (*schema.Schema, error) {
	types := []string{"user", "doc", "folder/x"}
	names := []string{"a", "b", "c-d", "type"}
	relation := rapid.SampledFrom(names)
	earlier := 0 // how many names a relation can need, so that there are few cycles
	subject := func() schema.SubjectType {
		s := schema.Type(rapid.SampledFrom(types).Draw(t, "type"))
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0:
			s = schema.Wildcard(s.Type)
		case 1:
			s = schema.Userset("doc", relation.Draw(t, "relation"))
		}
		if rapid.IntRange(0, 4).Draw(t, "caveat") == 0 {
			s = s.With("c")
		}
		return s
	}
	var rewrite func(this bool, depth int) schema.Rewrite
	rewrite = func(this bool, depth int) schema.Rewrite {
		kind := rapid.IntRange(0, 5).Draw(t, "operator")
		switch {
		case this && (depth == 0 || kind == 0 || kind == 3 || kind == 5):
			return schema.This{}
		case depth == 0 || kind == 3:
			if earlier == 0 {
				return schema.Arrow("p", names[0])
			}
			return schema.Ref(names[rapid.IntRange(0, earlier-1).Draw(t, "relation")])
		case kind == 4:
			return schema.Minus(rewrite(this, depth-1), rewrite(false, depth-1))
		case kind == 5:
			return schema.Arrow("p", relation.Draw(t, "relation"))
		case rapid.Bool().Draw(t, "and"):
			return schema.And(rewrite(false, depth-1), rewrite(this, depth-1))
		}
		return schema.Or(rewrite(this, depth-1), rewrite(false, depth-1), rewrite(false, depth-1))
	}
	parts := []schema.Part{schema.DeclareCaveat("c", "x > 1", schema.Param("x", "int"), schema.Param("y", "list<string>"))}
	for i, typ := range types {
		var members []schema.Member
		if i > 0 {
			members = append(members, schema.Rel("p", schema.Type(types[1]), schema.Type(types[2])))
			for i, name := range names {
				if earlier = i; i > 1 && rapid.Bool().Draw(t, "permission") {
					members = append(members, schema.Perm(name, rewrite(false, 2)))
					continue
				}
				subjects := []schema.SubjectType{schema.Type("user")}
				if s := subject(); s != subjects[0] {
					subjects = append(subjects, s)
				}
				members = append(members, schema.Rel(name, subjects...).Rewritten(rewrite(true, 2)))
			}
		}
		parts = append(parts, schema.Define(typ, members...))
	}
	return schema.New(parts...)
}

// What Format writes is read back to the same; what it refuses is refused by name.
func TestFormatIsReadBack(t *testing.T) {
	written := 0
	rapid.Check(t, func(t *rapid.T) {
		s, err := drawSchema(t)
		if err != nil {
			require.ErrorIs(t, err, schema.ErrSchema)
			return
		}
		text, err := openfga.Format(s)
		if err != nil {
			require.ErrorIs(t, err, schema.ErrSchema)
			require.Empty(t, text)
			return
		}
		written++
		again, err := openfga.Parse("", text)
		require.NoError(t, err, text)
		changes, err := schema.Compare(s, again)
		require.NoError(t, err)
		require.Empty(t, changes, text)
		require.Equal(t, order(s), order(again))
		twice, err := openfga.Format(again)
		require.NoError(t, err)
		require.Equal(t, text, twice)
	})
	require.Positive(t, written)
}

// order lists what a schema declares, in order.
func order(s *schema.Schema) []string {
	var list []string
	for _, d := range s.Definitions() {
		for _, r := range d.Relations {
			list = append(list, fmt.Sprint(d.Name, "#", r.Name, r.Subjects))
		}
	}
	for _, c := range s.Caveats() {
		list = append(list, c.String())
	}
	return list
}

// A model means the same in the language and in JSON.
func TestJSONMeansWhatTheLanguageDoes(t *testing.T) {
	read := 0
	rapid.Check(t, func(t *rapid.T) {
		s, err := drawSchema(t)
		if err != nil {
			return // by New, as the other property tells
		}
		text, err := openfga.Format(s)
		if err != nil {
			return
		}
		parsed, err := openfga.Parse("", text)
		require.NoError(t, err)
		fromJSON, err := openfga.ParseJSON("", []byte(toJSON(parsed)))
		require.NoError(t, err, toJSON(parsed))
		require.Equal(t, parsed.String(), fromJSON.String())
		require.Equal(t, order(parsed), order(fromJSON))
		read++
	})
	require.Positive(t, read)
}

// toJSON writes a schema as OpenFGA's API does.
func toJSON(s *schema.Schema) string {
	var types, conditions []string
	for _, d := range s.Definitions() {
		var relations, metadata []string
		for _, r := range d.Relations {
			relations = append(relations, fmt.Sprintf("%q:%s", r.Name, usersetJSON(r.Rewrite)))
			var list []string
			for _, t := range r.Subjects {
				fields := []string{fmt.Sprintf(`"type":%q`, t.Type)}
				if t.Relation != "" {
					fields = append(fields, fmt.Sprintf(`"relation":%q`, t.Relation))
				}
				if t.Wildcard {
					fields = append(fields, `"wildcard":{}`)
				}
				fields = append(fields, fmt.Sprintf(`"condition":%q`, t.Caveat))
				list = append(list, "{"+strings.Join(fields, ",")+"}")
			}
			metadata = append(metadata, fmt.Sprintf(`%q:{"directly_related_user_types":[%s]}`, r.Name, strings.Join(list, ",")))
		}
		types = append(types, fmt.Sprintf(`{"type":%q,"relations":{%s},"metadata":{"relations":{%s}}}`, d.Name, strings.Join(relations, ","), strings.Join(metadata, ",")))
	}
	for _, c := range s.Caveats() {
		conditions = append(conditions, fmt.Sprintf(`%q:{"name":%q,"expression":%q,"parameters":{"x":{"type_name":"TYPE_NAME_INT"},"y":{"type_name":"TYPE_NAME_LIST","generic_types":[{"type_name":"TYPE_NAME_STRING"}]}}}`, c.Name, c.Name, c.Expression))
	}
	return fmt.Sprintf(`{"schema_version":"1.1","type_definitions":[%s],"conditions":{%s}}`, strings.Join(types, ","), strings.Join(conditions, ","))
}

func usersetJSON(r schema.Rewrite) string {
	list := func(kind string, children []schema.Rewrite) string {
		texts := make([]string, len(children))
		for i, c := range children {
			texts[i] = usersetJSON(c)
		}
		return fmt.Sprintf(`{%q:{"child":[%s]}}`, kind, strings.Join(texts, ","))
	}
	switch r := r.(type) {
	case schema.Computed:
		return fmt.Sprintf(`{"computedUserset":{"relation":%q}}`, r.Relation)
	case schema.TupleToUserset:
		return fmt.Sprintf(`{"tupleToUserset":{"tupleset":{"relation":%q},"computedUserset":{"relation":%q}}}`, r.Tupleset, r.Computed)
	case schema.Union:
		return list("union", r.Children)
	case schema.Intersection:
		return list("intersection", r.Children)
	case schema.Exclusion:
		return fmt.Sprintf(`{"difference":{"base":%s,"subtract":%s}}`, usersetJSON(r.Base), usersetJSON(r.Subtract))
	}
	return `{"this":{}}`
}
