package expand

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// Subjects returns the subjects of a type that have a permission on an object, or
// a relation to it, in the order of their ids: objects of a type, such as user, or
// the usersets of one relation of a type, such as group#member.
//
// A wildcard comes first, with the subjects for whom it does not speak (see
// [SubjectAnswer]). Beside it the list has those that tuples name, whom the
// wildcard covers too, and those whose answer is another. docs/SEMANTICS.md says
// exactly which. Marks, errors and the end of the list are those of [Lister.Objects].
//
// It goes from the object down to all subjects that tuples name, with a time and
// memory linear in what it passes, before the first entry; then it decides those
// for which an intersection, an exclusion, an arrow over all or a caveat stands
// on the way, one by one as the loop arrives there. The exceptions of a wildcard
// take all of these at once. These checks are about different subjects and share
// nothing: 2000 subjects whom 2000 banned groups might exclude are 4 million steps. The
// budget is one question's; what bounds a list is a [Limit] and the context.
func (l *Lister) Subjects(ctx context.Context, st *store.State, object tuple.Object, permission, subjectType string, options ...ListOption) iter.Seq2[SubjectAnswer, error] {
	return func(yield func(SubjectAnswer, error) bool) {
		typ, relation, _ := strings.Cut(subjectType, "#")
		o, err := list(st, options)
		if err == nil {
			err = ctx.Err()
		}
		s := subjectList{asker: l.evaluator.Asker(ctx, st), userset: object.Userset(permission), yield: yield, limit: o.limit}
		defer s.asker.Close()
		s.kind = tuple.Subject{Object: tuple.Object{Type: typ, ID: anyID}, Relation: relation}
		if err == nil {
			err = validKind(subjectType, s.kind)
		}
		if err == nil {
			err = askable(st, s.question(s.kind))
		}
		if err == nil && relation == "" {
			err = s.askWildcard()
		}
		var candidates []candidate
		if err == nil {
			d := descender{ctx: ctx, asker: s.asker, plan: planned(l, planKey{st.Schema(), st.Reader().Dict().Generation(), false, typ, relation}, func() *descentPlan {
				return newDescentPlan(st.Schema(), st.Reader(), typ, relation)
			})}
			// Who is named on the right side only is denied where the wildcard is, unless
			// that side takes away in turn.
			typed, _ := st.Reader().Name(object.Type)
			named, _ := st.Reader().Name(permission)
			d.everywhere = !s.wildcard.denied() || d.plan.givers[ref{typed, named}]
			candidates, err = d.subjects(st, object, permission)
		}
		if err == nil {
			err = s.list(candidates, o.after.Last)
		}
		if err != nil && !errors.Is(err, errStop) {
			yield(SubjectAnswer{}, err)
		}
	}
}

// A subjectList is the work on one list of subjects.
type subjectList struct {
	asker    *check.Asker
	userset  tuple.Subject // object#permission
	kind     tuple.Subject // a subject such as those wanted
	wildcard verdict       // for the wildcard; denied if usersets are wanted
	yield    func(SubjectAnswer, error) bool
	listed   int
	limit    int
}

// errStop ends a list that needs no more entries.
var errStop = errors.New("stop")

// A verdict is an answer about one subject: a decision, or an error of its own.
type verdict struct {
	decision check.Decision
	err      error
}

func (v verdict) denied() bool { return v.err == nil && v.decision.Denied() }

// same reports whether two answers are the same, all cycles being one answer, and
// all conditions that fail another.
func (v verdict) same(w verdict) bool {
	return v.decision == w.decision && errors.Is(v.err, check.ErrCycle) == errors.Is(w.err, check.ErrCycle) && (v.err == nil) == (w.err == nil)
}

func (s *subjectList) question(sub tuple.Subject) tuple.Tuple {
	return tuple.New(s.userset.Object, s.userset.Relation, sub)
}

// subject returns the wanted subject with an id.
func (s *subjectList) subject(id string) tuple.Subject {
	sub := s.kind
	sub.ID = id
	return sub
}

// ask answers about one candidate. The error is one that ends the list.
func (s *subjectList) ask(c candidate) (verdict, error) {
	d, err := decide(s.asker, c.level, s.question(s.subject(c.object.ID)))
	if err != nil && !ofOne(err) {
		return verdict{}, err
	}
	return verdict{d, err}, nil
}

func (s *subjectList) askWildcard() (err error) {
	s.wildcard, err = s.ask(candidate{object: tuple.Object{ID: tuple.Wildcard}})
	return err
}

// list yields the entries behind an id. It returns errStop when there shall be no
// more, and another error when there cannot be.
func (s *subjectList) list(candidates []candidate, after string) error {
	var known []verdict // of candidates, if the wildcard is in the list
	if !s.wildcard.denied() && after == "" {
		known = make([]verdict, len(candidates))
		var except []tuple.Subject
		for i, c := range candidates {
			var err error
			if known[i], err = s.ask(c); err != nil {
				return err
			}
			if !known[i].same(s.wildcard) {
				except = append(except, s.subject(c.object.ID))
			}
		}
		if err := s.entry(tuple.Wildcard, s.wildcard, except); err != nil {
			return err
		}
	}
	if after == tuple.Wildcard {
		after = ""
	}
	rest := behind(candidates, after)
	for i, c := range rest {
		var v verdict
		var err error
		if known != nil {
			v = known[i]
		} else if v, err = s.ask(c); err != nil {
			return err
		}
		if v.denied() || c.level == against && v.same(s.wildcard) {
			continue
		}
		if err := s.entry(c.object.ID, v, nil); err != nil {
			return err
		}
	}
	return nil
}

func (s *subjectList) entry(id string, v verdict, except []tuple.Subject) error {
	if s.listed++; !s.yield(SubjectAnswer{s.subject(id), v.decision, slices.Clip(except)}, v.err) || s.listed == s.limit {
		return errStop
	}
	return nil
}
