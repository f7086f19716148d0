package bolt

import (
	"io/fs"
	"time"
)

// Options say how a log is opened. The zero value is what most want.
type Options struct {
	// Timeout is how long Open waits for another process, or another Log of this one, to
	// let go of the file. Default: 0, Open fails at once.
	Timeout time.Duration

	// Mode is the file's, if Open or Restore makes it. Default: 0600, the owner alone.
	Mode fs.FileMode

	// MustExist makes Open fail with [fs.ErrNotExist] where there is no file, rather than
	// begin a new log. Set it where a log is known to be there, so that a wrong path or a
	// volume that is not mounted is not taken for an empty store. Default: false.
	MustExist bool

	noSync       bool   // for the control of the tests that cut the power: it loses commits
	compactBytes uint64 // in place of the constant, for tests
}

func (o Options) mode() fs.FileMode {
	if o.Mode == 0 {
		return 0o600
	}
	return o.Mode
}
