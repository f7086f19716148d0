package workload

import (
	"iter"

	"github.com/baobab-authz/baobab/tuple"
)

// Tuples returns the tuples of the organization, about 602.
func (o *Org) Tuples() iter.Seq[tuple.Tuple] {
	return func(yield func(tuple.Tuple) bool) { o.tuples(yield) }
}

// tuples yields until it is told to stop, and reports whether it was not.
func (o *Org) tuples(yield func(tuple.Tuple) bool) bool {
	if !o.people(yield) || !o.tree(yield) {
		return false
	}
	for i := range o.workspaces {
		if !o.workspace(i, yield) {
			return false
		}
	}
	return true
}

// people yields who belongs to the organization.
func (o *Org) people(yield func(tuple.Tuple) bool) bool {
	org := o.object()
	for u := range users {
		if !yield(tuple.New(org, "member", o.user(u))) {
			return false
		}
	}
	return yield(tuple.New(org, "member", o.team(0).Userset("member"))) &&
		yield(tuple.New(org, "owner", o.user(o.owner))) &&
		o.each(org, "admin", o.admins, yield)
}

// tree yields the teams.
func (o *Org) tree(yield func(tuple.Tuple) bool) bool {
	for t := range teams {
		team := o.team(t)
		if !o.each(team, "member", o.members[t], yield) {
			return false
		}
		if t == 0 {
			continue
		}
		parent := o.team(o.parent[t])
		if !yield(tuple.New(team, "parent", parent.Subject())) || !yield(tuple.New(parent, "member", team.Userset("member"))) {
			return false
		}
	}
	return true
}

// workspace yields a workspace and its chatbots.
func (o *Org) workspace(i int, yield func(tuple.Tuple) bool) bool {
	w, object := &o.workspaces[i], workspaceOf(o.number, i)
	if !yield(tuple.New(object, "org", o.object().Subject())) || !yield(tuple.New(object, "owner", o.user(w.owner))) {
		return false
	}
	for r, role := range roles {
		if !o.each(object, role.name, w.users[r], yield) {
			return false
		}
		for t := range teams {
			if w.teams[r].has(t) && !yield(tuple.New(object, role.name, o.team(t).Userset("member"))) {
				return false
			}
		}
	}
	for c := range chatbots {
		chatbot := chatbotOf(o.number, i, c)
		if !yield(tuple.New(chatbot, "workspace", object.Subject())) || !o.each(chatbot, "banned", w.bans[c], yield) {
			return false
		}
	}
	return true
}

// each yields a tuple for each user of a set.
func (o *Org) each(object tuple.Object, relation string, who set, yield func(tuple.Tuple) bool) bool {
	for u := range users {
		if who.has(u) && !yield(tuple.New(object, relation, o.user(u))) {
			return false
		}
	}
	return true
}
