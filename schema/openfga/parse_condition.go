package openfga

import (
	"slices"
	"strings"

	"github.com/baobab-authz/baobab/schema"
)

// simpleTypes are the types of parameters that have no elements.
var simpleTypes = []string{"bool", "double", "duration", "int", "ipaddress", "string", "timestamp", "uint"}

// typeNames are all types of parameters.
var typeNames = append(slices.Clone(simpleTypes), "list", "map")

// condition reads a condition, whose keyword has been read.
func (p *parser) condition() bool {
	n, ok := p.notType("the name of a condition")
	if !ok {
		return false
	}
	p.about = n.text
	c := &condition{name: n}
	p.model.conditions = append(p.model.conditions, c)
	if !p.expect('(', "condition "+n.text) || !p.parameters(c) {
		return false
	}
	body := p.token()
	if !p.accept(tokenBody) {
		return p.fail("'{' after the parameters of condition " + n.text)
	}
	expression, closed := p.bodies[body.start]
	c.expression = expression
	c.body = p.src.Span(body.start+1, max(body.start+1, body.end-1))
	if closed && onlyComments(expression) {
		p.b.Errorf(p.span(body), p.about, "condition %s has no expression", n.text)
	}
	return p.ended("condition " + n.text)
}

func onlyComments(s string) bool {
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			return false
		}
	}
	return true
}

// parameters reads the parameters of a condition, whose parenthesis has been read,
// and the closing one.
func (p *parser) parameters(c *condition) bool {
	for {
		p.accept(tokenNewline)
		n, ok := p.notType("the name of a parameter")
		if !ok {
			return false
		}
		if slices.ContainsFunc(c.parameters, func(q schema.PlacedParameter) bool { return q.Name == n.text }) {
			p.b.Errorf(n.at, p.about, "parameter %s is declared already", n.text)
		}
		if !p.expect(':', "the parameter "+n.text) {
			return false
		}
		t, ok := p.parameterType()
		if !ok {
			return false
		}
		c.parameters = append(c.parameters, schema.PlacedParameter{Parameter: schema.Parameter{Name: n.text, Type: t}, At: n.at})
		p.accept(tokenNewline)
		if p.accept(')') {
			return true
		}
		if !p.accept(',') {
			return p.fail("',' or ')' after the parameter " + n.text)
		}
	}
}

// notType reads the name of a condition or a parameter, which is not that of a type
// of parameters.
func (p *parser) notType(what string) (name, bool) {
	if p.is(tokenWord) && slices.Contains(typeNames, p.word()) {
		p.b.Errorf(p.span(p.token()), p.about, "%q is a type of parameters: expected %s", p.word(), what)
		return name{}, false
	}
	return p.simpleName(what)
}

func (p *parser) parameterType() (schema.TypeRef, bool) {
	t := p.token()
	if !p.is(tokenWord) {
		return schema.TypeRef{}, p.fail("the type of a parameter")
	}
	typ := schema.TypeRef{Name: p.word()}
	switch {
	case !slices.Contains(typeNames, typ.Name):
		p.unknownType(t, typ.Name, typeNames)
		return typ, false
	case slices.Contains(simpleTypes, typ.Name):
		p.advance()
		return typ, true
	}
	p.advance()
	if !p.accept('<') {
		return typ, p.fail("'<' and the type of the elements after " + typ.Name)
	}
	if e := p.token(); !p.is(tokenWord) || !slices.Contains(simpleTypes, p.word()) {
		if p.is(tokenWord) {
			p.unknownType(e, p.word(), simpleTypes)
			return typ, false
		}
		return typ, p.fail("the type of the elements of " + typ.Name)
	}
	typ.Args = []schema.TypeRef{{Name: p.word()}}
	p.advance()
	return typ, p.expect('>', "the type of the elements")
}

// unknownType reports a type that the language does not have here.
func (p *parser) unknownType(t token, typ string, types []string) {
	switch typ {
	case "any", "list", "map":
		p.b.Suggestf(p.span(t), p.about, "a model in JSON can have it", "OpenFGA's language does not have the type %s here: there are %s", typ, strings.Join(types, ", "))
		return
	}
	p.b.Unknownf(p.span(t), p.about, nil, typ, types, "unknown type of a parameter %q: there are %s", typ, strings.Join(types, ", "))
}
