package main

import (
	"io/fs"
	"testing"
	"testing/fstest"
)

// What is read of a system's files never panics, whatever they hold, and what
// is taken is whole.
func FuzzSystemFiles(f *testing.F) {
	for _, name := range []string{"studio", "evals", "deploy", "bayt", "pebble"} {
		for _, file := range []string{"expected.txt", "rules.txt"} {
			text, err := fs.ReadFile(embedded, name+"/"+file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text))
		}
	}
	f.Add("table\ncolumns a\nrow ✓ ✗")
	f.Add("rule\n✓ a:b#c@d:e at 2027-01-01T00:00:00Z")
	f.Add("rule \n✓ a:b#c@d:e\n✗ a:b#c@d:e") // has no name
	f.Fuzz(func(t *testing.T, text string) {
		files := fstest.MapFS{"x.txt": {Data: []byte(text)}}
		if tables, err := readTables(files, "x.txt"); err == nil {
			for _, table := range tables {
				for _, action := range table.Actions {
					if len(action.Want) != len(table.Roles) {
						t.Errorf("%d marks under %d roles", len(action.Want), len(table.Roles))
					}
				}
			}
		}
		if rules, err := readRules(files, "x.txt"); err == nil {
			for _, rule := range rules {
				if rule.Name == "" {
					t.Error("a rule without a name")
				}
			}
		}
	})
}
