package check

import (
	"hash/maphash"
	"math"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/baobab-authz/baobab/internal/index"
)

// A Cache keeps what questions find out: the groups that subjects are in (closures),
// and decisions that took some time, so that the same question is answered again
// without it. It may serve several evaluators, which then share its bytes and
// nothing else. It is safe for use by many goroutines. Three quarters of its bytes are
// for closures, a quarter for decisions.
//
// A kept decision is the answer for a state exactly if no tuple of a relation that
// its rule can reach has changed since it was found, and none that mattered has
// expired; otherwise it is not used. There is no time to live, and what changes
// elsewhere empties nothing. What was not used for the longest time goes first.
type Cache struct {
	memo   *memo
	limit  int64 // of decisions
	seed   maphash.Seed
	plans  atomic.Uint64                // numbers that were given to plans
	shards atomic.Pointer[[]cacheShard] // nil as long as nothing is kept
}

// A cacheShard is what one lock guards, which a Get needs too, since it changes the
// order of use.
type cacheShard struct {
	mu           sync.Mutex
	lru          *simplelru.LRU[resultKey, result] // nil as long as it is empty
	met          []uint16                          // marks of questions that were searched, by their hash
	bytes, limit int64
	hits         uint64
	searched     uint64 // for what was worth to be kept
	refused      atomic.Uint64
	_            [64]byte // so that two locks do not share a line of the processor's cache
}

// A resultKey is a question of a plan. Nothing in it is a hash: two questions never
// have the same.
type resultKey struct {
	plan                      uint64 // its number: a schema and a dictionary
	object, subject           index.ID
	relation, subjectRelation index.Name
	given                     string // the values that caveats on the way might read
}

// A result is a decision and when it is right.
type result struct {
	epoch       uint64 // of the relations that the rule can reach
	from, until int64  // instants, in Unix microseconds; the second is the first of no more
	decision    Decision
}

const (
	maxShards  = 32
	shardBytes = 1 << 16 // at least, if there are several
	// resultBytes is what a result takes beside its strings: the entry of the list,
	// 144 bytes, and its part of a map that is on the average two thirds full.
	resultBytes = 144 + 112
)

// NewCache returns a cache that takes about as many bytes as that at most. It takes
// them as they are needed.
func NewCache(bytes int64) *Cache {
	return &Cache{memo: newMemo(bytes - bytes/4), limit: bytes / 4, seed: maphash.MakeSeed()}
}

// newPlan returns a number that no other plan has.
func (c *Cache) newPlan() uint64 { return c.plans.Add(1) }

// shard returns the shard of a question.
func (c *Cache) shard(k *resultKey) *cacheShard {
	shards := c.shards.Load()
	if shards == nil {
		c.shards.CompareAndSwap(nil, c.newShards())
		shards = c.shards.Load()
	}
	h := (uint64(k.object)<<32 | uint64(k.subject)) ^ k.plan<<48 ^ uint64(k.relation)<<24
	return &(*shards)[h*0x9e3779b97f4a7c15>>32&uint64(len(*shards)-1)]
}

func (c *Cache) newShards() *[]cacheShard {
	n := 1
	for n < maxShards && c.limit >= int64(2*n)*shardBytes {
		n *= 2
	}
	shards := make([]cacheShard, n)
	for i := range shards {
		shards[i].limit = c.limit / int64(n)
	}
	return &shards
}

// open makes room for what is kept: a mark for each result that there could be.
func (s *cacheShard) open() {
	s.lru, _ = simplelru.NewLRU[resultKey, result](math.MaxInt, nil) // it is bytes that bound it
	s.met = make([]uint16, 1+min(max(0, s.limit)/resultBytes, 1<<16))
	s.limit -= int64(2 * len(s.met))
}

// find returns the decision of a question in a state, if it is kept and right.
func (c *Cache) find(k *resultKey, epoch uint64, instant int64) (Decision, bool) {
	s := c.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lru == nil {
		return Decision{}, false
	}
	r, ok := s.lru.Get(*k)
	if !ok || r.epoch != epoch || instant < r.from || instant >= r.until {
		return Decision{}, false
	}
	s.hits++
	return r.decision, true
}

// keep keeps a decision in place of another of the same question, and reports
// whether it did. One that is new is kept at once if that is said, and otherwise if
// the question was met before: those that nobody asks again cost little, and
// displace nothing.
func (c *Cache) keep(k *resultKey, r result, atOnce bool) bool {
	s := c.shard(k)
	size, h := bytesOf(k, &r), maphash.Comparable(c.seed, *k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lru == nil {
		s.open()
	}
	s.searched++
	if size > s.limit {
		return false
	}
	if old, ok := s.lru.Peek(*k); ok {
		s.bytes -= bytesOf(k, &old)
	} else if met := &s.met[h%uint64(len(s.met))]; !atOnce && *met != uint16(h>>48) {
		*met = uint16(h >> 48)
		return false
	}
	s.lru.Add(*k, r)
	for s.bytes += size; s.bytes > s.limit; {
		key, old, _ := s.lru.RemoveOldest()
		s.bytes -= bytesOf(&key, &old)
	}
	return true
}

// refuse counts a decision that was too cheap to be kept.
func (c *Cache) refuse(k *resultKey) { c.shard(k).refused.Add(1) }

// bytesOf returns what a result takes.
func bytesOf(k *resultKey, r *result) int64 {
	return resultBytes + allocated(k.given) + allocated(r.decision.missing)
}

// allocated is about what the allocator takes for a string.
func allocated(s string) int64 { return int64(len(s)+15) &^ 15 }

// CacheStats are figures about a [Cache] at one moment.
type CacheStats struct {
	Closures     int    // subjects of which the groups are kept that they are in
	ClosureBytes int64  // of these, with the table that leads to them
	Found        uint64 // closures that had to be found

	Entries int    // decisions that are kept
	Bytes   int64  // estimated, of these
	Hits    uint64 // questions that were answered by them
	Misses  uint64 // questions that were decided although they could have been kept
	Refused uint64 // of these, too cheap to be kept
}

// Stats returns figures about the cache. It takes each of its locks, of which there
// are 32.
func (c *Cache) Stats() CacheStats {
	st := CacheStats{Closures: int(c.memo.kept.Load()), ClosureBytes: c.memo.bytes.Load(), Found: c.memo.found.Load()}
	shards := c.shards.Load()
	if shards == nil {
		return st
	}
	for i := range *shards {
		s := &(*shards)[i]
		s.mu.Lock()
		if s.lru != nil {
			st.Entries += s.lru.Len()
		}
		st.Bytes += s.bytes
		st.Hits += s.hits
		st.Misses += s.searched
		s.mu.Unlock()
		st.Refused += s.refused.Load()
	}
	st.Misses += st.Refused
	return st
}
