package expand

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

func anyState(t *testing.T) *store.State {
	st, err := store.Open(schema.MustParse("definition user {}"), store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	state, err := st.Now()
	require.NoError(t, err)
	return state
}

func keyOf(i int) pageKey {
	return pageKey{about: tuple.Object{Type: "user", ID: fmt.Sprint(i)}.Subject(), relation: "view", typ: "doc"}
}

// What is kept never takes more than its bytes. What was used last stays, and what is
// larger than all of them is not kept.
func TestPagesAreBounded(t *testing.T) {
	st, o := anyState(t), &listOptions{limit: 1}
	list := found{candidates: make([]candidate, 100)}
	one := (&keptList{key: keyOf(0), found: list}).size()
	require.Greater(t, one, 100*8+keptBytes)
	p := pages{bytes: 3*one + one/2}
	for i := range 3 {
		p.keep(keyOf(i), st, list)
	}
	require.NotNil(t, p.find(keyOf(0), st, o)) // so that 1 is the last
	p.keep(keyOf(3), st, list)
	for i, kept := range []bool{true, false, true, true} {
		require.Equal(t, kept, p.find(keyOf(i), st, o) != nil, i)
	}
	require.Equal(t, 3*one, p.used)
	p.keep(keyOf(0), st, found{candidates: make([]candidate, 200)})
	require.Len(t, p.find(keyOf(0), st, o).candidates, 200)
	require.LessOrEqual(t, p.used, p.bytes)
	before := p.used
	p.keep(keyOf(9), st, found{candidates: make([]candidate, 600)})
	require.True(t, p.find(keyOf(9), st, o) == nil, "it is too large")
	require.Equal(t, before, p.used)
	require.Len(t, p.byKey, p.order.Len())

	none := pages{bytes: -1}
	none.keep(keyOf(0), st, list)
	require.Nil(t, none.find(keyOf(0), st, o))
}

// A key keeps no more of a text alive than its own.
func TestPagesCopyTheirKeys(t *testing.T) {
	text := strings.Repeat("x", 1<<10)
	key := keyOf(0)
	key.about.ID = text[:1]
	p := pages{bytes: 1 << 20}
	p.keep(key, anyState(t), found{})
	kept := p.order.Front().Value.(*keptList).key
	require.Equal(t, key, kept)
	require.NotSame(t, unsafe.StringData(text), unsafe.StringData(kept.about.ID))
}

func TestPagesTogether(t *testing.T) {
	st, o := anyState(t), &listOptions{limit: 1}
	p := pages{bytes: 20 * (keptBytes + 200)}
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			for i := range 2000 {
				n := (i*7 + g) % 40
				if f := p.find(keyOf(n), st, o); f == nil {
					p.keep(keyOf(n), st, found{candidates: make([]candidate, n)})
				} else if len(f.candidates) != n {
					panic("another list's")
				}
			}
		})
	}
	wait.Wait()
	require.LessOrEqual(t, p.used, p.bytes)
	require.NotZero(t, p.used)
	require.Len(t, p.byKey, p.order.Len())
}

// Goals of ids near and far, and of many nodes, against a map.
func TestGoals(t *testing.T) {
	var g goals
	g.reset()
	for round := range 3 {
		want := map[goal]level{}
		for i := range uint32(20_000) {
			at := goal{node: int32(i % 5)}
			switch i % 3 {
			case 0:
				at.object = foreign
			case 1:
				at.object = 1<<31 | index.ID(i*977)
			default:
				at.object = index.ID(i / 4)
			}
			l := level(1 + (i>>4)%4)
			require.Equal(t, want[at], g.raise(at.object, at.node, l))
			want[at] = max(want[at], l)
		}
		for at, l := range want {
			require.Equal(t, l, g.level(at.object, at.node))
		}
		require.Equal(t, unseen, g.level(index.ID(1<<30+round), 0))
		g.reset()
		require.Equal(t, unseen, g.level(1, 1))
	}
}
