//go:build !windows && !plan9 && !solaris && !aix && !android

package bolt

import (
	"os"
	"syscall"
)

// tryLock locks the file, in the same way as bbolt will do once more, or reports that it is
// in use.
func tryLock(f *os.File, shared bool) (inUse bool, err error) {
	how := syscall.LOCK_EX
	if shared {
		how = syscall.LOCK_SH
	}
	for {
		switch err = syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB); err {
		case syscall.EINTR:
			continue
		case syscall.EWOULDBLOCK:
			return true, nil
		default:
			return false, err
		}
	}
}

// closeLocked closes a file and lets go of its lock, which a memory map of it would hold
// otherwise.
func closeLocked(f *os.File) error {
	_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
	return f.Close()
}
