package workload

import (
	"iter"
	"math/bits"
	"strconv"

	"github.com/baobab-authz/baobab/tuple"
)

// What the extras are called, and how large they are.
const (
	supported     = 500 // workspaces that the support team reads, if there are as many
	few           = 5   // workspaces that one user reads
	GroupMembers  = 1_000_000
	SharedTeams   = 10_000
	GroupChatbot  = "group"
	SharedChatbot = "shared"
)

// Support returns the one member of the support team, who views the chatbots of
// 500 workspaces.
func Support() tuple.Subject { return person("support") }

// Few returns the user who reads 5 workspaces.
func Few() tuple.Subject { return person("few") }

// Nobody returns a user who is a member of a team, and may do nothing.
func Nobody() tuple.Subject { return person("nobody") }

// Supported returns how many chatbots Support may view: 10,000 where there are as
// many.
func (w Workload) Supported() int { return min(supported, w.Workspaces()) * chatbots }

// Core returns the extras that are part of every size.
func (w Workload) Core() iter.Seq[tuple.Tuple] {
	return func(yield func(tuple.Tuple) bool) {
		for _, t := range w.core() {
			if !yield(t) {
				return
			}
		}
	}
}

// core is about 550 tuples.
func (w Workload) core() []tuple.Tuple {
	support := tuple.Object{Type: "team", ID: "support"}
	all := []tuple.Tuple{
		tuple.New(support, "member", Support()),
		tuple.New(tuple.Object{Type: "team", ID: "elsewhere"}, "member", Nobody()),
	}
	n := w.Supported() / chatbots
	for i := range n {
		all = append(all, tuple.New(w.spread(i, n, 0), "reader", support.Userset("member")))
	}
	for i := range few {
		all = append(all, tuple.New(w.spread(i, few, 1), "reader", Few()))
	}
	all = append(all, chain(10)...)
	all = append(all, chain(20)...)
	return append(all, loop()...)
}

// spread returns the i-th of n workspaces that lie evenly among all, at an offset.
func (w Workload) spread(i, n, offset int) tuple.Object {
	number := (i*w.Workspaces()/n + offset) % w.Workspaces()
	return workspaceOf(number/workspaces, number%workspaces)
}

// Deep returns the chains of 100 and of 1,000 teams.
func Deep() iter.Seq[tuple.Tuple] {
	return func(yield func(tuple.Tuple) bool) {
		for _, depth := range []int{100, 1000} {
			for _, t := range chain(depth) {
				if !yield(t) {
					return
				}
			}
		}
	}
}

// chain is teams that contain each other, depth of them, of which the first reads
// a workspace with one chatbot and the last has a member.
func chain(depth int) []tuple.Tuple {
	id := "chain" + strconv.Itoa(depth)
	team := func(i int) tuple.Object {
		return tuple.Object{Type: "team", ID: id + "-" + strconv.Itoa(i)}
	}
	all := readable(id, team(0).Userset("member"))
	for i := range depth - 1 {
		all = append(all, tuple.New(team(i), "member", team(i+1).Userset("member")))
	}
	return append(all, tuple.New(team(depth-1), "member", person(id)))
}

// readable is a workspace with a chatbot of the same name that a subject reads.
func readable(id string, who tuple.Subject) []tuple.Tuple {
	workspace := tuple.Object{Type: "workspace", ID: id}
	return []tuple.Tuple{
		tuple.New(tuple.Object{Type: "chatbot", ID: id}, "workspace", workspace.Subject()),
		tuple.New(workspace, "reader", who),
	}
}

// loop is two teams that contain each other, of which one has a member and the
// other reads a workspace.
func loop() []tuple.Tuple {
	left, right := tuple.Object{Type: "team", ID: "left"}, tuple.Object{Type: "team", ID: "right"}
	return append(readable("loop", left.Userset("member")),
		tuple.New(left, "member", right.Userset("member")),
		tuple.New(right, "member", left.Userset("member")),
		tuple.New(right, "member", person("loop")))
}

// Wide returns the group of a million members, which reads a workspace, and the
// workspace that is shared with 10,000 teams of one member each.
func Wide() iter.Seq[tuple.Tuple] {
	return func(yield func(tuple.Tuple) bool) {
		group := tuple.Object{Type: "team", ID: GroupChatbot}
		for _, t := range readable(GroupChatbot, group.Userset("member")) {
			if !yield(t) {
				return
			}
		}
		for i := range GroupMembers {
			if !yield(tuple.New(group, "member", person(name('g', i)))) {
				return
			}
		}
		shared := tuple.Object{Type: "workspace", ID: SharedChatbot}
		if !yield(tuple.New(tuple.Object{Type: "chatbot", ID: SharedChatbot}, "workspace", shared.Subject())) {
			return
		}
		for i := range SharedTeams {
			team := tuple.Object{Type: "team", ID: name('s', i)}
			if !yield(tuple.New(shared, "reader", team.Userset("member"))) ||
				!yield(tuple.New(team, "member", person(name('s', i)))) {
				return
			}
		}
	}
}

// ask is the question whether a user views an extra's chatbot.
func ask(chatbot string, who tuple.Subject, outcome Outcome) Question {
	return Question{tuple.New(tuple.Object{Type: "chatbot", ID: chatbot}, string(View), who), outcome}
}

// Chain returns what there is to ask about a chain: its last member may view, and
// nobody else may.
func Chain(depth int) (allowed, denied Question) {
	id := "chain" + strconv.Itoa(depth)
	return ask(id, person(id), Allowed), ask(id, Nobody(), Stranger)
}

// Loop returns what there is to ask about the teams that contain each other.
func Loop() (allowed, denied Question) {
	return ask("loop", person("loop"), Allowed), ask("loop", Nobody(), Stranger)
}

// Group returns questions about the group of a million members: n about members
// and n about users of organizations, who are none.
func (w Workload) Group(n int) []Question { return w.wide(GroupChatbot, 'g', GroupMembers, n) }

// Shared returns questions about the workspace that is shared with 10,000 teams,
// as Group does.
func (w Workload) Shared(n int) []Question { return w.wide(SharedChatbot, 's', SharedTeams, n) }

func (w Workload) wide(chatbot string, kind byte, members, n int) []Question {
	var all []Question
	for i := range n {
		all = append(all,
			ask(chatbot, person(name(kind, i*(members/n)%members)), Allowed),
			ask(chatbot, user(i%w.Orgs, i%users), Stranger))
	}
	return all
}

// Viewers returns a chatbot that exactly n users may view, and false if there is
// none among the organizations.
func (w Workload) Viewers(n int) (tuple.Object, bool) {
	extra := map[tuple.Object]int{}
	for t := range w.Core() {
		extra[t.Object]++
	}
	for o := range w.Orgs {
		org := w.Org(o)
		for i := range workspaces {
			if bits.OnesCount64(uint64(org.may(View, i, 0)))+extra[workspaceOf(o, i)] == n {
				return chatbotOf(o, i, 0), true
			}
		}
	}
	return tuple.Object{}, false
}
