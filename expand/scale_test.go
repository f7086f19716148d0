package expand_test

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/tuple"
)

func number(i int) string { return strconv.Itoa(i) }

// A chain of 100,000 nested groups, the last of which leads back to the first:
// no stack overflows, and every form is linear in it.
func TestDeepChain(t *testing.T) {
	const n = 100_000
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "group:%d#member@group:%d#member\n", i, (i+1)%n)
	}
	state := now(t, open(t, groups, b.String()))
	u := tuple.MustParseObject("group:0")
	_, err := expand.Expand(ctx, state, u, "member", expand.Options{Depth: -1})
	require.ErrorIs(t, err, expand.ErrTooLarge)

	tr := tree(t, state, "group:0#member", expand.Options{Depth: -1, MaxNodes: -1})
	require.Equal(t, 2*n+1, size(tr)) // a userset and its tuples for each, and the one that closes the circle
	var written counter
	require.NoError(t, tr.WriteText(&written))
	require.Less(t, int(written), 200*n)
	written = 0
	require.NoError(t, tr.WriteDot(&written))
	require.Less(t, int(written), 200*n)
	written = 0
	require.NoError(t, tr.WriteMermaid(&written))
	require.Less(t, int(written), 200*n)
	text, err := json.Marshal(tr)
	require.NoError(t, err)
	require.Less(t, len(text), 300*n)
	var back expand.Tree
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, 2*n+1, size(&back))
	again, err := json.Marshal(back)
	require.NoError(t, err)
	require.Equal(t, string(text), string(again))
}

// A counter counts what is written to it.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// What is deeper than the text is indented follows from the margin.
func TestDeepText(t *testing.T) {
	var b strings.Builder
	for i := range 70 {
		fmt.Fprintf(&b, "group:%02d#member@group:%02d#member\n", i, i+1)
	}
	b.WriteString("group:70#member@group:31#member\n")    // around it
	b.WriteString("group:00#member@group:empty#member\n") // beside it
	b.WriteString("group:00#member@group:50#member\n")    // further down
	b.WriteString("group:64#member@group:last#member\n")  // has no tuples: nothing to put off
	b.WriteString("group:66#member@group:empty#member\n")
	got := tree(t, now(t, open(t, groups, b.String())), "group:00#member", expand.Options{Depth: -1}).String()
	lines := strings.Split(got, "\n")
	require.Equal(t, "group:00#member", lines[0])
	require.Equal(t, "├─ group:01#member", lines[1])
	require.Equal(t, "│"+strings.Repeat(" ", 3*31-1)+"└─ group:32#member  (below)", lines[32])
	require.Equal(t, []string{
		"├─ group:50#member  (seen below)",
		"└─ group:empty#member  (seen below)",
		"",
		"group:32#member",
		"└─ group:33#member",
	}, lines[33:38])
	require.Contains(t, got, "└─ group:64#member  (below)\n\ngroup:64#member\n├─ group:65#member\n")
	require.True(t, strings.HasSuffix(got, "└─ group:last#member  (no tuples)\n"))
	require.Contains(t, got, "group:31#member  (cycle)\n")
	require.Equal(t, 1, strings.Count(got, "group:empty#member  (no tuples)"))
}

// A ladder of 1,000 diamonds has 2^1000 ways down, and a tree of a few
// thousand nodes.
func TestDiamonds(t *testing.T) {
	const n = 1000
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "group:%d#member@group:%da#member\n", i, i)
		fmt.Fprintf(&b, "group:%d#member@group:%db#member\n", i, i)
		fmt.Fprintf(&b, "group:%da#member@group:%d#member\n", i, i+1)
		fmt.Fprintf(&b, "group:%db#member@group:%d#member\n", i, i+1)
	}
	fmt.Fprintf(&b, "group:%d#member@user:ann\n", n)
	state := now(t, open(t, groups, b.String()))
	tr := tree(t, state, "group:0#member", expand.Options{Depth: -1})
	require.Equal(t, 1+ // the root
		4*n+1+ // a node for each tuple
		3*n+1, // the tuples of each group
		size(tr))
	require.Equal(t, text(`
		group:998#member
		├─ group:998a#member
		│  └─ group:999#member
		│     ├─ group:999a#member
		│     │  └─ group:1000#member
		│     │     └─ user:ann
		│     └─ group:999b#member
		│        └─ group:1000#member  (seen above)
		└─ group:998b#member
		   └─ group:999#member  (seen above)
		`), tree(t, state, "group:998#member", expand.Options{Depth: -1}).String())
}

// A complete graph of 300 groups fits into the default bound.
func TestCompleteGraph(t *testing.T) {
	const n = 300
	var b strings.Builder
	for i := range n {
		for j := range n {
			fmt.Fprintf(&b, "group:%d#member@group:%d#member\n", i, j)
		}
	}
	tr := tree(t, now(t, open(t, groups, b.String())), "group:0#member", expand.Options{Depth: -1})
	require.Equal(t, 1+n+n*n, size(tr))
	require.NoError(t, tr.WriteDot(io.Discard))
}

// A relation with many tuples: each page of them is read, in order.
func TestManyTuples(t *testing.T) {
	for _, n := range []int{127, 128, 129, 1000} {
		var b strings.Builder
		want := "group:a#member\n"
		for i := range n {
			fmt.Fprintf(&b, "group:a#member@user:%04d\n", n-1-i)
			branch := "├─ "
			if i == n-1 {
				branch = "└─ "
			}
			want += fmt.Sprintf("%suser:%04d\n", branch, i)
		}
		require.Equal(t, want, tree(t, now(t, open(t, groups, b.String())), "group:a#member", expand.Options{}).String())
	}
}
