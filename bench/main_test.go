package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A short run of the smallest size has every row, and no figure is an error.
func TestRun(t *testing.T) {
	var out strings.Builder
	groups := "check,all,growth,nested,list,write,readers,life,allocs"
	require.NoError(t, run(t.Context(), strings.Fields("-size 10k -rounds 1 -patience 1ms -engines baobab,cedar-go,casbin -rows "+groups), &out))
	table := out.String()
	for _, want := range []string{
		"check, mix ", "check, hot ", "baobab, As ", "cedar-go / baobab ", "BTreeG Get ", "map Get ", "three of them ", "golang-lru Get",
		"allocations per check", "heap per tuple ", "CheckAll", "one by one, two threads", "ten times as many tuples", "1000 nested teams, later", "contain each other",
		"list 3200 objects, sorted", "in pages of 100", "list 33 subjects", "one commit, p50", "transactions of 100",
		"p99 with the writer against without", "bulk load", "first question about a subject", "1000 nested teams, first against",
		"heap per tuple, after commits", "allocations, exclusion",
	} {
		require.Contains(t, table, want)
	}
	require.Equal(t, 1, strings.Count(table, "which is wrong"), "%s", table) // Casbin, beyond 10 teams
}

// What outweighs the smallest size.
func TestRunLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("it loads a million tuples and opens 10,000 engines: run it without -short")
	}
	var out strings.Builder
	require.NoError(t, run(t.Context(), strings.Fields("-size 10k -rounds 1 -patience 1ms -engines baobab -rows wide,tenants"), &out))
	for _, want := range []string{"group of 1,000,000 members ", "object shared with 10,000 groups ", "10000 tenants of 100 tuples", "an engine more, goroutines"} {
		require.Contains(t, out.String(), want)
	}
}

func TestParse(t *testing.T) {
	for args, want := range map[string]string{
		"-size 5":            `no size "5"`,
		"-rounds 0":          "0 rounds",
		"-rows check,nobody": `no rows "nobody"`,
		"-engines zanzibar":  `no engine "zanzibar": there are baobab, cedar-go`,
		"-what":              "flag provided but not defined",
	} {
		_, _, err := parse(strings.Fields(args))
		require.ErrorContains(t, err, want, args)
	}
	b, chosen, err := parse(nil)
	require.NoError(t, err)
	require.Equal(t, 163, b.w.Orgs)
	require.Equal(t, []string{"baobab", "cedar-go", "casbin", "casbin-cached", "openfga", "openfga-cached"}, b.names)
	require.Len(t, chosen, len(groups()))
	b, chosen, err = parse(strings.Fields("-size 1M -rows list,check"))
	require.NoError(t, err)
	require.Equal(t, []string{"baobab", "cedar-go", "casbin", "casbin-cached"}, b.names)
	require.Equal(t, "list", chosen[0].name)
	require.Len(t, chosen, 2)
}
