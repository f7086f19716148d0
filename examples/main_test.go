package main

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
)

// command runs the command with colours off, as in a pipe.
func command(files fs.FS, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(context.Background(), args, files, printer{w: &out}, &errs)
	return code, out.String(), errs.String()
}

func TestAllSystems(t *testing.T) {
	var code int
	var stdout, stderr string
	took := time.Hour
	for try := 0; try < 5 && took > 5*time.Second; try++ { // on a machine that is busy with something else
		start := time.Now()
		code, stdout, stderr = command(embedded)
		took = time.Since(start)
	}
	require.LessOrEqual(t, took, 5*time.Second)
	require.Equal(t, exitRight, code, stdout)
	require.Empty(t, stderr)
	for _, name := range systemNames() {
		require.Contains(t, stdout, name+"\n\n")
	}
	require.Contains(t, stdout, "all as expected\n")
	require.NotContains(t, stdout, "≠")
	require.NotContains(t, stdout, "fails")
	require.NotContains(t, stdout, "\x1b", "colours in a pipe")
	require.Contains(t, stdout, `
  Roles in the workspace                owner  admin  engineer  reader  guest
  chatbot:helper#test                     ✓      ✓       ✓        ✓       ✓
  chatbot:helper#view_configuration       ✓      ✓       ✓        ✓       ✗
`)
}

func TestOneSystem(t *testing.T) {
	code, stdout, _ := command(embedded, "-system", "bayt")
	require.Equal(t, exitRight, code)
	require.Contains(t, stdout, "bayt\n\n")
	require.NotContains(t, stdout, "studio")
	require.Contains(t, stdout, "1 of 5 systems")
}

func TestColours(t *testing.T) {
	var out, errs bytes.Buffer
	require.Equal(t, exitRight, run(context.Background(), []string{"-system", "deploy"}, embedded, printer{&out, true}, &errs))
	require.Contains(t, out.String(), "\x1b[32m✓\x1b[0m")
	require.Contains(t, out.String(), "\x1b[31m✗\x1b[0m")
	require.NotContains(t, out.String(), "≠")

	out.Reset()
	require.Equal(t, exitRight, run(context.Background(), []string{"-system", "evals"}, tiny(tinyStory), printer{&out, true}, &errs))
	require.Contains(t, out.String(), "\x1b[31m✗\x1b[0m user:bob  create")
	require.Contains(t, out.String(), "\x1b[2muser:bob may not write")

	file, err := os.Create(t.TempDir() + "/out")
	require.NoError(t, err)
	defer file.Close()
	require.False(t, wantsColour(file))
	t.Setenv("NO_COLOR", "1")
	require.False(t, wantsColour(os.Stdout))
}

func TestUsageErrors(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"-system", "studios"}, `no system "studios"; there are studio, evals, deploy, bayt, pebble`},
		{[]string{"-nonsense"}, "flag provided but not defined: -nonsense"},
		{[]string{"studio"}, `unexpected argument "studio"`},
		{[]string{"-check", ""}, "at byte 0"},
		{[]string{"-check", "chatbot:helper#delete"}, "at byte 21: expected '@' and a subject"},
		{[]string{"-check", "chatbot:helper#delete@user:a b"}, "at byte 28"},
		{[]string{"-check", "chatbat:helper#delete@user:ann"}, "no system has chatbat#delete, and user as a subject"},
		{[]string{"-check", "chatbot:helper#delete@persona:x#y"}, "no system has"},
		{[]string{"-check", "chatbot:helper#delet@user:ann", "-system", "studio"}, "studio: "},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			code, stdout, stderr := command(embedded, c.args...)
			require.Equal(t, exitError, code)
			require.Empty(t, stdout)
			require.Contains(t, stderr, c.says)
		})
	}
	code, _, stderr := command(embedded, "-h")
	require.Equal(t, exitRight, code)
	require.Contains(t, stderr, "-check")
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		question string
		code     int
		says     []string
	}{
		{"chatbot:helper#delete@user:ann", exitRight, []string{
			"studio: chatbot:helper#delete@user:ann is allowed", "team:night-shift#member@user:ann"}},
		{"chatbot:helper#delete@user:nobody", exitDifferent, []string{"studio: chatbot:helper#delete@user:nobody is denied"}},
		// The types are known to several systems; the object decides.
		{"workspace:attic#view_content@user:dora", exitRight, []string{"bayt: "}},
		{"workspace:production#view@user:dora", exitRight, []string{"deploy: "}},
		{"workspace:redteam#view@user:redteam-owner", exitRight, []string{"evals: "}},
		{"workspace:unheard-of#view@user:dora", exitDifferent, []string{"evals: "}},
		// At the instant at which the systems live, this has expired.
		{"invitation:for-gil#accept@user:gil", exitDifferent, []string{"bayt: "}},
	} {
		t.Run(c.question, func(t *testing.T) {
			code, stdout, stderr := command(embedded, "-check", c.question)
			require.Equal(t, c.code, code)
			require.Empty(t, stderr)
			for _, s := range c.says {
				require.Contains(t, stdout, s)
			}
		})
	}
	code, stdout, _ := command(embedded, "-check", "workspace:production#view@user:dora", "-system", "pebble")
	require.Equal(t, exitDifferent, code)
	require.Contains(t, stdout, "pebble: ")
}

