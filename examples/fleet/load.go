package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// A load is what clients do to a fleet, all at the same time, until it is over.
type load struct {
	fleet   *fleet
	clients int
	seed    uint64
	over    <-chan struct{}
}

const (
	documentsEach = 3 // of a client that shares
	users         = 8 // with whom documents are shared
)

func documentOf(client, n int) string { return fmt.Sprintf("doc%d-%d", client+1, n+1) }
func ownerOf(client int) string       { return fmt.Sprintf("owner%d", client+1) }
func userOf(n int) string             { return fmt.Sprintf("user%d", n+1) }

// rounds is how often each client does its work at least, however slow the machine is.
const rounds = 6

// documents returns all that there may be.
func (l *load) documents() []string {
	all := []string{penDocument, ownedDocument}
	for c := range l.clients {
		for n := range documentsEach {
			all = append(all, documentOf(c, n))
		}
	}
	return all
}

// readers is how many clients read without a token, and how many the latest.
func (l *load) readers() int { return max(1, l.clients/4) }

// run lets all clients work until it is over, and returns what they saw. The first error
// ends all.
func (l *load) run(ctx context.Context) (*history, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var workers []*worker
	var all sync.WaitGroup
	begin := func(name string, work func(context.Context, *worker) error) {
		w := &worker{fleet: l.fleet, name: name, rng: rand.New(rand.NewPCG(l.seed, uint64(len(workers))))}
		workers = append(workers, w)
		all.Go(func() {
			if err := work(ctx, w); err != nil {
				cancel(fmt.Errorf("client %s: %w", name, err))
			}
		})
	}
	for c := range l.clients {
		begin(fmt.Sprintf("sharer%d", c+1), func(ctx context.Context, w *worker) error { return l.share(ctx, w, c) })
	}
	for c := range l.readers() {
		begin(fmt.Sprintf("reader%d", c+1), func(ctx context.Context, w *worker) error { return l.read(ctx, w, opAny) })
		begin(fmt.Sprintf("latest%d", c+1), func(ctx context.Context, w *worker) error { return l.read(ctx, w, opLatest) })
	}
	begin("pen", l.racePen)
	begin("handover", l.raceOwner)
	all.Wait()
	seen := &history{}
	for _, w := range workers {
		seen.merge(&w.seen)
	}
	return seen, context.Cause(ctx)
}

// isOver reports whether a client that has done so many rounds may end.
func (l *load) isOver(done int) bool {
	select {
	case <-l.over:
		return done >= rounds
	default:
		return false
	}
}

// share shares documents on one server and looks on others, as their only owner.
func (l *load) share(ctx context.Context, w *worker, client int) error {
	owner := ownerOf(client)
	has := make(map[[2]string]bool) // document and user
	for n := range documentsEach {
		if _, err := w.write(ctx, w.elsewhere(), opCreate, documentOf(client, n), owner, owner); err != nil {
			return err
		}
	}
	var document, user string
	for done := 0; !l.isOver(done); done++ {
		if done != 1 { // the second round revokes what the first has shared
			document, user = documentOf(client, w.rng.IntN(documentsEach)), userOf(w.rng.IntN(users))
		}
		o, now := opShare, !has[[2]string{document, user}]
		if !now {
			o = opRevoke
		}
		if done > 1 && w.rng.IntN(40) == 0 {
			clear(has)
			o, now = opRemove, false
		}
		here := w.elsewhere()
		wrote, err := w.write(ctx, here, o, document, owner, user)
		if err != nil {
			return err
		}
		here = wrote.server
		if err := w.expect(ctx, w.elsewhere(here), opToken, wrote, user, now); err != nil {
			return err
		}
		if w.rng.IntN(4) == 0 {
			if err := w.expect(ctx, w.elsewhere(here), opLatest, wrote, user, now); err != nil {
				return err
			}
		}
		if o != opRemove {
			has[[2]string{document, user}] = now
			continue
		}
		if err := l.recreate(ctx, w, client, wrote); err != nil {
			return err
		}
	}
	return nil
}

// recreate begins anew with a client's documents, one of which was deleted.
func (l *load) recreate(ctx context.Context, w *worker, client int, removed *record) error {
	owner := ownerOf(client)
	if err := w.expect(ctx, w.elsewhere(removed.server), opToken, removed, owner, false); err != nil {
		return err
	}
	for n := range documentsEach {
		document := documentOf(client, n)
		if document != removed.document {
			if _, err := w.write(ctx, w.elsewhere(), opRemove, document, owner, owner); err != nil {
				return err
			}
		}
		wrote, err := w.write(ctx, w.elsewhere(), opCreate, document, owner, owner)
		if err != nil {
			return err
		}
		if err := w.expect(ctx, w.elsewhere(wrote.server), opToken, wrote, owner, true); err != nil {
			return err
		}
	}
	return nil
}

// readEvery is how often one who reads asks, at most, so that the machine has time for the others.
const readEvery = time.Millisecond

// read asks about what others share.
func (l *load) read(ctx context.Context, w *worker, o op) error {
	pace := time.NewTicker(readEvery)
	defer pace.Stop()
	for done := 0; !l.isOver(done); done++ {
		document := documentOf(w.rng.IntN(l.clients), w.rng.IntN(documentsEach))
		if _, err := w.ask(ctx, w.elsewhere(), o, document, userOf(w.rng.IntN(users)), zeroToken); err != nil {
			return err
		}
		<-pace.C
	}
	return nil
}
