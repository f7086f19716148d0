package main

import (
	"context"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
)

// Every story, by its sentence, and under it every refusal without the
// directives that it is owed to.
func TestStories(t *testing.T) {
	eachSystem(t, func(t *testing.T, s *System) {
		for _, story := range s.Stories {
			t.Run(story.Name, func(t *testing.T) {
				ctx := context.Background()
				telling, err := s.begin(ctx)
				require.NoError(t, err)
				defer telling.close()
				for _, step := range story.Steps {
					says, err := step.take(ctx, telling)
					require.NoError(t, err, "%s %s\n%s", step.expected(), strings.Join(step.text(), "  "), says)
					if a, ok := step.(*Attempt); ok && len(a.Stripped) > 0 {
						t.Run("stripped "+strings.Join(a.text(), " "), func(t *testing.T) {
							require.NoError(t, s.verifyStrips(ctx, telling, a), "%v", a.Stripped)
						})
					}
				}
				require.NoError(t, telling.eng.Verify())
			})
		}
	})
}

// Every directive is needed: some story's refusal is owed to it. What cascades
// allows instead of refusing.
func TestEveryDirectiveIsNeeded(t *testing.T) {
	eachSystem(t, func(t *testing.T, s *System) {
		owed := map[Strip]bool{}
		for _, story := range s.Stories {
			for _, step := range story.Steps {
				if a, ok := step.(*Attempt); ok {
					for _, strip := range a.Stripped {
						owed[strip] = true
					}
				}
			}
		}
		for _, d := range directives(strings.SplitAfter(s.text, "\n")) {
			if !owed[d.Strip] && d.Directive != "on-delete cascade" {
				t.Errorf("no story is stripped of %s %s", d.Name, d.Directive)
			}
		}
	})
}

// A little system, to tell stories of.
const (
	tinySchema = `use expiration

definition user {}

//baobab:deleted-by own
definition doc {
	//baobab:count 1
	//baobab:granted-by own
	relation owner: user

	//baobab:granted-by own
	relation reader: user | user with on_day

	//baobab:granted-by own
	//baobab:expires-within 7d
	relation guest: user with expiration

	relation secret: user

	permission own = owner
	permission read = reader + guest
}

caveat on_day(day string) {
	day == "monday"
}
`
	tinyTuples = "doc:a#owner@user:ann\ndoc:a#reader@user:dan[on_day]\n"
	tinyStory  = `story Ann shares
✓ user:ann  create doc:a#reader@user:bob  note "he asked"
✗ user:bob  create doc:a#reader@user:cat
  because granted-by own: doc:a#own@user:bob is denied
  stripped doc#reader granted-by own
✓ ask doc:a#read@user:bob
  because doc:a#reader@user:bob
✗ ask doc:a#read@user:dan given {"day":"friday"}
? ask doc:a#read@user:dan missing day
audit
  saw user:ann  + doc:a#reader@user:bob  "he asked"
`
)

