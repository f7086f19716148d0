package expand

import (
	"container/list"
	"math"
	"strings"
	"sync"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// Pages keeps what was found for lists that are read in pages, so that the next page
// need not find it again. It has candidates, never answers: what has to be decided is
// decided for each page. Those that were used last stay, as many as its bytes allow.
//
// What it keeps is numbers, by a revision's own name: it holds no snapshot, and is
// right for whichever state of the revision comes along.
type pages struct {
	mu    sync.Mutex
	bytes int // that may be used
	used  int
	byKey map[pageKey]*list.Element
	order list.List // of *keptList, the last used first
}

// A pageKey says which list it is, of which revision. A revision says which tuples
// there are, as long as none expires.
type pageKey struct {
	generation *index.Generation
	revision   store.Revision
	about      tuple.Subject // whose objects, or the userset whose subjects they are
	relation   string        // that they are wanted for; of subjects, that of the usersets wanted
	typ        string
	objects    bool
	// everywhere is as in a descender, and so depends on what the state is given.
	everywhere bool
}

// Found is the candidates of a list, sorted, and what decides about them: of subjects
// what the descent found besides, and the plan that it followed.
type found struct {
	candidates []candidate
	plan       *descentPlan
	open       level
	exclusions []exclusion
	narrowed   bool
	// conditioned says that a condition was evaluated with what the state was given.
	conditioned bool
}

// A keptList is right for instants between two at which tuples expire.
type keptList struct {
	key         pageKey
	from, until int64 // in Unix microseconds; until is not among them
	found
}

const keptBytes = 512 // what an entry takes beside its candidates and names, about

// size returns how much memory the entry takes, about.
func (k *keptList) size() int {
	return keptBytes + 8*cap(k.candidates) + 16*cap(k.exclusions) +
		len(k.key.about.Type) + len(k.key.about.ID) + len(k.key.about.Relation) + len(k.key.relation) + len(k.key.typ)
}

// find returns what is kept for a page of a state, or nil.
func (p *pages) find(key pageKey, st *store.State, o *listOptions) *found {
	if p.bytes <= 0 || !o.paged() || !st.Committed() {
		return nil
	}
	instant := st.Reader().Instant()
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.byKey[key]
	if e == nil {
		return nil
	}
	k := e.Value.(*keptList)
	if instant < k.from || instant >= k.until || k.conditioned && len(st.Context()) > 0 {
		return nil
	}
	p.order.MoveToFront(e)
	return &k.found
}

// keep keeps what was found in a state, unless it is of no use for another page. It
// must not be changed any more.
func (p *pages) keep(key pageKey, st *store.State, f found) {
	if p.bytes <= 0 || !st.Committed() || f.conditioned && len(st.Context()) > 0 {
		return
	}
	k := &keptList{key: key.clone(), from: st.Reader().Instant(), until: math.MaxInt64, found: f}
	if next, ok := st.Reader().NextExpiry(); ok {
		k.until = next
	}
	if k.size() > p.bytes {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byKey == nil {
		p.byKey = map[pageKey]*list.Element{}
	}
	if e := p.byKey[key]; e != nil { // of another instant, or just found by another goroutine
		p.drop(e)
	}
	p.byKey[k.key] = p.order.PushFront(k)
	for p.used += k.size(); p.used > p.bytes; {
		p.drop(p.order.Back())
	}
}

// clone returns a key that keeps no more of its strings alive than they are.
func (k pageKey) clone() pageKey {
	for _, s := range []*string{&k.about.Type, &k.about.ID, &k.about.Relation, &k.relation, &k.typ} {
		*s = strings.Clone(*s)
	}
	return k
}

func (p *pages) drop(e *list.Element) {
	k := p.order.Remove(e).(*keptList)
	delete(p.byKey, k.key)
	p.used -= k.size()
}
