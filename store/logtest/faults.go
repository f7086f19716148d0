package logtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// ErrInjected is what a log returns that [Faulty] has made fail.
var ErrInjected = errors.New("an injected fault")

// Faults say how a log fails that [Faulty] wraps. Shares are from 0, which is never
// and the default, to 1, which is always.
//
// What happens to the n-th call of a method depends on Seed, the shares, the method and
// n; not on time. So one goroutine meets the same faults for the same seed, and of many
// goroutines as many calls fail, though not the same goroutine's.
//
// One Faults can be given to several logs, which then count their calls together. It is
// safe for any number of goroutines; its fields must not be changed once it is in use,
// and it must not be copied.
type Faults struct {
	Seed uint64

	Before float64 // share of Appends that fail without appending anything
	After  float64 // share of Appends that fail although they have done what they should
	// Late is the share of Appends that fail and are carried out later: before a later
	// Append, at the latest before one of the same commits, or never if none comes. So
	// the commits get into the log behind the caller's back, or have a conflict then.
	Late float64

	Head     float64 // share of calls of Head that fail
	Snapshot float64 // share of calls of Snapshot that fail, half of them within the tuples
	Break    float64 // share of a Tail's commits in place of which it ends with an error
	Compact  float64 // share of calls of Compact that fail, half of them after it is done

	// Slow is the share of calls, and of a Tail's commits, that are late by up to Delay, or
	// until their context ends.
	Slow  float64
	Delay time.Duration

	calls    [methods]atomic.Uint64
	injected atomic.Int64
	stopped  atomic.Bool
	readOnly atomic.Bool
}

// The methods whose calls are counted.
const (
	ofAppend = iota
	ofHead
	ofSnapshot
	ofTail
	ofCompact
	methods
)

// Stop ends all faults: from now on the logs do what they should. What was late stays so.
func (f *Faults) Stop() { f.stopped.Store(true) }

// ReadOnly makes every Append from now on fail with [store.ErrReadOnly], also after Stop.
func (f *Faults) ReadOnly() { f.readOnly.Store(true) }

// Injected returns how many errors there have been, so that a test can tell that there
// were some. Delays and ErrReadOnly do not count.
func (f *Faults) Injected() int { return int(f.injected.Load()) }

// A roll is the dice of one call.
type roll struct {
	f    *Faults
	what string
	dice *rand.Rand
}

// roll counts a call, and throws for it.
func (f *Faults) roll(method int, what string) *roll {
	n := f.calls[method].Add(1)
	return &roll{f, fmt.Sprintf("%s, call %d", what, n), rand.New(rand.NewPCG(f.Seed, n<<8|uint64(method)))}
}

// hits reports whether something happens that has this share.
func (r *roll) hits(share float64) bool { return r.dice.Float64() < share && !r.f.stopped.Load() }

// fault returns an error.
func (r *roll) fault(how string) error {
	r.f.injected.Add(1)
	return fmt.Errorf("%w: %s: %s", ErrInjected, r.what, how)
}

// wait is late, perhaps. The error is that of the context.
func (r *roll) wait(ctx context.Context) error {
	slow, delay := r.hits(r.f.Slow), time.Duration(r.dice.Float64()*float64(r.f.Delay))
	if !slow || delay <= 0 {
		return nil
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
