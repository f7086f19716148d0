package openfga_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/schema/openfga"
)

// jsonDoc returns a model with a type doc that has the relation r, and a.
func jsonDoc(userset, types string) string {
	return `{"type_definitions":[{"type":"user"},` + "\n" + `{"type":"doc","relations":{"a":{"this":{}},"r":` + "\n" + userset +
		`},"metadata":{"relations":{"a":{"directly_related_user_types":[{"type":"user"}]},"r":{"directly_related_user_types":` + "\n" + types + `}}}}]}`
}

func TestParseJSONMeans(t *testing.T) {
	const a, user = `{"computed_userset":{"relation":"a"}}`, `[{"type":"user"}]`
	for _, c := range []struct{ userset, types, want string }{
		{`{"this":{}}`, user, "relation r: user"},
		{`{"this":{}}`, `[{"type":"user","wildcard":{}},{"type":"doc","relation":"a"},{"type":"doc"}]`, "relation r: user:* | doc#a | doc"},
		{a, `[]`, "permission r = a"},
		{a, `null`, "permission r = a"},
		{`{"union":{"child":[` + a + `,{"this":{}}]}}`, user, "relation r: user = a + this"},
		{`{"intersection":{"child":[` + a + `,{"union":{"child":[` + a + `,{"this":{}}]}}]}}`, user, "relation r: user = a & a + this"},
		{`{"difference":{"base":{"this":{}},"subtract":` + a + `}}`, user, "relation r: user = this - a"},
		{`{"this":null,"computedUserset":{"object":"","relation":"a"}}`, `[]`, "permission r = a"},
	} {
		s, err := openfga.ParseJSON("", []byte(jsonDoc(c.userset, c.types)))
		require.NoError(t, err, c.userset)
		require.Equal(t, c.want, s.Definition("doc").Relation("r").String())
	}
	s, err := openfga.ParseJSON("m.json", []byte(jsonSeeds[0]))
	require.NoError(t, err)
	require.Equal(t, "permission b = p->a", s.Definition("doc").Relation("b").String())
	require.Equal(t, "y int, z list<bool>", strings.TrimSuffix(strings.TrimPrefix(strings.SplitN(s.Caveat("x").String(), "\n", 2)[0], "caveat x("), ") {"))
	require.Equal(t, `{"a": y}.a > 1 && z == z`, s.Caveat("x").Expression)
	require.Equal(t, "m.json", s.Definition("doc").Pos.File)
	require.Equal(t, 110, s.Definition("doc").Pos.Column, "within the quotes")
	require.Len(t, s.Warnings(), 1)
	require.Contains(t, s.Warnings()[0].String(), "type doc has no relation z: what stands here is about nothing")
}

func TestParseJSONReadsEveryTypeOfParameter(t *testing.T) {
	names := []string{"any", "bool", "string", "int", "uint", "double", "duration", "timestamp", "map", "list", "ipaddress"}
	for i, name := range names {
		generic := ""
		want := name
		if name == "map" || name == "list" {
			generic, want = `,"generic_types":[{"type_name":"TYPE_NAME_LIST","generic_types":[{"type_name":1}]}]`, name+"<list<any>>"
		}
		for _, typ := range []string{fmt.Sprint(i + 1), `"TYPE_NAME_` + strings.ToUpper(name) + `"`} {
			s, err := openfga.ParseJSON("", []byte(`{"type_definitions":[{"type":"user"}],"conditions":{"c":{"name":"c","expression":"x","parameters":{"x":{"type_name":`+typ+generic+`}}}}}`))
			require.NoError(t, err)
			require.Equal(t, want, s.Caveat("c").Parameters[0].Type.String())
		}
	}
}

