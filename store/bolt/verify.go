package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"iter"
	"os"

	"github.com/baobab-authz/baobab/store"
)

// A Report is what [Verify] has found.
type Report struct {
	Head    store.Revision // the newest commit
	Base    store.Revision // the commits after it are in the file
	Commits uint64         // how many those are
	Bytes   int64          // of the file

	State       store.Revision // of the compacted state: the tuples are kept as they were at it
	StateTuples uint64         // how many it has
	StateBytes  uint64         // what they take

	// Cut, if not nil, is why [Repair] took no commits after Head. It is nil from Verify.
	Cut error
}

// Verify reads all of a file that no process has open for writing, and changes nothing. What
// [Open] verifies it verifies as well, and beyond that decodes every tuple. The error
// is [store.ErrCorruptLog] if something is wrong, and says where and what;
// [ErrInUse] at once if the file is in use. It costs about a second per million tuples.
func Verify(path string) (Report, error) {
	f, err := os.Open(path)
	if err != nil {
		return Report{}, err
	}
	defer f.Close()
	if inUse, err := tryLock(f, true); err != nil || inUse {
		if inUse {
			err = ErrInUse
		}
		return Report{}, in(path, err)
	}
	c, err := verifyFile(f, readMetas, true, func(*store.Commit) {})
	if err != nil {
		return Report{}, in(path, err)
	}
	return c.report(), nil
}

// contents are what is in a file, as far as they are not the tuples themselves.
type contents struct {
	record
	info     info   // of the generation, or of position 0
	newest   newest // at the head
	since    uint64 // bytes of the commits after the generation
	leftover []uint64
	size     int64
	tree     *tree
	buckets  map[string]bucketRoot
	reached  store.Revision // of the last commit that follows from those before, if the generation does too
	cut      error
}

// errStop ends going through a bucket.
var errStop = errors.New("enough")

// newest is what a snapshot at a head needs of the commits before.
type newest struct {
	time   int64
	schema string
}

func (c *contents) report() Report {
	return Report{
		Head: c.head, Base: c.base, Commits: c.head.Position() - c.base.Position(), Bytes: c.size,
		State: c.info.Revision, StateTuples: c.info.Tuples, StateBytes: c.info.Bytes, Cut: c.cut,
	}
}

// verifyFile reads the whole file, without bbolt, and returns what is in it or why it cannot
// be vouched for. If decode, then the tuples of chunks are decoded too.
func verifyFile(f *os.File, metas func(io.ReaderAt) (meta, error), decode bool, fn func(*store.Commit)) (*contents, error) {
	stat, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if stat.Size() == 0 {
		return nil, corrupt("the file is empty: a new log is made where there is no file")
	}
	m, err := metas(f)
	if err != nil {
		return nil, err
	}
	t, err := openTree(f, stat.Size(), m)
	if err != nil {
		return nil, err
	}
	c := &contents{size: stat.Size(), tree: t, buckets: map[string]bucketRoot{}}
	if err := c.readRecord(); err != nil {
		return nil, err
	}
	if err := c.readGenerations(decode); err != nil {
		return nil, err
	}
	return c, c.readCommits(fn)
}

// readRecord finds the buckets and reads the record.
func (c *contents) readRecord() error {
	err := c.tree.each(c.tree.root(), func(e element) error {
		name := string(e.key)
		n, isGeneration := generationNumber(e.key)
		switch {
		case !e.bucket || name != bucketLog && name != bucketCommits && name != bucketParts && !isGeneration:
			return corrupt("%q is not of a log", name)
		case isGeneration:
			c.leftover = append(c.leftover, n)
		}
		root, err := bucketOf(e)
		c.buckets[name] = root
		return err
	})
	if err != nil {
		return err
	}
	for _, name := range []string{bucketLog, bucketCommits, bucketParts} {
		if _, ok := c.buckets[name]; !ok {
			return corrupt("the bucket %q is missing", name)
		}
	}
	found := false
	err = c.values(bucketLog, func(key, value []byte) error {
		if string(key) != keyRecord {
			return corrupt("%q is not a record of a log", key)
		}
		found = true
		c.record, err = decodeRecord(value)
		return err
	})
	if err == nil && !found {
		err = corrupt("the record of the head is missing")
	}
	return err
}

// values calls fn for all of a bucket that has no other buckets in it.
func (c *contents) values(bucket string, fn func(key, value []byte) error) error {
	return c.tree.each(c.buckets[bucket], func(e element) error {
		if e.bucket {
			return corrupt("bucket %q has a bucket %q in it", bucket, e.key)
		}
		return fn(e.key, e.value)
	})
}

// readGenerations reads the one that counts, and goes through the pages of the others, as
// bbolt will.
func (c *contents) readGenerations(decode bool) error {
	var leftover []uint64
	found := false
	for _, n := range c.leftover {
		if n == c.generation {
			found = true
			continue
		}
		leftover = append(leftover, n)
		if err := c.values(string(generationName(n)), func(_, _ []byte) error { return nil }); err != nil {
			return err
		}
	}
	c.leftover = leftover
	if c.generation == 0 {
		c.info = info{Revision: c.base}
		if c.base.Position() != 0 {
			return corrupt("there is no state, and the commits begin after position %d", c.base.Position())
		}
		return nil
	}
	if !found {
		return corrupt("state %d, the one that counts, is missing", c.generation)
	}
	return c.readGeneration(decode, nil)
}

