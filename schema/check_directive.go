package schema

import (
	"fmt"
	"slices"
	"time"
)

// A directiveChecker checks the directives of one relation or permission, and
// enters them into it.
type directiveChecker struct {
	*resolver
	rel    *Relation
	broken map[*Relation]bool // those of the definition that could not be read
	counts counts
	guards map[Guard]span
	said   map[directiveKind]span
}

// directives checks the directives of definition i and its members.
func (c *compiler) directives(i int) {
	def := c.schema.definitions[i]
	k := &directiveChecker{resolver: &resolver{c, def, def.Name}, said: map[directiveKind]span{}}
	for _, d := range c.decls[i].directives {
		if !k.twice(d) && k.named(d) {
			def.DeletedBy = d.permission
		}
	}
	broken := map[*Relation]bool{}
	for j, m := range c.members[i] {
		if m.broken {
			broken[def.Relations[j]] = true
		}
	}
	for j := range c.members[i] {
		m := &c.members[i][j]
		if m.broken || len(m.directives) == 0 {
			continue
		}
		k := &directiveChecker{
			resolver: &resolver{c, def, def.Name + "#" + m.name.text}, rel: def.Relations[j], broken: broken,
			guards: map[Guard]span{}, said: map[directiveKind]span{},
		}
		for _, d := range m.directives {
			k.check(d)
		}
	}
}

func (k *directiveChecker) check(d directive) {
	switch d.kind {
	case directiveCount:
		if k.count(d) {
			k.rel.Counts = append(k.rel.Counts, d.count)
		}
	case directiveGrantedBy:
		if k.guard(d) {
			k.rel.Guards = append(k.rel.Guards, Guard{d.permission, d.onSubject, d.at.pos()})
		}
	case directiveOnDelete:
		if !k.twice(d) && k.onDelete(d) {
			k.rel.OnDelete = d.onDelete
		}
	case directiveExpiresWithin:
		if !k.twice(d) && k.expiresWithin(d) {
			k.rel.ExpiresWithin = d.limit
		}
	}
}

// twice reports a directive of a kind that is said once and has been said.
func (k *directiveChecker) twice(d directive) bool {
	first, twice := k.said[d.kind]
	if twice {
		k.report.errorf(d.at, k.about, "%s is said already%s", d.kind, since(first))
	} else {
		k.said[d.kind] = d.at
	}
	return twice
}

// named checks that the permission of a directive exists on the definition itself.
func (k *directiveChecker) named(d directive) bool {
	if d.permission == "" {
		k.report.errorf(d.value, k.about, "%s names no permission", d.kind)
		return false
	}
	return k.exists(d.permission, d.value)
}

// unread reports whether one of the relations could not be read, so that what
// is said of it would not be of what was meant.
func (k *directiveChecker) unread(list ...*Relation) bool {
	return slices.ContainsFunc(list, func(r *Relation) bool { return k.broken[r] })
}

// exists checks that the definition has a relation or permission.
func (k *directiveChecker) exists(name string, at span) bool {
	if k.def.byName[name] != nil {
		return true
	}
	if !k.incomplete[k.def] {
		k.report.unknown(at, k.about, ErrUnknownRelation, name, relationNames(k.def),
			"unknown relation %q: type %q does not have it", name, k.def.Name)
	}
	return false
}

func (k *directiveChecker) guard(d directive) bool {
	g := Guard{Permission: d.permission, OnSubject: d.onSubject}
	switch {
	case d.self:
		if k.def.byName[selfGuard] != nil {
			k.report.warnf(d.value, k.about, "", "self is the actor, and not %s#%s", k.def.Name, selfGuard)
		}
	case d.permission == selfGuard:
		k.report.errorf(d.value, k.about, "no guard can name %s#%s: in a directive self is the actor", k.def.Name, selfGuard)
		return false
	case d.onSubject && d.permission != "":
		if !k.onSubject(d) {
			return false
		}
	case d.permission != "" && k.def.byName[d.permission] == nil && k.allHave(d.permission):
		k.report.add(d.value, Diagnostic{About: k.about, kind: ErrUnknownRelation, Suggestion: fmt.Sprintf("did you mean %s on subject?", d.permission),
			Message: fmt.Sprintf("unknown relation %q: type %q does not have it", d.permission, k.def.Name)})
		return false
	case !k.named(d):
		return false
	}
	if first, twice := k.guards[g]; twice {
		k.report.errorf(d.at, k.about, "%s is said already%s", g, since(first))
		return false
	}
	k.guards[g] = d.at
	return true
}

// allHave reports whether every type of object that the relation admits has the
// permission.
func (k *directiveChecker) allHave(name string) bool {
	return !k.admits(func(s SubjectType) bool {
		def := k.schema.byName[s.Type]
		return s.Wildcard || def == nil || def.byName[name] == nil
	})
}

// onSubject checks that every type of object which the relation admits has the
// permission. Wildcards are no objects: nobody writes them on their own behalf.
func (k *directiveChecker) onSubject(d directive) bool {
	var lack, names []string
	seen := map[string]bool{}
	for _, s := range k.rel.Subjects {
		if s.Wildcard || seen[s.Type] {
			continue
		}
		seen[s.Type] = true
		switch def := k.schema.byName[s.Type]; {
		case def == nil || k.incomplete[def]: // which is reported
		case def.byName[d.permission] == nil:
			lack = append(lack, s.Type)
			names = append(names, relationNames(def)...)
		}
	}
	switch {
	case len(seen) == 0:
		k.report.errorf(d.value, k.about, "%s admits wildcards alone, on which nobody has a permission", k.rel.Name)
	case len(lack) > 0:
		k.report.unknown(d.value, k.about, ErrUnknownRelation, d.permission, names,
			"unknown relation %q: %s, which %s admits, %s", d.permission, types(lack), k.rel.Name, lacks(lack))
	}
	return len(seen) > 0 && len(lack) == 0
}

func (k *directiveChecker) onDelete(d directive) bool {
	if d.onDelete > Cascade {
		k.report.errorf(d.value, k.about, "%s is no %s: there are Detach, Refuse and Cascade", d.onDelete, d.kind)
		return false
	}
	if d.onDelete != Detach && !k.admits(func(s SubjectType) bool { return !s.Wildcard }) {
		k.report.errorf(d.value, k.about, "%s admits wildcards alone, which name no object that could be deleted", k.rel.Name)
		return false
	}
	return true
}

// admits reports whether one of the subject types is as asked.
func (k *directiveChecker) admits(ask func(SubjectType) bool) bool {
	return slices.ContainsFunc(k.rel.Subjects, ask)
}

func (k *directiveChecker) expiresWithin(d directive) bool {
	switch {
	case d.limit <= 0:
		k.report.errorf(d.value, k.about, "%s needs a time that is more than nothing", d.kind)
		return false
	case d.limit > MaxExpiresWithin:
		k.report.errorf(d.value, k.about, "%s", tooLong(d.limit.String()))
		return false
	case d.limit%time.Minute != 0:
		k.report.errorf(d.value, k.about, "%s is no whole number of minutes", d.limit)
		return false
	}
	for _, s := range k.rel.Subjects {
		if !s.Expiration {
			expiring := s
			expiring.Expiration = true
			k.report.add(d.at, Diagnostic{About: k.about, Suggestion: fmt.Sprintf("admit %s instead", expiring),
				Message: fmt.Sprintf("%s limits when tuples expire, and those of %s with a subject %s never do", d.kind, k.rel.Name, s)})
			return false
		}
	}
	return true
}
