package expand

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// A Lister answers with lists. It is safe for use by many goroutines. It keeps
// what it has compiled of the last schemas that it was asked about, and what it has
// found of lists that are read in pages.
type Lister struct {
	evaluator *check.Evaluator
	plans     sync.Map     // planKey → *climbPlan or *descentPlan
	planned   atomic.Int64 // their steps, about
	scratches sync.Pool
	pages     pages
}

// ListerOptions configure a [Lister]. The zero value gives the defaults.
type ListerOptions struct {
	// PageBytes bounds the memory for what is found of a list when one page of it is
	// read, so that the next page need not find it again: 8 bytes for each candidate, and
	// about 512 for each list. Those that were read last stay. A list that is larger is
	// found again for each page. Default: 16 MiB. Negative: nothing is kept.
	PageBytes int
}

const defaultPageBytes = 16 << 20

// NewLister returns a lister that decides with e.
func NewLister(e *check.Evaluator, o ListerOptions) *Lister {
	l := &Lister{evaluator: e}
	if l.pages.bytes = o.PageBytes; o.PageBytes == 0 {
		l.pages.bytes = defaultPageBytes
	}
	return l
}

// maxPlanned bounds the steps of the plans that a lister keeps, of which one takes
// some hundred bytes. Each plan counts as planOverhead more. A plan can be as large as
// its schema, and there are as many plans as relations, twice.
const (
	maxPlanned   = 1 << 19
	planOverhead = 1 << 9
)

// A planKey is what a plan depends on: the rules, the ids of names, whether it
// climbs to objects or descends to subjects, and of which type and relation.
type planKey struct {
	schema        *schema.Schema
	generation    *index.Generation
	climbs        bool
	typ, relation string
}

// planned returns the plan of a key, which compile makes if need be.
func planned[P interface{ steps() int }](l *Lister, key planKey, compile func() P) P {
	if p, ok := l.plans.Load(key); ok {
		return p.(P)
	}
	first, loaded := l.plans.LoadOrStore(key, compile())
	if !loaded && l.planned.Add(int64(first.(P).steps()+planOverhead)) > maxPlanned { // schemas come and go
		l.plans.Clear()
		l.planned.Store(0)
	}
	return first.(P)
}

// anyID stands for an id where a question needs one and its answer does not.
const anyID = "any"

// validType reports what is no name of a type.
func validType(of, typ string) error {
	if (tuple.Object{Type: typ, ID: anyID}).Validate() != nil {
		return fmt.Errorf("a list of %s: %w: %q is no name of a type", of, tuple.ErrSyntax, typ)
	}
	return nil
}

// validKind reports what says of no subjects what they are.
func validKind(text string, like tuple.Subject) error {
	if like.Validate() != nil || strings.HasSuffix(text, "#") {
		return fmt.Errorf("a list of subjects: %w: %q is neither a type, such as user, nor a type#relation (a list of a type has its wildcard, too)", tuple.ErrSyntax, text)
	}
	return nil
}

// askable reports why t cannot be asked of st.
func askable(st *store.State, t tuple.Tuple) error {
	if err := st.Err(); err != nil {
		return err
	}
	if err := t.Validate(); err != nil {
		return err
	}
	return st.Schema().ValidateTuple(t)
}

// ofOne reports whether an error is the answer about one candidate, beside which
// the list goes on.
func ofOne(err error) bool {
	return errors.Is(err, check.ErrCycle) || errors.Is(err, check.ErrCondition) || errors.Is(err, check.ErrBudget)
}
