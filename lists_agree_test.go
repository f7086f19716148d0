package baobab_test

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/internal/oracle/gen"
	"github.com/baobab-authz/baobab/tuple"
)

// The engine's lists are those of the oracle, whole and in pages, and say what
// Check says: of every subject, object, type and relation of random cases, after
// every transaction, within them, back in the past and hypothetically. Set
// BAOBAB_CASES for a longer run; what was listed is printed at the end.
func TestListsAgreeWithOracle(t *testing.T) {
	setCases(t, "150")
	var mu sync.Mutex
	var all listShares
	rapid.Check(t, func(t *rapid.T) {
		l := &listing{agreement: &agreement{Case: gen.Draw(t)}}
		l.compare = l.lists
		if err := l.run(); err != nil {
			t.Fatalf("%v\n\n%s", err, gen.Describe(l.Case))
		}
		mu.Lock()
		defer mu.Unlock()
		all.add(&l.shares)
	})
	t.Logf("%s", &all)
}

// A listing compares the lists of one engine with the oracle's.
type listing struct {
	*agreement
	view   baobab.View
	model  *oracle.Model
	shares listShares
	page   int // the size of the pages before, by turns
}

// lists asks for every list of a view, or, of one that matters less, for a third
// of them, by turns.
func (l *listing) lists(view baobab.View, m gen.Moment, closely bool) error {
	objects := l.Objects()
	for _, s := range l.Subjects() {
		if !s.IsWildcard() { // the oracle starts again when it is asked about another object
			objects = append(objects, s.Object)
		}
	}
	l.view = view.Given(m.Given)
	l.model = oracle.NewModel(l.Schema, m.State.Relationships(), m.At, m.Given, objects...)
	l.turn++
	l.shares.states++
	for i, s := range l.Subjects() {
		if !closely && i%3 != l.turn%3 {
			continue
		}
		if err := l.ofSubject(s); err != nil {
			return err
		}
	}
	for i, o := range l.Objects() {
		if !closely && i%3 != l.turn%3 {
			continue
		}
		if err := l.ofObject(o); err != nil {
			return err
		}
	}
	return nil
}

// ofSubject compares the lists of objects of all types, and of permissions on
// the case's objects.
func (l *listing) ofSubject(s tuple.Subject) error {
	for _, typ := range l.Schema.Types {
		for _, r := range typ.Relations {
			var want []entry
			for _, e := range l.model.Objects(s, r.Name, typ.Name) {
				want = append(want, entry{tuple.New(e.Object, r.Name, s), e.Value, e.Object.ID, e.String()})
			}
			err := l.same(want, starts[1:], func(options ...expand.ListOption) entries { return l.objects(s, r.Name, typ.Name, options...) })
			if err != nil {
				return fmt.Errorf("objects %s#%s@%s: %w", typ.Name, r.Name, s, err)
			}
		}
	}
	for _, o := range l.Objects() {
		var want []entry
		for _, e := range l.model.Permissions(s, o) {
			want = append(want, entry{tuple.New(o, e.Permission, s), e.Value, e.Permission, e.String()})
		}
		if err := l.whole(want, l.permissions(s, o)); err != nil {
			return fmt.Errorf("permissions %s@%s: %w", o, s, err)
		}
	}
	return nil
}

// ofObject compares the lists of subjects of all types, and of their usersets.
func (l *listing) ofObject(o tuple.Object) error {
	for _, r := range l.Schema.Type(o.Type).Relations {
		for _, typ := range l.Schema.Types {
			subjectTypes := []string{typ.Name}
			for _, q := range typ.Relations {
				subjectTypes = append(subjectTypes, typ.Name+"#"+q.Name)
			}
			for _, of := range subjectTypes {
				_, userset, _ := strings.Cut(of, "#")
				var want []entry
				for _, e := range l.model.Subjects(o, r.Name, typ.Name, userset) {
					want = append(want, entry{tuple.New(o, r.Name, e.Subject), e.Value, e.Subject.ID, e.String()})
				}
				from := starts[1:]
				if userset == "" {
					from = starts[:]
				}
				err := l.same(want, from, func(options ...expand.ListOption) entries { return l.subjects(o, r.Name, of, options...) })
				if err != nil {
					return fmt.Errorf("subjects %s#%s@%s: %w", o, r.Name, of, err)
				}
			}
		}
	}
	return nil
}

// An entry is one of a list: the tuple that it is the answer for, the id or the
// name that it is ordered by, and how the page writes it, exceptions included.
type entry struct {
	tuple tuple.Tuple
	value oracle.Value
	key   string
	text  string
}

type entries = iter.Seq2[entry, error]

