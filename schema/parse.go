package schema

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Parse reads a schema in the native language. The name of the file is only for
// messages, and may be empty. An import is refused: it takes [ParseFS].
//
// The error is [Errors]: all of them, in order.
func Parse(file, text string) (*Schema, error) {
	l := &loader{report: &reports{}}
	l.parse(scan(newSource(file, text), l.report))
	return l.compile()
}

// MustParse is like [Parse] but panics on an error. It is for constants in
// programs and tests.
func MustParse(text string) *Schema {
	s, err := Parse("", text)
	if err != nil {
		panic(err)
	}
	return s
}

// ParseFS reads the schema in the file at path, and those that it imports.
//
// An import names a file relative to the one in which it stands, and cannot
// leave fsys. What is imported comes before what imports it; a file that several
// others import is read once; one that imports itself, through others too, is an
// error. Definitions, partials and caveats of all files see each other, while
// `use` is for the file in which it stands.
//
// The error is [Errors], unless path itself cannot be read; it matches what fsys
// returned for a file that cannot be read.
func ParseFS(fsys fs.FS, path string) (*Schema, error) {
	text, err := fs.ReadFile(fsys, path)
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	l := &loader{fsys: fsys, report: &reports{}, state: map[string]int{}}
	l.load(path, string(text))
	// A hyphen is part of a name if a file, any file, declares the name. So no
	// expression is read before all files have been scanned.
	hyphened := map[string]bool{}
	for _, p := range l.scanned {
		for name := range p.hyphened {
			hyphened[name] = true
		}
	}
	for _, p := range l.scanned {
		p.hyphened = hyphened
		l.parse(p)
	}
	return l.compile()
}

// A loader reads files and what they import.
type loader struct {
	fsys    fs.FS // nil if there is nothing to import from
	report  *reports
	scanned []*parser // what is imported comes first
	files   []*file
	state   map[string]int // by path: 1 while its imports are read, then 2
	stack   []string
}

func (l *loader) parse(p *parser) {
	f := p.parse()
	l.files = append(l.files, f)
	if l.fsys != nil {
		return
	}
	for _, d := range f.decls {
		if d.kind == declImport {
			l.report.errorf(d.at, "", "Parse reads one text and follows no import: use ParseFS")
			f.gaps = true
		}
	}
}

func (l *loader) compile() (*Schema, error) {
	return compile(l.files, l.report, rules{native: true})
}

// load scans a file after those that it imports.
func (l *loader) load(name, text string) {
	p := scan(newSource(name, text), l.report)
	l.state[name] = 1
	l.stack = append(l.stack, name)
	for i, t := range p.tokens[:len(p.tokens)-1] {
		if next := p.tokens[i+1]; t.kind == tokenWord && p.text(t) == "import" && next.kind == tokenString {
			l.follow(p, next)
		}
	}
	l.stack = l.stack[:len(l.stack)-1]
	l.state[name] = 2
	l.scanned = append(l.scanned, p)
}

// follow loads the file that an import names.
func (l *loader) follow(p *parser, t token) {
	at := p.span(t)
	named := unquote(p.text(t))
	name := path.Join(path.Dir(p.src.name), named)
	fail := func(kind error, format string, args ...any) {
		l.report.add(at, Diagnostic{Message: fmt.Sprintf(format, args...), kind: kind})
		p.file.gaps = true
	}
	switch {
	case named == "" || path.IsAbs(named) || !fs.ValidPath(name):
		fail(nil, "%q leads out of the file system: an import is relative to the file in which it stands", named)
		return
	case l.state[name] == 1:
		cycle := append(slices.Clone(l.stack[slices.Index(l.stack, name):]), name)
		fail(nil, "import cycle: %s", strings.Join(cycle, " imports "))
		return
	case l.state[name] == 2:
		return
	}
	text, err := fs.ReadFile(l.fsys, name)
	if err != nil {
		fail(err, "cannot read the import: %v", err)
		l.state[name] = 2
		return
	}
	l.load(name, string(text))
}

// unquote returns what is between the quotes of a string, which may lack the
// second one.
func unquote(s string) string { return strings.TrimSuffix(s[1:], s[:1]) }
