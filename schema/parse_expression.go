package schema

import "fmt"

// expression reads operators from the loosest, -, to the tightest, +.
func (p *parser) expression(depth int) (*expr, bool) {
	if depth > maxDepth {
		p.tooDeep(p.token())
		return nil, false
	}
	from := p.token()
	left, ok := p.intersection(depth)
	for ok && left.depth <= maxDepth && p.is('-') {
		tight := p.glued(p.at-1) > p.at+1
		p.advance()
		var right *expr
		if right, ok = p.intersection(depth); !ok {
			return nil, false
		}
		left = p.node(exprExclusion, from, left, right)
		left.tight = tight
	}
	if ok && left.depth > maxDepth {
		p.tooDeep(from)
		return nil, false
	}
	return left, ok
}

func (p *parser) tooDeep(t token) {
	p.report.errorf(p.span(t), p.about, "the expression nests more than %d deep", maxDepth)
}

func (p *parser) intersection(depth int) (*expr, bool) {
	return p.list('&', exprIntersection, func() (*expr, bool) { return p.union(depth) })
}

func (p *parser) union(depth int) (*expr, bool) {
	return p.list('+', exprUnion, func() (*expr, bool) { return p.operand(depth) })
}

// list reads operands with the same operator between them.
func (p *parser) list(op tokenKind, kind exprKind, operand func() (*expr, bool)) (*expr, bool) {
	from := p.token()
	first, ok := operand()
	if !ok || !p.is(op) {
		return first, ok
	}
	kids := []*expr{first}
	for p.accept(op) {
		k, ok := operand()
		if !ok {
			return nil, false
		}
		kids = append(kids, k)
	}
	return p.node(kind, from, kids...), true
}

func (p *parser) node(kind exprKind, from token, kids ...*expr) *expr {
	e := &expr{kind: kind, kids: kids, at: p.since(from), depth: 1}
	for _, k := range kids {
		e.depth = max(e.depth, k.depth+1)
	}
	return e
}

// operand reads a name, an arrow, nil, self, or an expression in parentheses.
func (p *parser) operand(depth int) (*expr, bool) {
	from := p.token()
	switch {
	case p.accept('('):
		e, ok := p.expression(depth + 1)
		if !ok {
			return nil, false
		}
		if p.is(tokenNewline) {
			p.report.add(p.span(p.token()), Diagnostic{About: p.about, Suggestion: "put ')' or an operator at the end of this line",
				Message: "the statement ends with the line, and a parenthesis is open"})
			return nil, false
		}
		if !p.expect(')', "the expression in parentheses") {
			return nil, false
		}
		e.parens, e.at = true, p.since(from)
		if p.is(tokenArrow) || p.is('.') {
			p.report.errorf(p.span(p.token()), p.about, "the left side of an arrow is one relation, and no expression")
			return nil, false
		}
		return e, true
	case p.isWord("nil") && p.nameEnd(p.at) == p.at+1:
		p.advance()
		return p.node(exprNil, from), true
	case p.isSelf() && p.nameEnd(p.at) == p.at+1:
		p.advance()
		return p.node(exprSelf, from), true
	case !p.is(tokenWord):
		return nil, p.fail("a relation, a permission, nil or '('")
	}
	name, ok := p.reference("a relation or a permission")
	if !ok {
		return nil, false
	}
	if p.is(tokenArrow) || p.is('.') {
		return p.arrow(from, name)
	}
	e := p.node(exprName, from)
	e.name = name
	return e, true
}

func (p *parser) isSelf() bool {
	_, on := p.file.flags["self"]
	return on && p.isWord("self")
}

// nameEnd returns the index of the token after the name that begins with token
// i. A hyphen belongs to the name if a name with it is declared somewhere, and is
// the operator otherwise.
func (p *parser) nameEnd(i int) int {
	if len(p.hyphened) > 0 {
		for end := p.glued(i); end > i+1; end-- {
			if p.hyphened[p.src.text[p.tokens[i].start:p.tokens[end-1].end]] {
				return end
			}
		}
	}
	return min(i+1, p.glued(i))
}

// reference reads a name in an expression.
func (p *parser) reference(what string) (ident, bool) { return p.nameUpTo(what, false, p.nameEnd) }

// arrow reads what follows an arrow's left side: ->name, .any(name) or .all(name).
func (p *parser) arrow(from token, left ident) (*expr, bool) {
	var target ident
	var ok bool
	function := ""
	if p.accept(tokenArrow) {
		if target, ok = p.reference("a relation or a permission after '->'"); !ok {
			return nil, false
		}
	} else {
		p.advance() // the period
		if !p.isWord("any") && !p.isWord("all") {
			return nil, p.fail("any or all after '.'")
		}
		function = p.text(p.token())
		p.advance()
		if !p.expect('(', "."+function) {
			return nil, false
		}
		if target, ok = p.reference(fmt.Sprintf("a relation or a permission in .%s()", function)); !ok {
			return nil, false
		}
		if !p.expect(')', target.text) {
			return nil, false
		}
	}
	if p.is(tokenArrow) || p.is('.') {
		p.report.add(p.span(p.token()), Diagnostic{About: p.about, Message: "an arrow cannot follow an arrow",
			Suggestion: fmt.Sprintf("give the type behind %q a permission for the second", left.text)})
		return nil, false
	}
	e := p.node(exprArrow, from)
	e.name, e.target, e.function = left, target, function
	return e, true
}
