package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// A source reads the files of a module.
type source struct{ dir string }

// A file is the text of a Go file and where its functions are.
type file struct {
	lines     []string
	functions []function
}

// A function is a named piece of a file, from its first byte to its last.
type function struct {
	name       string
	start, end position
}

// file reads a file, whose name is relative to the module.
func (s source) file(name string) (*file, error) {
	text, err := os.ReadFile(filepath.Join(s.dir, filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	f := &file{lines: strings.Split(string(text), "\n")}
	add := func(name string, node ast.Node) {
		start, end := set.PositionFor(node.Pos(), false), set.PositionFor(node.End(), false)
		f.functions = append(f.functions, function{name, position{start.Line, start.Column}, position{end.Line, end.Column}})
	}
	for _, decl := range tree.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			add(functionName(d), d)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok {
					add(v.Names[0].Name, v)
				}
			}
		}
	}
	return f, nil
}

// keys returns what entries call the blocks, which are sorted by file.
func (s source) keys(blocks []block) ([]string, error) {
	keys := make([]string, len(blocks))
	var f *file
	for i, b := range blocks {
		if i == 0 || b.file != blocks[i-1].file {
			var err error
			if f, err = s.file(b.file); err != nil {
				return nil, err
			}
		}
		if b.end.line > len(f.lines) {
			return nil, fmt.Errorf("%s has %d lines, and the profile speaks of line %d: is it of another version?", b.file, len(f.lines), b.end.line)
		}
		keys[i] = b.file + " " + f.function(b.start) + ": " + strings.TrimSpace(f.lines[b.start.line-1])
	}
	return keys, nil
}

// functionName returns Function, or Type.Method.
func functionName(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return d.Name.Name
	}
	typ := d.Recv.List[0].Type
	for {
		switch t := typ.(type) {
		case *ast.ParenExpr:
			typ = t.X
		case *ast.StarExpr:
			typ = t.X
		case *ast.IndexExpr:
			typ = t.X
		case *ast.IndexListExpr:
			typ = t.X
		default:
			return fmt.Sprint(t) + "." + d.Name.Name
		}
	}
}

// function returns the name of the function around a position; - if none is.
func (f *file) function(at position) string {
	before := func(a, b position) bool { return a.line < b.line || a.line == b.line && a.column <= b.column }
	for _, fn := range f.functions {
		if before(fn.start, at) && before(at, fn.end) {
			return fn.name
		}
	}
	return "-"
}

// modulePath returns the path that a go.mod file declares.
func modulePath(name string) (string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) >= 2 && words[0] == "module" {
			return strings.Trim(words[1], `"`), nil
		}
	}
	return "", fmt.Errorf("%s: no module line", name)
}
