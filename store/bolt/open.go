package bolt

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/baobab-authz/baobab/store"
)

// Open opens the log in a file, and begins a new one if there is no file. It reads and
// verifies all of it; what cannot be vouched for is refused with a [store.ErrCorruptLog] that
// says where and what, and is left as it is. If another process has the file, or another
// Log of this one, the error is [ErrInUse].
//
// It takes 0.05 s per million tuples of compacted state, about 1 µs for each tuple in the commits
// since, and as much for each commit before that was kept, beside what the disk takes.
func Open(path string, options Options) (*Log, error) {
	l, err := open(path, options)
	if err != nil {
		return nil, in(path, err)
	}
	return l, nil
}

func open(path string, options Options) (*Log, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && !options.MustExist {
		err = create(path, options, record{head: store.NewHistory()}, nil)
		if errors.Is(err, fs.ErrExist) { // somebody else was faster
			err = nil
		}
	}
	if err != nil {
		return nil, err
	}
	l := &Log{
		path: path, compactBytes: cmp.Or(options.compactBytes, compactBytes), pins: map[uint64]int{},
		news: make(chan struct{}), done: make(chan struct{}), compacting: make(chan struct{}, 1),
	}
	if l.db, err = openDB(path, options, &l.aborter, l.verify); err != nil {
		return nil, err
	}
	return l, nil
}

// verify takes the state of the log from a file that holds.
func (l *Log) verify(f *os.File) error {
	// A process that was killed may have written what nobody has waited for yet. The log is
	// to vouch for what it finds, so it waits.
	if err := f.Sync(); err != nil {
		return err
	}
	forget(f)
	over := newOverlay()
	c, err := verifyFile(f, readMetas, false, over.apply)
	if err != nil {
		return err
	}
	over.head, over.generation = c.head, c.generation
	l.file, l.opened = f, over
	l.now = state{record: c.record, info: c.info, newest: c.newest, since: c.since}
	l.leftover = c.leftover
	return nil
}

// openDB opens a file that exists with bbolt, once it is locked and verify has nothing against it.
func openDB(path string, options Options, logger bbolt.Logger, verify func(*os.File) error) (db *bbolt.DB, err error) {
	var file *os.File
	var refused error
	err = guarded(func() (err error) {
		db, err = bbolt.Open(path, 0, &bbolt.Options{
			Timeout:        max(options.Timeout, time.Nanosecond), // 0 is for ever
			NoFreelistSync: true,                                  // a list that is not there cannot be wrong
			FreelistType:   bbolt.FreelistMapType,
			NoSync:         options.noSync,
			NoStatistics:   true,
			Logger:         logger,
			OpenFile: func(path string, _ int, _ os.FileMode) (*os.File, error) {
				file, refused = openLocked(path, options.Timeout)
				if refused == nil {
					refused = verify(file)
				}
				return file, refused
			},
		})
		return err
	})
	switch {
	case err == nil:
		return db, nil
	case errors.Is(err, berrors.ErrTimeout):
		err = ErrInUse
	case refused != nil:
		err = refused
	}
	if file != nil {
		_ = closeLocked(file) // bbolt has closed it, unless it panicked
	}
	return nil, err
}

// openLocked opens a file and waits for its lock.
func openLocked(path string, timeout time.Duration) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0) // without O_CREATE: the file exists, or has just gone
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(timeout); ; time.Sleep(10 * time.Millisecond) {
		inUse, err := tryLock(f, false)
		if err == nil && !inUse {
			return f, nil
		}
		if err == nil && time.Now().After(end) {
			err = ErrInUse
		}
		if err != nil {
			_ = f.Close()
			return nil, err
		}
	}
}

// create makes the file of a log, whole and durable, or none: it is written beside, under
// a name that ends in .new and a number, and gets its name at last. fill, if not nil,
// writes what more there is to it.
func create(path string, options Options, r record, fill func(*bbolt.DB) (record, error)) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	if err = temp.Chmod(options.mode()); err != nil && runtime.GOOS != "windows" {
		_ = temp.Close()
		return err
	}
	if err = temp.Close(); err != nil {
		return err
	}
	db, err := bbolt.Open(temp.Name(), options.mode(), &bbolt.Options{NoFreelistSync: true, FreelistType: bbolt.FreelistMapType, NoStatistics: true})
	if err != nil {
		return err
	}
	r.base = r.head
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range []string{bucketCommits, bucketParts, bucketLog} {
			if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
				return err
			}
		}
		return putRecord(tx, r)
	})
	if err == nil && fill != nil {
		if r, err = fill(db); err == nil {
			err = db.Update(func(tx *bbolt.Tx) error { return putRecord(tx, r) })
		}
	}
	if closed := db.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return publish(os.Link, temp.Name(), path)
}

func putRecord(tx *bbolt.Tx, r record) error {
	return tx.Bucket([]byte(bucketLog)).Put([]byte(keyRecord), r.encode())
}

// publish gives a file its name, which no file must have, durably.
func publish(link func(from, to string) error, temp, path string) error {
	err := link(temp, path)
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%w: %s", fs.ErrExist, path)
	case err != nil: // a file system without links
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: %s", fs.ErrExist, path)
		}
		if err := os.Rename(temp, path); err != nil {
			return err
		}
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes the names in a directory durable, where a system can do that.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
