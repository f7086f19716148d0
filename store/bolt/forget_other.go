//go:build !linux

package bolt

import "os"

// forget does nothing where files cannot be forgotten.
func forget(*os.File) {}
