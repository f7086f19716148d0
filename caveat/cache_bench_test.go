package caveat_test

import (
	gocontext "context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/caveat"
	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// What it costs to decide a question by a condition, and what the engine's cache
// saves: where the same values are given again, and where one is never the same.
func BenchmarkCheck(b *testing.B) {
	s := schema.MustParse(`
		caveat office(day string, allowed list<string>, ip ipaddress, network string) {
			day in allowed && ip.in_cidr(network)
		}
		caveat until(now timestamp, expiry timestamp) { now < expiry }
		definition user {}
		definition doc {
			relation reader: user with office
			relation guest: user with until
		}`)
	ctx := gocontext.Background()
	given := func(i int) map[string]any {
		return context{"day": "monday", "ip": "10.1.2.3", "now": time.Unix(int64(i), 0).UTC().Format(time.RFC3339)}
	}
	for _, cache := range []struct {
		name  string
		steps int
	}{{"off", -1}, {"on", 0}} {
		eng, err := baobab.Open(s, baobab.Options{Caveats: caveat.New(caveat.Options{}), Check: check.Options{CacheSteps: cache.steps}})
		require.NoError(b, err)
		defer eng.Close()
		var readers, guests []tuple.Tuple
		for d := range 1000 {
			reader, guest := tuple.MustParse(fmt.Sprintf("doc:%d#reader@user:ann", d)), tuple.MustParse(fmt.Sprintf("doc:%d#guest@user:ann", d))
			_, err := eng.Write(ctx, reader.When("office", context{"allowed": []any{"monday", "friday"}, "network": "10.0.0.0/8"}),
				guest.When("until", context{"expiry": "2100-01-01T00:00:00Z"}))
			require.NoError(b, err)
			readers, guests = append(readers, reader), append(guests, guest)
		}
		for _, c := range []struct {
			name      string
			questions []tuple.Tuple
			step      int // of the clock
		}{{"the same values", readers, 0}, {"values that do not matter", readers, 1}, {"another time each", guests, 1}} {
			b.Run(c.name+"/"+cache.name, func(b *testing.B) {
				for i := 0; b.Loop(); i++ {
					d, err := eng.Now().Given(given(i*c.step)).Check(ctx, c.questions[i%1000])
					if err != nil || !d.Allowed() {
						b.Fatal(d, err)
					}
				}
			})
		}
	}
}
