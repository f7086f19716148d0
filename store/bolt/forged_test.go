package bolt

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// forge makes a log with a state at 2, a large commit 3 and a commit 4, and changes it by bbolt,
// so that all its pages are in order, and what is in them is not.
func forge(t *testing.T, options *bbolt.Options, change func(tx *bbolt.Tx) error) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	log, err := Open(path, Options{compactBytes: 1})
	require.NoError(t, err)
	at, err := log.Head(t.Context())
	require.NoError(t, err)
	for i, note := range []string{"", "", strings.Repeat("n", 100_000), ""} {
		c := store.Commit{Parent: at, ID: store.NewCommitID(), Time: time.UnixMicro(0), Note: note,
			Added: []store.Stored{{Relationship: tuple.MustParseRelationship(fmt.Sprintf("a:%d#b@c:d", i))}}}
		c.Seal()
		require.NoError(t, log.Append(t.Context(), []store.Commit{c}))
		if at = c.Revision; i == 1 {
			require.NoError(t, log.Compact(t.Context(), 1))
		}
	}
	require.NoError(t, log.Close())
	db, err := bbolt.Open(path, 0, options)
	require.NoError(t, err)
	require.NoError(t, db.Update(change))
	require.NoError(t, db.Close())
	return path
}

func TestForged(t *testing.T) {
	put := func(bucket string, key []byte, value []byte) func(tx *bbolt.Tx) error {
		return func(tx *bbolt.Tx) error { return tx.Bucket([]byte(bucket)).Put(key, value) }
	}
	remove := func(bucket string, key []byte) func(tx *bbolt.Tx) error {
		return func(tx *bbolt.Tx) error { return tx.Bucket([]byte(bucket)).Delete(key) }
	}
	alter := func(f func(*record)) func(tx *bbolt.Tx) error {
		return func(tx *bbolt.Tx) error {
			r, err := decodeRecord(tx.Bucket([]byte(bucketLog)).Get([]byte(keyRecord)))
			f(&r)
			require.NoError(t, err)
			return putRecord(tx, r)
		}
	}
	state := string(generationName(1))
	alterInfo := func(f func(*info)) func(tx *bbolt.Tx) error {
		return func(tx *bbolt.Tx) error {
			i, err := decodeInfo(tx.Bucket([]byte(state)).Get([]byte(keyInfo)))
			f(&i)
			require.NoError(t, err)
			return tx.Bucket([]byte(state)).Put([]byte(keyInfo), i.encode())
		}
	}
	for how, c := range map[string]struct {
		says   string
		change func(tx *bbolt.Tx) error
	}{
		"a foreign bucket": {`"x" is not of a log`, func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("x")); return err }},
		"a bucket in a bucket": {"has a bucket", func(tx *bbolt.Tx) error {
			_, err := tx.Bucket([]byte(bucketParts)).CreateBucket([]byte("x"))
			return err
		}},
		"no bucket of commits":       {`the bucket "commits" is missing`, func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte(bucketCommits)) }},
		"no record":                  {"the record of the head is missing", remove(bucketLog, []byte(keyRecord))},
		"another record":             {`"x" is not a record`, put(bucketLog, []byte("x"), nil)},
		"no state, and base after 0": {"there is no state", alter(func(r *record) { r.generation = 0 })},
		"another state":              {"state 2, the one that counts, is missing", alter(func(r *record) { r.generation = 2 })},
		"a leftover with a bucket": {"has a bucket", func(tx *bbolt.Tx) error {
			b, _ := tx.CreateBucket(generationName(9))
			_, err := b.CreateBucket([]byte("x"))
			return err
		}},
		"the newest commit missing": {"the newest commit is", remove(bucketCommits, number(4))},
		"a commit missing":          {"commit 3 is missing", remove(bucketCommits, partsKey(3))},
		"no commit at all": {"which no commit has made", func(tx *bbolt.Tx) error {
			require.NoError(t, tx.DeleteBucket([]byte(bucketCommits)))
			_, err := tx.CreateBucket([]byte(bucketCommits))
			return err
		}},
		"a commit cut short": {"commit 4: ", put(bucketCommits, number(4), []byte("short"))},
		"a commit of elsewhere": {"the commit before is", func(tx *bbolt.Tx) error {
			c := store.Commit{Parent: store.NewHistory()}
			return tx.Bucket([]byte(bucketCommits)).Put(number(4), c.Seal())
		}},
		"a commit too many":          {"commit 5: ", put(bucketCommits, number(5), []byte("more"))},
		"a part missing":             {"commit 3: part 1 is missing", remove(bucketParts, partKey(3, 1))},
		"a part too many":            {"a part of a commit that has none", put(bucketParts, partKey(5, 0), nil)},
		"a length that is none":      {"commit 3: how long", put(bucketCommits, partsKey(3), []byte{0x80})},
		"a length that is too small": {"commit 3: it has", put(bucketCommits, partsKey(3), []byte{100})},
		"a part with a bucket": {"has a bucket", func(tx *bbolt.Tx) error {
			_, err := tx.Bucket([]byte(bucketParts)).CreateBucket(partKey(3, 2))
			return err
		}},
		"a chunk missing":  {"state 1: 0 tuples in 0 chunks", remove(state, number(0))},
		"a chunk too many": {"state 1: chunk 1 is missing", put(state, number(2), nil)},
		"a chunk that means nothing": {"state 1: chunk 0: 127 names", func(tx *bbolt.Tx) error {
			b := []byte("sum_\x01\x7f")
			placeChunk(b, 1, 0)
			return tx.Bucket([]byte(state)).Put(number(0), b)
		}},
		"something after the end":   {"after its end", put(state, []byte("z"), nil)},
		"no end":                    {"state 1: it has no end", remove(state, []byte(keyInfo))},
		"a broken end":              {"the check sum does not agree", put(state, []byte(keyInfo), []byte("broken"))},
		"fewer tuples than it says": {"it says that they are 3", alterInfo(func(i *info) { i.Tuples++ })},
		"a state of another log":    {"state 1: it is of", alterInfo(func(i *info) { i.Revision = store.NewHistory() })},
	} {
		t.Run(how, func(t *testing.T) {
			path := forge(t, &bbolt.Options{NoFreelistSync: true}, c.change)
			_, err := Open(path, Options{})
			require.ErrorIs(t, err, store.ErrCorruptLog)
			require.ErrorContains(t, err, c.says)
			_, err = Verify(path)
			require.ErrorIs(t, err, store.ErrCorruptLog)
		})
	}
	t.Run("a list of free pages", func(t *testing.T) {
		path := forge(t, nil, func(*bbolt.Tx) error { return nil })
		_, err := Open(path, Options{})
		require.ErrorIs(t, err, store.ErrCorruptLog)
		require.ErrorContains(t, err, "another program")
	})
	t.Run("nothing", func(t *testing.T) {
		path := forge(t, &bbolt.Options{NoFreelistSync: true}, func(*bbolt.Tx) error { return nil })
		log, err := Open(path, Options{})
		require.NoError(t, err)
		require.NoError(t, log.Close())
	})
}

