package bolt

import (
	"os"

	"golang.org/x/sys/unix"
)

// forget makes the operating system read the file from the disk, and not from what it remembers of
// it: after a write that the disk has failed to take, that is what should be there and is not.
// It is a wish; what cannot be forgotten is read from memory.
func forget(f *os.File) { _ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED) }