// tiny returns files of which every system has the same.
func tiny(story string) fs.FS {
	files := fstest.MapFS{}
	for _, name := range systemNames() {
		for file, text := range map[string]string{
			"schema.zed": tinySchema, "tuples.txt": tinyTuples, "story.txt": story,
			"expected.txt": "", "rules.txt": "",
		} {
			files[name+"/"+file] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	return files
}

func TestAStoryIsShown(t *testing.T) {
	code, stdout, stderr := command(tiny(tinyStory), "-system", "evals")
	require.Equal(t, exitRight, code, stdout)
	require.Empty(t, stderr)
	require.Contains(t, stdout, `
  Ann shares
    ✓ user:ann  create doc:a#reader@user:bob  note "he asked"
    ✗ user:bob  create doc:a#reader@user:cat
        user:bob may not write doc:a#reader@user:cat: granted-by own: doc:a#own@user:bob is denied
    ✓ ask doc:a#read@user:bob
        doc:a#read@user:bob is allowed
          ✓ doc:a#read@user:bob = reader + guest
            ✓ doc:a#reader@user:bob: stored
    ✗ ask doc:a#read@user:dan  given {"day":"friday"}
    ? ask doc:a#read@user:dan  missing day
    audit
        user:ann  + doc:a#reader@user:bob  "he asked"

`)
	require.Contains(t, stdout, "1 stories in 6 steps\nall as expected\n")
}

// A story that does not hold is told up to where it fails.
func TestStoriesThatDoNotHold(t *testing.T) {
	const both = "✓ ask doc:a#own@user:ann\n✗ ask doc:a#own@user:bob\n"
	for name, c := range map[string]struct{ lines, says string }{
		"a write is refused":           {"✓ user:bob create doc:a#reader@user:cat", "    ≠✓ user:bob  create doc:a#reader@user:cat\n      !  user:bob may not write"},
		"a write is committed":         {"✗ server create doc:a#reader@user:cat\nbecause no", "!  it is committed"},
		"another reason":               {"✗ user:bob create doc:a#reader@user:cat\nbecause we like him", "!  expected because we like him"},
		"one of two reasons":           {"✗ user:bob create doc:a#reader@user:cat\nbecause granted-by own\nbecause tuesday", "!  expected because tuesday"},
		"nothing changes":              {"✓ user:ann touch doc:a#owner@user:ann", "!  the write changes nothing"},
		"an idle refusal":              {"✗ user:bob touch doc:a#owner@user:ann\nbecause nothing", "!  the write changes nothing"},
		"what is deleted is not there": {"✗ user:bob delete doc:a#reader@user:cat\nbecause doc", "!  doc:a#reader@user:cat is not stored"},
		"none of an object":            {"✓ server delete-object doc:b", "!  doc:b is not stored"},
		"none of a filter":             {"✓ server delete-matching doc:b", "!  doc:b is not stored"},
		"an answer":                    {"✓ ask doc:a#own@user:bob", "!  the answer is denied"},
		"another explanation":          {"✓ ask doc:a#own@user:ann\nbecause doc:a#reader", "!  expected because doc:a#reader"},
		"a condition":                  {"✗ ask doc:a#read@user:dan", "!  the answer is conditional on day"},
		"another condition":            {"? ask doc:a#read@user:dan missing night", "!  the answer is conditional on day"},
		"an error":                     {"✗ ask doc:a#red@user:dan", "≠✗ ask doc:a#red@user:dan"},
		"an empty audit":               {"audit\nsaw user:ann + doc:a#reader@user:bob", "!  expected to see user:ann  + doc:a#reader@user:bob"},
		"an audit in disorder": {"✓ user:ann create doc:a#reader@user:bob\n✓ user:ann delete doc:a#reader@user:bob\naudit\n" +
			"saw user:ann - doc:a#reader@user:bob\nsaw user:ann + doc:a#reader@user:bob", "!  expected to see user:ann  + doc:a#reader@user:bob"},
		"another note": {"✓ user:ann create doc:a#reader@user:bob note \"x\"\naudit\nsaw user:ann + doc:a#reader@user:bob \"y\"", `!  expected to see`},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := command(tiny("story S\n"+both+c.lines+"\n"), "-system", "evals")
			require.Equal(t, exitDifferent, code, stdout)
			require.Empty(t, stderr)
			require.Contains(t, stdout, c.says)
			require.Contains(t, stdout, "differences: 1\n")
		})
	}
}

