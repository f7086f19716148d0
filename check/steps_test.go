package check_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/tuple"
)

func BenchmarkSteps(b *testing.B) {
	for _, k := range []int{0, 1, 2, 3, 5, 10, 20} {
		var s strings.Builder
		for d := range 1000 {
			for i := range k {
				fmt.Fprintf(&s, "doc:%d#reviewer@team:%d\n", d, (i+d)%40)
			}
			fmt.Fprintf(&s, "doc:%d#viewer@user:1\n", d)
		}
		for i := range 40 {
			for u := range 20 {
				fmt.Fprintf(&s, "team:%d#member@user:%d\n", i, u)
			}
		}
		st := open(b, `
			definition user {}
			definition team { relation member: user | team#member }
			definition doc { relation reviewer: team
			relation viewer: user
			permission approve = reviewer.all(member) }`, s.String())
		for _, m := range []struct {
			name string
			o    check.Options
		}{{"off", check.Options{CacheBytes: -1}}, {"hit", check.Options{CacheSteps: 1}}, {"refused", check.Options{CacheSteps: 1000}}} {
			for _, n := range []int{10, 10000} {
				e := check.New(m.o)
				state := now(b, st)
				var qs []tuple.Tuple
				for i := range n {
					qs = append(qs, tuple.MustParse(fmt.Sprintf("doc:%d#approve@user:%d", i*7%1000, i/1000+1)))
				}
				for _, q := range append(qs, qs...) {
					e.Check(ctx, state, q)
				}
				b.Run(fmt.Sprintf("%d/%d/%s", k, n, m.name), func(b *testing.B) {
					i := 0
					for b.Loop() {
						if i++; i == n {
							i = 0
						}
						e.Check(ctx, state, qs[i])
					}
					b.ReportMetric(float64(check.Steps(e, state, qs[0])), "steps")
				})
			}
		}
	}
}
