package main

import (
	"io/fs"
	"strings"
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

// What is read of stories never panics, and a story that is taken can be told:
// it has a name and both sides of its rule, and each refusal a reason.
func FuzzStories(f *testing.F) {
	for _, name := range systemNames() {
		if text, err := fs.ReadFile(embedded, name+"/story.txt"); err == nil {
			f.Add(string(text))
		}
	}
	f.Add("story A\n✓ server create a:b#c@d:e note \"x y\"\n✗ a:b delete a:b#c@d:e given {\"x\":1} at 2027-01-01T00:00:00Z\nbecause x\nstripped a#c count 1")
	f.Add("story B\n✓ ask a:b#c@d:e\n✗ ask a:b#c@d:e given {}\n? ask a:b#c@d:e missing x,y\naudit\nsaw server + a:b#c@d:e - a:b#c@d:f \"n\"")
	f.Add("story C\n✗ server delete-object a:b delete-matching a require a forbid #b touch a:b#c@d:e\nbecause")
	f.Fuzz(func(t *testing.T, text string) {
		stories, err := readStories(fstest.MapFS{"x.txt": {Data: []byte(text)}}, "x.txt")
		if err != nil {
			if !strings.HasPrefix(err.Error(), "x.txt:") {
				t.Errorf("an error without its place: %v", err)
			}
			return
		}
		for _, story := range stories {
			marks := map[string]bool{}
			for _, step := range story.Steps {
				marks[step.expected()] = true
				if a, ok := step.(*Attempt); ok && (len(a.Operations) == 0 || a.Want != (len(a.Because) == 0)) {
					t.Errorf("%v has %d operations and %d reasons", a.text(), len(a.Operations), len(a.Because))
				}
			}
			if story.Name == "" || !marks[yes] || !marks[no] {
				t.Errorf("the story %q has %v", story.Name, marks)
			}
		}
	})
}
