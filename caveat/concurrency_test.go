package caveat_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/baobab-authz/baobab/caveat"
	"github.com/baobab-authz/baobab/schema"
)

// One condition serves many goroutines, and one evaluator compiles for many,
// without their values or errors reaching one another.
func TestConcurrentUse(t *testing.T) {
	const parameters = "n int, l list<int>, d any"
	const expression = "n in l && (d || timestamp(n) < timestamp(0))"
	shared := compile(t, parameters, expression, caveat.Options{})
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			own := compile(t, parameters, expression, caveat.Options{})
			for range 200 {
				for _, c := range []schema.Condition{own, shared} {
					given := context{"n": fmt.Sprint(g), "l": []any{g}, "d": true}
					assert.Equal(t, "yes", verdict(c, given))
					given["l"] = []any{g + 1}
					assert.Equal(t, "no", verdict(c, given))
					delete(given, "l")
					assert.Equal(t, "missing: l", verdict(c, given))
					given["l"], given["d"] = []any{g}, "x"
					assert.Contains(t, verdict(c, given), "caveat c: no such overload")
					given["n"], given["l"] = "9223372036854775807", []any{"9223372036854775807"}
					assert.Contains(t, verdict(c, given), "caveat c: ")
				}
			}
		})
	}
	group.Wait()
}
