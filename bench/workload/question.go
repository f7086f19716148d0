package workload

import (
	"math/bits"
	"math/rand/v2"

	"github.com/baobab-authz/baobab/tuple"
)

// Permission is one of those that questions ask about.
type Permission string

// The permissions of chatbots.
const (
	View     Permission = "view"
	Edit     Permission = "edit"
	Delete   Permission = "delete"
	Test     Permission = "test"
	Transfer Permission = "transfer"
)

// Outcome is what a question comes to, and why.
type Outcome byte

// The outcomes.
const (
	Allowed   Outcome = iota
	Colleague         // denied to a user of the same organization
	Stranger          // denied to a user of another organization
)

// Question is a tuple and what there is to be answered.
type Question struct {
	Tuple   tuple.Tuple
	Outcome Outcome
}

// Allowed reports whether the tuple holds.
func (q Question) Allowed() bool { return q.Outcome == Allowed }

// Mix is how many different questions the mix has, and Hot how many the hot one.
const (
	Mix = 200_000
	Hot = 10_000
)

// block is how many questions have the shares exactly: each of twenty
// permissions with each of four outcomes.
const block = 80

// patience is how many questions are drawn for each that is wanted.
const patience = 20

var (
	permissions = [20]Permission{
		View, View, View, View, View, View, View, View, View, View,
		Edit, Edit, Edit, Delete, Delete, Test, Test, Test, Test, Transfer,
	}
	outcomes = [4]Outcome{Allowed, Allowed, Colleague, Stranger}
)

// Questions returns the first n questions of a series, all different; fewer where
// a workload of few organizations has not so many. Another series has other
// questions, though some may be the same.
func (w Workload) Questions(series uint64, n int) []Question {
	random := rand.New(rand.NewPCG(w.Seed+1, series))
	asked := make(map[choice]bool, n)
	all := make([]Question, 0, n)
	var order []int
	for drawn := 0; len(all) < n && drawn < patience*n; drawn++ {
		if len(all)%block == 0 {
			order = random.Perm(block)
		}
		k := order[len(all)%block]
		p, outcome := permissions[k%20], outcomes[k/20]
		c, ok := w.choose(random, p, outcome)
		if !ok || asked[c] {
			continue
		}
		asked[c] = true
		t := tuple.New(chatbotOf(c.org, c.workspace, c.chatbot), string(p), user(c.userOrg, c.user))
		all = append(all, Question{Tuple: t, Outcome: outcome})
	}
	return all
}

// choice is a question in numbers.
type choice struct {
	org, workspace, chatbot, userOrg, user int
	permission                             Permission
}

// choose draws a chatbot and a user for whom the outcome is the wanted one; it
// fails where everyone of an organization has the permission.
func (w Workload) choose(random *rand.Rand, p Permission, outcome Outcome) (choice, bool) {
	c := choice{
		org:        random.IntN(w.Orgs),
		workspace:  random.IntN(workspaces),
		chatbot:    random.IntN(chatbots),
		permission: p,
	}
	c.userOrg = c.org
	if outcome == Stranger {
		c.userOrg = (c.org + 1 + random.IntN(w.Orgs-1)) % w.Orgs
		c.user = random.IntN(users)
		return c, true
	}
	from := w.Org(c.org).may(p, c.workspace, c.chatbot)
	if outcome == Colleague {
		from = ^from & (1<<users - 1)
	}
	if from == 0 {
		return c, false
	}
	c.user = from.nth(random.IntN(bits.OnesCount64(uint64(from))))
	return c, true
}

// nth returns the n-th number of a set, from 0.
func (s set) nth(n int) int {
	for ; n > 0; n-- {
		s &= s - 1
	}
	return bits.TrailingZeros64(uint64(s))
}

// FirstShare returns which share of the questions is the first about its subject.
func FirstShare(questions []Question) float64 {
	seen := map[tuple.Subject]bool{}
	for _, q := range questions {
		seen[q.Tuple.Subject] = true
	}
	return float64(len(seen)) / float64(max(1, len(questions)))
}
