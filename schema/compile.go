package schema

import "fmt"

// The rules of one language that are checked besides those of all.
type rules struct {
	native bool // SpiceDB's refusals apply
}

// A compiler turns the trees of all files into a schema, in steps: declare what
// there is, expand partials, resolve every name, and then look at the whole.
type compiler struct {
	report *reports
	rules  rules
	files  []*file // in order of declaration: what is imported comes first
	schema *Schema
	gaps   bool // names may be missing because a declaration could not be read

	partials map[string]*decl
	cyclic   map[*member]bool // the inclusions that close a cycle
	decls    []*decl          // of the definitions, as in schema.definitions
	members  [][]member       // of each definition, as in its Relations
	names    []string         // of all types, for suggestions
	caveats  []*decl          // as in schema.caveats
	used     map[string]bool  // the caveats that a relation names

	// The definitions of which a member could not be read: what they do not
	// have they may have been meant to have.
	incomplete map[*Definition]bool
}

// compile checks files and returns the schema, or every error there is.
func compile(files []*file, report *reports, rules rules) (*Schema, error) {
	c := &compiler{report: report, rules: rules, files: files, partials: map[string]*decl{}, cyclic: map[*member]bool{}, used: map[string]bool{}, incomplete: map[*Definition]bool{}}
	c.schema = &Schema{byName: map[string]*Definition{}, caveatNamed: map[string]*Caveat{}, relations: map[string]bool{}}
	for _, f := range files {
		c.gaps = c.gaps || f.gaps
	}
	c.declare()
	c.includes()
	for i, d := range c.schema.definitions {
		c.fill(d, c.decls[i])
	}
	for i := range c.schema.definitions {
		c.resolve(i)
	}
	for i := range c.schema.definitions {
		c.directives(i)
	}
	g := newGraph(c)
	g.check()
	if rules.native {
		g.wildcards()
	}
	if c.report.errors == 0 {
		c.lint()
	}
	sources := make([]*source, len(files))
	for i, f := range files {
		sources[i] = f.src
	}
	warnings, err := report.result(sources)
	if err != nil {
		return nil, err
	}
	c.schema.warnings = warnings
	return c.schema, nil
}

// since says where something else was declared, for a message.
func since(at span) string {
	if at.src == nil {
		return ""
	}
	pos := at.pos()
	if pos.File == "" {
		return fmt.Sprintf(", in line %d", pos.Line)
	}
	return fmt.Sprintf(", at %s:%d", pos.File, pos.Line)
}

// declare enters the names of definitions, partials and caveats.
func (c *compiler) declare() {
	places := map[string]ident{}
	for _, f := range c.files {
		for _, d := range f.decls {
			switch d.kind {
			case declDefinition:
				if first, ok := places["d"+d.name.text]; ok {
					c.twice("definition", d.name, first)
					continue
				}
				places["d"+d.name.text] = d.name
				c.declareDefinition(d)
			case declPartial:
				if first, ok := c.partials[d.name.text]; ok {
					c.twice("partial", d.name, first.name)
					continue
				}
				c.partials[d.name.text] = d
			case declCaveat:
				if first, ok := places["c"+d.name.text]; ok {
					c.twice("caveat", d.name, first)
					continue
				}
				places["c"+d.name.text] = d.name
				c.declareCaveat(d)
			}
		}
	}
	if c.rules.native {
		for _, d := range c.caveats {
			if first, ok := places["d"+d.name.text]; ok {
				c.report.errorf(d.name.at, d.name.text, "caveat %s has the name of a definition%s", d.name.text, since(first.at))
			}
		}
	}
	if len(c.decls) == 0 && !c.gaps {
		at := span{}
		if n := len(c.files); n > 0 {
			at = span{c.files[n-1].src, 0, 0}
		}
		c.report.add(at, Diagnostic{Message: "the schema has no definitions", kind: ErrEmpty})
	}
}

func (c *compiler) twice(what string, name, first ident) {
	c.report.errorf(name.at, name.text, "%s %s is declared already%s", what, name.text, since(first.at))
}

func (c *compiler) declareDefinition(d *decl) {
	def := &Definition{Name: d.name.text, Comments: d.doc, Pos: d.name.at.pos()}
	c.schema.definitions = append(c.schema.definitions, def)
	c.schema.byName[def.Name] = def
	c.decls = append(c.decls, d)
	c.names = append(c.names, def.Name)
}

func (c *compiler) declareCaveat(d *decl) {
	cav := &Caveat{Name: d.name.text, Expression: d.expression, Comments: d.doc, OpenFGA: d.openfga, Pos: d.name.at.pos(), body: d.body, byName: map[string]int{}}
	if cav.Name == "expiration" {
		c.report.errorf(d.name.at, d.name.text, "a caveat cannot be named expiration: that is a trait")
	}
	for i, p := range d.params {
		if _, ok := cav.byName[p.name.text]; ok {
			c.report.errorf(p.name.at, d.name.text, "parameter %s is declared already", p.name.text)
			continue
		}
		cav.byName[p.name.text] = i
		cav.Parameters = append(cav.Parameters, Parameter{p.name.text, p.typ})
	}
	c.schema.caveats = append(c.schema.caveats, cav)
	c.schema.caveatNamed[cav.Name] = cav
	c.caveats = append(c.caveats, d)
}

// fill gives a definition its relations, those of partials included.
func (c *compiler) fill(def *Definition, d *decl) {
	partials := map[string]bool{}
	list := c.expand(d, nil, span{}, partials)
	c.incomplete[def] = d.gaps
	for name := range partials {
		p := c.partials[name]
		c.incomplete[def] = c.incomplete[def] || p == nil || p.gaps
	}
	def.byName = make(map[string]*Relation, len(list))
	members := make([]member, 0, len(list))
	first := make(map[string]span, len(list))
	for _, m := range list {
		at := m.from
		if at.src == nil {
			at = m.name.at
		}
		about := def.Name + "#" + m.name.text
		if earlier, ok := first[m.name.text]; ok {
			if m.from.src != nil {
				c.report.errorf(at, about, "the partial brings %s, which %s has already%s", m.name.text, def.Name, since(earlier))
			} else {
				c.report.errorf(at, about, "%s is declared already%s", m.name.text, since(earlier))
			}
			continue
		}
		first[m.name.text] = at
		rel := &Relation{Name: m.name.text, Permission: m.kind == memberPermission, Rewrite: This{}, Comments: m.doc, Pos: m.name.at.pos()}
		switch {
		case m.expr != nil:
			rel.Rewrite = m.expr.rewrite()
		case rel.Permission: // which could not be read
			rel.Rewrite = Nil{}
		}
		if !rel.Permission {
			rel.Subjects = make([]SubjectType, len(m.types))
			for i, t := range m.types {
				rel.Subjects[i] = t.SubjectType
			}
		}
		def.Relations = append(def.Relations, rel)
		def.byName[rel.Name] = rel
		c.schema.relations[rel.Name] = c.schema.relations[rel.Name] || rel.Stored()
		members = append(members, *m.member)
	}
	c.members = append(c.members, members)
}
