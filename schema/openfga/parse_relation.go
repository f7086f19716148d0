package openfga

// A rewriter reads what stands behind the colon of a relation.
type rewriter struct {
	*parser
	relation *relation
}

// expr reads operands that are joined by one operator. Types in brackets can stand
// at its beginning if it is direct.
func (r *rewriter) expr(direct bool, depth int) *expr {
	from := r.token()
	if depth > maxDepth {
		r.b.Errorf(r.span(from), r.about, "the expression nests more than %d deep", maxDepth)
		return nil
	}
	first := r.operand(direct, depth)
	if first == nil {
		return nil
	}
	kind, ok := r.operator()
	if !ok {
		return first
	}
	e := &expr{kind: kind, kids: []*expr{first}}
	for {
		operand := r.operand(false, depth)
		if operand == nil {
			return nil
		}
		e.kids = append(e.kids, operand)
		e.at = r.since(from)
		operator := r.token()
		next, ok := r.operator()
		switch {
		case !ok:
			return e
		case next != kind:
			r.b.Suggestf(r.span(operator), r.about, "write parentheses", "%s and %s are mixed", operators[kind], operators[next])
			return nil
		case kind == exprExclusion:
			r.b.Suggestf(r.span(operator), r.about, "write parentheses", "but not stands twice: it excludes from one operand")
			return nil
		}
	}
}

var operators = map[exprKind]string{exprUnion: "or", exprIntersection: "and", exprExclusion: "but not"}

// operator reads one, if there is one.
func (r *rewriter) operator() (exprKind, bool) {
	switch {
	case r.acceptWord("or"):
		return exprUnion, true
	case r.acceptWord("and"):
		return exprIntersection, true
	case r.isWord("but") && r.word2() == "not":
		r.advance()
		r.advance()
		return exprExclusion, true
	}
	return 0, false
}

// word2 returns the word after the current token; there is a token.
func (r *rewriter) word2() string {
	t := r.tokens[r.pos+1]
	return r.text[t.start:t.end]
}

func (r *rewriter) operand(direct bool, depth int) *expr {
	from := r.token()
	switch {
	case r.is('['):
		if !direct {
			r.b.Errorf(r.span(from), r.about, "types in brackets stand at the beginning of a definition, and once")
			return nil
		}
		if !r.restrictions() {
			return nil
		}
		return &expr{kind: exprDirect, at: r.since(from)}
	case r.accept('('):
		e := r.expr(direct, depth+1)
		if e == nil || !r.expect(')', "the operand in parentheses") {
			return nil
		}
		return e
	}
	n, ok := r.name("a relation, types in brackets or a parenthesis", maxName)
	if !ok {
		return nil
	}
	e := &expr{kind: exprComputed, name: n, at: n.at}
	if r.acceptWord("from") {
		if e.from, ok = r.name("a relation after from", maxName); !ok {
			return nil
		}
		e.kind, e.at = exprFrom, r.since(from)
	}
	return e
}

// restrictions reads the types in brackets, which can stand on several lines.
func (r *rewriter) restrictions() bool {
	r.advance()
	for {
		r.accept(tokenNewline)
		t, ok := r.restriction()
		if !ok {
			return false
		}
		r.relation.restrictions = append(r.relation.restrictions, t)
		r.accept(tokenNewline)
		if r.accept(']') {
			return true
		}
		if !r.accept(',') {
			return r.fail("',' or ']' after " + t.String())
		}
	}
}

func (r *rewriter) restriction() (t restriction, ok bool) {
	from := r.token()
	if t.typ, ok = r.name("a type", maxTypeName); !ok {
		return t, false
	}
	switch {
	case r.accept(':'):
		if !r.expect('*', t.typ.text+":") {
			return t, false
		}
		t.wildcard = true
		if r.is('#') {
			r.b.Errorf(r.span(r.token()), r.about, "a wildcard has no relation: %s:* is every %s itself", t.typ.text, t.typ.text)
			return t, false
		}
	case r.accept('#'):
		if t.relation, ok = r.name("a relation after '#'", maxName); !ok {
			return t, false
		}
	}
	if r.acceptWord("with") && !r.with(&t) {
		return t, false
	}
	t.at = r.since(from)
	return t, true
}

// with reads the name of a condition.
func (r *rewriter) with(t *restriction) (ok bool) {
	if at := r.token(); at.kind == tokenBad && r.text[at.start:at.end] == "$" && r.word2() == "expression" {
		r.b.Errorf(r.src.Span(at.start, at.end+len("expression")), r.about,
			"$expression is not supported: a condition has a name and is declared in the model")
		return false
	}
	t.condition, ok = r.simpleName("a condition after with")
	return ok
}
