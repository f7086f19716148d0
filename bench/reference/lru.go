package reference

import (
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// LRU is a golang-lru cache of random 16-byte keys.
type LRU struct {
	cache *lru.Cache[Key, bool]
	ask   []Key
}

// NewLRU returns a full cache of n keys, which is asked for probes different ones.
func NewLRU(n, probes int) (*LRU, error) {
	cache, err := lru.New[Key, bool](n)
	if err != nil {
		return nil, err
	}
	all := keys(1, n)
	for _, k := range all {
		cache.Add(k, true)
	}
	return &LRU{cache: cache, ask: asked(all, probes)}, nil
}

// Get samples a Get of a random key.
func (l *LRU) Get() float64 {
	found := 0
	from := time.Now()
	for _, k := range l.ask {
		if v, ok := l.cache.Get(k); ok && v {
			found++
		}
	}
	return perItem(from, found)
}
