package baobab_test

import (
	"fmt"
	"os"
	"sync"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/memlog"
)

// The property tests run on engines in memory alone, or on the log that BAOBAB_LOG
// names: memory, or one of another module, which internal/tools/onlog puts beside these files.

// A truth is what outlives an engine: it opens handles of one log.
type truth struct {
	open   func() (store.Log, error)
	shared bool   // several handles can be open at once
	end    func() // called when all engines are closed; may be nil
}

// truths makes a new one, by the name of the log.
var truths = map[string]func() (truth, error){
	"memory": func() (truth, error) {
		log := memlog.New()
		return truth{open: func() (store.Log, error) { return log.Open(), nil }, shared: true}, nil
	},
}

// truthOf has the truth of each engine that openEngine has returned, and how it was opened.
var truthOf sync.Map // *baobab.Engine → backed

type backed struct {
	truth
	options baobab.Options
}

// openEngine is baobab.Open, on the log that the tests run on.
func openEngine(s *schema.Schema, o baobab.Options) (*baobab.Engine, error) {
	name := os.Getenv("BAOBAB_LOG")
	if name == "" {
		return baobab.Open(s, o)
	}
	make := truths[name]
	if make == nil {
		return nil, fmt.Errorf("BAOBAB_LOG: no log is called %q", name)
	}
	t, err := make()
	if err != nil {
		return nil, err
	}
	return backed{t, o}.engine(s)
}

func (b backed) engine(s *schema.Schema) (*baobab.Engine, error) {
	log, err := b.open()
	if err != nil {
		return nil, err
	}
	e, err := baobab.OpenLog(ctx, log, s, b.options)
	if err == nil {
		truthOf.Store(e, b)
	}
	return e, err
}

// replica returns another engine of the same log, or nil if there can be none.
func replica(e *baobab.Engine) (*baobab.Engine, error) {
	if b, ok := truthOf.Load(e); ok && b.(backed).shared {
		return b.(backed).engine(nil)
	}
	return nil, nil
}

// reopened closes an engine, and returns another one of the same log; nil if it has none.
func reopened(e *baobab.Engine) (*baobab.Engine, error) {
	b, ok := truthOf.LoadAndDelete(e)
	if err := e.Close(); err != nil || !ok {
		return nil, err
	}
	return b.(backed).engine(nil)
}

// closeEngine closes an engine, and forgets its truth.
func closeEngine(e *baobab.Engine) {
	if e == nil {
		return
	}
	b, ok := truthOf.LoadAndDelete(e)
	_ = e.Close()
	if ok && b.(backed).end != nil {
		b.(backed).end()
	}
}
