package bolt

import (
	"bytes"
	"encoding/binary"
	"iter"

	"github.com/baobab-authz/baobab/store"
)

// A chain is the commits of a file, as far as they were read.
type chain struct {
	c       *contents
	at      store.Revision // of the last one
	inState bool           // the state has it, or made it
	fn      func(*store.Commit)
}

// readCommits reads all commits: each follows from the one before, none is missing, and the
// last one is the head. It calls fn for those after the generation.
func (c *contents) readCommits(fn func(*store.Commit)) error {
	c.newest, c.since = newest{c.info.Time, string(c.info.Schema)}, 0
	parts, stop := iter.Pull2(c.parts())
	defer stop()
	ch := chain{c: c, at: c.base, inState: c.base != c.info.Revision, fn: fn}
	if !ch.inState {
		c.reached = ch.at
	}
	err := c.values(bucketCommits, func(key, value []byte) error {
		data, err := wholeCommit(ch.at.Position()+1, key, value, parts)
		if err == nil {
			err = ch.add(data)
		}
		return err
	})
	if err != nil {
		return err
	}
	return ch.end(parts)
}

// add reads the commit that follows. One that is in the state need not be decoded.
func (ch *chain) add(data []byte) (err error) {
	var commit store.Commit
	if ch.inState && !ch.c.decode {
		commit.Parent, commit.Revision, err = store.CommitRevisions(data)
	} else {
		commit, err = store.DecodeCommit(data)
	}
	if err == nil && commit.Parent != ch.at {
		err = corrupt("it follows %s, and the commit before is %s", commit.Parent, ch.at)
	}
	if err != nil {
		return corrupt("commit %d: %w", ch.at.Position()+1, err)
	}
	ch.at = commit.Revision
	if ch.inState {
		ch.inState = ch.at != ch.c.info.Revision
	} else {
		ch.since(&commit, len(data))
	}
	if !ch.inState {
		ch.c.reached = ch.at
	}
	return nil
}

// since counts a commit that is not in the state.
func (ch *chain) since(commit *store.Commit, size int) {
	ch.c.since += uint64(size)
	ch.c.newest.time = commit.Time.UnixMicro()
	if commit.Schema != "" {
		ch.c.newest.schema = commit.Schema
	}
	ch.fn(commit)
}

// end checks that nothing is missing at the end, and nothing is left.
func (ch *chain) end(parts func() (part, error, bool)) error {
	c := ch.c
	if ch.inState {
		return corrupt("state %d: it is of %s, which no commit has made", c.generation, c.info.Revision)
	}
	if ch.at != c.head {
		return corrupt("the newest commit is %s, and should be %s", ch.at, c.head)
	}
	p, err, ok := parts()
	if ok && err == nil {
		err = corrupt("a part of a commit that has none: %x", p.key)
	}
	return err
}

// A part is one of a large commit.
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
