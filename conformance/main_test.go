package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// events are lines of go test -json about a test with two subtests.
const events = `{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestA/assertion_1"}
{"Action":"output","Package":"p","Test":"TestA/assertion_1","Output":"expected: error 2000; answered: true\n"}
{"Action":"fail","Package":"p","Test":"TestA/assertion_1"}
{"Action":"run","Package":"p","Test":"TestA/assertion_2"}
{"Action":"pass","Package":"p","Test":"TestA/assertion_2"}
{"Action":"run","Package":"p","Test":"TestA/many"}
{"Action":"output","Package":"p","Test":"TestA/many","Output":"compared: 40 wrong: 0\n"}
{"Action":"pass","Package":"p","Test":"TestA/many"}
{"Action":"skip","Package":"p","Test":"TestA/stage"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"FAIL\n"}
`

var oneSuite = []suite{{
	name:       "one",
	assertions: regexp.MustCompile(`^TestA/(assertion_\d|many)$`),
	tests:      regexp.MustCompile(`^TestA/`),
	pinned:     42,
}}

const difference1 = "TestA/assertion_1 | error 2000 | true | depth\n"

func judged(t *testing.T, all []suite, known string) *report {
	t.Helper()
	tests, outside, err := readEvents(strings.NewReader(events))
	require.NoError(t, err)
	require.Equal(t, "FAIL\n", outside)
	differences, err := parseKnown(known)
	require.NoError(t, err)
	return judge(all, tests, differences)
}

func TestTable(t *testing.T) {
	r := judged(t, oneSuite, difference1)
	require.NoError(t, r.err())
	var b strings.Builder
	r.write(&b)
	require.Regexp(t, `\| one *\| 42 *\| 41 *\| 1 *\| 1 *\|`, b.String())
}

// What must not go unnoticed.
func TestProblems(t *testing.T) {
	pinned := oneSuite[0]
	pinned.pinned = 43
	none := pinned
	none.assertions = regexp.MustCompile(`^TestB$`)
	for name, c := range map[string]struct {
		suites  []suite
		known   string
		problem string
	}{
		"an unexplained failure":        {oneSuite, "", "TestA/assertion_1 fails, and known.txt does not have it"},
		"another answer":                {oneSuite, "TestA/assertion_1 | error 2000 | [user:ann] | depth", "but not as known.txt has it"},
		"another expectation":           {oneSuite, "TestA/assertion_1 | error 2002 | true | depth", "but not as known.txt has it"},
		"a difference that passes":      {oneSuite, difference1 + "TestA/assertion_2 | true | false | depth", "TestA/assertion_2 is in known.txt: pass"},
		"a difference that is left out": {oneSuite, difference1 + "TestA/stage | true | false | depth", "TestA/stage is in known.txt: skip"},
		"a difference that is not run":  {oneSuite, difference1 + "TestB | true | false | depth", "TestB is in known.txt and was not run"},
		"a number of assertions":        {[]suite{pinned}, difference1, "one: 42 assertions were run, and there should be 43"},
		"no assertions":                 {[]suite{none}, difference1, "one: 0 assertions were run"},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorContains(t, judged(t, c.suites, c.known).err(), c.problem)
		})
	}
}

func TestParseKnown(t *testing.T) {
	for text, problem := range map[string]string{
		"\n# why\nTestA | x | y":         "known.txt:3: 3 fields in place of 4",
		difference1 + "\n" + difference1: "known.txt:3: TestA/assertion_1 stands twice",
	} {
		_, err := parseKnown(text)
		require.EqualError(t, err, problem)
	}
}

// Every difference has a reason on the page that defines the answers.
func TestDifferencesHaveRows(t *testing.T) {
	known, err := parseKnown(knownText)
	require.NoError(t, err)
	require.NotEmpty(t, known)
	page, err := os.ReadFile("../docs/SEMANTICS.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(page), "## Where others differ")
	require.True(t, found)
	for _, d := range known {
		require.Contains(t, table, "\n| "+d.row+" | ", d.test)
	}
}

func TestWithout(t *testing.T) {
	rest := without(suites, spiceDB)
	require.Len(t, rest, len(suites)-6)
	for _, s := range rest {
		require.NotZero(t, s.pinned, s.name)
	}
}