// TestForgedMeta writes meta pages with a check sum that is right.
func TestForgedMeta(t *testing.T) {
	whole := forge(t, &bbolt.Options{NoFreelistSync: true}, func(*bbolt.Tx) error { return nil })
	file, err := os.ReadFile(whole)
	require.NoError(t, err)
	const size = 4096
	for how, c := range map[string]struct {
		says   string
		change func(page []byte)
	}{
		"another version":       {"it is of version 3", func(m []byte) { order.PutUint32(m[4:], 3) }},
		"pages of another size": {"pages of 5 bytes", func(m []byte) { order.PutUint32(m[8:], 5) }},
		"another transaction":   {"whose place is the other one", func(m []byte) { order.PutUint64(m[48:], order.Uint64(m[48:])+1) }},
		"a much later one":      {"of the transactions", func(m []byte) { order.PutUint64(m[48:], order.Uint64(m[48:])+10) }},
		"a page beyond the end": {"is asked for", func(m []byte) { order.PutUint64(m[16:], 1<<40) }},
		"more pages than there": {"should have", func(m []byte) { order.PutUint64(m[40:], 1<<40) }},
	} {
		t.Run(how, func(t *testing.T) {
			newest := 0
			if order.Uint64(file[size+16+48:]) > order.Uint64(file[16+48:]) {
				newest = 1
			}
			forged := append([]byte(nil), file...)
			m := forged[newest*size+16:]
			c.change(m)
			sum := fnv.New64a()
			_, _ = sum.Write(m[:metaSize])
			order.PutUint64(m[metaSize:], sum.Sum64())
			path := filepath.Join(t.TempDir(), "log")
			require.NoError(t, os.WriteFile(path, forged, 0o600))
			_, err := Open(path, Options{})
			require.ErrorIs(t, err, store.ErrCorruptLog)
			require.ErrorContains(t, err, c.says)
		})
	}
}