func TestMalformedStories(t *testing.T) {
	const good = "story S\n✓ ask a:b#c@d:e\n✗ ask a:b#c@d:e\n"
	for name, c := range map[string]struct{ text, says string }{
		"no story":               {"✓ ask a:b#c@d:e", `evals/story.txt:1: expected a story before "✓"`},
		"no sentence":            {"// one\nstory", `evals/story.txt:2: expected what the story says`},
		"the same sentence":      {good + "story S", `evals/story.txt:4: there is another story "S"`},
		"one side only":          {good + "story T\n✓ ask a:b#c@d:e", `evals/story.txt:4: the story "T" needs a line with ✓ and one with ✗`},
		"one side, then another": {"story T\n✓ ask a:b#c@d:e\n" + strings.ReplaceAll(good, "S", "U"), `evals/story.txt:1: the story "T" needs`},
		"another word":           {good + "once upon a time", `evals/story.txt:4: expected story, ✓, ✗, ?, because, stripped, audit or saw, not "once upon a time"`},
		"an audit of something":  {good + "audit a:b", `evals/story.txt:4: expected story`},
		"no who":                 {good + "✓", `evals/story.txt:4: expected ask, server or a subject after ✓`},
		"a malformed who":        {good + "✓ ann create a:b#c@d:e", `evals/story.txt:4: `},
		"no operation":           {good + "✓ a:b note \"x\"", `evals/story.txt:4: expected what a:b tries to write`},
		"an unknown operation":   {good + "✓ a:b make a:b#c@d:e", `evals/story.txt:4: expected create, touch, delete, delete-object, delete-matching, require, forbid, given, at or note, not "make"`},
		"an operation alone":     {good + "✓ a:b create", `evals/story.txt:4: expected something after "create"`},
		"a relationship":         {good + "✓ a:b create a:b", `evals/story.txt:4: `},
		"a tuple to touch":       {good + "✓ a:b touch a:b", `evals/story.txt:4: `},
		"a tuple to delete":      {good + "✓ a:b delete a:b", `evals/story.txt:4: `},
		"an object":              {good + "✓ a:b delete-object a", `evals/story.txt:4: `},
		"a filter":               {good + "✓ a:b forbid a:b#", `evals/story.txt:4: `},
		"maybe a write":          {good + "? a:b create a:b#c@d:e", `evals/story.txt:4: expected ask after ?`},
		"an open quotation":      {good + "✓ a:b create a:b#c@d:e note \"x y", `evals/story.txt:4: expected a quotation mark to end "x y`},
		"a note without quotes":  {good + "✓ a:b create a:b#c@d:e note x", `evals/story.txt:4: expected a text in quotation marks, not x`},
		"no JSON":                {good + "✓ a:b create a:b#c@d:e given x", `evals/story.txt:4: expected a JSON object without spaces after given, not x`},
		"null":                   {good + "✓ a:b create a:b#c@d:e given null", `evals/story.txt:4: expected a JSON object`},
		"given twice":            {good + "✓ a:b create a:b#c@d:e given {} given {}", `evals/story.txt:4: given stands twice`},
		"given to the server":    {good + "✓ server create a:b#c@d:e given {}", `evals/story.txt:4: given is for the guards`},
		"an instant":             {good + "✓ a:b create a:b#c@d:e at noon", `evals/story.txt:4: `},
		"backwards":              {good + "✓ a:b create a:b#c@d:e at 2026-03-02T08:00:00Z", `evals/story.txt:4: it is 2026-03-02T09:00:00Z already`},
		"backwards later":        {good + "✓ ask a:b#c@d:e at 2026-03-02T10:00:00Z\n✓ ask a:b#c@d:e at 2026-03-02T10:00:00Z", `evals/story.txt:5: it is 2026-03-02T10:00:00Z already`},
		"no reason":              {good + "✗ a:b create a:b#c@d:e\n✓ ask a:b#c@d:e", `evals/story.txt:4: expected because below a write with ✗`},
		"no reason at the end":   {good + "✗ a:b create a:b#c@d:e", `evals/story.txt:4: expected because below a write with ✗`},
		"an empty reason":        {good + "✗ a:b create a:b#c@d:e\nbecause", `evals/story.txt:5: expected something after "because"`},
		"a reason to commit":     {good + "✓ a:b create a:b#c@d:e\nbecause so", `evals/story.txt:5: because stands below no write with ✗`},
		"a reason to audit":      {good + "audit\nbecause so", `evals/story.txt:5: because stands below no write with ✗`},
		"stripped of an answer":  {good + "stripped a#b count 1", `evals/story.txt:4: stripped stands below no write with ✗`},
		"nothing stripped":       {good + "✗ a:b create a:b#c@d:e\nbecause x\nstripped a#b", `evals/story.txt:6: expected a directive after a#b`},
		"stripped of nothing":    {good + "✗ a:b create a:b#c@d:e\nbecause x\nstripped [#b count 1", `evals/story.txt:6: `},
		"a stripped relation":    {good + "✗ a:b create a:b#c@d:e\nbecause x\nstripped a# count 1", `evals/story.txt:6: `},
		"a question's tuple":     {good + "✓ ask a:b", `evals/story.txt:4: `},
		"a question's words":     {good + "✓ ask a:b#c@d:e given", `evals/story.txt:4: expected a tuple after ask, then pairs`},
		"another question word":  {good + "✓ ask a:b#c@d:e with x", `evals/story.txt:4: expected given, at or missing, not "with"`},
		"asked twice given":      {good + "✓ ask a:b#c@d:e given {} given {}", `evals/story.txt:4: given stands twice`},
		"maybe, missing nothing": {good + "? ask a:b#c@d:e", `evals/story.txt:4: ? and missing go together`},
		"missing something":      {good + "✓ ask a:b#c@d:e missing x", `evals/story.txt:4: ? and missing go together`},
		"an audit of nothing":    {good + "audit", `evals/story.txt:1: the audit of "S" saw nothing`},
		"saw without audit":      {good + "saw server + a:b#c@d:e", `evals/story.txt:4: saw stands below no audit`},
		"saw nobody":             {good + "audit\nsaw", `evals/story.txt:5: expected server or a subject after saw`},
		"saw a malformed one":    {good + "audit\nsaw ann", `evals/story.txt:5: `},
		"saw nothing":            {good + "audit\nsaw server \"x\"", `evals/story.txt:5: expected what was seen`},
		"saw something":          {good + "audit\nsaw server a:b#c@d:e", `evals/story.txt:5: expected + or - and a tuple, or a note`},
		"saw a sign":             {good + "audit\nsaw server +", `evals/story.txt:5: expected a tuple after +`},
		"saw no tuple":           {good + "audit\nsaw server + a:b", `evals/story.txt:5: `},
		"saw half a note":        {good + "audit\nsaw server + a:b#c@d:e \"x y", `evals/story.txt:5: expected a text in quotation marks`},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := command(tiny(c.text), "-system", "evals")
			require.Equal(t, exitError, code)
			require.Empty(t, stdout)
			require.Contains(t, stderr, c.says)
		})
	}
}

