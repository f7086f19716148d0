package index

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/tuple"
)

// A model is what a Reader must answer: a map of relationships and an instant.
type model struct {
	tuples map[tuple.Tuple]tuple.Relationship
	now    int64
}

func (m model) live() map[tuple.Tuple]tuple.Relationship {
	live := maps.Clone(m.tuples)
	maps.DeleteFunc(live, func(_ tuple.Tuple, r tuple.Relationship) bool { return QualifierOf(r).Expired(m.now) })
	return live
}

var (
	// Few tuples, so that most operations meet one that is there.
	genType  = rapid.SampledFrom([]string{"user", "document"})
	genRel   = rapid.SampledFrom([]string{"member", "viewer"})
	genTuple = rapid.Custom(func(t *rapid.T) tuple.Tuple {
		object := func() tuple.Object {
			return tuple.Object{Type: genType.Draw(t, "type"), ID: fmt.Sprint(rapid.IntRange(0, 1).Draw(t, "id"))}
		}
		s := object().Subject()
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			s.Relation = genRel.Draw(t, "subject relation")
		case 1:
			s.ID = tuple.Wildcard
		}
		return tuple.New(object(), genRel.Draw(t, "relation"), s)
	})
	genRelationship = rapid.Custom(func(t *rapid.T) tuple.Relationship {
		r := genTuple.Draw(t, "tuple").Always()
		if rapid.Bool().Draw(t, "caveat") {
			r.Caveat = "c"
			if rapid.Bool().Draw(t, "context") {
				r.Context = map[string]any{"n": float64(rapid.IntRange(0, 2).Draw(t, "n")), "l": []any{true, "x"}}
			}
		}
		if rapid.Bool().Draw(t, "expires") {
			r.Expires = time.UnixMicro(genInstant.Draw(t, "at")).UTC()
		}
		return r
	})
	genInstant = rapid.Int64Range(1, 8)
)

// requireSame compares what a reader answers with the model, in every way of asking.
func requireSame(t *rapid.T, r *Reader, m model) {
	want := m.live()
	buf := make([]Key, 0, rapid.IntRange(1, 9).Draw(t, "page"))
	all := func(from Key, read func(Key, []Key) []Key, after func(Key) Key, less func(a, b Key) bool) []Key {
		var keys []Key
		for {
			page := read(from, buf)
			require.LessOrEqual(t, len(page), cap(buf))
			keys = append(keys, page...)
			if len(page) < cap(buf) {
				break
			}
			from = after(page[len(page)-1])
		}
		require.True(t, slices.IsSortedFunc(keys, func(a, b Key) int {
			if less(a, b) {
				return -1
			}
			return 1
		}))
		return keys
	}
	check := func(keys []Key, belongs func(tuple.Tuple) bool) {
		got := map[tuple.Tuple]tuple.Relationship{}
		for _, k := range keys {
			rel := r.Relationship(k)
			require.Equal(t, rel.Tuple, r.Tuple(k))
			got[rel.Tuple] = rel
		}
		require.Len(t, got, len(keys))
		expected := maps.Clone(want)
		maps.DeleteFunc(expected, func(t tuple.Tuple, _ tuple.Relationship) bool { return !belongs(t) })
		require.Equal(t, expected, got)
	}
	check(all(Key{}, r.All, Key.AfterForward, ForwardLess), func(tuple.Tuple) bool { return true })
	for range 5 {
		about := genTuple.Draw(t, "about")
		if k, ok := r.Key(about); ok {
			check(all(Key{Object: k.Object}, r.ForwardObject, Key.AfterForward, ForwardLess),
				func(u tuple.Tuple) bool { return u.Object == about.Object })
			check(all(Key{Object: k.Object, Relation: k.Relation}, r.Forward, Key.AfterForward, ForwardLess),
				func(u tuple.Tuple) bool { return u.Object == about.Object && u.Relation == about.Relation })
			check(all(Key{Subject: k.Subject}, r.ReverseSubject, Key.AfterReverse, ReverseLess),
				func(u tuple.Tuple) bool { return u.Subject.Object == about.Subject.Object })
			check(all(Key{Subject: k.Subject, SubjectRelation: k.SubjectRelation}, r.Reverse, Key.AfterReverse, ReverseLess),
				func(u tuple.Tuple) bool { return u.Subject == about.Subject })
			got, ok := r.Get(k)
			rel, stored := want[about]
			require.Equal(t, stored, ok)
			if ok {
				require.Equal(t, rel, r.Relationship(got))
				require.Equal(t, rel.Caveat, r.Qualifier(got).Caveat)
				require.Equal(t, about.Object.Type, r.String(r.TypeOf(got.Object)))
				require.Equal(t, about.Subject.Object, r.Object(got.Subject))
			}
		} else {
			require.NotContains(t, want, about)
		}
	}
	next := int64(0)
	for _, rel := range want {
		if q := QualifierOf(rel); q != nil && q.Expires != 0 && (next == 0 || q.Expires < next) {
			next = q.Expires
		}
	}
	got, ok := r.NextExpiry()
	if next != 0 {
		require.True(t, ok)
		require.LessOrEqual(t, got, next)
		require.Greater(t, got, m.now)
	}
	if !r.Hypothetical() {
		require.Equal(t, next, got)
		require.Equal(t, next != 0, ok)
	}
}

