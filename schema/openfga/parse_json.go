package openfga

import (
	"slices"
	"strings"

	"github.com/baobab-authz/baobab/schema"
)

// ParseJSON reads an authorization model in JSON, as OpenFGA's API takes it and
// returns it. Keys can be written in either way that protobuf has for them:
// schema_version and schemaVersion. What is not part of a model is an error, but
// for its id. The name of the file is only for messages, and may be empty.
//
// The error is [schema.Errors]: all of them, in order.
func ParseJSON(file string, data []byte) (*schema.Schema, error) {
	b := &schema.Builder{}
	text := string(data)
	r := &modelReader{b: b, model: &model{}}
	if v := readJSON(b, b.Source(file, text), text); v != nil {
		r.read(v)
	}
	return build(b, r.model)
}

// A modelReader makes a model of a JSON value. Where it finds a value of another
// kind than it expects, it reports it and goes on.
type modelReader struct {
	b     *schema.Builder
	model *model
	about string
	deep  bool // the expression that is read is too deep, as has been reported
}

// fields returns the members of an object by their names in snake case; nil if it
// is no object. A null is as if it were absent.
func (r *modelReader) fields(v *value, what string, known ...string) map[string]*value {
	if v.kind != '{' {
		r.wrong(v, what, "an object")
		return nil
	}
	fields := make(map[string]*value, len(v.members))
	for _, m := range v.members {
		key := m.key.text
		if i := slices.IndexFunc(known, func(k string) bool { return k == key || camel(k) == key }); i >= 0 {
			key = known[i]
		} else {
			have := strings.Join(known, ", ")
			if have == "" {
				have = "none"
			}
			r.b.Unknownf(m.key.at, r.about, nil, key, known, "unknown key %q: %s has %s", key, what, have)
			continue
		}
		if _, twice := fields[key]; twice {
			r.b.Errorf(m.key.at, r.about, "%s stands here already", key)
			continue
		}
		if fields[key] = m.value; m.value.kind == 'n' {
			fields[key] = nil
		}
	}
	return fields
}

// camel returns a name in snake case as protobuf writes it in JSON.
func camel(s string) string {
	words := strings.Split(s, "_")
	for i := 1; i < len(words); i++ {
		words[i] = strings.ToUpper(words[i][:1]) + words[i][1:]
	}
	return strings.Join(words, "")
}

func (r *modelReader) wrong(v *value, what, expected string) {
	r.b.Errorf(v.at, r.about, "%s is %s: expected %s", what, v.describe(), expected)
}

// str returns the string of a field; empty if there is none.
func (r *modelReader) str(v *value, what string) name {
	switch {
	case v == nil:
		return name{}
	case v.kind != '"':
		r.wrong(v, what, "a string")
		return name{at: v.at}
	}
	return name{v.text, v.at}
}

// required is like str, and reports one that is empty or missing from an object.
func (r *modelReader) required(v, object *value, what string) (name, bool) {
	n := r.str(v, what)
	if v == nil {
		n.at = object.at
	}
	if n.text == "" {
		r.b.Errorf(n.at, r.about, "%s is missing", what)
	}
	return n, n.text != ""
}

// list returns the items of a field.
func (r *modelReader) list(v *value, what string) []*value {
	if v == nil {
		return nil
	}
	if v.kind != '[' {
		r.wrong(v, what, "a list")
	}
	return v.items
}

// named returns the members of a field that is an object with names of its user's.
func (r *modelReader) named(v *value, what string) []member {
	if v == nil {
		return nil
	}
	if v.kind != '{' {
		r.wrong(v, what, "an object")
	}
	var list []member
	seen := map[string]bool{}
	for _, m := range v.members {
		if seen[m.key.text] {
			r.b.Errorf(m.key.at, r.about, "%q stands in the %s already", m.key.text, what)
			continue
		}
		seen[m.key.text] = true
		list = append(list, m)
	}
	return list
}

func (r *modelReader) read(v *value) {
	fields := r.fields(v, "a model", "id", "schema_version", "type_definitions", "conditions")
	if v := r.str(fields["schema_version"], "the schema version"); v.text != "" {
		checkVersion(r.b, v.at, v.text) // the API takes a missing one for 1.1
	}
	for _, v := range r.list(fields["type_definitions"], "type_definitions") {
		r.about = ""
		r.typeDef(v)
	}
	for _, m := range r.named(fields["conditions"], "conditions") {
		r.about = m.key.text
		r.condition(m)
	}
}

func (r *modelReader) typeDef(v *value) {
	fields := r.fields(v, "a type definition", "type", "relations", "metadata")
	if fields == nil {
		return
	}
	n, _ := r.required(fields["type"], v, "the type's name")
	def := &typeDef{name: n}
	r.model.types = append(r.model.types, def)
	r.about = n.text
	metadata := r.metadata(fields["metadata"])
	for _, m := range r.named(fields["relations"], "relations") {
		r.about = n.text + "#" + m.key.text
		r.deep = false
		rel := &relation{name: m.key}
		rel.expr = r.expr(m.value, 1)
		r.restrictions(rel, metadata[m.key.text])
		delete(metadata, m.key.text)
		def.relations = append(def.relations, rel)
	}
	r.about = n.text
	for _, m := range metadata {
		r.b.Warnf(m.key.at, r.about, "", "type %s has no relation %s: what stands here is about nothing", n.text, m.key.text)
	}
}

// metadata returns what is said of relations, by their names.
func (r *modelReader) metadata(v *value) map[string]member {
	about := map[string]member{}
	if v == nil {
		return about
	}
	fields := r.fields(v, "the metadata", "relations", "module", "source_info")
	for _, m := range r.named(fields["relations"], "relations") {
		about[m.key.text] = m
	}
	return about
}

