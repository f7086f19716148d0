package main

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/baobab-authz/baobab/tuple"
)

// A Table says which role may take which action.
type Table struct {
	Title   string
	Roles   []Role
	Actions []Action
	// Beside names what those who stand for a role may have beside it.
	Beside []tuple.Filter
}

// A Role is a column of a table.
type Role struct {
	Name string
	// Held gives the role to the subject that stands for it.
	Held tuple.Tuple
	// Elsewhere gives the same role to others in other places, where it must be
	// worth nothing here.
	Elsewhere []tuple.Tuple
}

// An Action is a row of a table.
type Action struct {
	Object     tuple.Object
	Permission string
	Want       []bool // for each role, in their order
	Gap        bool   // an empty line stands before the row
}

// IsBeside reports whether a tuple is none that a role is judged by.
func (t Table) IsBeside(stored tuple.Tuple) bool {
	return slices.ContainsFunc(t.Beside, func(f tuple.Filter) bool { return f.Matches(stored) })
}

// Question returns what the row asks about a subject.
func (a Action) Question(s tuple.Subject) tuple.Tuple { return tuple.New(a.Object, a.Permission, s) }

// String returns object#permission.
func (a Action) String() string { return a.Object.String() + "#" + a.Permission }

// readTables reads the tables of a file. Its form is described in doc.go.
func readTables(files fs.FS, file string) ([]Table, error) {
	lines, err := readLines(files, file)
	if err != nil {
		return nil, err
	}
	var tables []Table
	for _, l := range lines {
		if l.words[0] == "table" {
			tables = append(tables, Table{Title: l.rest(1)})
			continue
		}
		if len(tables) == 0 {
			return nil, l.errorf("expected a table before %q", l.words[0])
		}
		if err := tables[len(tables)-1].add(l); err != nil {
			return nil, err
		}
	}
	for _, t := range tables {
		if len(t.Actions) == 0 {
			return nil, line{file: file, number: lines[len(lines)-1].number}.errorf("the table %q has no actions", t.Title)
		}
	}
	return tables, nil
}

// add takes a line as a role or as an action.
func (t *Table) add(l line) error {
	if l.words[0] == "beside" {
		f, err := tuple.ParseFilter(l.rest(1))
		if err == nil && f.IsZero() {
			err = errors.New("expected which tuples stand beside roles")
		}
		if err != nil {
			return l.errorf("%w", err)
		}
		t.Beside = append(t.Beside, f)
		return nil
	}
	if l.words[0] != "role" {
		action, err := parseAction(l, len(t.Roles))
		t.Actions = append(t.Actions, action)
		return err
	}
	if len(l.words) < 3 {
		return l.errorf("expected a role's name and the tuple that gives it")
	}
	if len(t.Actions) > 0 {
		return l.errorf("the role %s stands below an action", l.words[1])
	}
	held := make([]tuple.Tuple, len(l.words)-2)
	for i, word := range l.words[2:] {
		var err error
		if held[i], err = tuple.Parse(word); err != nil {
			return l.errorf("%w", err)
		}
	}
	t.Roles = append(t.Roles, Role{Name: l.words[1], Held: held[0], Elsewhere: held[1:]})
	return nil
}

// parseAction reads a row with one mark for each role.
func parseAction(l line, roles int) (Action, error) {
	object, permission, _ := strings.Cut(l.words[0], "#")
	o, err := tuple.ParseObject(object)
	if err != nil {
		return Action{}, l.errorf("%w", err)
	}
	if err := tuple.ValidateName(permission); err != nil {
		return Action{}, l.errorf("%w", err)
	}
	if got := len(l.words) - 1; got != roles {
		return Action{}, l.errorf("%s has %d marks, and the table %d roles", l.words[0], got, roles)
	}
	a := Action{Object: o, Permission: permission, Want: make([]bool, roles), Gap: l.gap}
	for i, word := range l.words[1:] {
		allowed, ok := parseMark(word)
		if !ok {
			return Action{}, l.errorf("expected %s or %s, not %q", yes, no, word)
		}
		a.Want[i] = allowed
	}
	return a, nil
}
