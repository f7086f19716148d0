package baobab_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/internal/oracle/gen"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// Readers of what a writer commits, gives up, sweeps and compacts agree with the
// oracle at each revision that they see, and so do principals that they share and
// views that they keep. BAOBAB_RACE_SECONDS makes it longer.
func TestLivesAgreeWhileTheyAreWritten(t *testing.T) {
	length := time.Second
	if s := os.Getenv("BAOBAB_RACE_SECONDS"); s != "" {
		n, err := strconv.Atoi(s)
		require.NoError(t, err)
		length = time.Duration(n) * time.Second
	}
	var l life
	l.teams()
	built, err := gen.Build(l.schemas[0])
	require.NoError(t, err)
	var clock atomic.Int64
	eng, err := openEngine(built, baobab.Options{Caveats: oracle.Conditions{}, Check: check.Options{CacheBytes: 1 << 16, CacheSteps: 1},
		Store: store.Options{Clock: func() time.Time { return time.Unix(clock.Load(), 0).UTC() }, PinEvery: 3, CompactAt: 16, HistoryCommits: 50}})
	require.NoError(t, err)
	defer eng.Close()
	var states sync.Map // by revision
	states.Store(eng.Now().Revision(), oracle.State{})
	var kept [8]atomic.Pointer[baobab.Principal]
	ending, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	var asked atomic.Int64

	// disagree asks one thing of a view, or of a principal of it, if it is known what the view has.
	disagree := func(random *rand.Rand, v baobab.View, who *baobab.Principal) error {
		state, ok := states.Load(v.Revision())
		if !ok {
			return nil
		}
		m := oracle.NewModel(l.schemas[0], state.(oracle.State).Relationships(), v.Time(), nil, l.objects...)
		for range 20 {
			subject := l.subjects[random.IntN(1+random.IntN(len(l.subjects)))]
			if who != nil {
				subject = who.Subject()
			}
			o := l.objects[random.IntN(len(l.objects))]
			relations := l.schemas[0].Type(o.Type).Relations
			q := tuple.New(o, relations[random.IntN(len(relations))].Name, subject)
			check := v.Check
			if who != nil {
				check = func(ctx context.Context, t tuple.Tuple) (baobab.Decision, error) {
					return who.Check(ctx, o, t.Relation)
				}
			}
			d, err := check(ctx, q)
			asked.Add(1)
			if got, want := oracle.Value(answer(d, err)), m.Holds(q); got != want {
				return fmt.Errorf("%v at %v: the oracle says %v, the engine %v (%v)", q, v.Revision(), want, got, err)
			}
		}
		return nil
	}
	var all sync.WaitGroup
	for r := range 4 {
		random := rand.New(rand.NewPCG(uint64(r), 1))
		all.Go(func() {
			old := eng.Now()
			for ending.Err() == nil || asked.Load() == 0 && !t.Failed() {
				v := eng.Now()
				place := &kept[random.IntN(len(kept))]
				var err error
				switch who := place.Load(); random.IntN(8) {
				case 0:
					made := v.As(l.subjects[random.IntN(len(l.subjects))])
					place.Store(&made)
				case 1:
					if who != nil {
						err = disagree(random, who.View(), who)
					}
				case 2:
					old = v
				case 3:
					err = disagree(random, old, nil)
				case 4:
					if at, gone := eng.At(old.Revision()); gone == nil {
						err = disagree(random, at, nil)
					}
				default:
					err = disagree(random, v, nil)
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	random := rand.New(rand.NewPCG(9, 9))
	draw := func(n int) int { return random.IntN(n) }
	state := oracle.State{}
	for i := 0; ending.Err() == nil; i++ {
		clock.Add(int64(draw(2)))
		tx := oracle.Transaction{At: time.Unix(clock.Load(), 0).UTC()}
		l.clock, l.state = tx.At, state
		for range 1 + draw(3) {
			tx.Operations = append(tx.Operations, l.operationBy(draw))
		}
		after, _ := state.Apply(tx)
		commit := draw(3) > 0
		rev, err := eng.Update(ctx, func(b *baobab.Tx) error {
			for _, op := range tx.Operations {
				if err := operate(b, op); err != nil {
					return err
				}
				if _, err := b.View().Check(ctx, tuple.New(l.objects[0], "staff", l.subjects[draw(len(l.subjects))])); err != nil {
					return err
				}
			}
			if !commit {
				return errGivenUp
			}
			return nil
		})
		if commit {
			require.NoError(t, err)
			state = after
			states.LoadOrStore(rev, state)
		} else {
			require.ErrorIs(t, err, errGivenUp)
		}
		switch draw(20) {
		case 0:
			_, err = eng.Compact(ctx)
			require.NoError(t, err)
		case 1:
			_, err = eng.Sweep(ctx)
			require.NoError(t, err)
		}
	}
	all.Wait()
	require.NotZero(t, asked.Load())
	t.Logf("%d questions agreed", asked.Load())
}