// TestPageRefuses reads pages that make no sense.
func TestPageRefuses(t *testing.T) {
	page := func(id uint64, kind, count uint16, rest ...uint32) []byte {
		b := make([]byte, pageHeader)
		order.PutUint64(b, id)
		order.PutUint16(b[8:], kind)
		order.PutUint16(b[10:], count)
		for _, n := range rest {
			b = order.AppendUint32(b, n)
		}
		return append(b, "key and value"...)
	}
	for says, data := range map[string][]byte{
		"it has 3 bytes":         []byte("abc"),
		"says that it is page 8": page(8, kindLeaf, 0),
		"of kind 0x10":           page(7, 0x10, 0),
		"leads nowhere":          page(7, kindBranch, 0),
		"9 elements in":          page(7, kindLeaf, 9),
		"unknown flags":          page(7, kindLeaf, 1, 6, 16, 3, 5),
		"is not within it":       page(7, kindLeaf, 1, 0, 16, 3, 500),
	} {
		p, err := parsePage(7, data)
		if err == nil {
			_, err = p.element(0)
		}
		require.ErrorContains(t, err, says)
	}
	for how, data := range map[string][]byte{
		"before the elements": page(7, kindLeaf, 1, 0, 15, 3, 5),
		"no key":              page(7, kindLeaf, 1, 0, 16, 0, 5),
		"beyond all numbers":  page(7, kindLeaf, 1, 0, 0xffffffff, 0xffffffff, 0xffffffff),
		"a branch beyond":     page(7, kindBranch, 1, 100, 3, 1, 0),
	} {
		p, err := parsePage(7, data)
		require.NoError(t, err, how)
		_, err = p.element(0)
		require.ErrorContains(t, err, "is not within it", how)
	}
	p, err := parsePage(7, page(7, kindLeaf, 1, 0, 16, 3, 5))
	require.NoError(t, err)
	e, err := p.element(0)
	require.NoError(t, err)
	require.Equal(t, "key", string(e.key))
	require.Equal(t, " and ", string(e.value))
	_, err = bucketOf(e)
	require.ErrorIs(t, err, store.ErrCorruptLog)

	tr := &tree{}
	branch := page(0, kindBranch, 1, 16, 3, 1, 0)
	require.ErrorContains(t, tr.each(bucketRoot{inline: branch}, nil), "a branch within a page")
	require.ErrorIs(t, tr.each(bucketRoot{inline: []byte("x")}, nil), store.ErrCorruptLog)
	two := binary.NativeEndian.AppendUint64(nil, 0)
	two = append(two, page(0, kindLeaf, 2, 0, 32, 1, 0, 0, 16, 1, 0)[8:]...)
	require.ErrorContains(t, tr.each(bucketRoot{inline: two}, func(element) error { return nil }), "is not in order")
}
