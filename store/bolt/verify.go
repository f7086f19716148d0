package bolt

import (
	"bytes"
	"errors"
	"io"
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
// [ErrInUse] at once if the file is in use. It costs 0.2 s per million tuples, and
// what the disk takes.
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
	decode   bool // everything, and not only what is needed
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
// be vouched for. If decode, then all tuples are decoded; else those of the commits since
// the generation, for fn.
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
	c := &contents{decode: decode, size: stat.Size(), tree: t, buckets: map[string]bucketRoot{}}
	if err := c.readRecord(); err != nil {
		return nil, err
	}
	if err := c.readGenerations(); err != nil {
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
func (c *contents) readGenerations() error {
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
	return c.readGeneration(nil)
}

// readGeneration reads the chunks of the generation, and gives them to fn if that is not nil.
func (c *contents) readGeneration(fn func(chunk []byte) error) error {
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
		n, err := countTuples(value, c.decode)
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
