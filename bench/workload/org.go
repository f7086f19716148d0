package workload

import (
	"math/rand/v2"
)

// The numbers of one organization.
const (
	users      = 60
	teams      = 12
	workspaces = 10
	chatbots   = 20 // of a workspace
	direct     = 8  // users of a team
)

// set is a set of an organization's users, or of its teams: a bit for each.
type set uint64

func (s set) has(i int) bool { return s>>i&1 != 0 }

// Org is one organization. Users, teams and workspaces are numbers from 0.
type Org struct {
	number int
	owner  int
	admins set

	parent  [teams]int // of each team but the first
	members [teams]set // direct ones
	within  [teams]set // all members, those of child teams included

	workspaces [workspaces]workspace
}

// workspace is who has which role in it, and whom its chatbots ban.
type workspace struct {
	owner int
	users [4]set // admins, engineers, readers, guests
	teams [4]set
	bans  [chatbots]set
}

// The roles that users and teams have in a workspace beside its owner, and how
// many of each there are.
const (
	admin = iota
	engineer
	reader
	guest
)

var roles = [4]struct {
	name         string
	users, teams int
}{
	admin:    {"admin", 1, 1},
	engineer: {"engineer", 2, 1},
	reader:   {"reader", 4, 2},
	guest:    {"guest", 6, 1},
}

// Org returns the organization of a number, which is below w.Orgs.
func (w Workload) Org(number int) *Org {
	random := rand.New(rand.NewPCG(w.Seed, uint64(number)))
	o := &Org{number: number}
	people := some(random, users, 3)
	o.owner = random.IntN(users)
	for people.has(o.owner) {
		o.owner = random.IntN(users)
	}
	o.admins = people &^ (people & -people) // two of the three
	o.plant(random)
	for i := range o.workspaces {
		o.workspaces[i].furnish(random)
	}
	return o
}

// plant makes the tree of teams: 1, 3, 4 and 4 on its four levels.
func (o *Org) plant(random *rand.Rand) {
	first := [...]int{0, 1, 4, 8, teams} // of each level
	for level := range 4 {
		for t := first[level]; t < first[level+1]; t++ {
			o.members[t] = some(random, users, direct)
			if level > 0 {
				o.parent[t] = first[level-1] + random.IntN(first[level]-first[level-1])
			}
		}
	}
	o.within = o.members
	for t := teams - 1; t > 0; t-- { // children stand behind their parents
		o.within[o.parent[t]] |= o.within[t]
	}
}

// furnish gives out the roles of a workspace and bans users from one of its
// twenty chatbots.
func (w *workspace) furnish(random *rand.Rand) {
	w.owner = random.IntN(users)
	for i, r := range roles {
		w.users[i] = some(random, users, r.users)
		w.teams[i] = some(random, teams, r.teams)
	}
	w.bans[random.IntN(chatbots)] = some(random, users, 1+random.IntN(3))
}

// some returns k different numbers below n.
func some(random *rand.Rand, n, k int) set {
	var s set
	for k > 0 {
		if i := random.IntN(n); !s.has(i) {
			s |= 1 << i
			k--
		}
	}
	return s
}

// may returns the users who have a permission on a chatbot of a workspace.
func (o *Org) may(p Permission, number, chatbot int) set {
	w := &o.workspaces[number]
	all := o.admins | 1<<o.owner | 1<<w.owner // transfer
	if p == Transfer {
		return all
	}
	upTo := map[Permission]int{Delete: admin, Edit: engineer, View: reader, Test: guest}[p]
	for role := admin; role <= upTo; role++ {
		all |= w.users[role]
		for t := range teams {
			if w.teams[role].has(t) {
				all |= o.within[t]
			}
		}
	}
	if p == Test {
		all &^= w.bans[chatbot]
	}
	return all
}
