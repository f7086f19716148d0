package baobab_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What SpiceDB has published. Each comment says what was wrong there and why it
// cannot be here.
func spicedbAdvisories() []advisory {
	return []advisory{
		// Looking up resources ignored a wildcard tuple on the right side of an
		// exclusion, or in an intersection, and so listed what everybody is banned
		// from. Here a wildcard is a tuple like any other, on either side.
		{"CVE-2022-21646", nil},
		// Looking up resources left some out, which matters to who lists what is
		// banned. Here a list is every object for which Check does not say no.
		{"CVE-2023-35930", map[string]string{"many ways to the same objects": manyWays()}},
		// Looking up subjects followed an arrow over a relation that admits one type
		// twice, as folder and folder#parent, for one of the two only. Here an arrow
		// follows every tuple, whatever the relation of its subject.
		{"CVE-2024-32001", nil},
		// A check over an arrow with caveats on several branches returned no when one
		// of them was true: the branches shared what they ended in, and its caveat
		// was kept of one only. Here each tuple's condition stays with its tuple, and a
		// true branch of a union makes it true.
		{"CVE-2025-49011", map[string]string{"a hundred branches": hundredBranches()}},
		// A check over an arrow to several folders, each with an exclusion, returned no:
		// the left side was asked for its first member only, which the right side
		// might take away. Here an exclusion is decided for each object on its own.
		{"GHSA-grjv-gjgr-66g2", map[string]string{"a hundred folders": hundredFolders()}},
		// Several groups in one relation, each with a caveat: the check returned no
		// although one of them was true, because their caveats were taken for one.
		// Here there is no such sum of a relation's caveats.
		{"GHSA-jhg6-6qrx-38mr", map[string]string{"a hundred groups": hundredGroups()}},
		// Looking up resources missed those that a union reaches by a relation itself
		// and by an arrow over the same relation, since the walk over the schema took
		// the second for the first. Here both are followed.
		{"GHSA-9m7r-g8hg-x3vr", nil},
		// A check returned yes for what is conditional while someone else asked with a
		// context: a cached answer lost its condition. Here nothing is shared between the
		// views of two callers; TestGHSA4vrgR928H5vv asks side by side.
		{"GHSA-4vrg-r928-h5vv", nil},
	}
}

// manyWays reaches one object by several ways, and others by one each.
func manyWays() string {
	return `
definition user {}
definition group {
    relation member: user | group#member
}
definition folder {
    relation parent: folder
    relation banned: user | group#member
    permission closed = banned + parent->closed
}
definition doc {
    relation folder: folder
    relation banned: user | group#member
    permission closed = banned + folder->closed
}

group:all#member@group:some#member
group:some#member@group:all#member
group:some#member@user:ann
folder:root#banned@group:all#member
` + repeated(40, "folder:%d#parent@folder:root") + repeated(40, "doc:a%[1]d#folder@folder:%[1]d") +
		repeated(40, "doc:a%d#banned@user:ann") + repeated(40, "doc:b%d#banned@group:some#member") +
		repeated(40, "doc:c%d#banned@group:all#member") + repeated(40, "doc:d%d#banned@user:ann") +
		repeated(40, "doc:e%d#folder@folder:root") +
		repeated(40, "? doc:a%d#closed@user:ann yes") + repeated(40, "? doc:b%d#closed@user:ann yes") +
		repeated(40, "? doc:c%d#closed@user:ann yes") + repeated(40, "? doc:d%d#closed@user:ann yes") +
		repeated(40, "? doc:e%d#closed@user:ann yes") + repeated(40, "? doc:e%d#closed@user:bob no") +
		repeated(40, "? folder:%d#closed@user:ann yes")
}