func TestDifferencesAreShown(t *testing.T) {
	row := "chatbot:helper#test                    ✓      ✓       ✓        ✓       ✓"
	for name, c := range map[string]struct {
		file, before, after string
		says                []string
	}{
		"a cell": {"studio/expected.txt", row, strings.TrimSuffix(row, "✓") + "✗",
			[]string{"✓≠✗", "chatbot:helper#test@user:support-guest is allowed", "differences: 1\n"}},
		"isolation": {"studio/tuples.txt", "chatbot:helper#home@workspace:support", "chatbot:helper#home@workspace:sales",
			[]string{"✗≠✓", "✓≠✗", "chatbot:helper#test@user:sales-guest is allowed"}},
		"a role that is not stored": {"bayt/tuples.txt", "workspace:growth#viewer@user:growth-viewer", "",
			[]string{"role viewer: workspace:growth#viewer@user:growth-viewer is not stored"}},
		"a second role": {"bayt/tuples.txt", "workspace:growth#viewer@user:growth-viewer", "workspace:growth#viewer@user:growth-viewer\nworkspace:attic#viewer@user:growth-viewer",
			[]string{"role viewer: user:growth-viewer should have this role alone, and has workspace:attic#viewer@user:growth-viewer"}},
		"a rule": {"deploy/rules.txt", "✓ cluster:common#serve@workspace:ads", "✗ cluster:common#serve@workspace:ads",
			[]string{"fails  A shared cluster", "✓≠✗  cluster:common#serve@workspace:ads", "differences: 1\n"}},
		"an idle question": {"deploy/rules.txt", "without workspace:acme-default#permanent@user:*", "without workspace:lab#permanent@user:*",
			[]string{"workspace:lab#permanent@user:* is not stored, so that taking it away says nothing"}},
		"an unknown permission": {"pebble/expected.txt", "chatflow:campaign#run ", "chatflow:campaign#ran ",
			[]string{"!≠✓", "!≠✗"}},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := command(edited(t, c.file, c.before, c.after))
			require.Equal(t, exitDifferent, code)
			require.Empty(t, stderr)
			require.NotContains(t, stdout, "all as expected")
			for _, s := range c.says {
				require.Contains(t, stdout, s)
			}
		})
	}
}

