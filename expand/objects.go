package expand

import (
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// Objects returns the objects of a type that a subject has a permission on, or a
// relation to, in the order of their ids. docs/SEMANTICS.md says exactly which:
// those that [check.Evaluator.Check] does not deny. What is conditional is marked
// so; what is an error for one object, [check.ErrCycle], [check.ErrCondition] or
// [check.ErrBudget], is in the list as that error beside the object, and the list goes on.
//
// Any other error ends the list, after which nothing more is said, and has no
// object: that of the state, of a malformed subject, [schema.ErrUnknownType] and
// [schema.ErrUnknownRelation], [ErrCursor], and the context's. A list that ends without an error is complete.
//
// It goes from the subject up to all objects that it leads to, with a time and
// memory linear in them, before the first entry; then it decides those for which
// an intersection, an exclusion, an arrow over all or a caveat stands on the way,
// one by one as the loop arrives there. A loop that breaks has no further cost.
// A page behind another of the same state does not go up again (see the package
// comment). [Unordered] entries come on the way up, as soon as they are certain, so that a loop
// that breaks early does not go all the way.
func (l *Lister) Objects(ctx context.Context, st *store.State, subject tuple.Subject, permission, objectType string, options ...ListOption) iter.Seq2[ObjectAnswer, error] {
	return func(yield func(ObjectAnswer, error) bool) {
		o, err := readOptions(st, options)
		if err == nil {
			err = validType("objects", objectType)
		}
		if err == nil {
			err = askable(st, tuple.New(tuple.Object{Type: objectType, ID: anyID}, permission, subject))
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			yield(ObjectAnswer{}, err)
			return
		}
		s := objectList{listOptions: o, subject: subject, permission: permission, typ: objectType, yield: yield}
		s.scratch, s.asker = l.begin(), l.evaluator.Asker(ctx, st)
		defer func() {
			l.end(s.scratch)
			s.asker.Close()
		}()
		s.ctx, s.reader, s.own = ctx, st.Reader(), subject.Object
		s.plan = planned(l, planKey{st.Schema(), s.reader.Dict().Generation(), true, objectType, permission}, func() *climbPlan {
			return newClimbPlan(st.Schema(), s.reader, objectType, permission)
		})
		if o.unordered {
			err = s.stream()
		} else {
			err = s.sorted(l, st)
		}
		if err != nil && !errors.Is(err, errStop) {
			yield(ObjectAnswer{}, err)
		}
	}
}

// An objectList is the work on one list of objects.
type objectList struct {
	climb
	listOptions
	subject    tuple.Subject
	permission string
	typ        string // of the objects
	yield      func(ObjectAnswer, error) bool
	listed     int
}

// errStop ends a list that needs no more entries.
var errStop = errors.New("stop")

// sorted yields the entries in the order of their ids. It returns errStop when there
// shall be no more, and another error when there cannot be; so does stream.
func (s *objectList) sorted(l *Lister, st *store.State) error {
	key := pageKey{generation: s.reader.Dict().Generation(), revision: st.Revision(), about: s.subject, relation: s.permission, typ: s.typ, objects: true}
	var candidates []candidate
	if before := l.pages.find(key, st, &s.listOptions); before != nil {
		candidates = before.candidates
	} else if err := s.search(); err != nil {
		return err
	} else if candidates = s.candidates; s.another(len(candidates)) {
		l.pages.keep(key, st, found{candidates: slices.Clone(candidates), conditioned: s.conditioned})
	}
	for _, c := range s.behind(candidates, s.after.Last) {
		if err := s.entry(c); err != nil {
			return err
		}
	}
	return nil
}

// search finds all candidates, and sorts them.
func (s *objectList) search() error {
	if err := s.begin(s.subject); err != nil {
		return err
	}
	for more := true; more; {
		var err error
		if more, err = s.climb.climb(); err != nil {
			return err
		}
	}
	for i := range s.candidates {
		s.raise(&s.candidates[i])
	}
	s.keys = s.sort(s.candidates, s.keys)
	return nil
}

// raise sees to it that a candidate has its level: it may have been reached again.
func (s *objectList) raise(c *candidate) {
	if c.level != certain {
		c.level = s.goals.level(c.id, s.plan.target)
	}
}

// stream yields what is certain on the way up, and decides the rest behind it.
func (s *objectList) stream() error {
	if err := s.begin(s.subject); err != nil {
		return err
	}
	uncertain := 0 // at the beginning of the candidates
	for more := true; more; {
		for _, c := range s.candidates[uncertain:] {
			if c.level != certain { // it may yet become so
				s.candidates[uncertain] = c
				uncertain++
			} else if err := s.entry(c); err != nil {
				return err
			}
		}
		s.candidates = s.candidates[:uncertain]
		var err error
		if more, err = s.climb.climb(); err != nil {
			return err
		}
	}
	for _, c := range s.candidates {
		s.raise(&c)
		if err := s.entry(c); err != nil {
			return err
		}
	}
	return nil
}

// entry yields a candidate, unless it has to be decided and is denied.
func (s *objectList) entry(c candidate) error {
	o := s.object(c.id)
	d, err := check.Allow(), error(nil)
	if c.level != certain {
		d, err = s.asker.Check(tuple.New(o, s.permission, s.subject))
		switch {
		case err != nil && !ofOne(err):
			return err
		case err == nil && d.Denied():
			return nil
		}
	}
	if s.listed++; !s.yield(ObjectAnswer{o, d}, err) || s.listed == s.limit {
		return errStop
	}
	return nil
}
