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
	single bool // there is one exclusion, and whoever is certain here is denied for it
	known  bool // all are found
	asked  int
}

// keep returns the level of a candidate that is kept unless an exclusion takes it away:
// certain if none does, unseen if it is taken away for certain, or maybe.
func (s *subjectList) keep(id index.ID) (level, error) {
	if s.taken == nil {
		s.taken = s.beginTaken()
	}
	t := s.taken
	if t.asked++; !t.known {
		var err error
		if t.known, err = t.run(takenFirst + takenEach*t.asked + s.asker.Steps()); err != nil || !t.known {
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
	t := &taken{descender: s.descender}
	t.scratch, t.everywhere, t.open, t.right, t.exclusions = s.lister.begin(), false, unseen, s.exclusions, nil
	t.single = !s.narrowed && !slices.ContainsFunc(s.exclusions, func(e exclusion) bool { return e != s.exclusions[0] })
	t.steps, t.looked, t.unasked = 0, 0, true
	return t
}
