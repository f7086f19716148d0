package expand

import "github.com/baobab-authz/baobab/internal/index"

// A scratch is the memory that a list works with, which serves the next one.
type scratch struct {
	goals      goals
	todo       []reached   // goals whose steps are not taken yet
	found      goals       // the subjects that were found, without a node
	scans      []scan      // relations whose tuples are not all read yet
	candidates []candidate // each with the level at which it was reached first
	page       []index.Key
	keys       []keyed
}

// Reached is a goal, and a level at which it was reached.
type reached struct {
	goal
	level level
}

// maxScratch is how much of each a scratch may have room for if it is kept: some
// megabytes in all.
const maxScratch = 1 << 16

// begin returns a scratch for a list.
func (l *Lister) begin() *scratch {
	s, _ := l.scratches.Get().(*scratch)
	if s == nil {
		s = &scratch{page: make([]index.Key, 0, pageKeys)}
	}
	s.goals.reset()
	s.found.reset()
	s.todo, s.scans, s.candidates = s.todo[:0], s.scans[:0], s.candidates[:0]
	return s
}

// end gives a scratch back. One that has grown large is left to the collector.
func (l *Lister) end(s *scratch) {
	if max(cap(s.goals.blocks), cap(s.found.blocks), cap(s.candidates), cap(s.todo), cap(s.scans)) <= maxScratch {
		l.scratches.Put(s)
	}
}
