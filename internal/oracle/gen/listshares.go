package gen

import (
	"fmt"
	"slices"

	"github.com/baobab-authz/baobab/internal/oracle"
)

// ListShares say of many cases what they are good for as to lists: how many of
// them have, in what was loaded, a list of the kind.
type ListShares struct {
	Cases int
	// With a wildcard: at all, with exceptions, with one that is allowed, with
	// one that is conditional or an error.
	Public, Excepting, Allowing, Differing int
	// With a wildcard that is not allowed itself, and with a concrete subject
	// beside one of the same answer.
	ConditionalPublic, UndefinedPublic, FailedPublic, Named int
	// With subjects that are not in it without such operators; and with usersets
	// that are not without the first two.
	Arrows, Computed, Self, Usersets int
	// With such objects.
	Undefined, Conditional, Failed int
}

// Measure adds a case.
func (s *ListShares) Measure(c *Case) {
	s.Cases++
	m := c.Moments()[0]
	model := c.Model(m)
	met := map[*int]bool{}
	meet := func(n *int, yes bool) { met[n] = met[n] || yes }
	for _, l := range c.subjectLists(model, false) {
		if len(l) == 0 || !l[0].Subject.IsWildcard() {
			continue
		}
		public := l[0]
		meet(&s.Public, true)
		meet(&s.Excepting, len(public.Except) > 0)
		meet(&s.ConditionalPublic, public.Value.Conditional())
		meet(&s.UndefinedPublic, public.Value == oracle.Undefined)
		meet(&s.FailedPublic, public.Value == oracle.Failed)
		for _, e := range l[1:] {
			meet(&s.Named, e.Value == public.Value)
			meet(&s.Allowing, e.Value != public.Value && e.Value == oracle.True)
			meet(&s.Differing, e.Value != public.Value && e.Value != oracle.True)
		}
	}
	for _, answers := range c.answers(m) {
		for _, v := range answers {
			meet(&s.Undefined, v == oracle.Undefined)
			meet(&s.Conditional, v.Conditional())
			meet(&s.Failed, v == oracle.Failed)
		}
	}
	isArrow := func(e oracle.Expr) bool {
		switch e.(type) {
		case oracle.Arrow, oracle.ArrowAll:
			return true
		}
		return false
	}
	isComputed := func(e oracle.Expr) bool { _, is := e.(oracle.Computed); return is }
	isSelf := func(e oracle.Expr) bool { _, is := e.(oracle.Self); return is }
	meet(&s.Arrows, c.lacks(model, m, false, isArrow))
	meet(&s.Computed, c.lacks(model, m, false, isComputed))
	meet(&s.Self, c.lacks(model, m, false, isSelf))
	meet(&s.Usersets, c.lacks(model, m, true, func(e oracle.Expr) bool { return isArrow(e) || isComputed(e) }))
	for n, yes := range met {
		if yes {
			*n++
		}
	}
}

// subjectLists are the lists of concrete subjects, or of usersets, of Objects.
func (c *Case) subjectLists(model *oracle.Model, usersets bool) (lists [][]oracle.SubjectEntry) {
	for _, o := range c.Objects() {
		for _, r := range c.Schema.Type(o.Type).Relations {
			for _, t := range c.Schema.Types {
				if !usersets {
					lists = append(lists, model.Subjects(o, r.Name, t.Name, ""))
					continue
				}
				for _, q := range t.Relations {
					lists = append(lists, model.Subjects(o, r.Name, t.Name, q.Name))
				}
			}
		}
	}
	return lists
}

// lacks reports whether a list of subjects has fewer entries where an operator
// stands for nobody.
func (c *Case) lacks(model *oracle.Model, m Moment, usersets bool, operator func(oracle.Expr) bool) bool {
	without := *c
	without.Schema = replaced(c.Schema, operator)
	less := without.subjectLists(without.Model(m), usersets)
	for i, l := range c.subjectLists(model, usersets) {
		for _, e := range l {
			same := func(f oracle.SubjectEntry) bool { return f.Subject == e.Subject }
			if !slices.ContainsFunc(less[i], same) {
				return true
			}
		}
	}
	return false
}

// replaced returns a copy of the schema in which an operator is nil.
func replaced(s *oracle.Schema, operator func(oracle.Expr) bool) *oracle.Schema {
	c := &oracle.Schema{Caveats: s.Caveats}
	for _, t := range s.Types {
		typ := &oracle.Type{Name: t.Name}
		for _, r := range t.Relations {
			typ.Relations = append(typ.Relations, &oracle.Relation{Name: r.Name, Admits: r.Admits, Rewrite: replacedIn(r.Rewrite, operator)})
		}
		c.Types = append(c.Types, typ)
	}
	return c
}

func replacedIn(e oracle.Expr, operator func(oracle.Expr) bool) oracle.Expr {
	each := func(list []oracle.Expr) (c []oracle.Expr) {
		for _, e := range list {
			c = append(c, replacedIn(e, operator))
		}
		return c
	}
	switch e := e.(type) {
	case oracle.Union:
		return oracle.Union(each(e))
	case oracle.Intersection:
		return oracle.Intersection(each(e))
	case oracle.Exclusion:
		return oracle.Exclusion{Base: replacedIn(e.Base, operator), Subtract: replacedIn(e.Subtract, operator)}
	}
	if operator(e) {
		return oracle.Nil{}
	}
	return e
}

// String returns the shares, a line each.
func (s *ListShares) String() string {
	of := func(n int) float64 { return 100 * float64(n) / float64(max(s.Cases, 1)) }
	return fmt.Sprintf(`of %d cases, have a list with
a wildcard %.1f %%, with exceptions %.1f %%, with one that is allowed %.1f %%, conditional or an error %.1f %%
a wildcard that is conditional %.1f %%, undefined %.1f %%, failed %.1f %%; a concrete subject beside one that has the same answer %.1f %%
subjects that it lacks without arrows %.1f %%, computed usersets %.1f %%, self %.1f %%; usersets that it lacks without the first two %.1f %%
objects that are undefined %.1f %%, conditional %.1f %%, failed %.1f %%`,
		s.Cases, of(s.Public), of(s.Excepting), of(s.Allowing), of(s.Differing),
		of(s.ConditionalPublic), of(s.UndefinedPublic), of(s.FailedPublic), of(s.Named),
		of(s.Arrows), of(s.Computed), of(s.Self), of(s.Usersets), of(s.Undefined), of(s.Conditional), of(s.Failed))
}
