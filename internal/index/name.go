package index

import (
	"fmt"
	"maps"
	"math"
	"strings"
)

// A nameTable is all names, with which readers go on while the writer makes a
// larger one.
type nameTable struct {
	byName map[string]Name
	text   []string
}

func newNameTable() *nameTable {
	return &nameTable{byName: map[string]Name{"": 0}, text: []string{""}}
}

// MaxNames is how many names of types and relations a dictionary can hold.
const MaxNames = math.MaxUint16

// Name returns the name whose text is s, or false when it has none. The empty
// name is 0.
func (d *Dict) Name(s string) (Name, bool) {
	n, ok := d.names.Load().byName[s]
	return n, ok
}

// String returns the text of n, or nothing for a name that was not given.
func (d *Dict) String(n Name) string {
	text := d.names.Load().text
	if int(n) >= len(text) {
		return ""
	}
	return text[n]
}

// Names returns the number of names, the empty one not counted.
func (d *Dict) Names() int { return len(d.names.Load().text) - 1 }

// InternNames gives a Name to each text that has none, or to none of them.
// Since it copies the table, a schema interns all of its names at once.
func (d *Dict) InternNames(texts ...string) error {
	old := d.names.Load()
	var t *nameTable
	for _, s := range texts {
		if _, ok := old.byName[s]; ok {
			continue
		}
		if t == nil {
			t = &nameTable{byName: maps.Clone(old.byName), text: append([]string(nil), old.text...)}
		}
		if _, ok := t.byName[s]; ok {
			continue
		}
		if len(t.text) > MaxNames {
			return fmt.Errorf("%w: %q would be one more than the %d names of types and relations that there can be", ErrFull, s, MaxNames)
		}
		s = strings.Clone(s)
		t.byName[s] = Name(len(t.text))
		t.text = append(t.text, s)
	}
	if t != nil {
		d.names.Store(t)
	}
	return nil
}
