package check_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/tuple"
)

func BenchmarkMiss(b *testing.B) {
	var s strings.Builder
	const k = 2
	for d := range 1000 {
		for i := range k {
			fmt.Fprintf(&s, "doc:%d#reviewer@team:%d\n", d, (i+d)%40)
		}
	}
	for i := range 40 {
		for u := range 500 {
			fmt.Fprintf(&s, "team:%d#member@user:%d\n", i, u)
		}
	}
	st := open(b, `
			definition user {}
			definition team { relation member: user | team#member }
			definition doc { relation reviewer: team
			relation viewer: user
			permission approve = reviewer.all(member) }`, s.String())
	state := now(b, st)
	const n = 400000
	var qs []tuple.Tuple
	for i := range n {
		qs = append(qs, tuple.MustParse(fmt.Sprintf("doc:%d#approve@user:%d", i*7%1000, i/1000+1)))
	}
	for _, m := range []struct {
		name string
		o    check.Options
	}{{"off", check.Options{CacheBytes: -1}}, {"1MB", check.Options{CacheSteps: 1, CacheBytes: 1 << 20}}, {"16MB", check.Options{CacheSteps: 1, CacheBytes: 16 << 20}}, {"64MB", check.Options{CacheSteps: 1, CacheBytes: 64 << 20}}, {"256MB", check.Options{CacheSteps: 1, CacheBytes: 256 << 20}}, {"refused", check.Options{CacheSteps: 1000}}} {
		e := check.New(m.o)
		for _, q := range append(qs, qs...) {
			e.Check(ctx, state, q)
		}
		b.Run(fmt.Sprintf("seq/%s", m.name), func(b *testing.B) {
			i := 0
			for b.Loop() {
				if i++; i == n {
					i = 0
				}
				e.Check(ctx, state, qs[i])
			}
		})
		b.Run(fmt.Sprintf("par/%s", m.name), func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				i := 12345
				for pb.Next() {
					if i += 7919; i >= n {
						i -= n
					}
					e.Check(ctx, state, qs[i])
				}
			})
		})
		b.Logf("%+v", e.CacheStats())
	}
}