// readGeneration reads the chunks of the generation, and gives them to fn if that is not nil.
func (c *contents) readGeneration(decode bool, fn func(chunk []byte) error) error {
	var sum info
	found := false
	err := c.values(string(generationName(c.generation)), func(key, value []byte) (err error) {
		if found {
			return corrupt("state %d: %q after its end", c.generation, key)
		}
		if string(key) == keyInfo {
			found = true
			c.info, err = decodeInfo(value)
			return err
		}
		if !bytes.Equal(key, number(sum.Chunks)) {
			return corrupt("state %d: chunk %d is missing", c.generation, sum.Chunks)
		}
		if err := checkChunk(value, c.generation, sum.Chunks); err != nil {
			return err
		}
		n, err := countTuples(value, decode)
		if err != nil {
			return corrupt("state %d: chunk %d: %w", c.generation, sum.Chunks, err)
		}
		sum.Chunks, sum.Tuples, sum.Bytes = sum.Chunks+1, sum.Tuples+n, sum.Bytes+uint64(len(value))
		if fn != nil {
			return fn(value)
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case !found:
		return corrupt("state %d: it has no end", c.generation)
	case c.info.Chunks != sum.Chunks || c.info.Tuples != sum.Tuples || c.info.Bytes != sum.Bytes:
		return corrupt("state %d: %d tuples in %d chunks, and it says that they are %d in %d", c.generation, sum.Tuples, sum.Chunks, c.info.Tuples, c.info.Chunks)
	case !c.info.Revision.SameHistory(c.head) || c.info.Revision.Position() < c.base.Position() || c.info.Revision.Position() > c.head.Position():
		return corrupt("state %d: it is of %s, and the commits are those from %s to %s", c.generation, c.info.Revision, c.base, c.head)
	}
	return nil
}

// countTuples returns how many tuples a chunk has.
func countTuples(chunk []byte, decode bool) (uint64, error) {
	r := readChunk(string(chunk))
	n := r.count
	if decode {
		for s := (store.Stored{}); r.next(&s); {
		}
	}
	return n, r.err
}

// readCommits reads all commits: each follows from the one before, none is missing, and the
// last one is the head. It calls fn for those after the generation.
func (c *contents) readCommits(fn func(*store.Commit)) error {
	c.newest, c.since = newest{c.info.Time, string(c.info.Schema)}, 0
	parts, stop := iter.Pull2(c.parts())
	defer stop()
	at := c.base
	passed := at == c.info.Revision
	if passed {
		c.reached = at
	}
	err := c.values(bucketCommits, func(key, value []byte) error {
		data, err := wholeCommit(at.Position()+1, key, value, parts)
		if err != nil {
			return err
		}
		commit, err := follow(at, data)
		if err != nil {
			return err
		}
		at = commit.Revision
		if !passed {
			if passed = at == c.info.Revision; passed {
				c.reached = at
			}
			return nil
		}
		c.reached = at
		c.since += uint64(len(data))
		c.newest.time = commit.Time.UnixMicro()
		if commit.Schema != "" {
			c.newest.schema = commit.Schema
		}
		fn(&commit)
		return nil
	})
	if err == nil && !passed {
		err = corrupt("state %d: it is of %s, which no commit has made", c.generation, c.info.Revision)
	}
	if err == nil && at != c.head {
		err = corrupt("the newest commit is %s, and should be %s", at, c.head)
	}
	if err == nil {
		if p, err, ok := parts(); ok {
			if err != nil {
				return err
			}
			return corrupt("a part of a commit that has none: %x", p.key)
		}
	}
	return err
}

// follow decodes the commit after a revision.
func follow(at store.Revision, data []byte) (store.Commit, error) {
	commit, err := store.DecodeCommit(data)
	if err == nil && commit.Parent != at {
		err = corrupt("it follows %s, and the commit before is %s", commit.Parent, at)
	}
	if err != nil {
		return store.Commit{}, corrupt("commit %d: %w", at.Position()+1, err)
	}
	return commit, nil
}

type part struct{ key, data []byte }

// parts are those of all large commits.
func (c *contents) parts() iter.Seq2[part, error] {
	return func(yield func(part, error) bool) {
		err := c.values(bucketParts, func(key, value []byte) error {
			if !yield(part{key, value}, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && err != errStop {
			yield(part{}, err)
		}
	}
}

// wholeCommit returns what was sealed: the value under a key, or its parts put together.
func wholeCommit(position uint64, key, value []byte, parts func() (part, error, bool)) ([]byte, error) {
	if bytes.Equal(key, number(position)) {
		return bytes.Clone(value), nil
	}
	if !bytes.Equal(key, partsKey(position)) {
		return nil, corrupt("commit %d is missing", position)
	}
	size, n := binary.Uvarint(value)
	if n != len(value) {
		return nil, corrupt("commit %d: how long it is cannot be read", position)
	}
	var data []byte
	for i := uint64(0); uint64(len(data)) < size; i++ {
		p, err, ok := parts()
		if err != nil {
			return nil, err
		}
		if !ok || !bytes.Equal(p.key, partKey(position, i)) {
			return nil, corrupt("commit %d: part %d is missing", position, i)
		}
		data = append(data, p.data...)
	}
	if uint64(len(data)) != size {
		return nil, corrupt("commit %d: it has %d bytes, and should have %d", position, len(data), size)
	}
	return data, nil
}
