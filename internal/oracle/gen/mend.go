package gen

import (
	"time"

	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/tuple"
)

// mend adds to a transaction what keeps the rules that it breaks, as far as that
// is found in some steps.
func (d *rules) mend(state oracle.State, u oracle.Update, steps int) oracle.Update {
	for range steps {
		_, broken := d.Schema.Commit(state, u)
		if len(broken) == 0 {
			return u
		}
		switch v := broken[0]; v.Reason {
		case oracle.Exists:
			for i, o := range u.Operations {
				if o.Kind == oracle.Create && o.Relationship.Tuple == v.Tuple {
					u.Operations[i].Kind = oracle.Touch
				}
			}
		case oracle.Undeletable:
			u.Operations = append(u.Operations, oracle.Operation{Kind: oracle.Delete, Relationship: v.Tuple.Always()})
		case oracle.TooLong:
			for i, o := range u.Operations {
				if o.Relationship.Tuple == v.Tuple && !o.Relationship.Expires.IsZero() {
					u.Operations[i].Relationship.Expires = u.At.Add(time.Microsecond)
				}
			}
		case oracle.Miscounted:
			u.Operations = append(u.Operations, d.recount(state, u, v)...)
		default:
			return u
		}
	}
	return u
}

// recount adds a tuple to a group that has too few, or removes one of what was
// counted, or could have been, where there are too many or none can be added.
func (d *rules) recount(state oracle.State, u oracle.Update, v oracle.Violation) []oracle.Operation {
	count := v.Directive.(oracle.Count)
	var fitting []form
	for _, f := range d.forms {
		if f.typ == count.Type && oracle.Counts(d.Schema, count, f.relation) && f.Caveat == "" && !f.Temporary &&
			(v.Subject == tuple.Subject{} || !f.Wildcard && f.Type == v.Subject.Type && f.Relation == v.Subject.Relation) {
			fitting = append(fitting, f)
		}
	}
	if few := count.Max == oracle.Unbounded || v.Found <= count.Max; few && len(fitting) > 0 {
		f := pick(d.T, "added", fitting...)
		object, subject := v.Object.ID, d.id(f.Type)
		if v.Subject != (tuple.Subject{}) {
			subject = v.Subject.ID
		}
		if count.PerSubject || count.In != "" {
			object = d.id(count.Type)
		}
		list := []oracle.Operation{d.touch(f.tuple(object, subject).Always())}
		if count.In != "" {
			in := tuple.New(tuple.Object{Type: count.Type, ID: object}, count.In, tuple.Subject{Object: v.Object})
			if r := in.Always(); d.Schema.Admit(r) {
				list = append(list, d.touch(r))
			}
		}
		return list
	}
	var counted []tuple.Tuple
	after := d.Schema.Pending(state, u.Transaction)
	for _, r := range after.Relationships() {
		if r.Object.Type == count.Type && oracle.Counts(d.Schema, count, r.Relation) &&
			(v.Subject == tuple.Subject{} || r.Subject == v.Subject) && (count.PerSubject || count.In != "" || r.Object == v.Object) {
			counted = append(counted, r.Tuple)
		}
	}
	if len(counted) == 0 {
		return nil
	}
	return []oracle.Operation{{Kind: oracle.Delete, Relationship: pick(d.T, "removed", counted...).Always()}}
}
