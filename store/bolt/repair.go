package bolt

import (
	"iter"
	"os"

	"go.etcd.io/bbolt"

	"github.com/baobab-authz/baobab/store"
)

// Repair makes a new log, in a new file, from what is sound in one that [Open] refuses: the
// compacted state, and the commits up to the first one that is missing or damaged. If
// that state is damaged, or what says where everything is, then it returns the error and makes no
// file. The damaged file is left as it is.
//
// The new log begins another epoch, as one of [Restore] does, because commits may be lost
// that were acknowledged: always if [Report.Cut] is not nil, and perhaps the newest group if a meta
// page was damaged, in which case nothing that is left tells. A backup may be newer; compare
// the positions.
func Repair(from, to string, options Options) (Report, error) {
	f, err := os.Open(from)
	if err != nil {
		return Report{}, err
	}
	defer f.Close()
	if inUse, err := tryLock(f, true); err != nil || inUse {
		if inUse {
			err = ErrInUse
		}
		return Report{}, in(from, err)
	}
	c, over, err := salvage(f)
	if err != nil {
		return Report{}, in(from, err)
	}
	err = create(to, options, record{head: store.NewHistory()}, func(db *bbolt.DB) (record, error) {
		g := generationWriter{n: backupGeneration, write: db.Update}
		if err := merge(from, c.chunks(), over, everything(), g.add); err != nil {
			return record{}, err
		}
		return begin(&g, info{Revision: c.reached, Time: c.newest.time, Schema: []byte(c.newest.schema)})
	})
	if err != nil {
		return Report{}, in(to, err)
	}
	report := c.report()
	report.Head, report.Commits = c.reached, c.reached.Position()-c.base.Position()
	return report, nil
}

// salvage reads what is sound.
func salvage(f *os.File) (*contents, *overlay, error) {
	over := newOverlay()
	c, err := verifyFile(f, readAnyMeta, true, over.apply)
	if c == nil {
		return nil, nil, err
	}
	if c.reached.IsZero() { // what is damaged is older than the state, which needs none of it
		c.reached = c.info.Revision
	}
	c.cut = err
	return c, over, nil
}

// chunks goes through those of the generation once more.
func (c *contents) chunks() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if c.generation == 0 {
			return
		}
		clear(c.tree.seen)
		err := c.readGeneration(func(chunk []byte) error {
			if !yield(string(chunk), nil) {
				return errStop
			}
			return nil
		})
		if err != nil && err != errStop {
			yield("", err)
		}
	}
}
