package store

import (
	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/tuple"
)

// A group is what a count is of: an object, a subject, or both.
type group struct {
	rule     *countRule
	object   index.ID // x of "count N", o of "in R"
	subject  index.ID // "per subject"
	relation index.Name
}

// mark notes the groups of which a changed tuple changes what is counted, and
// those that it names.
func (c *checker) mark(k index.Key) {
	if len(c.counts) == 0 {
		return
	}
	c.markNamed(k.Object, k)
	subject := !isWildcard(&c.after, k.Subject)
	typ := c.after.TypeOf(k.Subject)
	if subject {
		c.markNamed(k.Subject, k)
		if k.SubjectRelation != 0 {
			for _, rule := range c.usersed[subjectType{typ, k.SubjectRelation}] {
				c.markGroup(group{rule: rule, subject: k.Subject, relation: k.SubjectRelation}, k, false)
			}
		}
	}
	for _, rule := range c.pairs {
		c.markPairs(rule, k, subject)
	}
	for _, rule := range c.content[member{c.after.TypeOf(k.Object), k.Relation}] {
		c.markContent(rule, k, subject)
	}
}

// markContent notes the groups in which a tuple is counted, or lets others be.
func (c *checker) markContent(rule *countRule, k index.Key, subject bool) {
	switch {
	case rule.count.In != "" && k.Relation != rule.in:
		c.markContainers(rule, k)
	case rule.count.In != "" && (!subject || k.SubjectRelation != 0): // no container
	case rule.count.In != "":
		c.markContained(rule, k)
	case !rule.count.PerSubject:
		c.markGroup(group{rule: rule, object: k.Object}, k, true)
	case subject:
		c.markGroup(group{rule: rule, subject: k.Subject, relation: k.SubjectRelation}, k, true)
	}
}

// markGroup notes a group. Unless what is counted in it changes, its upper bound
// holds as it did before: every commit and every schema has seen to that, and
// what expires is counted no more.
func (c *checker) markGroup(g group, because index.Key, changes bool) {
	m, ok := c.groups[g]
	if !ok {
		m.because = because
	}
	m.changes = m.changes || changes
	c.groups[g] = m
}

// A marked says why a group is counted.
type marked struct {
	because index.Key // a tuple
	changes bool      // what is counted; otherwise the group is only named
}

// markNamed notes the groups that an object is, or is the container of.
func (c *checker) markNamed(id index.ID, because index.Key) {
	named := c.named[c.after.TypeOf(id)]
	if len(named) == 0 {
		return
	}
	if _, ok := c.seen[id]; ok {
		return
	}
	c.seen[id] = struct{}{}
	for _, rule := range named {
		if rule.count.PerSubject {
			c.markGroup(group{rule: rule, subject: id}, because, false)
		} else {
			c.markGroup(group{rule: rule, object: id}, because, false)
		}
	}
}

// markPairs notes the pairs of a subject and a container that k names both.
func (c *checker) markPairs(rule *countRule, k index.Key, subject bool) {
	objects := []index.ID{k.Object}
	if subject && k.Subject != k.Object {
		objects = append(objects, k.Subject)
	}
	for _, o := range objects {
		if !rule.container[c.after.TypeOf(o)] {
			continue
		}
		for _, s := range objects {
			if rule.subjects[subjectType{c.after.TypeOf(s), 0}] {
				c.markGroup(group{rule: rule, object: o, subject: s}, k, false)
			}
		}
		if subject && k.SubjectRelation != 0 && rule.subjects[subjectType{c.after.TypeOf(k.Subject), k.SubjectRelation}] {
			c.markGroup(group{rule: rule, object: o, subject: k.Subject, relation: k.SubjectRelation}, k, false)
		}
	}
}

// Contents are the changed tuples of an object that change the same groups of
// its containers.
type contents struct {
	rule    *countRule
	object  index.ID
	was, is standing
}

// markContainers notes, for a counted tuple that has changed, the groups of
// the containers of its object.
func (c *checker) markContainers(rule *countRule, k index.Key) {
	g := group{rule: rule}
	if rule.count.PerSubject {
		if isWildcard(&c.after, k.Subject) {
			return
		}
		g.subject, g.relation = k.Subject, k.SubjectRelation
	}
	was, is := standingOf(&c.before, k), standingOf(&c.after, k)
	if !rule.count.PerSubject {
		same := contents{rule, k.Object, was, is}
		if _, marked := c.contents[same]; marked {
			return
		}
		c.contents[same] = struct{}{}
	}
	c.eachOfBoth(index.Key{Object: k.Object, Relation: rule.in}, func(in index.Key) bool {
		if in.SubjectRelation != 0 {
			return false // usersets come after all objects
		}
		if isWildcard(&c.after, in.Subject) {
			return true
		}
		if min(was, standingOf(&c.before, in)) != min(is, standingOf(&c.after, in)) {
			g.object = in.Subject
			c.markGroup(g, k, true)
		}
		return !c.stop()
	})
}

// markContained notes, for a tuple that puts an object into a container or
// takes it out, that container if something is counted of the object, or the
// pairs of it and the object's subjects.
func (c *checker) markContained(rule *countRule, k index.Key) {
	was, is := standingOf(&c.before, k), standingOf(&c.after, k)
	for _, relation := range rule.counted {
		c.eachOfBoth(index.Key{Object: k.Object, Relation: relation}, func(x index.Key) bool {
			g := group{rule: rule, object: k.Subject}
			if rule.count.PerSubject {
				if isWildcard(&c.after, x.Subject) {
					return true
				}
				g.subject, g.relation = x.Subject, x.SubjectRelation
			}
			changes := min(was, standingOf(&c.before, x)) != min(is, standingOf(&c.after, x))
			if changes {
				c.markGroup(g, k, true)
			}
			return rule.count.PerSubject || !changes // one change is enough
		})
	}
}

// eachOfBoth calls yield for the tuples of an object's relation in both
// states, for some twice.
func (c *checker) eachOfBoth(from index.Key, yield func(index.Key) bool) {
	eachForward(&c.before, from, c.buffers[0], yield)
	eachForward(&c.after, from, c.buffers[0], yield)
}

// A standing says how a tuple counts: of two that must both be there, the
// lesser decides.
type standing uint8

const (
	absent    standing = iota
	qualified          // with a caveat or an expiry: for the upper bound alone
	plain
)

func standingOf(r *index.Reader, k index.Key) standing {
	k, ok := r.Get(k)
	if !ok {
		return absent
	}
	return standingAs(k)
}

// standingAs returns how k counts, which a reader returned.
func standingAs(k index.Key) standing {
	if k.Qualifier != 0 {
		return qualified
	}
	return plain
}

// text returns the group as it is written in errors: workspace:acme#owner,
// workspace#owner@user:ann, and so on.
func (g group) text(r *index.Reader) string {
	text := g.rule.name
	switch {
	case g.rule.count.In == "" && !g.rule.count.PerSubject:
		return r.Object(g.object).String() + g.rule.name[len(g.rule.typeName):]
	case g.rule.count.PerSubject:
		text += "@" + g.subjectOf(r).String()
	}
	if g.rule.count.In != "" {
		text += " in " + g.rule.count.In + " " + r.Object(g.object).String()
	}
	return text
}

func (g group) subjectOf(r *index.Reader) tuple.Subject {
	if g.subject == 0 {
		return tuple.Subject{}
	}
	return tuple.Subject{Object: r.Object(g.subject), Relation: r.String(g.relation)}
}
