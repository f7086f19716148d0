package check

import (
	"hash/maphash"
	"math"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/baobab-authz/baobab/internal/index"
)

// A Cache keeps decisions that took a search, so that the same question is
// answered again without one. It may serve several evaluators, which then share its
// bytes and nothing else. It is safe for use by many goroutines.
//
// A kept decision is the answer for a state exactly if, since it was found, no
// tuple of a relation that its rule can reach has changed, and none that the search
// looked at has expired; otherwise it is not used. There is no time to live, and
// what changes elsewhere empties nothing. What is used least recently goes first.
type Cache struct {
	shards []cacheShard
	seed   maphash.Seed
	plans  atomic.Uint64 // numbers that were given to plans
}

// A cacheShard is what one lock guards, which a Get needs too, since it changes the
// order of use.
type cacheShard struct {
	mu           sync.Mutex
	lru          *simplelru.LRU[resultKey, result]
	bytes, limit int64
	met          []uint32 // marks of questions that were searched, by their hash
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
	maxShards  = 64
	shardBytes = 1 << 16 // at least, if there are several
	// resultBytes is what a result takes beside its strings: the entry of the list,
	// 144 bytes, and its part of a map that is on the average two thirds full.
	resultBytes = 144 + 112
	// perMark is how many bytes of a cache there are for each mark of a question.
	perMark = 128
)

// NewCache returns a cache that takes about as many bytes as that at most.
func NewCache(bytes int64) *Cache {
	n := 1
	for n < maxShards && bytes >= int64(2*n)*shardBytes {
		n *= 2
	}
	c := &Cache{shards: make([]cacheShard, n), seed: maphash.MakeSeed()}
	for i := range c.shards {
		c.shards[i].lru, _ = simplelru.NewLRU[resultKey, result](math.MaxInt, nil) // it is bytes that bound it
		s := &c.shards[i]
		s.met = make([]uint32, 1+min(bytes/int64(n)/perMark, 1<<16))
		s.limit = bytes/int64(n) - int64(4*len(s.met))
	}
	return c
}

// newPlan returns a number that no other plan has.
func (c *Cache) newPlan() uint64 { return c.plans.Add(1) }

func (c *Cache) shard(k *resultKey) *cacheShard {
	h := (uint64(k.object)<<32 | uint64(k.subject)) ^ k.plan<<48 ^ uint64(k.relation)<<24
	return &c.shards[h*0x9e3779b97f4a7c15>>32&uint64(len(c.shards)-1)]
}

// find returns the decision of a question in a state, if it is kept and right.
func (c *Cache) find(k *resultKey, epoch uint64, instant int64) (Decision, bool) {
	s := c.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.lru.Get(*k)
	if !ok || r.epoch != epoch || instant < r.from || instant >= r.until {
		return Decision{}, false
	}
	s.hits++
	return r.decision, true
}

// keep keeps a decision in place of another of the same question, and reports
// whether it did. One that is new is only kept at once if that is said; otherwise if
// the question was met before, so that those that nobody asks again cost little and
// displace nothing.
func (c *Cache) keep(k *resultKey, r result, atOnce bool) bool {
	s := c.shard(k)
	size, h := bytesOf(k, &r), maphash.Comparable(c.seed, *k)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.searched++
	if size > s.limit {
		return false
	}
	if old, ok := s.lru.Peek(*k); ok {
		s.bytes -= bytesOf(k, &old)
	} else if met := &s.met[h%uint64(len(s.met))]; !atOnce && *met != uint32(h>>32) {
		*met = uint32(h >> 32)
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

func bytesOf(k *resultKey, r *result) int64 {
	return resultBytes + int64((len(k.given)+15)&^15+(len(r.decision.missing)+15)&^15)
}

// CacheStats are figures about a [Cache] at one moment.
type CacheStats struct {
	Entries int   // decisions that are kept
	Bytes   int64 // estimated, of these
	Hits    uint64
	Misses  uint64 // questions that were searched although they might have been kept
	Refused uint64 // of these, decided too cheaply to be kept
}

// Stats returns figures about the cache. It costs a lock for each of its parts, of
// which there are 64 at most.
func (c *Cache) Stats() CacheStats {
	var st CacheStats
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		st.Entries += s.lru.Len()
		st.Bytes += s.bytes
		st.Hits += s.hits
		s.mu.Unlock()
		st.Misses += s.searched
		st.Refused += s.refused.Load()
	}
	st.Misses += st.Refused
	return st
}
