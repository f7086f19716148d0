package store

import (
	"context"
	"iter"

	"github.com/baobab-authz/baobab/tuple"
)

// chunk is how many relationships of a sequence are kept together.
const chunk = 1024

// Import stores all relationships of a sequence in one transaction, replacing what
// qualifies those that are there. An error in the sequence ends it, and then nothing
// is stored. A nil sequence is an empty one. The errors are those of [Store.Update]
// and [Tx.Touch], and the context's.
//
// The sequence is gone through before the turn to write is taken, so it may take its
// time, and all of it is in memory then: 144 bytes a relationship until the commit.
// Into a store that has no more tuples than are imported it costs less than a
// microsecond a tuple, and leaves the trees half as large as single commits do.
func (s *Store) Import(ctx context.Context, rels iter.Seq2[tuple.Relationship, error]) (Revision, error) {
	var chunks [][]tuple.Relationship
	if rels != nil {
		for rel, err := range rels {
			if err != nil {
				return Revision{}, err
			}
			last := len(chunks) - 1
			if last < 0 || len(chunks[last]) == chunk {
				if err := ctx.Err(); err != nil {
					return Revision{}, err
				}
				chunks = append(chunks, make([]tuple.Relationship, 0, chunk))
				last++
			}
			chunks[last] = append(chunks[last], rel)
		}
	}
	return s.Update(ctx, func(tx *Tx) error { return tx.put(false, chunks...) })
}