// To strip a directive that is not the reason is noticed.
func TestStripping(t *testing.T) {
	const start = "story S\n✓ ask doc:a#own@user:ann\n"
	for name, c := range map[string]struct{ lines, says string }{
		"a count":             {"✗ user:ann create doc:a#owner@user:bob\nbecause count 1\nstripped doc#owner count 1", ""},
		"a guard":             {"✗ user:bob create doc:a#reader@user:cat\nbecause granted-by own\nstripped doc#reader granted-by own", ""},
		"a limit":             {"✗ user:ann create doc:a#guest@user:cat[expiration:2027-01-01T00:00:00Z]\nbecause 7d\nstripped doc#guest expires-within 7d", ""},
		"a deletion":          {"✗ user:bob delete-object doc:a\nbecause deleted-by own\nstripped doc deleted-by own", ""},
		"another directive":   {"✗ user:ann create doc:a#owner@user:bob\nbecause count 1\nstripped doc#reader granted-by own", "count 1"},
		"half of it":          {"✗ user:bob create doc:a#owner@user:bob\nbecause own\nstripped doc#owner granted-by own", "count 1"},
		"both":                {"✗ user:bob create doc:a#owner@user:bob\nbecause own\nstripped doc#owner granted-by own\nstripped doc#owner count 1", ""},
		"what never had any":  {"✗ user:ann create doc:a#secret@user:bob\nbecause no granted-by\nstripped doc#reader granted-by own", "doc#secret has no granted-by"},
		"what is not there":   {"✗ user:ann create doc:a#owner@user:bob\nbecause count 1\nstripped doc#owner count 2", "the schema has no //baobab:count 2 above doc#owner"},
		"what is elsewhere":   {"✗ user:ann create doc:a#owner@user:bob\nbecause count 1\nstripped doc count 1", "the schema has no //baobab:count 1 above doc"},
		"later on, the clock": {"✓ user:ann create doc:a#guest@user:cat[expiration:2026-03-03T00:00:00Z] at 2026-03-02T10:00:00Z\n✗ user:ann touch doc:a#guest@user:cat[expiration:2026-03-04T00:00:00Z] at 2026-03-02T12:00:00Z\nbecause prolong\nstripped doc#guest expires-within 7d", ""},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			s, err := loadSystem(ctx, tiny(start+c.lines), "evals")
			require.NoError(t, err)
			defer s.Engine.Close()
			telling, err := s.begin(ctx)
			require.NoError(t, err)
			defer telling.close()
			var last error
			for _, step := range s.Stories[0].Steps {
				_, err := step.take(ctx, telling)
				require.NoError(t, err)
				if a, ok := step.(*Attempt); ok && len(a.Stripped) > 0 {
					last = s.verifyStrips(ctx, telling, a)
				}
			}
			if c.says == "" {
				require.NoError(t, last)
			} else {
				require.ErrorContains(t, last, c.says)
			}
		})
	}
}

// No directive of the examples can be misspelt without notice, and none is
// lost or changed when the schema is formatted.
func TestDirectives(t *testing.T) {
	eachSystem(t, func(t *testing.T, s *System) {
		file := s.Name + "/schema.zed"
		lines := strings.SplitAfter(s.text, "\n")
		found := directives(lines)
		for _, d := range found {
			require.NotEmpty(t, d.Name, "%v stands above nothing", d)
			t.Run(d.Name+" "+d.Directive, func(t *testing.T) {
				word, _, _ := strings.Cut(d.Directive, " ")
				for _, misspelt := range []string{word + "s", word[1:], strings.ToUpper(word[:1]) + word[1:], "x" + word, ""} {
					edited := strings.Replace(lines[d.line], directivePrefix+word, directivePrefix+misspelt, 1)
					text := strings.Join(lines[:d.line], "") + edited + strings.Join(lines[d.line+1:], "")
					_, err := schema.Parse(file, text)
					var errs schema.Errors
					require.ErrorAs(t, err, &errs, edited)
					require.Equal(t, d.line+1, errs[0].Line, edited)
				}
				_, err := stripped(s.text, d.Strip)
				require.NoError(t, err)
			})
		}
		formatted, err := schema.Format(file, s.text)
		require.NoError(t, err)
		require.Equal(t, found, directives(strings.SplitAfter(formatted, "\n")))
	})
}
