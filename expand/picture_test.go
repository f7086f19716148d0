package expand_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/expand"
)

func TestDot(t *testing.T) {
	var b strings.Builder
	require.NoError(t, everything(t).WriteDot(&b))
	require.Equal(t, text(`
		digraph expand {
			rankdir=LR
			node [fontname="sans-serif" fontsize=11 height=0.3]
			edge [fontname="sans-serif" fontsize=9 arrowsize=0.7]
			n0 [shape=box style=filled fillcolor=lightblue label="doc:1#view"]
			n1 [shape=circle style=filled fillcolor=lightyellow fontsize=14 fixedsize=true width=0.35 label="-"]
			n2 [shape=circle style=filled fillcolor=lightyellow fontsize=14 fixedsize=true width=0.35 label="&amp;"]
			n3 [shape=box style=filled fillcolor=lightblue label="doc:1#viewer"]
			n4 [shape=plaintext label="user:*"]
			n5 [shape=plaintext label="user:bob"]
			n6 [shape=circle style=filled fillcolor=lightyellow fontsize=14 fixedsize=true width=0.35 label="+"]
			n7 [shape=cds style=filled fillcolor=lightyellow label="parent.all(view)"]
			n8 [shape=box style=dashed label="doc:2#view (not expanded)"]
			n9 [shape=plaintext fontcolor=gray40 label="user:ann (nobody: user has no view)"]
			n10 [shape=plaintext label="doc:1 (self)"]
			n11 [shape=plaintext label="nil"]
			n12 [shape=box style=filled fillcolor=lightblue label="doc:1#banned (no tuples)"]
			n0 -> n1
			n1 -> n2
			n2 -> n3
			n3 -> n4
			n3 -> n5 [label="[office:{\"ip\":\"1\"}][expiration:2028-01-01T00:00:00Z]"]
			n2 -> n6
			n6 -> n7
			n7 -> n0 [label="cycle" color=red penwidth=2 constraint=false]
			n7 -> n8
			n7 -> n9
			n6 -> n10
			n6 -> n11
			n6 -> n3
			n1 -> n12 [label="not" style=dashed]
		}
		`), flat(b.String()))
}

func TestMermaid(t *testing.T) {
	var b strings.Builder
	require.NoError(t, everything(t).WriteMermaid(&b))
	require.Equal(t, text(`
		flowchart LR
			n0["doc#58;1#35;view"]
			n1(("#45;"))
			n2(("#38;"))
			n3["doc#58;1#35;viewer"]
			n4(["user#58;#42;"])
			n5(["user#58;bob"])
			n6(("#43;"))
			n7{{"parent#46;all#40;view#41;"}}
			n8["doc#58;2#35;view #40;not expanded#41;"]
			class n8 dim
			n9(["user#58;ann #40;nobody#58; user has no view#41;"])
			class n9 dim
			n10(["doc#58;1 #40;self#41;"])
			n11(["nil"])
			n12["doc#58;1#35;banned #40;no tuples#41;"]
			n0 --> n1
			n1 --> n2
			n2 --> n3
			n3 --> n4
			n3 -->|"#91;office#58;#123;#34;ip#34;#58;#34;1#34;#125;#93;#91;expiration#58;2028#45;01#45;01T00#58;00#58;00Z#93;"| n5
			n2 --> n6
			n6 --> n7
			n7 ==>|"cycle"| n0
			n7 --> n8
			n7 --> n9
			n6 --> n10
			n6 --> n11
			n6 --> n3
			n1 -.->|"not"| n12
			classDef dim stroke-dasharray:4
		`), flat(b.String()))
}

// flat takes away the indentation, as text does.
func flat(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		b.WriteString(strings.TrimLeft(line, "\t"))
	}
	return b.String()
}

// A relation that is stored and rewritten, an arrow by a userset, a userset
// that is beyond the depth twice.
func TestPictureOfTheCompiledForm(t *testing.T) {
	tr := tree(t, compiledForm(t), "doc:2#change", expand.Options{})
	var b strings.Builder
	require.NoError(t, tr.WriteDot(&b))
	require.Contains(t, b.String(), `n1 -> n2 [label="by doc:1#editor"]`)
	require.Contains(t, b.String(), `n4 [shape=note label="tuples"]`)
	require.NotContains(t, b.String(), "dashed")
	b.Reset()
	require.NoError(t, tr.WriteMermaid(&b))
	require.NotContains(t, b.String(), "dim")
	b.Reset()
	require.NoError(t, tree(t, compiledForm(t), "doc:1#join", expand.Options{Depth: 1}).WriteDot(&b))
	require.Equal(t, 1, strings.Count(b.String(), `label="group:g#member (not expanded)"`))
	require.Equal(t, 2, strings.Count(b.String(), `-> n3`))
}

// A broken writer fails at its n-th byte.
type broken int

var errBroken = errors.New("broken")

func (b *broken) Write(p []byte) (int, error) {
	if *b -= broken(len(p)); *b < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

func TestBrokenWriter(t *testing.T) {
	tr := everything(t)
	for _, write := range []func(io.Writer) error{tr.WriteText, tr.WriteDot, tr.WriteMermaid} {
		w := broken(10)
		require.ErrorIs(t, write(&w), errBroken)
	}
}
