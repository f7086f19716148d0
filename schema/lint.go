package schema

import (
	"fmt"
	"strings"
)

// lint warns of what is valid and probably not meant.
func (c *compiler) lint() {
	for i, d := range c.caveats {
		cav := c.schema.caveats[i]
		if !c.used[cav.Name] {
			c.report.warnf(d.name.at, cav.Name, "", "no relation uses the caveat %s", cav.Name)
		}
		words := words(d.expression)
		for _, p := range d.params {
			if !words[p.name.text] {
				c.report.warnf(p.name.at, cav.Name, "", "the expression does not use the parameter %s", p.name.text)
			}
		}
	}
	named := map[string]bool{}
	for i, def := range c.schema.definitions {
		named[def.DeletedBy] = true
		for j, m := range c.members[i] {
			for _, d := range m.directives {
				named[d.permission] = true
			}
			for _, t := range m.types {
				named[t.Relation] = true
			}
			if m.expr != nil {
				m.expr.walk(false, func(e *expr, _ bool) {
					named[e.name.text], named[e.target.text] = true, true
					c.precedence(e, def.Name+"#"+c.members[i][j].name.text)
				})
			}
		}
	}
	for i, def := range c.schema.definitions {
		for _, m := range c.members[i] {
			if strings.HasPrefix(m.name.text, "_") && m.kind == memberPermission && !named[m.name.text] {
				c.report.warnf(m.name.at, def.Name+"#"+m.name.text, "", "nothing uses %s, which its name says is internal", m.name.text)
			}
		}
	}
}

// words returns the words of a text.
func words(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return r >= 0x80 || !isWord(byte(r)) }) {
		set[w] = true
	}
	return set
}

// precedence warns where + binds more tightly than a reader may think: as an
// operand of &, or on the right side of -.
func (c *compiler) precedence(e *expr, about string) {
	if e.kind != exprIntersection && e.kind != exprExclusion {
		return
	}
	for i, k := range e.kids {
		if k.kind != exprUnion || k.parens || k.at.src == nil || e.kind == exprExclusion && i == 0 {
			continue
		}
		op := "&"
		if e.kind == exprExclusion {
			op = "-"
		}
		c.report.warnf(k.at, about, fmt.Sprintf("write (%s)", k.rewrite()), "+ binds more tightly than %s", op)
	}
}
