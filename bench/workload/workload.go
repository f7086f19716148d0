package workload

import (
	"iter"

	"github.com/baobab-authz/baobab/tuple"
)

// Schema is the schema of the workload, in the language of package schema.
const Schema = `
definition user {}
definition team {
	relation parent: team
	relation member: user | team#member
}
definition organization {
	relation owner: user
	relation admin: user
	relation member: user | team#member
	permission manage = owner + admin
}
definition workspace {
	relation org: organization
	relation owner: user
	relation admin: user | team#member
	relation engineer: user | team#member
	relation reader: user | team#member
	relation guest: user | team#member
	permission transfer = owner + org->manage
	permission delete = owner + admin + org->manage
	permission edit = delete + engineer
	permission view = edit + reader
	permission test = view + guest
}
definition chatbot {
	relation workspace: workspace
	relation banned: user
	permission test = workspace->test - banned
	permission view = workspace->view
	permission edit = workspace->edit
	permission delete = workspace->delete
	permission transfer = workspace->transfer
}
`

// Workload makes tuples and questions. It is a value, and safe for use by many
// goroutines.
type Workload struct {
	Seed uint64
	Orgs int // how many organizations; 2 at least, so that there are strangers
}

// Sizes are the numbers of organizations of the sizes that have a name.
func Sizes() map[string]int {
	return map[string]int{"10k": 16, "100k": 163, "1M": 1_634, "10M": 16_340}
}

// Users returns the number of users of all organizations.
func (w Workload) Users() int { return w.Orgs * users }

// Teams returns the number of teams of all organizations.
func (w Workload) Teams() int { return w.Orgs * teams }

// Workspaces returns the number of workspaces of all organizations.
func (w Workload) Workspaces() int { return w.Orgs * workspaces }

// Chatbots returns the number of chatbots of all organizations.
func (w Workload) Chatbots() int { return w.Workspaces() * chatbots }

// Tuples returns the organizations and the core extras, tuple by tuple. Each use
// of the sequence makes them anew.
func (w Workload) Tuples() iter.Seq[tuple.Tuple] {
	return func(yield func(tuple.Tuple) bool) {
		for i := range w.Orgs {
			if !w.Org(i).tuples(yield) {
				return
			}
		}
		for t := range w.Core() {
			if !yield(t) {
				return
			}
		}
	}
}
