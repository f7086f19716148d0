package schema

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Unbounded is the Max of a [Count] without an upper bound.
const Unbounded = -1

// A Count bounds how many tuples a relation may have in each of its groups, at
// every commit. A permission that is a sum of relations of its own definition
// is counted as if their tuples were one relation's.
//
// What a group is, and what is counted in it, for tuples x#r@s:
//
//	count N                       an object x: the distinct subjects s
//	count N per subject           a subject s: the distinct objects x
//	count N in R                  an object o: the tuples x#r@s with a tuple x#R@o
//	count N per subject in R      a subject s and an object o: the same, with that s
type Count struct {
	Min, Max   int    // Max is at least 1, or Unbounded
	PerSubject bool   // the group is the subject
	In         string // the relation R; empty for none
	Pos        Pos    // of the directive
}

// String returns the directive without what marks it: count 1..* per subject.
func (c Count) String() string {
	var b strings.Builder
	b.WriteString("count " + strconv.Itoa(c.Min))
	switch c.Max {
	case c.Min:
	case Unbounded:
		b.WriteString("..*")
	default:
		b.WriteString(".." + strconv.Itoa(c.Max))
	}
	if c.PerSubject {
		b.WriteString(" per subject")
	}
	if c.In != "" {
		b.WriteString(" in " + c.In)
	}
	return b.String()
}

// A Guard says what an actor needs in order to write a tuple of a relation on
// their own behalf.
type Guard struct {
	Permission string // which the actor must have; empty if the actor must be the tuple's subject
	OnSubject  bool   // on the object of the tuple's subject, and not on its object
	Pos        Pos    // of the directive
}

// String returns the directive without what marks it: granted-by share on subject.
func (g Guard) String() string {
	switch {
	case g.Permission == "":
		return "granted-by self"
	case g.OnSubject:
		return "granted-by " + g.Permission + " on subject"
	}
	return "granted-by " + g.Permission
}

// OnDelete says what becomes of a tuple when the object that it names as its
// subject, or as its subject's object, is deleted.
type OnDelete uint8

const (
	// Detach drops the tuple. It is what happens if nothing is said.
	Detach OnDelete = iota
	// Refuse refuses the deletion as long as the tuple is there.
	Refuse
	// Cascade deletes the tuple's object as well.
	Cascade
)

// String returns detach, refuse or cascade.
func (d OnDelete) String() string {
	switch d {
	case Detach:
		return "detach"
	case Refuse:
		return "refuse"
	case Cascade:
		return "cascade"
	}
	return fmt.Sprintf("OnDelete(%d)", uint8(d))
}

// directives are the rules that stand above a member.
type directives struct {
	counts        []Count
	guards        []Guard
	onDelete      OnDelete
	expiresWithin time.Duration
}

// Counted returns the member with a bound on how many tuples it may have: see
// [Count]. Of several all must hold.
func (m Member) Counted(c Count) Member {
	m.directives.counts = append(m.directives.counts[:len(m.directives.counts):len(m.directives.counts)], c)
	return m
}

// GrantedBy returns the member with a guard: whoever writes its tuples on their
// own behalf must have a permission on the tuple's object. Of several guards all
// must hold.
func (m Member) GrantedBy(permission string) Member {
	return m.guarded(Guard{Permission: permission})
}

// GrantedOnSubject is like GrantedBy for a permission on the object of the
// tuple's subject.
func (m Member) GrantedOnSubject(permission string) Member {
	return m.guarded(Guard{Permission: permission, OnSubject: true})
}

// GrantedToSelf returns the member with the guard that an actor may write only
// tuples of which they are the subject.
func (m Member) GrantedToSelf() Member { return m.guarded(Guard{}) }

func (m Member) guarded(g Guard) Member {
	m.directives.guards = append(m.directives.guards[:len(m.directives.guards):len(m.directives.guards)], g)
	return m
}

// OnDelete returns the member with what becomes of its tuples when what they
// name as their subject is deleted.
func (m Member) OnDelete(d OnDelete) Member {
	m.directives.onDelete = d
	return m
}

// ExpiresWithin returns the member with a limit: no tuple may expire later than
// that after the commit that writes it, nor be made to expire later.
func (m Member) ExpiresWithin(limit time.Duration) Member {
	m.directives.expiresWithin = limit
	return m
}

// DeletedBy is, among the members of a definition, the permission that an actor
// needs in order to delete an object of the type on their own behalf.
func DeletedBy(permission string) Member { return Member{deletedBy: permission} }
