package bolt

import (
	"encoding/binary"

	"go.etcd.io/bbolt"
)

// bbolt writes a leaf as a whole, and puts up to four values on one however large they are.
// So a large commit goes into a bucket of its own, in parts, or each of the small ones
// after it would write it once more.
const (
	largeCommit = 16 << 10
	partSize    = 64 << 10
)

// partsKey is the key of a large commit; its value says how long it is.
func partsKey(position uint64) []byte { return append(number(position), 'p') }

// partKey is the key of one of its parts.
func partKey(position, n uint64) []byte { return append(number(position), number(n)...) }

// putCommit stores what was sealed.
func putCommit(tx *bbolt.Tx, position uint64, data []byte) error {
	commits := tx.Bucket([]byte(bucketCommits))
	commits.FillPercent = 1 // it only grows at its end
	if len(data) <= largeCommit {
		return commits.Put(number(position), data)
	}
	parts := tx.Bucket([]byte(bucketParts))
	parts.FillPercent = 1
	for i, rest := uint64(0), data; len(rest) > 0; i++ {
		n := min(partSize, len(rest))
		if err := parts.Put(partKey(position, i), rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return commits.Put(partsKey(position), binary.AppendUvarint(nil, uint64(len(data))))
}

// getCommits calls fn for what was sealed as the commit at a position, in memory of its own,
// and the ones after it, until fn returns false.
func getCommits(tx *bbolt.Tx, position uint64, fn func(position uint64, data []byte) bool) error {
	cursor := tx.Bucket([]byte(bucketCommits)).Cursor()
	parts := tx.Bucket([]byte(bucketParts)).Cursor()
	key, value := cursor.Seek(number(position))
	for ; ; position++ {
		if key == nil {
			return corrupt("commit %d is missing", position)
		}
		first := true
		data, err := wholeCommit(position, key, value, func() (part, error, bool) {
			var k, v []byte
			if first {
				k, v = parts.Seek(partKey(position, 0))
				first = false
			} else {
				k, v = parts.Next()
			}
			return part{k, v}, nil, k != nil
		})
		if err != nil {
			return err
		}
		if !fn(position, data) {
			return nil
		}
		key, value = cursor.Next()
	}
}

// dropCommits deletes up to n commits up to a position, from the oldest on, and returns the
// position of the last one.
func dropCommits(tx *bbolt.Tx, upTo uint64, n int) (last uint64, err error) {
	cursor := tx.Bucket([]byte(bucketCommits)).Cursor()
	parts := tx.Bucket([]byte(bucketParts)).Cursor()
	for key, _ := cursor.First(); key != nil && n > 0; key, _ = cursor.First() {
		position := binary.BigEndian.Uint64(key)
		if position > upTo {
			break
		}
		large := len(key) > len(number(position))
		if err := cursor.Delete(); err != nil {
			return last, err
		}
		last = position
		n--
		if !large {
			continue
		}
		for k, _ := parts.First(); k != nil && binary.BigEndian.Uint64(k) <= position; k, _ = parts.First() {
			if err := parts.Delete(); err != nil {
				return last, err
			}
			n--
		}
	}
	return last, nil
}
