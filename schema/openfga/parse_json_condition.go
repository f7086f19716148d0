package openfga

import (
	"slices"
	"strconv"
	"strings"

	"github.com/baobab-authz/baobab/schema"
)

// typeNumbers are the types of parameters in the order of their numbers in
// protobuf, from 1.
var typeNumbers = []string{"any", "bool", "string", "int", "uint", "double", "duration", "timestamp", "map", "list", "ipaddress"}

func (r *modelReader) condition(m member) {
	fields := r.fields(m.value, "a condition", "name", "expression", "parameters", "metadata")
	if fields == nil {
		return
	}
	c := &condition{name: m.key}
	r.model.conditions = append(r.model.conditions, c)
	if n, ok := r.required(fields["name"], m.value, "the condition's name"); ok && n.text != m.key.text {
		r.b.Errorf(n.at, r.about, "the condition is named %s here, and %s where it stands", n.text, m.key.text)
	}
	if n, ok := r.required(fields["expression"], m.value, "the expression"); ok {
		v := fields["expression"]
		c.expression, c.body = n.text, v.at
		if !v.plain { // so that no place in it is known
			c.body = v.at.Start()
		}
		if onlyComments(n.text) {
			r.b.Errorf(n.at, r.about, "condition %s has no expression", m.key.text)
		}
	}
	for _, p := range r.named(fields["parameters"], "parameters") {
		if t, ok := r.parameterType(p.value, 1); ok {
			c.parameters = append(c.parameters, schema.PlacedParameter{Parameter: schema.Parameter{Name: p.key.text, Type: t}, At: p.key.at})
		}
	}
}

func (r *modelReader) parameterType(v *value, depth int) (t schema.TypeRef, ok bool) {
	fields := r.fields(v, "the type of a parameter", "type_name", "generic_types")
	if fields == nil {
		return t, false
	}
	if depth > maxDepth {
		r.b.Errorf(v.at, r.about, "types nest more than %d deep", maxDepth)
		return t, false
	}
	if t.Name, ok = r.typeName(fields["type_name"], v); !ok {
		return t, false
	}
	for _, g := range r.list(fields["generic_types"], "generic_types") {
		arg, ok := r.parameterType(g, depth+1)
		if !ok {
			return t, false
		}
		t.Args = append(t.Args, arg)
	}
	arity := 0
	if t.Name == "list" || t.Name == "map" {
		arity = 1
	}
	if len(t.Args) != arity {
		r.b.Errorf(v.at, r.about, "the type %s has %d generic types: expected %d", t.Name, len(t.Args), arity)
		return t, false
	}
	return t, true
}

// typeName reads the name of a type, or its number.
func (r *modelReader) typeName(v, object *value) (string, bool) {
	const prefix = "TYPE_NAME_"
	if v != nil && v.kind == 0 {
		for i, n := range typeNumbers {
			if v.text == strconv.Itoa(i+1) {
				return n, true
			}
		}
		r.b.Errorf(v.at, r.about, "unknown type of a parameter %s", v.text)
		return "", false
	}
	n, ok := r.required(v, object, "the type's name")
	if !ok {
		return "", false
	}
	if i := slices.IndexFunc(typeNumbers, func(s string) bool { return prefix+strings.ToUpper(s) == n.text }); i >= 0 {
		return typeNumbers[i], true
	}
	names := make([]string, len(typeNumbers))
	for i, s := range typeNumbers {
		names[i] = prefix + strings.ToUpper(s)
	}
	r.b.Unknownf(n.at, r.about, nil, n.text, names, "unknown type of a parameter %q", n.text)
	return "", false
}