func TestBrokenFiles(t *testing.T) {
	for name, c := range map[string]struct{ file, before, after, says string }{
		"a schema":               {"evals/schema.zed", "relation project: project", "relation project: projekt", "evals/schema.zed:"},
		"a malformed tuple":      {"evals/tuples.txt", "organization:acme#member@user:acme-member", "organization:acme", "evals/tuples.txt: line 4: "},
		"a tuple not admitted":   {"evals/tuples.txt", "workspace:redteam#owner_team@team:leads", "workspace:redteam#owner_team@user:ann", "evals/tuples.txt: "},
		"a mark":                 {"evals/expected.txt", "✓         ✓          ✓         ✗", "✓         ✓          ✓         x", `evals/expected.txt:12: expected ✓ or ✗, not "x"`},
		"too few marks":          {"evals/expected.txt", "✓         ✓          ✓         ✗", "✓         ✓", "evals/expected.txt:12: project:jailbreaks#view has 2 marks, and the table 4 roles"},
		"an action's object":     {"evals/expected.txt", "project:jailbreaks#view", "project#view", "evals/expected.txt:12: "},
		"an action's permission": {"evals/expected.txt", "project:jailbreaks#view", "project:jailbreaks", "evals/expected.txt:12: "},
		"a role's tuple":         {"evals/expected.txt", "workspace:redteam#reader@user:redteam-reader", "workspace:redteam", "evals/expected.txt:8: "},
		"a role without a tuple": {"evals/expected.txt", "role owner ", "role owner\n// ", "evals/expected.txt:6: expected a role's name"},
		"a role below":           {"evals/expected.txt", "// Whatever else", "role x a:b#c@d:e\n// ", "evals/expected.txt:20: the role x stands below an action"},
		"what is beside":         {"evals/expected.txt", "role owner ", "beside team#\n// ", "evals/expected.txt:6: "},
		"nothing beside":         {"evals/expected.txt", "role owner ", "beside\n// ", "evals/expected.txt:6: expected which tuples stand beside roles"},
		"no table":               {"evals/expected.txt", "table", "tables", `evals/expected.txt:4: expected a table before "tables"`},
		"a table without rows":   {"evals/expected.txt", "evaluation:weekly#manage ", "table Empty\n// ", `the table "Empty" has no actions`},
		"no rule":                {"evals/rules.txt", "rule Every", "rules Every", `evals/rules.txt:4: expected a rule before "rules"`},
		"a rule without a name":  {"evals/rules.txt", "rule Every", "rule\n✓ a:b#c@d:e\nrule Every", `evals/rules.txt:4: expected what the rule says after "rule"`},
		"a one-sided rule":       {"evals/rules.txt", "rule A team's", "rule One\n✓ a:b#c@d:e\nrule A team's", `evals/rules.txt:13: the rule "One" needs a question with ✓ and one with ✗`},
		"a question's mark":      {"evals/rules.txt", "✓ project", "project", `expected rule, ✓ or ✗`},
		"a question's tuple":     {"evals/rules.txt", "✓ project:jailbreaks#manage@user:bob", "✓ project:jailbreaks", "evals/rules.txt:6: "},
		"a word too many":        {"evals/rules.txt", "✓ project:jailbreaks#manage@user:bob", "✓ project:jailbreaks#manage@user:bob with", "expected a tuple, then pairs"},
		"an unknown word":        {"evals/rules.txt", " without team:attackers", " sans team:attackers", `expected at, with or without, not "sans"`},
		"an instant":             {"evals/rules.txt", " without team:attackers#member@user:bob", " at noon", "evals/rules.txt:10: "},
		"two instants":           {"evals/rules.txt", " at 2026-03-02T20:59:59Z", " at 2026-03-02T20:59:59Z at 2026-03-02T20:59:59Z", "at stands twice"},
		"a relationship":         {"evals/rules.txt", " with workspace:redteam#reader@user:acme-member", " with workspace:redteam", "evals/rules.txt:"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, stderr := command(edited(t, c.file, c.before, c.after), "-system", "evals")
			require.Equal(t, exitError, code)
			require.Contains(t, stderr, c.says)
		})
	}
}

func TestMissingFiles(t *testing.T) {
	for _, file := range []string{"schema.zed", "tuples.txt", "expected.txt", "rules.txt"} {
		t.Run(file, func(t *testing.T) {
			files := edited(t, "evals/schema.zed", "", "").(fstest.MapFS)
			delete(files, "evals/"+file)
			code, _, stderr := command(files)
			require.Equal(t, exitError, code)
			require.Contains(t, stderr, "evals/"+file)
		})
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, errs bytes.Buffer
	require.Equal(t, exitError, run(ctx, nil, embedded, printer{w: &out}, &errs))
	require.Contains(t, errs.String(), "canceled")
}

func TestWidth(t *testing.T) {
	for text, want := range map[string]int{"": 0, "owner": 5, "✓≠✗": 3, "José": 4, "Jose\u0301": 4, "役割": 4} {
		require.Equal(t, want, width(text), text)
	}
	require.Equal(t, " ✓  ", centre("✓", 4))
	require.Equal(t, "owner", centre("owner", 2))
}
