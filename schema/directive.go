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
// every commit. Of a permission that is a sum of relations of its own definition
// the tuples of all these count: a subject (or object) that several of them have
// once, but in R each tuple.
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

// MaxExpiresWithin is the longest limit that a schema can set on the expiry of
// a relation's tuples: a hundred years, each of 365 days.
const MaxExpiresWithin = 100 * 365 * 24 * time.Hour

// MaxCount is the largest bound of a [Count].
const MaxCount = 1<<31 - 1

type directiveKind int

const (
	directiveCount directiveKind = iota
	directiveDeletedBy
	directiveExpiresWithin
	directiveGrantedBy
	directiveOnDelete
)

// directiveNames are the names of all kinds, which are in alphabetical order.
var directiveNames = []string{"count", "deleted-by", "expires-within", "granted-by", "on-delete"}

func (k directiveKind) String() string { return directiveNames[k] }

// A directive is one line above a declaration, or what a method of [Member]
// says. Its spans are zero in what was built.
type directive struct {
	kind       directiveKind
	count      Count
	permission string // of deleted-by and granted-by
	onSubject  bool   // of granted-by
	self       bool   // granted-by self, which names no permission
	onDelete   OnDelete
	limit      time.Duration // of expires-within

	at    span // of the comment's mark and the directive's name
	value span // of the word behind the name: the range, the permission, the time
	in    span // of the relation in which is counted
}

// Counted returns the member with a bound on how many tuples it may have: see
// [Count]. Of several all must hold.
func (m Member) Counted(c Count) Member {
	return m.directed(directive{kind: directiveCount, count: c})
}

// GrantedBy returns the member with a guard: whoever writes its tuples on their
// own behalf must have a permission on the tuple's object. Of several guards all
// must hold.
func (m Member) GrantedBy(permission string) Member {
	return m.directed(directive{kind: directiveGrantedBy, permission: permission})
}

// GrantedOnSubject is like GrantedBy for a permission on the object of the
// tuple's subject.
func (m Member) GrantedOnSubject(permission string) Member {
	return m.directed(directive{kind: directiveGrantedBy, permission: permission, onSubject: true})
}

// GrantedToSelf returns the member with the guard that an actor may write only
// tuples of which they are the subject.
func (m Member) GrantedToSelf() Member {
	return m.directed(directive{kind: directiveGrantedBy, self: true})
}

// OnDelete returns the member with what becomes of its tuples when what they
// name as their subject is deleted. It is said once.
func (m Member) OnDelete(d OnDelete) Member {
	return m.directed(directive{kind: directiveOnDelete, onDelete: d})
}

// ExpiresWithin returns the member with a limit, in whole minutes up to
// [MaxExpiresWithin]: no tuple may expire later than that after the commit that
// writes it, nor be made to expire later. It is said once.
func (m Member) ExpiresWithin(limit time.Duration) Member {
	return m.directed(directive{kind: directiveExpiresWithin, limit: limit})
}

// directed returns the member with one more directive. It shares no memory with
// what other members are derived from m.
func (m Member) directed(d directive) Member {
	m.directives = append(m.directives[:len(m.directives):len(m.directives)], d)
	return m
}

// DeletedBy is, among the members of a definition, the permission that an actor
// needs in order to delete an object of the type on their own behalf. It is said
// once.
func DeletedBy(permission string) Member {
	return Member{definition: true}.directed(directive{kind: directiveDeletedBy, permission: permission})
}

// deletedBy returns the directive without what marks it; "" if there is none.
func (d *Definition) deletedBy() string {
	if d.DeletedBy == "" {
		return ""
	}
	return directiveDeletedBy.String() + " " + d.DeletedBy
}

// limit returns the directive without what marks it; "" if there is none.
func (r *Relation) limit() string {
	if r.ExpiresWithin == 0 {
		return ""
	}
	return directiveExpiresWithin.String() + " " + LimitString(r.ExpiresWithin)
}

// directives returns what stands above a definition, as comments.
func (d *Definition) directives() []string {
	if d.DeletedBy == "" {
		return nil
	}
	return []string{directiveMark + d.deletedBy()}
}

// directives returns what stands above a relation, as comments: counts, guards,
// and then the rest.
func (r *Relation) directives() []string {
	var list []string
	for _, c := range r.Counts {
		list = append(list, directiveMark+c.String())
	}
	for _, g := range r.Guards {
		list = append(list, directiveMark+g.String())
	}
	if r.OnDelete != Detach {
		list = append(list, directiveMark+directiveOnDelete.String()+" "+r.OnDelete.String())
	}
	if r.ExpiresWithin != 0 {
		list = append(list, directiveMark+r.limit())
	}
	return list
}

// LimitString returns a limit as a directive writes it, in the largest unit of
// which it is a multiple.
func LimitString(limit time.Duration) string {
	switch day := 24 * time.Hour; {
	case limit%day == 0:
		return fmt.Sprintf("%dd", limit/day)
	case limit%time.Hour == 0:
		return fmt.Sprintf("%dh", limit/time.Hour)
	}
	return fmt.Sprintf("%dm", limit/time.Minute)
}
