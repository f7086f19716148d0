package baobab_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// The schemas of docs/SEMANTICS.md that its native language cannot express, or
// refuses, built in Go.
var builtPageSchemas = map[string]func() (*schema.Schema, error){
	"this": func() (*schema.Schema, error) {
		return schema.New(schema.Define("user"), schema.Define("group",
			schema.Rel("member", schema.Type("user"), schema.Wildcard("user"), schema.Userset("group", "member")),
			schema.Perm("nobody", schema.Nil{})))
	},
	"arrows": func() (*schema.Schema, error) {
		return schema.New(schema.Define("user"),
			schema.Define("group", schema.Rel("member", schema.Type("user"))),
			schema.Define("folder", schema.Rel("reader", schema.Type("user"))),
			schema.Define("doc",
				schema.Rel("parent", schema.Type("folder"), schema.Userset("group", "member"), schema.Wildcard("user")),
				schema.Perm("view", schema.Arrow("parent", "reader")),
				schema.Perm("seen", schema.ArrowAll("parent", "reader")),
				schema.Perm("join", schema.Arrow("parent", "member"))))
	},
	"stored and rewritten": func() (*schema.Schema, error) {
		return schema.New(schema.Define("user"), schema.Define("doc",
			schema.Rel("editor", schema.Type("user")),
			schema.Rel("viewer", schema.Type("user")).Rewritten(schema.Or(schema.This{}, schema.Ref("editor"))),
			schema.Rel("reader", schema.Userset("doc", "viewer"))))
	},
}

// Every example of docs/SEMANTICS.md is decided by the engine as the page says.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("docs/SEMANTICS.md")
	require.NoError(t, err)
	examples := strings.Split(string(page), "<!-- example: ")[1:]
	require.Greater(t, len(examples), 8)
	for _, text := range examples {
		name, rest, _ := strings.Cut(text, " -->\n```\n")
		body, _, ok := strings.Cut(rest, "```")
		require.True(t, ok, name)
		t.Run(name, func(t *testing.T) { runExample(t, name, body) })
	}
}

func runExample(t *testing.T, name, body string) {
	ctx := context.Background()
	end := strings.LastIndex(body, "\n}\n") + 3
	source := body[:end]
	if !strings.Contains(source, "definition user {") {
		source = "definition user {}\n" + source
	}
	if strings.Contains(source, "with expiration") {
		source = "use expiration\n" + source
	}
	if strings.Contains(source, "self") {
		source = "use self\n" + source
	}
	build := builtPageSchemas[name]
	if build == nil {
		build = func() (*schema.Schema, error) { return schema.Parse(name, source) }
	}
	s, err := build()
	require.NoError(t, err)
	eng, err := openEngine(s, baobab.Options{Caveats: oracle.Conditions{}, Store: store.Options{
		Clock:           func() time.Time { return time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC) },
		CheckEachCommit: true,
	}})
	require.NoError(t, err)
	defer eng.Close()

	view := eng.Now()
	asked := 0
	for _, line := range strings.Split(body[end:], "\n") {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "":
		case "?":
			fields := strings.Fields(rest)
			require.Len(t, fields, 2, line)
			d, err := view.Check(ctx, tuple.MustParse(fields[0]))
			require.Equal(t, fields[1], answer(d, err), line)
			asked++
		case "objects", "subjects", "permissions":
			requireList(t, view, word, rest)
			asked++
		case "at":
			at, err := time.Parse(time.RFC3339Nano, rest)
			require.NoError(t, err)
			view = view.AsOf(at)
		case "given":
			var values map[string]any
			require.NoError(t, json.Unmarshal([]byte(rest), &values))
			view = view.Given(values)
		case "with":
			view = view.With(tuple.MustParseRelationship(rest))
		case "without":
			view = view.Without(tuple.MustParse(rest))
		default:
			_, err := eng.Write(ctx, tuple.MustParseRelationship(strings.TrimSpace(line)))
			require.NoError(t, err, line)
			view = eng.Now()
		}
	}
	require.NotZero(t, asked)
}

// answer is a decision in the words of the page.
func answer(d baobab.Decision, err error) string {
	switch {
	case err == nil && d.Allowed():
		return "yes"
	case err == nil && d.Conditional():
		return "missing:" + strings.Join(d.Missing(), ",")
	case err == nil && d.Denied():
		return "no"
	case !d.Denied():
		return "an error with " + d.String()
	case isCycle(err):
		return "undefined"
	case errors.Is(err, check.ErrCycle):
		return "a cycle that is not named"
	}
	return "error"
}

func isCycle(err error) bool {
	var cycle *check.CycleError
	return errors.As(err, &cycle) && len(cycle.Cycle) > 0
}