func (l *listing) objects(s tuple.Subject, relation, typ string, options ...expand.ListOption) entries {
	return func(yield func(entry, error) bool) {
		for a, err := range l.view.Objects(ctx, s, relation, typ, options...) {
			e, err := listed(tuple.New(a.Object, relation, s), a.Object.ID, a.Decision, err,
				func(v oracle.Value) fmt.Stringer { return oracle.ObjectEntry{Object: a.Object, Value: v} })
			if !yield(e, err) {
				return
			}
		}
	}
}

func (l *listing) subjects(o tuple.Object, relation, subjectType string, options ...expand.ListOption) entries {
	return func(yield func(entry, error) bool) {
		for a, err := range l.view.Subjects(ctx, o, relation, subjectType, options...) {
			e, err := listed(tuple.New(o, relation, a.Subject), a.Subject.ID, a.Decision, err,
				func(v oracle.Value) fmt.Stringer {
					return oracle.SubjectEntry{Subject: a.Subject, Value: v, Except: a.Except}
				})
			if !a.Subject.IsWildcard() && a.Except != nil {
				err = fmt.Errorf("%s has exceptions", a.Subject)
			}
			for _, x := range a.Except {
				if x != (tuple.Object{Type: a.Subject.Type, ID: x.ID}).Subject() {
					err = fmt.Errorf("%s is an exception from %s", x, a.Subject)
				}
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

func (l *listing) permissions(s tuple.Subject, o tuple.Object) entries {
	return func(yield func(entry, error) bool) {
		for a, err := range l.view.Permissions(ctx, s, o) {
			e, err := listed(tuple.New(o, a.Permission, s), a.Permission, a.Decision, err,
				func(v oracle.Value) fmt.Stringer { return oracle.PermissionEntry{Permission: a.Permission, Value: v} })
			if !yield(e, err) {
				return
			}
		}
	}
}

// listed makes an entry of what the engine lists; an error that is not a
// candidate's answer remains one.
func listed(t tuple.Tuple, key string, d baobab.Decision, err error, with func(oracle.Value) fmt.Stringer) (entry, error) {
	if err != nil && !errors.Is(err, check.ErrCycle) && !errors.Is(err, check.ErrCondition) {
		return entry{}, fmt.Errorf("it ends: %w", err)
	}
	v := oracle.Value(answer(d, err))
	return entry{t, v, key, with(v).String()}, nil
}

// take reads a list, or as many as n entries, and then breaks.
func take(list entries, n int) (taken []entry, err error) {
	for e, err := range list {
		if err != nil {
			return nil, err
		}
		if taken = append(taken, e); len(taken) == n {
			break // a sequence that went on would panic
		}
	}
	return taken, nil
}

// whole compares a list with the oracle's, and what it says of each entry with
// what Check says.
func (l *listing) whole(want []entry, list entries) error {
	got, err := take(list, -1)
	if err != nil {
		return err
	}
	for i, e := range got {
		if i > 0 && got[i-1].key != tuple.Wildcard && (e.key <= got[i-1].key || e.key == tuple.Wildcard) {
			return fmt.Errorf("%s comes after %s", e.text, got[i-1].text)
		}
		d, err := l.view.Check(ctx, e.tuple)
		if v := oracle.Value(answer(d, err)); v != e.value || v == oracle.False {
			return fmt.Errorf("it has %s, but Check says %s of %s", e.text, v, e.tuple)
		}
		if i == l.turn%5 {
			taken, err := take(list, i+1)
			if err != nil || !slices.Equal(taken, got[:i+1]) {
				return fmt.Errorf("%d entries of %s are %s (%v)", i+1, texts(got), texts(taken), err)
			}
		}
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("it is\n\t%s, but the oracle has\n\t%s", texts(got), texts(want))
	}
	l.shares.count(got)
	return nil
}

func texts(list []entry) string {
	var b strings.Builder
	for _, e := range list {
		b.WriteString(e.text + " ")
	}
	return "[" + strings.TrimSpace(b.String()) + "]"
}

// same compares a list, whole, in pages, and after one of some ids.
func (l *listing) same(want []entry, from []string, list func(...expand.ListOption) entries) error {
	if err := l.whole(want, list()); err != nil {
		return err
	}
	if err := l.unordered(want, list); err != nil {
		return err
	}
	l.page++
	if err := l.after(want, from[l.page%len(from)], list); err != nil || len(want) < 2 && l.page%4 > 0 {
		return err
	}
	size := max(1+l.page%7, len(want)/10) // of a long list, as a long chain gives, larger ones
	var all []entry
	for {
		var options []expand.ListOption
		if len(all) > 0 {
			options = append(options, expand.After(expand.Cursor{Last: all[len(all)-1].key}))
		}
		page, err := take(list(append(options, expand.Limit(size))...), -1)
		if err != nil {
			return fmt.Errorf("in pages of %d: %w", size, err)
		}
		l.shares.pages++
		if len(page) > size {
			return fmt.Errorf("a page of %d is %s", size, texts(page))
		}
		if all = append(all, page...); len(page) < size || len(all) > len(want) {
			break
		}
	}
	if !slices.Equal(all, want) {
		return fmt.Errorf("in pages of %d it is\n\t%s, not\n\t%s", size, texts(all), texts(want))
	}
	return nil
}

// unordered compares a list without an order: it has the same entries, a wildcard
// first, in the same order each time, and a part of it is its beginning.
func (l *listing) unordered(want []entry, list func(...expand.ListOption) entries) error {
	got, err := take(list(expand.Unordered()), -1)
	if err != nil {
		return fmt.Errorf("unordered: %w", err)
	}
	n := 1 + l.turn%3
	part, err := take(list(expand.Unordered(), expand.Limit(n)), -1)
	if err != nil || !slices.Equal(part, got[:min(n, len(got))]) {
		return fmt.Errorf("unordered, %d of %s are %s (%v)", n, texts(got), texts(part), err)
	}
	if len(got) > 1 && slices.ContainsFunc(got[1:], func(e entry) bool { return e.key == tuple.Wildcard }) {
		return fmt.Errorf("unordered, the wildcard is not the first of %s", texts(got))
	}
	slices.SortFunc(got, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	sorted := slices.Clone(want) // a wildcard is before all others, but not all of them are behind its sign
	slices.SortFunc(sorted, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	if !slices.Equal(got, sorted) {
		return fmt.Errorf("unordered, it has\n\t%s, not\n\t%s", texts(got), texts(sorted))
	}
	return nil
}

// starts are ids after which a list may begin: first the wildcard, of lists that can
// have one, then some at which nothing need be, but much is before or after.
var starts = [...]string{tuple.Wildcard, "!", "$", "0", "1", "10", "2", "ann", "bob", "c", "n30", "none", "~"}

// after compares the rest of a list after an id, whether that is in it or not.
func (l *listing) after(want []entry, start string, list func(...expand.ListOption) entries) error {
	got, err := take(list(expand.After(expand.Cursor{Last: start})), -1)
	if err != nil {
		return fmt.Errorf("after %s: %w", start, err)
	}
	var rest []entry
	for _, e := range want {
		if e.key != tuple.Wildcard && (start == tuple.Wildcard || e.key > start) {
			rest = append(rest, e)
		}
	}
	if !slices.Equal(got, rest) {
		return fmt.Errorf("after %s it is\n\t%s, not\n\t%s", start, texts(got), texts(rest))
	}
	return nil
}

// listShares say what was listed.
type listShares struct {
	states, lists, empty, pages, entries int
	conditional, undefined, failed       int // entries
	wildcards, excepting, hung, beside   int // with exceptions, not a yes, with concrete subjects after them
}

func (s *listShares) count(list []entry) {
	s.lists++
	s.entries += len(list)
	if len(list) == 0 {
		s.empty++
		return
	}
	for _, e := range list {
		switch {
		case e.value.Conditional():
			s.conditional++
		case e.value == oracle.Undefined:
			s.undefined++
		case e.value == oracle.Failed:
			s.failed++
		}
	}
	if first := list[0]; first.key == tuple.Wildcard {
		s.wildcards++
		if strings.Contains(first.text, "(except:") {
			s.excepting++
		}
		if first.value != oracle.True {
			s.hung++
		}
		if len(list) > 1 {
			s.beside++
		}
	}
}

func (s *listShares) add(t *listShares) {
	sum, more := s.fields(), t.fields()
	for i := range sum {
		*sum[i] += *more[i]
	}
}

func (s *listShares) fields() []*int {
	return []*int{&s.states, &s.lists, &s.empty, &s.pages, &s.entries, &s.conditional, &s.undefined, &s.failed, &s.wildcards, &s.excepting, &s.hung, &s.beside}
}

func (s *listShares) String() string {
	return fmt.Sprintf(`%d lists of %d states agreed, %d of them empty; %d pages, %d entries
conditional %d, undefined %d, failed %d
wildcards %d: with exceptions %d, conditional, undefined or failed %d, with concrete subjects beside them %d`,
		s.lists, s.states, s.empty, s.pages, s.entries, s.conditional, s.undefined, s.failed, s.wildcards, s.excepting, s.hung, s.beside)
}
