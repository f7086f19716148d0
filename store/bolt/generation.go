package bolt

import (
	"go.etcd.io/bbolt"
)

// flushSize is how much of a generation is written in one transaction: so long an Append may
// have to wait.
const flushSize = 1 << 20

// A generationWriter writes a generation, in many transactions.
type generationWriter struct {
	write   func(func(*bbolt.Tx) error) error
	n       uint64
	info    info // so far
	pending [][]byte
	size    int
}

// add adds a chunk, and keeps it.
func (g *generationWriter) add(chunk []byte, tuples uint64) error {
	placeChunk(chunk, g.n, g.info.Chunks)
	g.info.Chunks++
	g.info.Tuples += tuples
	g.info.Bytes += uint64(len(chunk))
	g.pending = append(g.pending, chunk)
	if g.size += len(chunk); g.size < flushSize {
		return nil
	}
	return g.flush(false)
}

// flush writes what there is, and the info if that was all.
func (g *generationWriter) flush(end bool) error {
	err := g.write(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(generationName(g.n))
		if err != nil {
			return err
		}
		b.FillPercent = 1
		first := g.info.Chunks - uint64(len(g.pending))
		for i, chunk := range g.pending {
			if err := b.Put(number(first+uint64(i)), chunk); err != nil {
				return err
			}
		}
		if end {
			return b.Put([]byte(keyInfo), g.info.encode())
		}
		return nil
	})
	clear(g.pending)
	g.pending, g.size = g.pending[:0], 0
	return err
}

// deleteGeneration deletes one, whole or in part.
func deleteGeneration(tx *bbolt.Tx, n uint64) error {
	if tx.Bucket(generationName(n)) == nil {
		return nil
	}
	return tx.DeleteBucket(generationName(n))
}
