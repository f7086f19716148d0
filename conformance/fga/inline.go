package fga

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	openfgav1 "github.com/openfga/api/proto/openfga/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/schema/openfga"
	"github.com/baobab-authz/baobab/tuple"
)

// inlineName is the reserved name by which a tuple says that it brings its
// condition along, and a type restriction that it admits such tuples.
const inlineName = "$expression"

// noInline is the condition in place of inlineName while there is no expression;
// no tuple has it. unused is the parameter of conditions that have none of their
// own: a caveat has at least one.
const (
	noInline = "inline_none"
	unused   = "unused"
)

var errInline = errors.New("invalid inline expression")

// An inline has the expressions that tuples of a store brought along, by the text
// of their context. With us a caveat is declared in the schema, so each becomes
// one, named by its number, and a restriction "with $expression" becomes one for
// each.
type inline map[string]*openfgav1.Condition

// relationship translates a stored or contextual tuple.
func (i inline) relationship(k *openfgav1.TupleKey) (tuple.Relationship, error) {
	t, err := question(k)
	if err != nil {
		return tuple.Relationship{}, err
	}
	c := k.GetCondition()
	switch c.GetName() {
	case "":
		return t.Always(), nil
	case inlineName:
		name, err := i.declare(c.GetContext().AsMap())
		if err != nil {
			return tuple.Relationship{}, fmt.Errorf("%s: %w: %w", t, errInline, err)
		}
		return t.When(name, nil), nil
	}
	return t.When(c.GetName(), c.GetContext().AsMap()), nil
}

// question translates the tuple of a question.
func question(k interface {
	GetObject() string
	GetRelation() string
	GetUser() string
}) (tuple.Tuple, error) {
	o, err := tuple.ParseObject(k.GetObject())
	if err != nil {
		return tuple.Tuple{}, err
	}
	s, err := tuple.ParseSubject(k.GetUser())
	if err != nil {
		return tuple.Tuple{}, err
	}
	t := tuple.New(o, k.GetRelation(), s)
	return t, t.Validate()
}

// declare returns the name of the caveat for an inline expression: its text, and
// the types of its parameters. One whose type is not said is a string.
func (i inline) declare(context map[string]any) (string, error) {
	key, err := json.Marshal(context)
	if err != nil {
		return "", err
	}
	if c := i[string(key)]; c != nil {
		return c.GetName(), nil
	}
	text, _ := context["expression"].(string)
	used, err := identifiers(text)
	if err != nil {
		return "", err
	}
	types, _ := context["parameters"].(map[string]any)
	c := &openfgav1.Condition{
		Name:       fmt.Sprintf("inline_%d", len(i)+1),
		Expression: text,
		Parameters: map[string]*openfgav1.ConditionParamTypeRef{},
	}
	for _, name := range used {
		c.Parameters[name] = &openfgav1.ConditionParamTypeRef{TypeName: openfgav1.ConditionParamTypeRef_TYPE_NAME_STRING}
	}
	for name, text := range types {
		if c.Parameters[name], err = parameterType(fmt.Sprint(text)); err != nil {
			return "", err
		}
	}
	if len(c.GetParameters()) == 0 {
		c.Parameters = noParameters()
	}
	i[string(key)] = c
	return c.GetName(), nil
}

func noParameters() map[string]*openfgav1.ConditionParamTypeRef {
	return map[string]*openfgav1.ConditionParamTypeRef{unused: {TypeName: openfgav1.ConditionParamTypeRef_TYPE_NAME_BOOL}}
}

// parameterType reads a type such as int or list<string>.
func parameterType(text string) (*openfgav1.ConditionParamTypeRef, error) {
	outer, inner, generic := strings.Cut(text, "<")
	number, ok := openfgav1.ConditionParamTypeRef_TypeName_value["TYPE_NAME_"+strings.ToUpper(outer)]
	if !ok || generic && !strings.HasSuffix(inner, ">") {
		return nil, fmt.Errorf("unknown type %q", text)
	}
	ref := &openfgav1.ConditionParamTypeRef{TypeName: openfgav1.ConditionParamTypeRef_TypeName(number)}
	if generic {
		element, err := parameterType(strings.TrimSuffix(inner, ">"))
		if err != nil {
			return nil, err
		}
		ref.GenericTypes = []*openfgav1.ConditionParamTypeRef{element}
	}
	return ref, nil
}

// identifiers returns the variables of an expression.
func identifiers(text string) ([]string, error) {
	env, err := cel.NewEnv()
	if err != nil {
		return nil, err
	}
	parsed, issues := env.Parse(text)
	if err := issues.Err(); err != nil {
		return nil, err
	}
	bound := map[string]bool{}
	free := map[string]bool{}
	ast.PreOrderVisit(parsed.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.ComprehensionKind:
			c := e.AsComprehension()
			bound[c.IterVar()], bound[c.IterVar2()], bound[c.AccuVar()] = true, true, true
		case ast.IdentKind:
			free[e.AsIdent()] = true
		}
	}))
	maps.DeleteFunc(free, func(name string, _ bool) bool { return bound[name] })
	return slices.Sorted(maps.Keys(free)), nil
}

// schema reads a model, with the inline expressions declared.
func (i inline) schema(m *openfgav1.AuthorizationModel) (*schema.Schema, error) {
	m = proto.Clone(m).(*openfgav1.AuthorizationModel)
	if i.expand(m) {
		m.Conditions = maps.Clone(m.GetConditions())
		if m.Conditions == nil {
			m.Conditions = map[string]*openfgav1.Condition{}
		}
		for _, c := range i.all() {
			m.Conditions[c.GetName()] = c
		}
	}
	data, err := protojson.Marshal(m)
	if err != nil {
		return nil, err
	}
	return openfga.ParseJSON("model.json", data)
}

// all returns the conditions for inline expressions, of which there is always one.
func (i inline) all() []*openfgav1.Condition {
	if len(i) == 0 {
		return []*openfgav1.Condition{{Name: noInline, Expression: "false", Parameters: noParameters()}}
	}
	return slices.SortedFunc(maps.Values(i), func(a, b *openfgav1.Condition) int {
		return strings.Compare(a.GetName(), b.GetName())
	})
}

// expand replaces the restrictions "with $expression", and reports whether there
// were any.
func (i inline) expand(m *openfgav1.AuthorizationModel) bool {
	found := false
	for _, def := range m.GetTypeDefinitions() {
		for _, relation := range def.GetMetadata().GetRelations() {
			var refs []*openfgav1.RelationReference
			for _, ref := range relation.GetDirectlyRelatedUserTypes() {
				if ref.GetCondition() != inlineName {
					refs = append(refs, ref)
					continue
				}
				found = true
				for _, c := range i.all() {
					named := proto.Clone(ref).(*openfgav1.RelationReference)
					named.Condition = c.GetName()
					refs = append(refs, named)
				}
			}
			relation.DirectlyRelatedUserTypes = refs
		}
	}
	return found
}