// hundredBranches has a hundred owners that all end in one office.
func hundredBranches() string {
	return `
caveat is(actual string, wanted string) {
    actual == wanted
}
definition user {}
definition office {
    relation boss: user
}
definition team {
    relation above: office
    permission read = above->boss
}
definition doc {
    relation owner: team with is
    permission read = owner->read
}

office:head#boss@user:mia
` + repeated(100, "team:%d#above@office:head") + repeated(100, `doc:1#owner@team:%[1]d[is:{"wanted":"%[1]d"}]`) +
		repeated(10, `given {"actual":"9%d"}
? doc:1#read@user:mia yes
? doc:1#read@user:zoe no`) + `
given {"actual":"none"}
? doc:1#read@user:mia no
`
}

// hundredFolders has a user in all of a hundred folders and banned from all but
// one, which is another one for each document.
func hundredFolders() string {
	return `
definition user {}
definition folder {
    relation member: user
    relation banned: user
    permission view = member - banned
}
definition doc {
    relation folder: folder
    permission view = folder->view
}

` + repeated(100, "folder:%d#member@user:ann") + repeated(100, "folder:%d#banned@user:ann") +
		repeated(100, "doc:closed#folder@folder:%d") + repeated(100, "doc:open#folder@folder:%d") + `
folder:z#member@user:ann
doc:open#folder@folder:z
folder:0a#member@user:ann
doc:early#folder@folder:0
doc:early#folder@folder:0a
doc:early#folder@folder:1

? doc:closed#view@user:ann no
? doc:open#view@user:ann yes
? doc:early#view@user:ann yes
`
}

// hundredGroups has a user in all of a hundred groups, each under a condition
// of its own.
func hundredGroups() string {
	return `
caveat answer(n int, wanted int) {
    n == wanted
}
definition user {}
definition group {
    relation member: user
}
definition doc {
    relation viewer: group#member with answer
}

` + repeated(100, "group:%d#member@user:ann") + repeated(100, `doc:1#viewer@group:%[1]d#member[answer:{"wanted":%[1]d}]`) +
		repeated(10, `given {"n":9%d}
? doc:1#viewer@user:ann yes`) + `
given {"n":100}
? doc:1#viewer@user:ann no
`
}

// As GHSA-4vrg-r928-h5vv has it: while some ask with one context or another, of
// the same objects and subjects, those who ask with none get conditional answers.
func TestGHSA4vrgR928H5vv(t *testing.T) {
	body := advisory{name: "GHSA-4vrg-r928-h5vv"}.cases(t)["a caveat beside none"]
	r := retell(t, body)
	eng := r.open(t)
	_, err := eng.Write(ctx, r.tuples...)
	require.NoError(t, err)
	var group sync.WaitGroup
	for g := range 6 {
		group.Go(func() {
			i := r.inquiries[g%len(r.inquiries)]
			view := eng.Now().Given(i.given)
			for range 100 {
				for at, q := range i.questions {
					d, err := view.Check(ctx, q)
					assert.Equal(t, i.answers[at], answer(d, err), "%s, given %v", q, i.given)
				}
				ds, err := eng.Now().Given(i.given).CheckAll(ctx, i.questions)
				for at, d := range ds {
					assert.Equal(t, i.answers[at], answer(d, failures(err)[at]))
				}
			}
		})
	}
	group.Wait()
}

// CVE-2024-27101: a counter of 16 bits made SpiceDB miss relationships when one
// object had more than 65,535 of them. Here all of them count, first and last.
func TestCVE202427101(t *testing.T) {
	const n = 1<<16 + 10
	eng := adversary(t, func(add func(format string, args ...any)) {
		for i := range n {
			add("group:all#member@group:%d#member", i)
		}
		add("group:0#member@user:first")
		add("group:%d#member@user:last", n-1)
		for i := range n {
			add("group:users#member@user:%d", i)
		}
	})
	for question, want := range map[string]bool{
		"group:all#member@user:first":                        true,
		"group:all#member@user:last":                         true,
		"group:all#member@user:none":                         false,
		fmt.Sprintf("group:all#member@group:%d#member", n-1): true,
		fmt.Sprintf("group:users#member@user:%d", n-1):       true,
		fmt.Sprintf("group:users#member@user:%d", n):         false,
	} {
		assert.Equal(t, want, allowed(t, eng.Now(), question), question)
	}
}
