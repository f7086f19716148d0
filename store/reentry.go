package store

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"
)

// Whoever waits for the turn from within a transaction of the same store waits for
// itself. Go does not tell which goroutine one is on but by printing its stack, and
// that takes longer than a commit. So a transaction takes no note of its goroutine,
// and it is the one who has to wait who looks whether the transaction that it would
// wait for is on its own stack. Then time hardly matters.

// transactName is what the stack calls the function that every transaction is in.
func transactName() string { return reflect.TypeFor[Store]().PkgPath() + ".transact" }

// A mark is one store's alone. It has two words because an array of them is passed
// in memory, where the runtime finds it to print.
type mark [2]uint64

// String returns the mark as the runtime prints it.
func (m mark) String() string { return fmt.Sprintf("{%#x, %#x}", m[0], m[1]) }

// reentered reports whether the caller is within a transaction of the store, so
// that it would wait for itself. It costs a few microseconds if someone writes, and
// up to a hundred within another store's transaction.
//
// Where the runtime prints stacks in another way, or leaves out the middle of one
// that is more than 100 calls deep, it takes any transaction that the caller is in
// to be the store's: better an error too many than a deadlock.
func (s *Store) reentered() bool {
	if len(s.turn) == 0 {
		return false
	}
	within := transactionsAround()
	return within > 0 && s.among(within, stackText())
}

// among reports whether one of so many transactions on a stack is the store's.
func (s *Store) among(within int, stack string) bool {
	begin := transactName() + "("
	return strings.Contains(stack, begin+s.mark.String()) || strings.Count(stack, begin+"{0x") < within
}

// transactionsAround counts the transactions, of any store, that the caller is in.
func transactionsAround() int {
	pcs := make([]uintptr, 64)
	n := runtime.Callers(2, pcs)
	for n == len(pcs) {
		pcs = make([]uintptr, 4*len(pcs))
		n = runtime.Callers(2, pcs)
	}
	name, within := transactName(), 0
	for frames := runtime.CallersFrames(pcs[:n]); ; {
		frame, more := frames.Next()
		if frame.Function == name {
			within++
		}
		if !more {
			return within
		}
	}
}

// stackText returns the stack of the calling goroutine as the runtime prints it.
func stackText() string {
	buf := make([]byte, 64<<10)
	return string(buf[:runtime.Stack(buf, false)])
}
