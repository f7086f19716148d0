package firststeps_test

import (
	"context"
	"fmt"
	"time"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// A tuple that expires does not exist from that instant on. The clock can be
// replaced, which is how a test waits for a week.
func Example_expiry() {
	clock := time.Date(2027, time.January, 1, 0, 0, 0, 0, time.UTC)
	eng := newLibrary(baobab.Options{Store: store.Options{Clock: func() time.Time { return clock }}})
	defer eng.Close()
	ctx := context.Background()

	guest := tuple.MustParse("document:plan#guest@user:dora")
	_, err := eng.Write(ctx, guest.Until(clock.AddDate(0, 0, 7)))
	if err != nil {
		fmt.Println(err)
		return
	}
	view := tuple.MustParse("document:plan#view@user:dora")
	d, _ := eng.Check(ctx, view)
	fmt.Println("today:", d)

	d, _ = eng.Now().AsOf(clock.AddDate(0, 1, 0)).Check(ctx, view)
	fmt.Println("as of next month:", d)

	clock = clock.AddDate(0, 0, 7)
	d, _ = eng.Check(ctx, view)
	fmt.Println("a week later:", d)
	// Output:
	// today: allowed
	// as of next month: denied
	// a week later: denied
}
