//go:build windows || plan9 || solaris || aix || android

package bolt

import "os"

// tryLock does nothing: a lock here cannot be taken twice, and bbolt takes it after the
// file was looked at.
func tryLock(*os.File, bool) (inUse bool, err error) { return false, nil }

// closeLocked closes a file and lets go of its lock.
func closeLocked(f *os.File) error { return f.Close() }
