package oracle

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"strconv"
	"strings"
)

// A term is an expression or a part of one. Its type is bool, int or string.
type term struct {
	typ  string
	eval func(values map[string]any) result
}

// A result is a value of a term's type, unless the term has failed, or is
// unknown because parameters are missing.
type result struct {
	value   any // a bool, an int64 or a string
	missing map[string]bool
	err     error
}

// known reports whether there is a value, and if not, what there is instead. As
// in CEL, of an operator that needs its operands one that fails makes it fail,
// even where the other is unknown.
func known(operands ...result) (instead result, ok bool) {
	all := map[string]bool{}
	for _, r := range operands {
		if r.err != nil {
			return r, false
		}
		maps.Copy(all, r.missing)
	}
	if len(all) > 0 {
		return result{missing: all}, false
	}
	return result{}, true
}

// strict is an operator that needs the values of its operands.
func strict(typ string, apply func(values []any) (any, error), operands ...term) term {
	return term{typ, func(values map[string]any) result {
		var results []result
		var args []any
		for _, o := range operands {
			r := o.eval(values)
			results, args = append(results, r), append(args, r.value)
		}
		if instead, ok := known(results...); !ok {
			return instead
		}
		value, err := apply(args)
		return result{value: value, err: err}
	}}
}

// absorbing is && or ||: one operand that is the absorbing value decides it,
// whatever the other is. Otherwise one that is unknown makes it unknown, even
// where the other fails.
func absorbing(absorbs bool, a, b term) term {
	return term{"bool", func(values map[string]any) result {
		x, y := a.eval(values), b.eval(values)
		if x.value == absorbs || y.value == absorbs {
			return result{value: absorbs}
		}
		for _, r := range []result{x, y} {
			if r.missing != nil {
				all := map[string]bool{}
				maps.Copy(all, x.missing)
				maps.Copy(all, y.missing)
				return result{missing: all}
			}
		}
		if instead, ok := known(x, y); !ok {
			return instead
		}
		return result{value: !absorbs}
	}}
}

// A parser reads
//
//	or       = and { "||" and }
//	and      = compared { "&&" compared }
//	compared = quotient { ("==" | "!=" | "<") quotient }
//	quotient = unary { "/" unary }
//	unary    = { "!" } operand
//	operand  = "(" or ")" | true | false | 12 | "text" | parameter
//
// which means in CEL what it means here.
type parser struct {
	caveat *Caveat
	text   string
	at     int
}

// A parseError says where an expression is wrong.
type parseError struct {
	offset  int
	message string
}

func (e *parseError) Error() string { return fmt.Sprintf("at byte %d: %s", e.offset, e.message) }

// compile reads the caveat's expression.
func (c *Caveat) compile() (t term, err error) {
	p := &parser{caveat: c, text: c.Expression}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *parseError:
			err = r
		default:
			panic(r)
		}
	}()
	t = p.or()
	if p.space(); p.at < len(p.text) {
		p.fail("expected an operator or the end")
	}
	if t.typ != "bool" {
		p.fail("the expression is of the type " + t.typ)
	}
	return t, nil
}

// fail leaves the parser; compile returns the error.
func (p *parser) fail(message string) { panic(&parseError{p.at, message}) }

func (p *parser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

// take reads an operator or a parenthesis if it is next.
func (p *parser) take(symbol string) bool {
	p.space()
	if !strings.HasPrefix(p.text[p.at:], symbol) {
		return false
	}
	p.at += len(symbol)
	return true
}

// need requires that operands have a type.
func (p *parser) need(typ string, operands ...term) {
	for _, o := range operands {
		if o.typ != typ {
			p.fail("expected an operand of the type " + typ + ", not " + o.typ)
		}
	}
}

func (p *parser) or() term {
	a := p.and()
	for p.take("||") {
		b := p.and()
		p.need("bool", a, b)
		a = absorbing(true, a, b)
	}
	return a
}

func (p *parser) and() term {
	a := p.compared()
	for p.take("&&") {
		b := p.compared()
		p.need("bool", a, b)
		a = absorbing(false, a, b)
	}
	return a
}

func (p *parser) compared() term {
	a := p.quotient()
	for {
		switch {
		case p.take("=="):
			b := p.quotient()
			p.need(a.typ, b)
			a = strict("bool", func(v []any) (any, error) { return v[0] == v[1], nil }, a, b)
		case p.take("!="):
			b := p.quotient()
			p.need(a.typ, b)
			a = strict("bool", func(v []any) (any, error) { return v[0] != v[1], nil }, a, b)
		case p.take("<"):
			b := p.quotient()
			if a.typ == "bool" {
				p.fail("booleans are not compared with <")
			}
			p.need(a.typ, b)
			a = strict("bool", func(v []any) (any, error) { return less(v[0], v[1]), nil }, a, b)
		default:
			return a
		}
	}
}

func less(a, b any) bool {
	if a, ok := a.(string); ok {
		return a < b.(string)
	}
	return a.(int64) < b.(int64)
}

func (p *parser) quotient() term {
	a := p.unary()
	for p.take("/") {
		b := p.unary()
		p.need("int", a, b)
		a = strict("int", func(v []any) (any, error) { return divide(v[0].(int64), v[1].(int64)) }, a, b)
	}
	return a
}

func divide(a, b int64) (any, error) {
	switch {
	case b == 0:
		return nil, errors.New("division by zero")
	case a == math.MinInt64 && b == -1:
		return nil, errors.New("the quotient is too large")
	}
	return a / b, nil
}

func (p *parser) unary() term {
	if p.space(); strings.HasPrefix(p.text[p.at:], "!=") || !p.take("!") {
		return p.operand()
	}
	a := p.unary()
	p.need("bool", a)
	return strict("bool", func(v []any) (any, error) { return !v[0].(bool), nil }, a)
}

func (p *parser) operand() term {
	if p.take("(") {
		t := p.or()
		if !p.take(")") {
			p.fail("expected )")
		}
		return t
	}
	if p.take(`"`) {
		end := strings.IndexByte(p.text[p.at:], '"')
		if end < 0 || strings.ContainsAny(p.text[p.at:p.at+end], "\\\n\r") {
			p.fail("the string does not end on its line, or has a backslash")
		}
		text := p.text[p.at : p.at+end]
		p.at += end + 1
		return constant("string", text)
	}
	start := p.at
	for p.at < len(p.text) && isWord(p.text[p.at]) {
		p.at++
	}
	word := p.text[start:p.at]
	switch parameter := p.caveat.parameter(word); {
	case word == "true", word == "false":
		return constant("bool", word == "true")
	case word != "" && word[0] >= '0' && word[0] <= '9':
		if n, err := strconv.ParseInt(word, 10, 64); err == nil && !strings.Contains(word, "_") {
			return constant("int", n)
		}
	case parameter != nil:
		return term{parameter.Type, func(values map[string]any) result {
			if value, there := values[word]; there {
				return result{value: value}
			}
			return result{missing: map[string]bool{word: true}}
		}}
	}
	p.at = start
	p.fail("expected a parameter, a literal or (")
	return term{}
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func constant(typ string, value any) term {
	return term{typ, func(map[string]any) result { return result{value: value} }}
}
