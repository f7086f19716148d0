package expand

import (
	"context"
	"errors"
	"iter"
	"math"
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
// take all of these at once.
//
// Where only exclusions stand on the way, it goes down their right sides as well, as far
// as that costs no more than the checks that it saves, and who is not found there
// needs no check; nor does who is, if there is one exclusion and nothing
// else to decide. So 2000 subjects of whom 2000 banned groups exclude some are linear in
// both. Other checks are about different subjects and share nothing. The
// budget is one question's; what bounds a list is a [Limit] and the context.
func (l *Lister) Subjects(ctx context.Context, st *store.State, object tuple.Object, permission, subjectType string, options ...ListOption) iter.Seq2[SubjectAnswer, error] {
	return func(yield func(SubjectAnswer, error) bool) {
		typ, relation, _ := strings.Cut(subjectType, "#")
		o, err := readOptions(st, options)
		if err == nil {
			err = ctx.Err()
		}
		s := subjectList{listOptions: o, userset: object.Userset(permission), yield: yield}
		s.kind = tuple.Subject{Object: tuple.Object{Type: typ, ID: anyID}, Relation: relation}
		if err == nil {
			err = validKind(subjectType, s.kind)
		}
		if err == nil {
			err = askable(st, s.question(s.kind))
		}
		if err != nil {
			yield(SubjectAnswer{}, err)
			return
		}
		s.ctx, s.reader, s.own = ctx, st.Reader(), object
		s.scratch, s.asker = l.begin(), l.evaluator.Asker(ctx, st)
		defer func() {
			l.end(s.scratch)
			if s.taken != nil {
				l.end(s.taken.scratch)
			}
			s.asker.Close()
		}()
		s.lister = l
		s.plan = planned(l, planKey{st.Schema(), s.reader.Dict().Generation(), false, typ, relation}, func() *descentPlan {
			return newDescentPlan(st.Schema(), s.reader, typ, relation)
		})
		if err = s.run(st); err != nil && !errors.Is(err, errStop) {
			yield(SubjectAnswer{}, err)
		}
	}
}

// A subjectList is the work on one list of subjects.
type subjectList struct {
	descender
	listOptions
	lister  *Lister
	userset tuple.Subject // object#permission
	kind    tuple.Subject // a subject such as those wanted
	public  verdict       // for the wildcard; denied if usersets are wanted
	yield   func(SubjectAnswer, error) bool
	listed  int

	taken *taken // nil before it is needed
}

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

// run yields the entries. It returns errStop when there shall be no more, and another
// error when there cannot be.
func (s *subjectList) run(st *store.State) error {
	if err := s.askWildcard(); err != nil {
		return err
	}
	// Who is named on the right side only is denied where the wildcard is, unless
	// that side takes away in turn.
	typed, _ := s.reader.Name(s.userset.Type)
	named, _ := s.reader.Name(s.userset.Relation)
	s.everywhere = !s.public.denied() || s.plan.givers[ref{typed, named}]

	key := pageKey{generation: s.reader.Dict().Generation(), revision: st.Revision(), about: s.userset, relation: s.kind.Relation, typ: s.kind.Type, everywhere: s.everywhere}
	if before := s.lister.pages.find(key, st, &s.listOptions); before != nil {
		s.plan, s.open, s.exclusions, s.narrowed = before.plan, before.open, before.exclusions, before.narrowed
		return s.list(before.candidates, s.after.Last)
	}
	if err := s.search(); err != nil {
		return err
	}
	if s.another(len(s.candidates)) {
		s.lister.pages.keep(key, st, found{slices.Clone(s.candidates), s.plan, s.open, slices.Clone(s.exclusions), s.narrowed, s.conditioned})
	}
	return s.list(s.candidates, s.after.Last)
}

// search finds all candidates, and sorts them.
func (s *subjectList) search() error {
	s.begin(s.userset.Object, s.userset.Relation)
	if _, err := s.descender.run(math.MaxInt); err != nil {
		return err
	}
	for i := range s.candidates {
		s.candidates[i].level = s.found.level(s.candidates[i].id, 0)
	}
	if !s.unordered || !s.public.denied() { // exceptions are ordered
		s.keys = s.sort(s.candidates, s.keys)
	}
	return nil
}

// askWildcard finds out whether the wildcard has the permission. It has not if
// nothing names it.
func (s *subjectList) askWildcard() error {
	if s.kind.Relation != "" {
		return nil
	}
	var ok bool
	if s.wildcard, ok = s.reader.ID(tuple.Object{Type: s.kind.Type, ID: tuple.Wildcard}); !ok {
		return nil
	}
	var err error
	s.public, err = s.check(tuple.Wildcard)
	return err
}

// check asks about a subject. The error is one that ends the list.
func (s *subjectList) check(id string) (verdict, error) {
	d, err := s.asker.Check(s.question(s.subject(id)))
	if err != nil && !ofOne(err) {
		return verdict{}, err
	}
	return verdict{d, err}, nil
}

// decide answers about one candidate. The error is one that ends the list.
func (s *subjectList) decide(c candidate) (verdict, error) {
	l := max(c.level, s.open)
	if l == kept {
		var err error
		if l, err = s.keep(c.id); err != nil {
			return verdict{}, err
		}
	}
	switch l {
	case certain:
		return verdict{decision: check.Allow()}, nil
	case unseen:
		return verdict{}, nil
	}
	return s.check(s.object(c.id).ID)
}

// list yields the entries behind an id.
func (s *subjectList) list(candidates []candidate, after string) error {
	var known []verdict // of candidates, if the wildcard is in the list
	if !s.public.denied() && after == "" {
		known = make([]verdict, len(candidates))
		var except []tuple.Subject
		for i, c := range candidates {
			var err error
			if known[i], err = s.decide(c); err != nil {
				return err
			}
			if !known[i].same(s.public) {
				except = append(except, s.subject(s.object(c.id).ID))
			}
		}
		if err := s.entry(tuple.Wildcard, s.public, except); err != nil {
			return err
		}
	}
	switch after {
	case "", tuple.Wildcard:
	default:
		candidates = s.behind(candidates, after)
	}
	for i, c := range candidates {
		var v verdict
		var err error
		if known != nil {
			v = known[i]
		} else if v, err = s.decide(c); err != nil {
			return err
		}
		if v.denied() || c.level == against && v.same(s.public) {
			continue
		}
		if err := s.entry(s.object(c.id).ID, v, nil); err != nil {
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
