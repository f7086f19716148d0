package bolt

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/baobab-authz/baobab/store"
)

// guarded runs what reads through the memory map. A page that cannot be read any more, as
// its part of the file is gone or the disk fails, is a fault of the processor then, and
// what makes no sense is a panic in bbolt; neither must end the process.
func guarded(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch p := recover().(type) {
		case nil:
		case aborted:
			err = p.err
		default:
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

// An aborter makes a commit of bbolt that has failed end at once. Otherwise bbolt would go
// through all pages of the file, to find out which are free, and in a goroutine where a fault
// ends the process; and that when the disk has just failed. What it would find out does not
// matter: the pages that the transaction had taken are free again when the file is
// opened the next time.
//
// It is bbolt's logger, as that is told of an error before anything else is done about it.
type aborter struct {
	bbolt.DefaultLogger
	armed atomic.Bool // in a commit
}

type aborted struct{ err error }

func (a *aborter) abort(args []any) {
	if !a.armed.Load() {
		return
	}
	err := errors.New(fmt.Sprint(args...))
	for _, arg := range args {
		if e, ok := arg.(error); ok {
			err = e
		}
	}
	panic(aborted{err})
}

func (a *aborter) Error(args ...any)            { a.abort(args) }
func (a *aborter) Errorf(_ string, args ...any) { a.abort(args) }
func (*aborter) Debug(...any)                   {}
func (*aborter) Debugf(string, ...any)          {}
func (*aborter) Info(...any)                    {}
func (*aborter) Infof(string, ...any)           {}
func (*aborter) Warning(...any)                 {}
func (*aborter) Warningf(string, ...any)        {}

// view runs fn in a transaction that reads. fn must keep nothing that it is given, and call
// nobody who might append: a transaction that reads can hold up one that writes.
func (l *Log) view(fn func(tx *bbolt.Tx) error) error {
	return l.using(func() error { return l.db.View(fn) })
}

// update runs fn in a transaction that writes. One that fails may have come through, but for
// one that isFull.
func (l *Log) update(fn func(tx *bbolt.Tx) error) error {
	var tx *bbolt.Tx
	err := l.using(func() (err error) {
		if tx, err = l.db.Begin(true); err != nil {
			return err
		}
		if err = fn(tx); err != nil {
			return err
		}
		l.aborter.armed.Store(true)
		defer l.aborter.armed.Store(false)
		return tx.Commit()
	})
	if err != nil && tx != nil && l.fault.Load() == nil {
		_ = l.using(tx.Rollback) // lets go of the locks; it does so once
	}
	return err
}

// using runs what uses bbolt, unless it is not fit for use any more.
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
