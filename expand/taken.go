package expand

import (
	"slices"

	"github.com/baobab-authz/baobab/internal/index"
)

// Taken is whom the exclusions that a descent passed may take away: who is named on
// their right sides. It is found out little by little, so that it never costs
// much more than the checks that are made while it is not known: the right sides may be
// larger than all the rest. Caveats are left to the checks.
type taken struct {
	descender
	left   []exclusion // whose right sides are not begun yet
	single bool        // there is one exclusion, and whoever is certain here is denied for it
	known  bool        // all are found
	asked  int
}

// Steps that going down the right sides may take at first, for each candidate that
// it is needed for, and for each step that the graph took for a check instead.
const (
	takenFirst = 512
	takenEach  = 32
)

// keep returns the level of a candidate that is kept unless an exclusion takes it away:
// certain if none does, unseen if it is taken away for certain, or maybe.
func (s *subjectList) keep(id index.ID) (level, error) {
	if s.taken == nil {
		s.taken = s.beginTaken()
	}
	t := s.taken
	if t.asked++; !t.known {
		var err error
		if t.known, err = t.find(takenFirst + takenEach*t.asked + s.asker.Steps()); err != nil || !t.known {
			return maybe, err
		}
	}
	switch l := max(t.found.level(id, 0), t.open); {
	case l == unseen:
		return certain, nil
	case l == certain && t.single:
		return unseen, nil
	}
	return maybe, nil
}

// beginTaken begins to go down the right sides.
func (s *subjectList) beginTaken() *taken {
	t := &taken{descender: s.descender, left: s.exclusions}
	t.scratch, t.everywhere, t.open, t.exclusions = s.lister.begin(), false, unseen, nil
	t.single = !s.narrowed && !slices.ContainsFunc(s.exclusions, func(e exclusion) bool { return e != s.exclusions[0] })
	t.steps, t.looked, t.unasked = 0, 0, true
	return t
}

// find goes on until all are found, or about as many steps have been taken in all.
func (t *taken) find(limit int) (known bool, err error) {
	for {
		if known, err = t.run(limit); err != nil || !known || len(t.left) == 0 {
			return known, err
		}
		if t.steps >= limit {
			return false, nil
		}
		next := t.left[len(t.left)-1]
		t.left = t.left[:len(t.left)-1]
		if err := t.descend(next.object, next.excluded, certain); err != nil {
			return false, err
		}
	}
}
