package main

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// A place is a file system that a file is read from, and the file's name in it.
type place struct {
	files fs.FS
	name  string
	dir   string // what stands before the names of the file system
}

// placeOf returns the working directory for what is below it, and else the
// file's own directory.
func placeOf(name string) place {
	if filepath.IsLocal(name) {
		return place{os.DirFS("."), filepath.ToSlash(filepath.Clean(name)), ""}
	}
	dir, base := filepath.Split(name)
	return place{os.DirFS(filepath.Clean(dir)), base, filepath.ToSlash(dir)}
}

// shown returns the name of a file as the user would write it.
func (p place) shown(name string) string {
	if p.dir == "" {
		return name
	}
	return path.Join(p.dir, name)
}
