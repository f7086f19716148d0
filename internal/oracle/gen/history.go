package gen

import (
	"time"

	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/tuple"
)

// drawHistory draws transactions, a minute apart. Some of them do not commit.
func (d *drawer) drawHistory() {
	state := oracle.NewState(d.Tuples...)
	for i := range rapid.IntRange(0, 3).Draw(d.T, "transactions") {
		tx := oracle.Transaction{At: d.Asked.Add(time.Duration(i+1) * time.Minute)}
		for range rapid.IntRange(1, 4).Draw(d.T, "operations") {
			tx.Operations = append(tx.Operations, d.operation(state, tx.At))
		}
		state, _ = state.Apply(tx)
		d.History = append(d.History, tx)
	}
}

// operation draws a step, about what is stored for the most part.
func (d *drawer) operation(state oracle.State, at time.Time) oracle.Operation {
	f := pick(d.T, "form", d.forms...)
	drawn := d.relationship(f, d.id(f.typ), d.id(f.Type), at)
	stored := drawn.Tuple
	if list := state.Relationships(); len(list) > 0 {
		stored = pick(d.T, "stored", list...).Tuple
	}
	switch rapid.IntRange(0, 9).Draw(d.T, "operation") {
	case 0, 1, 2:
		return oracle.Operation{Kind: oracle.Create, Relationship: drawn}
	case 3, 4:
		return oracle.Operation{Kind: oracle.Touch, Relationship: drawn}
	case 5:
		return oracle.Operation{Kind: oracle.Touch, Relationship: d.requalified(stored, at)}
	case 6, 7:
		return oracle.Operation{Kind: oracle.Delete, Relationship: stored.Always()}
	case 8:
		return oracle.Operation{Kind: oracle.DeleteMatching, Filter: d.filter(stored)}
	}
	return oracle.Operation{Kind: oracle.DeleteObject, Object: stored.Object}
}

// requalified draws what else may qualify a stored tuple.
func (d *drawer) requalified(t tuple.Tuple, at time.Time) tuple.Relationship {
	var forms []form
	for _, f := range d.forms {
		if f.typ == t.Object.Type && f.relation == t.Relation && f.Type == t.Subject.Type &&
			f.Relation == t.Subject.Relation && f.Wildcard == t.Subject.IsWildcard() {
			forms = append(forms, f)
		}
	}
	return d.qualified(pick(d.T, "requalified", forms...), t, at)
}

// filter draws one that names a tuple and perhaps others.
func (d *drawer) filter(t tuple.Tuple) tuple.Filter {
	f := tuple.FilterOf(t)
	switch rapid.IntRange(0, 3).Draw(d.T, "filter") {
	case 0:
		f.ObjectType, f.ObjectID = "", ""
	case 1:
		f.SubjectType, f.SubjectID, f.SubjectRelation = "", "", ""
	case 2:
		f.ObjectID, f.SubjectRelation = "", ""
	}
	return f
}
