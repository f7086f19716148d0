package bolt

import (
	"errors"
	"fmt"

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
