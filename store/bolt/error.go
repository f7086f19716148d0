package bolt

import (
	"errors"
	"fmt"
	"runtime/debug"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/baobab-authz/baobab/store"
)

var (
	// ErrInUse is what [Open], [Verify], [Repair] return for a file that another process, or
	// another Log of this one, has open.
	ErrInUse = errors.New("the log is in use by another process, or by another Log of this one")
	// ErrClosed is what the methods of a closed log return. It is [store.ErrClosed] as well.
	ErrClosed = fmt.Errorf("the log is closed: %w", store.ErrClosed)
	// ErrBackup is what [Restore] returns for what is not a backup, or not a whole one.
	ErrBackup = errors.New("not a whole backup of a log")
)

// corrupt returns a [store.ErrCorruptLog] that says where and what.
func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %w", store.ErrCorruptLog, fmt.Errorf(format, args...))
}

// in puts the name of the file before an error.
func in(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("bolt: %s: %w", path, err)
}

// guarded runs what reads through the memory map. A page that cannot be read any more, as
// its part of the file is gone or the disk fails, is a fault of the processor then, and
// what makes no sense is a panic in bbolt; neither must end the process.
func guarded(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = &fault{p}
		}
	}()
	return fn()
}

// A fault is a [store.ErrCorruptLog] after which bbolt must not be used any more: its locks
// may be held.
type fault struct{ cause any }

func (f *fault) Error() string {
	return fmt.Sprintf("%v: its pages could not be gone through: %v", store.ErrCorruptLog, f.cause)
}

func (f *fault) Is(target error) bool { return target == store.ErrCorruptLog }

// view runs fn in a transaction that reads. fn must keep nothing that it is given, and call
// nobody who might append: a transaction that reads can hold up one that writes.
func (l *Log) view(fn func(tx *bbolt.Tx) error) error {
	return l.using(func() error { return l.db.View(fn) })
}

// update runs fn in a transaction that writes. One that fails with anything but a full disk
// may have come through: the log has to be considered read-only.
func (l *Log) update(fn func(tx *bbolt.Tx) error) error {
	return l.using(func() error { return l.db.Update(fn) })
}

func (l *Log) using(fn func() error) error {
	if f := l.fault.Load(); f != nil {
		return f
	}
	err := guarded(fn)
	var f *fault
	switch {
	case errors.As(err, &f):
		l.fault.CompareAndSwap(nil, f)
	case errors.Is(err, berrors.ErrDatabaseNotOpen):
		return ErrClosed
	}
	return err
}