// Builders, readers, overlays and undone changes agree with a map.
func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := NewDict()
		require.NoError(t, d.InternNames("user", "team", "document", "member", "viewer", "editor"))
		b := NewSnapshot(d, Meta{Swept: NeverSwept}).Edit()
		m := model{tuples: map[tuple.Tuple]tuple.Relationship{}}
		type past struct {
			s *Snapshot
			m model
		}
		var pasts []past
		intern := func(u tuple.Tuple) Key {
			var k Key
			var err error
			k.Object, err = d.Intern(u.Object)
			require.NoError(t, err)
			k.Subject, err = d.Intern(u.Subject.Object)
			require.NoError(t, err)
			k.Relation, _ = d.Name(u.Relation)
			k.SubjectRelation, _ = d.Name(u.Subject.Relation)
			return k
		}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				rel := genRelationship.Draw(t, "rel")
				require.NoError(t, b.Put(intern(rel.Tuple), QualifierOf(rel)))
				m.tuples[rel.Tuple] = rel
			},
			"put all": func(t *rapid.T) {
				n := rapid.SampledFrom([]int{20, minBulk, minRadix + 50}).Draw(t, "at most")
				rels := rapid.SliceOfN(genRelationship, n/2, n).Draw(t, "rels")
				var puts Puts
				before, existed := b.Freeze(), maps.Clone(m.tuples)
				for _, rel := range rels {
					puts.Add(intern(rel.Tuple), QualifierOf(rel))
					m.tuples[rel.Tuple] = rel
				}
				changes, err := b.PutAll(&puts, nil)
				require.NoError(t, err)
				changed := 0
				for u, rel := range m.tuples {
					old, had := existed[u]
					if !had || !EqualQualifiers(QualifierOf(old), QualifierOf(rel)) {
						changed++
					}
				}
				require.Len(t, changes, changed)
				after := b.Freeze()
				require.NoError(t, after.Check())
				undone := after.Edit()
				require.NoError(t, undone.Undo(changes))
				require.True(t, undone.Freeze().Equal(before))
			},
			"remove": func(t *rapid.T) {
				u := genTuple.Draw(t, "tuple")
				b.Remove(intern(u))
				delete(m.tuples, u)
			},
			"sweep": func(t *rapid.T) {
				until := genInstant.Draw(t, "until")
				limit := rapid.IntRange(0, 3).Draw(t, "limit")
				swept := b.Sweep(until, limit)
				require.LessOrEqual(t, len(swept), limit)
				r := b.Peek().ReadAt(until)
				for _, c := range swept {
					u := r.Tuple(c.Key)
					require.True(t, QualifierOf(m.tuples[u]).Expired(until))
					require.True(t, EqualQualifiers(c.Before, QualifierOf(m.tuples[u])))
					delete(m.tuples, u)
				}
				if len(swept) < limit {
					require.Zero(t, b.Peek().Expired(until))
				}
			},
			"freeze": func(*rapid.T) {
				pasts = append(pasts, past{b.Freeze(), model{tuples: maps.Clone(m.tuples)}})
			},
			"change and undo": func(t *rapid.T) {
				before := b.Freeze()
				var changes []Change
				for _, rel := range rapid.SliceOf(genRelationship).Draw(t, "rels") {
					c := Change{Key: intern(rel.Tuple), Has: rapid.Bool().Draw(t, "has")}
					c.Before, c.Had = b.Peek().Lookup(c.Key)
					if c.Has {
						c.After = QualifierOf(rel)
					}
					changes = append(changes, c)
					require.NoError(t, b.Redo([]Change{c}))
				}
				after := b.Freeze()
				changes = Net(changes)
				require.NoError(t, b.Undo(changes))
				require.True(t, b.Peek().Equal(before))
				require.NoError(t, b.Redo(changes))
				require.True(t, b.Peek().Equal(after))
				require.Equal(t, len(changes) == 0, before.Equal(after))
				require.NoError(t, b.Undo(changes))
			},
			"hypothesis": func(t *rapid.T) {
				known := d.Len()
				m := model{tuples: maps.Clone(m.tuples), now: genInstant.Draw(t, "now")}
				r := b.Freeze().ReadAt(m.now)
				for range rapid.IntRange(0, 3).Draw(t, "steps") {
					old, oldModel := r, model{maps.Clone(m.tuples), m.now}
					switch rapid.IntRange(0, 2).Draw(t, "step") {
					case 0:
						rels := rapid.SliceOfN(genRelationship, 0, 10).Draw(t, "rels")
						var err error
						r, err = r.With(rels)
						require.NoError(t, err)
						for _, rel := range rels {
							m.tuples[rel.Tuple] = rel
						}
					case 1:
						tuples := rapid.SliceOfN(genTuple, 0, 10).Draw(t, "tuples")
						r = r.Without(tuples)
						for _, u := range tuples {
							delete(m.tuples, u)
						}
					default:
						m.now = genInstant.Draw(t, "now")
						r = r.AsOf(m.now)
					}
					require.Equal(t, m.now, r.Instant())
					require.Equal(t, m.now, r.Now().UnixMicro())
					requireSame(t, &r, m)
					requireSame(t, &old, oldModel)
				}
				require.Equal(t, known, d.Len(), "a hypothesis interned something")
			},
			"": func(t *rapid.T) {
				s := b.Peek()
				if rapid.Bool().Draw(t, "frozen") { // what is being built has no rosters yet
					s = b.Freeze()
					require.NoError(t, s.Check())
				}
				require.Equal(t, len(m.tuples), s.Len())
				m := model{m.tuples, genInstant.Draw(t, "now")}
				r := s.ReadAt(m.now)
				require.Equal(t, s.Len()-len(m.live()), s.Expired(m.now))
				requireSame(t, &r, m)
			},
		})
		for _, p := range pasts { // nothing that happened later shows
			require.NoError(t, p.s.Check())
			r := p.s.ReadAt(0)
			requireSame(t, &r, p.m)
		}
	})
}
