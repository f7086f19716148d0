package engine

import (
	"context"
	"fmt"
	"iter"

	cedar "github.com/cedar-policy/cedar-go"

	"github.com/baobab-authz/baobab/bench/workload"
	"github.com/baobab-authz/baobab/tuple"
)

// Cedar is cedar-go, over a map of entities.
//
// Cedar decides by policies over entities that have parents and attributes. Of the
// ways to put the workload so, this was the fastest that we know: whoever has a
// role is a descendant of an entity of that role, so that each permission is one
// "in", which walks up from the user once. A user's parents are teams and roles; a
// team's are the team above it and roles; a workspace's roles are each a child of
// the next weaker one, and the managers of an organization are a child of the
// strongest role in each of its workspaces. A chatbot has its workspace as an
// attribute, and a workspace its roles. The other way, sets of users and teams as
// attributes, makes cedar-go copy a set for each question.
//
// Cedar stores no tuples: what it is loaded with is a map that someone has to keep,
// so it neither lists nor writes.
type Cedar struct {
	policies *cedar.PolicySet
	entities cedar.EntityMap
}

// cedarPolicies has one policy for each permission, chosen by its action.
const cedarPolicies = `
permit(principal, action == Action::"transfer", resource) when { principal in resource.workspace.transfer };
permit(principal, action == Action::"delete", resource) when { principal in resource.workspace.delete };
permit(principal, action == Action::"edit", resource) when { principal in resource.workspace.edit };
permit(principal, action == Action::"view", resource) when { principal in resource.workspace.view };
permit(principal, action == Action::"test", resource) when { principal in resource.workspace.test }
unless { resource has banned && resource.banned.contains(principal) };
`

// NewCedar returns an engine without entities.
func NewCedar() (*Cedar, error) {
	policies, err := cedar.NewPolicySetFromBytes("workload.cedar", []byte(cedarPolicies))
	if err != nil {
		return nil, err
	}
	return &Cedar{policies: policies}, nil
}

// Name returns cedar-go.
func (c *Cedar) Name() string { return "cedar-go" }

// Close does nothing.
func (c *Cedar) Close() error { return nil }

// Load makes the entities.
func (c *Cedar) Load(_ context.Context, all iter.Seq[tuple.Tuple]) error {
	b := cedarBuilder{
		parents:    map[cedar.EntityUID][]cedar.EntityUID{},
		attributes: map[cedar.EntityUID]cedar.RecordMap{},
		banned:     map[cedar.EntityUID][]cedar.Value{},
	}
	for t := range all {
		if err := b.add(t); err != nil {
			return err
		}
	}
	c.entities = b.build()
	return nil
}

// Prepare makes the requests; the answer is whether the decision is to allow.
func (c *Cedar) Prepare(questions []workload.Question) (Ask, error) {
	requests := make([]cedar.Request, len(questions))
	for i, q := range questions {
		requests[i] = cedar.Request{
			Principal: uid(q.Tuple.Subject.Object),
			Action:    cedar.NewEntityUID("Action", cedar.String(q.Tuple.Relation)),
			Resource:  uid(q.Tuple.Object),
		}
	}
	return func(_ context.Context, i int) (bool, error) {
		decision, diagnostic := cedar.Authorize(c.policies, c.entities, requests[i])
		if len(diagnostic.Errors) > 0 {
			return false, fmt.Errorf("%v", diagnostic.Errors)
		}
		return decision == cedar.Allow, nil
	}, nil
}

func uid(o tuple.Object) cedar.EntityUID {
	return cedar.NewEntityUID(cedar.EntityType(o.Type), cedar.String(o.ID))
}

// role returns the entity whose descendants have a role in an object.
func role(o tuple.Object, name string) cedar.EntityUID {
	return cedar.NewEntityUID("Role", cedar.String(o.ID+"#"+name))
}

// cedarRoles are the roles of a workspace from the strongest to the weakest, by
// the permission that they are enough for.
var cedarRoles = [...]string{"transfer", "delete", "edit", "view", "test"}

// cedarBuilder collects what the tuples say about each entity.
type cedarBuilder struct {
	parents    map[cedar.EntityUID][]cedar.EntityUID
	attributes map[cedar.EntityUID]cedar.RecordMap
	banned     map[cedar.EntityUID][]cedar.Value
}

// add takes in one tuple.
func (b *cedarBuilder) add(t tuple.Tuple) error {
	object, subject := uid(t.Object), uid(t.Subject.Object)
	below := func(parent cedar.EntityUID) { b.parents[subject] = append(b.parents[subject], parent) }
	switch t.Object.Type + "#" + t.Relation {
	case "team#member":
		below(object)
	case "team#parent":
		b.attribute(object, "parent", subject)
	case "organization#owner", "organization#admin":
		below(role(t.Object, "manage"))
	case "organization#member":
		below(role(t.Object, "member"))
	case "workspace#org":
		managers := role(t.Subject.Object, "manage")
		b.parents[managers] = append(b.parents[managers], b.workspace(t.Object, 0))
		b.attribute(object, "org", subject)
	case "workspace#owner":
		below(b.workspace(t.Object, 0))
	case "workspace#admin":
		below(b.workspace(t.Object, 1))
	case "workspace#engineer":
		below(b.workspace(t.Object, 2))
	case "workspace#reader":
		below(b.workspace(t.Object, 3))
	case "workspace#guest":
		below(b.workspace(t.Object, 4))
	case "chatbot#workspace":
		b.attribute(object, "workspace", subject)
	case "chatbot#banned":
		b.banned[object] = append(b.banned[object], subject)
	default:
		return fmt.Errorf("cedar-go: no entity for %s", t)
	}
	return nil
}

// attribute sets an attribute of an entity.
func (b *cedarBuilder) attribute(of cedar.EntityUID, name cedar.String, value cedar.Value) {
	if b.attributes[of] == nil {
		b.attributes[of] = cedar.RecordMap{}
	}
	b.attributes[of][name] = value
}

// workspace returns one of the roles of a workspace, all of which are made when it
// is first named.
func (b *cedarBuilder) workspace(o tuple.Object, strength int) cedar.EntityUID {
	if _, ok := b.parents[role(o, cedarRoles[0])]; !ok {
		for i, name := range cedarRoles {
			b.attribute(uid(o), cedar.String(name), role(o, name))
			if i+1 < len(cedarRoles) {
				b.parents[role(o, name)] = []cedar.EntityUID{role(o, cedarRoles[i+1])}
			}
		}
	}
	return role(o, cedarRoles[strength])
}

// build returns the entities.
func (b *cedarBuilder) build() cedar.EntityMap {
	for chatbot, who := range b.banned {
		b.attribute(chatbot, "banned", cedar.NewSet(who...))
	}
	all := make(cedar.EntityMap, len(b.parents)+len(b.attributes))
	for id, parents := range b.parents {
		all[id] = cedar.Entity{UID: id, Parents: cedar.NewEntityUIDSet(parents...)}
	}
	for id, attributes := range b.attributes {
		e := all[id]
		e.UID, e.Attributes = id, cedar.NewRecord(attributes)
		all[id] = e
	}
	return all
}
