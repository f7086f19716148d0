package expand

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// Permissions returns every relation and permission that a subject has to an
// object, in the order of their names. Marks, errors and the end of the list are
// those of [Lister.Objects].
//
// It costs what the checks cost, but what several of them need is found out once.
func (l *Lister) Permissions(ctx context.Context, st *store.State, subject tuple.Subject, object tuple.Object) iter.Seq2[PermissionAnswer, error] {
	return func(yield func(PermissionAnswer, error) bool) {
		relations, err := relationsOf(st, subject, object)
		if err != nil {
			yield(PermissionAnswer{}, err)
			return
		}
		asker := l.evaluator.Asker(ctx, st)
		defer asker.Close()
		for _, r := range relations {
			d, err := asker.Check(tuple.New(object, r.Name, subject))
			if err != nil && !ofOne(err) {
				yield(PermissionAnswer{}, err)
				return
			}
			if (err != nil || !d.Denied()) && !yield(PermissionAnswer{r.Name, d}, err) {
				return
			}
		}
	}
}

// relationsOf returns the relations of the type of an object, sorted by name, or
// why nothing can be asked about it and a subject.
func relationsOf(st *store.State, subject tuple.Subject, object tuple.Object) ([]*schema.Relation, error) {
	if err := st.Err(); err != nil {
		return nil, err
	}
	if err := object.Validate(); err != nil {
		return nil, err
	}
	if err := subject.Validate(); err != nil {
		return nil, err
	}
	names := tuple.Filter{ObjectType: object.Type, SubjectType: subject.Type, SubjectRelation: subject.Relation}
	if err := st.Schema().ValidateFilter(names); err != nil {
		return nil, err
	}
	relations := slices.Clone(st.Schema().Definition(object.Type).Relations)
	slices.SortFunc(relations, func(a, b *schema.Relation) int { return strings.Compare(a.Name, b.Name) })
	return relations, nil
}
