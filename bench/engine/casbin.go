package engine

import (
	"context"
	"fmt"
	"iter"

	"github.com/casbin/casbin/v3"
	"github.com/casbin/casbin/v3/model"

	"github.com/baobab-authz/baobab/bench/workload"
	"github.com/baobab-authz/baobab/tuple"
)

// Casbin is Casbin with an enforcer for each organization, or with one for all.
//
// A policy line says that a user, a team or the managers of an organization have
// a role in a workspace. Roles have a rank, and a permission asks for one. Users
// are in teams and among managers by g. What Casbin is slow at is left out of its
// way, in its favour: it goes through all lines and allocates for each value that
// the matcher looks at, so that compares one string first, and calls g only for
// the few lines that are left; which workspace a chatbot is in is looked up in a
// Go map and given in the request, as an application would that has the chatbot at
// hand; and the effect is the plain one, by which the first line that allows ends
// the search.
//
// Because lines are gone through one by one the organizations are kept apart, as
// one would do: a tuple goes to the enforcer of its object's organization, and the
// extras that belong to none have one of their own. That leaves out what spans
// organizations: the support team has its member in the enforcer of the extras and
// its roles in others, and no question is asked about it.
type Casbin struct {
	cached, together bool
	byOrg            map[int]enforcer
	within           map[string]string // the workspaces of chatbots
}

// enforcer is one with or without a cache.
type enforcer interface {
	Enforce(...any) (bool, error)
	AddPolicies([][]string) (bool, error)
	AddNamedGroupingPolicies(string, [][]string) (bool, error)
	AddNamedPolicy(string, ...any) (bool, error)
	RemoveNamedPolicy(string, ...any) (bool, error)
	AddNamedGroupingPolicy(string, ...any) (bool, error)
	RemoveNamedGroupingPolicy(string, ...any) (bool, error)
}

const casbinModel = `
[request_definition]
r = sub, obj, workspace, rank

[policy_definition]
p = sub, obj, rank

[role_definition]
g = _, _
g2 = _, _

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = r.workspace == p.obj && p.rank >= r.rank && g(r.sub, p.sub) && !(r.rank == "1" && g2(r.sub, r.obj))
`

// rankOf returns the rank of a role, and the one that a permission asks for.
func rankOf(roleOrPermission string) string {
	switch roleOrPermission {
	case "owner", "transfer":
		return "5"
	case "admin", "delete":
		return "4"
	case "engineer", "edit":
		return "3"
	case "reader", "view":
		return "2"
	}
	return "1" // guest, test
}

// NewCasbin returns an engine with an enforcer for each organization, cached ones
// if so wanted; or with one enforcer, together, for all.
func NewCasbin(cached, together bool) *Casbin {
	return &Casbin{cached: cached, together: together, byOrg: map[int]enforcer{}, within: map[string]string{}}
}

// Name returns Casbin, and what kind of it.
func (c *Casbin) Name() string {
	switch {
	case c.together:
		return "Casbin, one enforcer"
	case c.cached:
		return "Casbin, cached"
	}
	return "Casbin"
}

// Close does nothing.
func (c *Casbin) Close() error { return nil }

// org returns the number of the enforcer that a tuple belongs to.
func (c *Casbin) org(o tuple.Object) int {
	if n, ok := workload.OrgOf(o); ok && !c.together {
		return n
	}
	return -1
}

// open returns a new enforcer.
func (c *Casbin) open() (enforcer, error) {
	m, err := model.NewModelFromString(casbinModel)
	if err != nil {
		return nil, err
	}
	if c.cached {
		return casbin.NewCachedEnforcer(m)
	}
	return casbin.NewEnforcer(m)
}

// Load adds the tuples to the enforcers, those of an organization together.
func (c *Casbin) Load(_ context.Context, all iter.Seq[tuple.Tuple]) error {
	lines := map[string][][]string{}
	org, begun := 0, false
	flush := func() error {
		err := c.addAll(org, lines)
		clear(lines)
		return err
	}
	for t := range all {
		if n := c.org(t.Object); n != org || !begun {
			if err := flush(); err != nil {
				return err
			}
			org, begun = n, true
		}
		if section, line := c.line(t); section != "" {
			lines[section] = append(lines[section], line)
		} else {
			c.place(t)
		}
	}
	return flush()
}

// addAll adds lines of one organization.
func (c *Casbin) addAll(org int, lines map[string][][]string) error {
	if len(lines) == 0 {
		return nil
	}
	e := c.byOrg[org]
	if e == nil {
		var err error
		if e, err = c.open(); err != nil {
			return err
		}
		c.byOrg[org] = e
	}
	for section, some := range lines {
		add := func() (bool, error) { return e.AddNamedGroupingPolicies(section, some) }
		if section == "p" {
			add = func() (bool, error) { return e.AddPolicies(some) }
		}
		if ok, err := add(); err != nil || !ok {
			return fmt.Errorf("Casbin: %d lines of %s were not added: %w", len(some), section, err)
		}
	}
	return nil
}

// line returns the line that says what a tuple says, and the section that it
// belongs to, which is empty for what is no line.
func (c *Casbin) line(t tuple.Tuple) (section string, line []string) {
	object, subject := t.Object.ID, t.Subject.ID
	switch t.Object.Type + "#" + t.Relation {
	case "team#member", "organization#owner", "organization#admin":
		return "g", []string{subject, object}
	case "workspace#org":
		return "p", []string{subject, object, rankOf("owner")}
	case "chatbot#banned":
		return "g2", []string{subject, object}
	case "chatbot#workspace", "team#parent", "organization#member":
		return "", nil
	}
	return "p", []string{subject, object, rankOf(t.Relation)}
}

// place notes which workspace a chatbot is in, if the tuple says so.
func (c *Casbin) place(t tuple.Tuple) {
	if t.Relation == "workspace" {
		c.within[t.Object.ID] = t.Subject.ID
	}
}

// Prepare finds the enforcers of the chatbots.
func (c *Casbin) Prepare(questions []workload.Question) (Ask, error) {
	who := make([]enforcer, len(questions))
	ranks := make([]string, len(questions))
	for i, q := range questions {
		e := c.byOrg[c.org(q.Tuple.Object)]
		if e == nil {
			return nil, fmt.Errorf("no enforcer for %s", q.Tuple)
		}
		who[i], ranks[i] = e, rankOf(q.Tuple.Relation)
	}
	return func(_ context.Context, i int) (bool, error) {
		t := &questions[i].Tuple
		return who[i].Enforce(t.Subject.ID, t.Object.ID, c.within[t.Object.ID], ranks[i])
	}, nil
}

// Write adds the line of one tuple.
func (c *Casbin) Write(_ context.Context, t tuple.Tuple) error {
	e := c.byOrg[c.org(t.Object)]
	section, line := c.line(t)
	var err error
	switch section {
	case "":
		c.place(t)
	case "p":
		_, err = e.AddNamedPolicy(section, line)
	default:
		_, err = e.AddNamedGroupingPolicy(section, line)
	}
	return err
}

// Delete removes the line of one tuple.
func (c *Casbin) Delete(_ context.Context, t tuple.Tuple) error {
	e := c.byOrg[c.org(t.Object)]
	section, line := c.line(t)
	var err error
	switch section {
	case "":
		if t.Relation == "workspace" {
			delete(c.within, t.Object.ID)
		}
	case "p":
		_, err = e.RemoveNamedPolicy(section, line)
	default:
		_, err = e.RemoveNamedGroupingPolicy(section, line)
	}
	return err
}