// restrictions reads which types can be assigned directly.
func (r *modelReader) restrictions(rel *relation, metadata member) {
	if metadata.value != nil {
		fields := r.fields(metadata.value, "the metadata of a relation", "directly_related_user_types", "module", "source_info")
		if fields == nil {
			return
		}
		for _, v := range r.list(fields["directly_related_user_types"], "directly_related_user_types") {
			if t, ok := r.restriction(v); ok {
				rel.restrictions = append(rel.restrictions, t)
			}
		}
	}
	if rel.expr == nil {
		return
	}
	direct := rel.expr.has(exprDirect)
	switch n := len(rel.restrictions); {
	case direct && n == 0:
		r.b.Errorf(rel.name.at, r.about, "relation %s can be assigned directly, and admits no type", rel.name.text)
	case !direct && n > 0:
		r.b.Errorf(rel.restrictions[0].at, r.about, "relation %s cannot be assigned directly, and admits types: it lacks this", rel.name.text)
	}
}

func (r *modelReader) restriction(v *value) (t restriction, ok bool) {
	fields := r.fields(v, "a type of user", "type", "relation", "wildcard", "condition")
	if fields == nil {
		return t, false
	}
	t.at = v.at
	if t.typ, ok = r.required(fields["type"], v, "the type"); !ok {
		return t, false
	}
	t.wildcard = fields["wildcard"] != nil
	if t.wildcard {
		r.fields(fields["wildcard"], "a wildcard")
	}
	if fields["relation"] != nil {
		if t.relation, ok = r.required(fields["relation"], v, "the relation"); !ok {
			return t, false
		}
		if t.wildcard {
			r.b.Errorf(v.at, r.about, "a wildcard has no relation")
			return t, false
		}
	}
	t.condition = r.str(fields["condition"], "the condition")
	if t.condition.text == "$expression" {
		r.b.Errorf(t.condition.at, r.about, "$expression is not supported: a condition has a name and is declared in the model")
		return t, false
	}
	return t, true
}

// usersets are the ways in which a relation can be had.
var usersets = []string{"this", "computed_userset", "tuple_to_userset", "union", "intersection", "difference"}

// expr reads one of them; nil after an error.
func (r *modelReader) expr(v *value, depth int) *expr {
	if depth > maxDepth {
		if r.deep {
			return nil
		}
		r.deep = true
		r.b.Errorf(v.at, r.about, "the expression nests more than %d deep", maxDepth)
		return nil
	}
	fields := r.fields(v, "a userset", usersets...)
	var kind string
	for _, k := range usersets {
		if fields[k] == nil {
			continue
		}
		if kind != "" {
			r.b.Errorf(v.at, r.about, "a userset is one of %s: here are %s and %s", strings.Join(usersets, ", "), kind, k)
			return nil
		}
		kind = k
	}
	in := fields[kind]
	switch kind {
	case "this":
		r.fields(in, "this")
		return &expr{kind: exprDirect, at: v.at}
	case "computed_userset":
		n, ok := r.objectRelation(in)
		if !ok {
			return nil
		}
		return &expr{kind: exprComputed, name: n, at: v.at}
	case "tuple_to_userset":
		return r.from(v, in)
	case "difference":
		return r.difference(v, in, depth)
	case "union":
		return r.operands(v, in, exprUnion, depth)
	case "intersection":
		return r.operands(v, in, exprIntersection, depth)
	}
	if fields != nil {
		r.b.Errorf(v.at, r.about, "a userset is one of %s: here is none", strings.Join(usersets, ", "))
	}
	return nil
}

func (r *modelReader) objectRelation(v *value) (name, bool) {
	fields := r.fields(v, "a relation of an object", "object", "relation")
	if fields == nil {
		return name{}, false
	}
	r.str(fields["object"], "the object") // which has no meaning
	return r.required(fields["relation"], v, "the relation")
}

func (r *modelReader) from(v, in *value) *expr {
	fields := r.fields(in, "tuple_to_userset", "tupleset", "computed_userset")
	e := &expr{kind: exprFrom, at: v.at}
	tupleset, computed := fields["tupleset"], fields["computed_userset"]
	if fields == nil {
		return nil
	}
	if tupleset == nil || computed == nil {
		r.b.Errorf(in.at, r.about, "tuple_to_userset consists of a tupleset and a computed_userset")
		return nil
	}
	var from, of bool
	e.from, from = r.objectRelation(tupleset)
	e.name, of = r.objectRelation(computed)
	if !from || !of {
		return nil
	}
	return e
}

func (r *modelReader) difference(v, in *value, depth int) *expr {
	fields := r.fields(in, "difference", "base", "subtract")
	if fields == nil {
		return nil
	}
	e := &expr{kind: exprExclusion, at: v.at}
	for _, key := range []string{"base", "subtract"} {
		if fields[key] == nil {
			r.b.Errorf(in.at, r.about, "difference consists of base and subtract")
			return nil
		}
		if k := r.expr(fields[key], depth+1); k != nil {
			e.kids = append(e.kids, k)
		}
	}
	if len(e.kids) < 2 {
		return nil
	}
	return e
}

func (r *modelReader) operands(v, in *value, kind exprKind, depth int) *expr {
	fields := r.fields(in, "a union or intersection", "child")
	if fields == nil {
		return nil
	}
	items := r.list(fields["child"], "child")
	if len(items) < 2 {
		r.b.Errorf(in.at, r.about, "a union or an intersection has at least two children")
		return nil
	}
	e := &expr{kind: kind, at: v.at}
	for _, item := range items {
		if k := r.expr(item, depth+1); k != nil {
			e.kids = append(e.kids, k)
		}
	}
	if len(e.kids) < len(items) {
		return nil
	}
	return e
}