func TestParseJSONRefuses(t *testing.T) {
	const a, user = `{"computed_userset":{"relation":"a"}}`, `[{"type":"user"}]`
	deep := strings.Repeat(`{"difference":{"subtract":`+a+`,"base":`, 501) + a + strings.Repeat("}}", 501)
	condition := func(s string) string { return `{"type_definitions":[{"type":"user"}],"conditions":` + s + `}` }
	parameter := func(s string) string {
		return condition(`{"c":{"name":"c","expression":"x","parameters":{"x":` + s + `}}}`)
	}
	for name, c := range map[string]struct{ text, want string }{
		"nothing":               {"", "1:1: this is not JSON: unexpected end of JSON input"},
		"half":                  {`{"type_definitions":[`, "1:22: this is not JSON: unexpected end of JSON input"},
		"no value":              {`{"a":}`, "1:6: this is not JSON: invalid character '}'"},
		"too deep for JSON":     {strings.Repeat("[", 10_001), "exceeded max depth"},
		"half a word":           {`{"a": tru}`, "1:10: this is not JSON: invalid character '}' in literal true"},
		"no key":                {`{1:2}`, "1:2: this is not JSON"},
		"half a string":         {`{"a":"b`, "1:8: this is not JSON: unexpected end of JSON input"},
		"something behind":      {"{\"type_definitions\":[{\"type\":\"a\"}]}\n{}", "2:1: this is not JSON: invalid character '{' after top-level value"},
		"UTF-8":                 {"{\n\"\xff\"}", "2:2: byte 0xff is not valid UTF-8"},
		"a list":                {"[1, 2.5, true]", "1:1: a model is a list: expected an object"},
		"null":                  {"null", "1:1: a model is null: expected an object"},
		"unknown key":           {`{"typeDefs":[]}`, "1:3: unknown key \"typeDefs\": a model has id, schema_version, type_definitions, conditions"},
		"key twice":             {`{"type_definitions":[{"type":"a"}],"typeDefinitions":[]}`, "1:37: type_definitions stands here already"},
		"version":               {`{"schema_version":"1.0","type_definitions":[{"type":"a"}]}`, "1:20: schema 1.0 is not supported"},
		"version, a number":     {`{"schema_version":1.1,"type_definitions":[{"type":"a"}]}`, "1:19: the schema version is a number: expected a string"},
		"no types":              {`{}`, "1:1: the schema has no definitions"},
		"types":                 {`{"type_definitions":{}}`, "1:21: type_definitions is an object: expected a list"},
		"type":                  {`{"type_definitions":["a"]}`, "1:23: a type definition is a string: expected an object"},
		"no type":               {`{"type_definitions":[{}]}`, "1:22: the type's name is missing"},
		"an empty type":         {`{"type_definitions":[{"type":""}]}`, "1:31: the type's name is missing"},
		"a long type":           {`{"type_definitions":[{"type":"` + strings.Repeat("x", 255) + `"}]}`, "1:31: a name of 255 bytes is longer than 254"},
		"a type with a space":   {`{"type_definitions":[{"type":"a b"}]}`, "1:31: \"a b\" cannot be taken over"},
		"a truth value":         {`{"type_definitions":[{"type":true}]}`, "1:30: the type's name is a truth value: expected a string"},
		"relations":             {`{"type_definitions":[{"type":"a","relations":[]}]}`, "1:46: relations is a list: expected an object"},
		"relation twice":        {`{"type_definitions":[{"type":"a","relations":{"r":{"this":{}},"r":{}},"metadata":{"relations":{"r":{"directly_related_user_types":[{"type":"a"}]}}}}]}`, "1:64: \"r\" stands in the relations already"},
		"a long relation":       {`{"type_definitions":[{"type":"a","relations":{"` + strings.Repeat("x", 51) + `":{"this":{}}},"metadata":{"relations":{"` + strings.Repeat("x", 51) + `":{"directly_related_user_types":[{"type":"a"}]}}}}]}`, "1:48: a name of 51 bytes is longer than 50"},
		"metadata":              {`{"type_definitions":[{"type":"a","metadata":1}]}`, "1:45: the metadata is a number"},
		"a relation's metadata": {`{"type_definitions":[{"type":"a","relations":{"r":{"this":{}}},"metadata":{"relations":{"r":[]}}}]}`, "1:93: the metadata of a relation is a list"},
		"userset":               {jsonDoc(`[]`, user), "3:1: a userset is a list: expected an object"},
		"no userset":            {jsonDoc(`{}`, user), "3:1: a userset is one of this, computed_userset, tuple_to_userset, union, intersection, difference: here is none"},
		"two usersets":          {jsonDoc(`{"this":{},"union":{}}`, user), "3:1: a userset is one of this, computed_userset, tuple_to_userset, union, intersection, difference: here are this and union"},
		"unknown userset":       {jsonDoc(`{"this":{},"thiss":{}}`, user), "3:13: unknown key \"thiss\""},
		"this with a key":       {jsonDoc(`{"this":{"x":1}}`, user), "3:11: unknown key \"x\": this has none"},
		"this":                  {jsonDoc(`{"this":1}`, user), "3:9: this is a number: expected an object"},
		"computed":              {jsonDoc(`{"computed_userset":"a"}`, `[]`), "3:22: a relation of an object is a string"},
		"nothing computed":      {jsonDoc(`{"computed_userset":{}}`, `[]`), "3:21: the relation is missing"},
		"unknown computed":      {jsonDoc(`{"computed_userset":{"relation":"b"}}`, `[]`), "3:34: unknown relation \"b\""},
		"from nothing":          {jsonDoc(`{"tuple_to_userset":{"tupleset":{"relation":"a"}}}`, `[]`), "3:21: tuple_to_userset consists of"},
		"from a list":           {jsonDoc(`{"tuple_to_userset":[]}`, `[]`), "3:21: tuple_to_userset is a list"},
		"from no relation":      {jsonDoc(`{"tuple_to_userset":{"tupleset":{},"computed_userset":{"relation":"a"}}}`, `[]`), "3:33: the relation is missing"},
		"difference":            {jsonDoc(`{"difference":[]}`, `[]`), "3:15: difference is a list"},
		"half a difference":     {jsonDoc(`{"difference":{"base":`+a+`}}`, `[]`), "3:15: difference consists of base and subtract"},
		"a broken difference":   {jsonDoc(`{"difference":{"base":`+a+`,"subtract":{}}}`, `[]`), "3:72: a userset is one of"},
		"union":                 {jsonDoc(`{"union":[]}`, `[]`), "3:10: a union or intersection is a list"},
		"union of one":          {jsonDoc(`{"union":{"child":[`+a+`]}}`, `[]`), "3:10: a union or an intersection has at least two children"},
		"a broken union":        {jsonDoc(`{"union":{"child":[`+a+`,{}]}}`, `[]`), "3:58: a userset is one of"},
		"too deep":              {jsonDoc(deep, `[]`), "the expression nests more than 500 deep"},
		"no types admitted":     {jsonDoc(`{"this":{}}`, `[]`), "2:45: relation r can be assigned directly, and admits no type"},
		"types of a permission": {jsonDoc(a, user), "4:2: relation r cannot be assigned directly, and admits types: it lacks this"},
		"types, an object":      {jsonDoc(a, `{}`), "4:1: directly_related_user_types is an object"},
		"a type, a string":      {jsonDoc(a, `["user"]`), "4:3: a type of user is a string"},
		"no type admitted":      {jsonDoc(a, `[{"relation":"a"}]`), "4:2: the type is missing"},
		"an empty relation":     {jsonDoc(a, `[{"type":"doc","relation":""}]`), "4:28: the relation is missing"},
		"a wildcard's relation": {jsonDoc(a, `[{"type":"doc","relation":"a","wildcard":{}}]`), "4:2: a wildcard has no relation"},
		"a wildcard":            {jsonDoc(`{"this":{}}`, `[{"type":"doc","wildcard":true}]`), "4:27: a wildcard is a truth value"},
		"an inline expression":  {jsonDoc(a, `[{"type":"doc","condition":"$expression"}]`), "4:29: $expression is not supported"},
		"unknown condition":     {jsonDoc(`{"this":{}}`, `[{"type":"doc","condition":"c"}]`), "4:29: unknown condition \"c\""},
		"conditions":            {condition(`[]`), "1:52: conditions is a list"},
		"condition":             {condition(`{"c":[]}`), "1:57: a condition is a list"},
		"its other name":        {condition(`{"c":{"name":"d","expression":"x","parameters":{"x":{"type_name":2}}}}`), "1:66: the condition is named d here, and c where it stands"},
		"a condition's slash":   {condition(`{"c d":{"name":"c d","expression":"x","parameters":{"x":{"type_name":2}}}}`), "1:54: \"c d\" cannot be taken over"},
		"no name":               {condition(`{"c":{"expression":"x","parameters":{"x":{"type_name":2}}}}`), "1:57: the condition's name is missing"},
		"no expression":         {condition(`{"c":{"name":"c","parameters":{"x":{"type_name":2}}}}`), "1:57: the expression is missing"},
		"only a comment":        {condition(`{"c":{"name":"c","expression":"// x","parameters":{"x":{"type_name":2}}}}`), "1:83: condition c has no expression"},
		"an open expression":    {condition(`{"c":{"name":"c","expression":"{","parameters":{"x":{"type_name":2}}}}`), "1:54: the expression of caveat c does not end where it ends"},
		"no parameters":         {condition(`{"c":{"name":"c","expression":"x"}}`), "1:54: a caveat has at least one parameter"},
		"a parameter's name":    {condition(`{"c":{"name":"c","expression":"x","parameters":{"x y":{"type_name":2}}}}`), "1:101: \"x y\": "},
		"a long parameter":      {condition(`{"c":{"name":"c","expression":"x","parameters":{"` + strings.Repeat("x", 51) + `":{"type_name":2}}}}`), "1:101: a name of 51 bytes is longer than 50"},
		"a parameter":           {parameter(`2`), "1:104: the type of a parameter is a number"},
		"no type of parameter":  {parameter(`{}`), "1:104: the type's name is missing"},
		"type number 12":        {parameter(`{"type_name":12}`), "1:117: unknown type of a parameter 12"},
		"an unknown type":       {parameter(`{"type_name":"TYPE_NAME_STRIN"}`), "1:118: unknown type of a parameter \"TYPE_NAME_STRIN\""},
		"a list of nothing":     {parameter(`{"type_name":10}`), "1:104: the type list has 0 generic types: expected 1"},
		"a list of two":         {parameter(`{"type_name":10,"generic_types":[{"type_name":1},{"type_name":1}]}`), "1:104: the type list has 2 generic types"},
		"an int of int":         {parameter(`{"type_name":4,"generic_types":[{"type_name":1}]}`), "1:104: the type int has 1 generic types: expected 0"},
		"a list of what":        {parameter(`{"type_name":10,"generic_types":[{}]}`), "1:137: the type's name is missing"},
		"types too deep":        {parameter(strings.Repeat(`{"type_name":10,"generic_types":[`, 501) + `{"type_name":1}` + strings.Repeat("]}", 501)), "types nest more than 500 deep"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := openfga.ParseJSON("", []byte(c.text))
			require.Nil(t, s)
			require.ErrorIs(t, err, schema.ErrSchema)
			require.Contains(t, err.Error(), c.want)
			var errs schema.Errors
			require.True(t, errors.As(err, &errs))
			require.Len(t, errs, 1, "%v", err)
		})
	}
}
