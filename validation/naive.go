package validation

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/tuple"
)

type objectAnswer struct {
	Object   tuple.Object
	Decision baobab.Decision
}
type subjectAnswer struct {
	Subject  tuple.Subject
	Decision baobab.Decision
	Except   []tuple.Subject
}

func ids(v baobab.View, typ string) []string {
	all := map[string]bool{}
	for r := range v.Tuples(tuple.Filter{}) {
		for _, o := range []tuple.Object{r.Object, r.Subject.Object} {
			if o.Type == typ && o.ID != "*" {
				all[o.ID] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func objects(ctx context.Context, v baobab.View, subject tuple.Subject, permission, objectType string) iter.Seq2[objectAnswer, error] {
	return func(yield func(objectAnswer, error) bool) {
		for _, id := range ids(v, objectType) {
			o := tuple.Object{Type: objectType, ID: id}
			d, err := v.Check(ctx, tuple.New(o, permission, subject))
			if (err != nil || !d.Denied()) && !yield(objectAnswer{o, d}, err) {
				return
			}
		}
	}
}

func subjects(ctx context.Context, v baobab.View, object tuple.Object, permission, subjectType string) iter.Seq2[subjectAnswer, error] {
	typ, relation, _ := strings.Cut(subjectType, "#")
	return func(yield func(subjectAnswer, error) bool) {
		names := ids(v, typ)
		if relation == "" {
			names = append(names, "*")
		}
		for _, id := range names {
			s := tuple.Subject{Object: tuple.Object{Type: typ, ID: id}, Relation: relation}
			d, err := v.Check(ctx, tuple.New(object, permission, s))
			if (err != nil || !d.Denied()) && !yield(subjectAnswer{s, d, nil}, err) {
				return
			}
		}
	}
}
