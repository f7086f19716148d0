package workload

import (
	"iter"
	"math/rand/v2"
	"slices"

	"github.com/baobab-authz/baobab/tuple"
)

// perOrg is how many tuples Random takes from an organization that it has made.
const perOrg = 32

// Random returns n stored tuples of organizations, in no order, for who wants to
// delete them and write them again. Some may come twice.
func (w Workload) Random(series uint64, n int) iter.Seq[tuple.Tuple] {
	return func(yield func(tuple.Tuple) bool) {
		random := rand.New(rand.NewPCG(w.Seed+2, series))
		for n > 0 {
			all := slices.Collect(w.Org(random.IntN(w.Orgs)).Tuples())
			for range min(n, perOrg) {
				if !yield(all[random.IntN(len(all))]) {
					return
				}
			}
			n -= perOrg
		}
	}
}

// Tenant returns a small store of 100 tuples with nobody else's in it: a
// workspace with 20 chatbots and a team of 60, of whom 18 read it. The same
// numbers make the same tuples.
func Tenant(number int) []tuple.Tuple {
	workspace, team := workspaceOf(number, 0), tuple.Object{Type: "team", ID: name('t', number, 0)}
	org := tuple.Object{Type: "organization", ID: name('o', number)}
	all := []tuple.Tuple{
		tuple.New(org, "owner", user(number, 0)),
		tuple.New(workspace, "org", org.Subject()),
	}
	for c := range chatbots {
		all = append(all, tuple.New(chatbotOf(number, 0, c), "workspace", workspace.Subject()))
	}
	for u := range users {
		all = append(all, tuple.New(team, "member", user(number, u)))
	}
	for u := range 18 {
		all = append(all, tuple.New(workspace, "reader", user(number, u+1)))
	}
	return all
}

// OfTenant returns a question about the tenant of a number: by turns about a
// reader of its workspace and about one of its team who is none.
func OfTenant(number, i int) Question {
	q := Question{Outcome: Allowed}
	who := user(number, 1+i/2%18)
	if i%2 != 0 {
		q.Outcome, who = Colleague, user(number, 19+i/2%(users-19))
	}
	q.Tuple = tuple.New(chatbotOf(number, 0, i%chatbots), string(View), who)
	return q
}
