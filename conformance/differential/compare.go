package differential

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/tuple"
)

// errRefused is that OpenFGA does not accept the model.
var errRefused = errors.New("the model is refused")

// A comparison is a case in both engines.
type comparison struct {
	Case
	ours, theirs *peer
	oracle       *oracle.Model
	complete     *oracle.Model // of the tuples whose conditions have all parameters
	classes      map[class]int
	questions    int
}

// compare asks everything of a case. The error is a disagreement that belongs to
// no class, or that the oracle decides against us.
func compare(ctx context.Context, us, they api, c Case) (*comparison, error) {
	theirs, refused, err := load(ctx, they, c)
	if err != nil {
		return nil, fmt.Errorf("OpenFGA: %w", err)
	}
	if refused != nil {
		return nil, fmt.Errorf("%w: %w", errRefused, refused)
	}
	our, refused, err := load(ctx, us, c)
	if err := errors.Join(err, refused); err != nil {
		return nil, fmt.Errorf("baobab: %w", err)
	}
	x := &comparison{Case: c, ours: our, theirs: theirs, classes: map[class]int{}}
	now := time.Now()
	x.oracle = oracle.NewModel(c.Schema, c.Tuples, now, c.Given)
	x.complete = oracle.NewModel(c.Schema, c.complete(), now, c.Given)
	return x, x.run(ctx)
}

// run asks all questions.
func (x *comparison) run(ctx context.Context) error {
	var subjects []tuple.Subject
	for _, id := range append(slices.Clone(users), tuple.Wildcard) {
		subjects = append(subjects, tuple.Object{Type: "user", ID: id}.Subject())
	}
	var goals []goal
	var filters [][2]string
	for _, typ := range x.Schema.Types {
		filters = append(filters, [2]string{typ.Name})
		for _, r := range typ.Relations {
			for _, id := range ids {
				o := tuple.Object{Type: typ.Name, ID: id}
				goals = append(goals, goal{o, r.Name})
				if r.Name == parent {
					subjects = append(subjects, o.Subject())
				} else if id == "1" {
					subjects = append(subjects, o.Userset(r.Name))
					filters = append(filters, [2]string{typ.Name, r.Name})
				}
			}
		}
	}
	for _, g := range goals {
		for _, s := range subjects {
			if err := x.check(ctx, tuple.New(g.object, g.relation, s)); err != nil {
				return err
			}
		}
		for _, f := range filters {
			if err := x.users(ctx, g, f[0], f[1]); err != nil {
				return err
			}
		}
	}
	for _, s := range subjects {
		for _, typ := range x.Schema.Types {
			for _, r := range typ.Relations {
				if err := x.objects(ctx, typ.Name, r.Name, s); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (x *comparison) check(ctx context.Context, t tuple.Tuple) error {
	x.questions++
	we, they := x.ours.check(ctx, t), x.theirs.check(ctx, t)
	if should := should(x.oracle, t); !we.equal(should) {
		return fmt.Errorf("Check %s: we say %s, and the oracle %s", t, we, x.oracle.Holds(t))
	}
	if we.equal(they) {
		return nil
	}
	if c, ok := x.class(t, they); ok {
		x.classes[c]++
		return nil
	}
	return fmt.Errorf("Check %s: OpenFGA says %s, and we %s, as the oracle: %s", t, they, we, x.oracle.Holds(t))
}

// should is the answer to a check that follows from an oracle.
func should(m *oracle.Model, t tuple.Tuple) answer {
	switch v := m.Holds(t); {
	case v == oracle.True:
		return answer{list: []string{"true"}}
	case v == oracle.Failed, v.Conditional():
		return answer{code: codeInvalid}
	}
	return answer{}
}

// class returns the class of a disagreement about a tuple, if there is one.
func (x *comparison) class(t tuple.Tuple, they answer) (class, bool) {
	v := x.oracle.Holds(t)
	switch {
	case they.code == codeTooComplex:
		return depth, true
	case v == oracle.Undefined && len(they.list) > 0:
		return granted, true
	case v == oracle.Undefined:
		return undefined, true
	case x.lacks(t, they):
		return missing, true
	case they.code == 0 && !v.Conditional() && x.cycleBelowExclusion(goal{t.Object, t.Relation}):
		return cycle, true
	case they.code == 0 && x.mixedRecursion(goal{t.Object, t.Relation}):
		return recursion, true
	}
	return "", false
}

// lacks reports whether an answer of theirs is that of a condition without all of
// its parameters: an error, or as if the tuple were not there.
func (x *comparison) lacks(t tuple.Tuple, they answer) bool {
	return x.incomplete() && (they.code == codeInvalid || they.equal(should(x.complete, t)))
}

func (x *comparison) objects(ctx context.Context, typ, relation string, s tuple.Subject) error {
	list := map[string]tuple.Tuple{}
	for _, id := range ids {
		t := tuple.New(tuple.Object{Type: typ, ID: id}, relation, s)
		list[t.Object.String()] = t
	}
	what := fmt.Sprintf("ListObjects %s#%s@%s", typ, relation, s)
	return x.list(ctx, what, list, x.ours.objects(ctx, typ, relation, s), x.theirs.objects(ctx, typ, relation, s))
}

func (x *comparison) users(ctx context.Context, g goal, typ, userset string) error {
	list := map[string]tuple.Tuple{}
	all := ids
	if typ == "user" {
		all = append(slices.Clone(users), tuple.Wildcard)
	}
	for _, id := range all {
		t := tuple.New(g.object, g.relation, tuple.Subject{Object: tuple.Object{Type: typ, ID: id}, Relation: userset})
		list[t.Subject.String()] = t
	}
	what := fmt.Sprintf("ListUsers %s#%s@%s#%s", g.object, g.relation, typ, userset)
	they := x.theirs.users(ctx, g.object, g.relation, typ, userset)
	they.list = slices.DeleteFunc(they.list, func(e string) bool { return x.stray(e, userset) })
	return x.list(ctx, what, list, x.ours.users(ctx, g.object, g.relation, typ, userset), they)
}

// stray reports, and counts, that a list of usersets has an object. See
// TestListUsersOfUsersetHasObjects.
func (x *comparison) stray(element, userset string) bool {
	if userset == "" || strings.Contains(element, "#") {
		return false
	}
	x.classes[stray]++
	return true
}

// list judges two lists, by the tuples that each possible element stands for.
func (x *comparison) list(ctx context.Context, what string, elements map[string]tuple.Tuple, we, they answer) error {
	x.questions++
	if we.equal(they) {
		return nil
	}
	problem := fmt.Errorf("%s: OpenFGA says %s, and we %s", what, they, we)
	var one class
	for _, e := range slices.Sorted(maps.Keys(elements)) {
		t := elements[e]
		v := x.oracle.Holds(t)
		listed := answer{code: they.code}
		if slices.Contains(they.list, e) {
			listed.list = []string{"true"}
		}
		if listed.equal(should(x.oracle, t)) {
			continue
		}
		if c, ok := x.class(t, listed); ok {
			one = c
			continue
		}
		if they.code == 0 && len(listed.list) == 0 && x.incomplete() {
			one = missing // the list goes on without it
			continue
		}
		if strings.HasPrefix(what, "ListUsers") && they.code == 0 && x.theirs.check(ctx, t).equal(should(x.oracle, t)) {
			one = unlike
			continue
		}
		return fmt.Errorf("%w, where %s is: %s", problem, t, v)
	}
	if one != "" {
		x.classes[one]++
		return nil
	}
	return problem
}
