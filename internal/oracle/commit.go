package oracle

import (
	"slices"

	"github.com/baobab-authz/baobab/tuple"
)

// An Update is a transaction with the actor on whose behalf it is made, if
// there is one, and what is given to the caveats that its guards meet.
type Update struct {
	Transaction
	Actor tuple.Subject // zero for none
	Given map[string]any
}

// A Reason is a kind of why a transaction does not commit.
type Reason string

// The reasons.
const (
	Exists      Reason = "exists"    // a tuple to be created is there
	Unguarded   Reason = "guard"     // the actor must not
	Miscounted  Reason = "count"     // too many or too few in a group
	Undeletable Reason = "on-delete" // a tuple refuses that its subject is deleted
	TooLong     Reason = "expiry"    // later than a directive admits
)

// Reasons are all of them.
var Reasons = []Reason{Exists, Unguarded, Miscounted, Undeletable, TooLong}

// A Violation is one reason, and what it is about.
type Violation struct {
	Reason    Reason
	Directive Directive     // of Miscounted
	Object    tuple.Object  // of Miscounted, the group's; of Unguarded and Undeletable, what was to be deleted
	Subject   tuple.Subject // of Miscounted, the group's
	Found     int           // of Miscounted, how many there are
	Tuple     tuple.Tuple   // of the others
}

// Commit returns the state after a transaction under the rules for writes, or
// the state before and why the transaction does not commit. Of exists, deletions
// that the actor must not make, what refuses those that they may, guards, and the
// other reasons only the first are told, but all of these.
func (s *Schema) Commit(before State, u Update) (State, []Violation) {
	p, exists := s.run(before, u.Transaction)
	if len(exists) > 0 {
		return before, []Violation{{Reason: Exists, Tuple: exists[0]}}
	}
	changes := p.changes()
	if u.Actor != (tuple.Subject{}) {
		p.acted = true
		w := p.watch(u)
		if list := w.undeleted(); len(list) > 0 {
			return before, list
		}
		if list := p.undeletable(w.entailed()); len(list) > 0 {
			return before, list
		}
		if list := w.unguarded(changes); len(list) > 0 {
			return before, list
		}
	}
	list := slices.Concat(p.miscounted(changes), p.undeletable(p.deleted()), p.tooLong(changes, u))
	if len(list) > 0 {
		return before, list
	}
	return p.now, nil
}

// undeletable returns the tuples that refuse the deletion of what they name as
// their subject, or their subject's object.
func (p *pending) undeletable(deleted []tuple.Object) (list []Violation) {
	for _, r := range p.now.Relationships() {
		if p.schema.onDelete(r.Tuple) == Refuse && !r.Subject.IsWildcard() && slices.Contains(deleted, r.Subject.Object) {
			list = append(list, Violation{Reason: Undeletable, Object: r.Subject.Object, Tuple: r.Tuple})
		}
	}
	return list
}

// tooLong returns the tuples that were created or touched and expire too late.
func (p *pending) tooLong(changes []change, u Update) (list []Violation) {
	for _, c := range changes {
		if c.now == nil {
			continue
		}
		for _, d := range directives[ExpiresWithin](p.schema, c.Object.Type, c.Relation) {
			if c.now.Expires.After(u.At.Add(d.Limit)) || c.before != nil && c.now.Expires.After(c.before.Expires) {
				list = append(list, Violation{Reason: TooLong, Tuple: c.Tuple})
			}
		}
	}
	return list
}

// Pending returns the live tuples that a transaction comes to, whether it may
// commit or not.
func (s *Schema) Pending(before State, tx Transaction) State {
	p, _ := s.run(before, tx)
	return p.now
}

// Counts reports whether a count counts tuples of a relation.
func Counts(s *Schema, d Count, relation string) bool {
	return slices.ContainsFunc(s.counted(d), func(r *Relation) bool { return r.Name == relation })
}

// String returns the reason, or the directive, and what it is about.
func (v Violation) String() string {
	text := string(v.Reason)
	if v.Directive != nil {
		text = v.Directive.String()
	}
	if v.Object != (tuple.Object{}) && v.Tuple == (tuple.Tuple{}) {
		text += " " + v.Object.String()
	}
	if v.Subject != (tuple.Subject{}) {
		text += " " + v.Subject.String()
	}
	if v.Tuple != (tuple.Tuple{}) {
		text += " " + v.Tuple.String()
	}
	return text
}
