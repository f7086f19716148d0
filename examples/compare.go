package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/tuple"
)

// An Answer is what the engine says to one question, and what was expected.
type Answer struct {
	Question string // as it stands in the file
	Want     bool
	Got      bool
	Err      error               // the engine failed, so that Got is false
	Why      *baobab.Explanation // of an answer that is not as expected
}

// Right reports whether the answer is as expected.
func (a Answer) Right() bool { return a.Err == nil && a.Got == a.Want }

// A TableResult has the answers to a table.
type TableResult struct {
	Table
	Cells     [][]Answer // for each action, for each role
	Isolation []Answer   // of those who have the roles elsewhere
	Problems  []error    // what is wrong with the roles
}

// A RuleResult has the answers to a rule.
type RuleResult struct {
	Rule
	Answers  []Answer
	Problems []error // what makes a question idle
}

// ask asks one question, and for the reason too if the answer is not as expected.
func ask(ctx context.Context, v baobab.View, t tuple.Tuple, question string, want bool) Answer {
	d, err := v.Check(ctx, t)
	a := Answer{Question: question, Want: want, Got: err == nil && d.Allowed(), Err: err}
	if err == nil && !a.Right() {
		a.Why, a.Err = v.Explain(ctx, t)
	}
	return a
}

// runTable asks every question of a table.
func (s *System) runTable(ctx context.Context, t Table) TableResult {
	v := s.Engine.Now()
	r := TableResult{Table: t}
	for _, role := range t.Roles {
		r.Problems = append(r.Problems, verifyRole(v, t, role)...)
	}
	for _, action := range t.Actions {
		row := make([]Answer, len(t.Roles))
		for i, role := range t.Roles {
			q := action.Question(role.Held.Subject)
			row[i] = ask(ctx, v, q, q.String(), action.Want[i])
			for _, held := range role.Elsewhere {
				q := action.Question(held.Subject)
				r.Isolation = append(r.Isolation, ask(ctx, v, q, q.String(), false))
			}
		}
		r.Cells = append(r.Cells, row)
	}
	return r
}

// verifyRole reports if a subject does not have its role, or something else too.
func verifyRole(v baobab.View, t Table, role Role) []error {
	var problems []error
	for _, held := range append([]tuple.Tuple{role.Held}, role.Elsewhere...) {
		found := false
		for r, err := range v.Tuples(tuple.Filter{SubjectType: held.Subject.Type, SubjectID: held.Subject.ID}) {
			switch {
			case err != nil:
				problems = append(problems, fmt.Errorf("role %s: %w", role.Name, err))
			case r.Tuple == held:
				found = true
			case t.IsBeside(r.Tuple):
			default:
				problems = append(problems, fmt.Errorf("role %s: %v should have this role alone, and has %v", role.Name, held.Subject, r.Tuple))
			}
		}
		if !found {
			problems = append(problems, fmt.Errorf("role %s: %v is not stored", role.Name, held))
		}
	}
	return problems
}

// runRule asks every question of a rule.
func (s *System) runRule(ctx context.Context, rule Rule) RuleResult {
	v := s.Engine.Now()
	r := RuleResult{Rule: rule}
	for _, q := range rule.Questions {
		for _, t := range q.Without {
			if err := verifyStored(v, t); err != nil {
				r.Problems = append(r.Problems, err)
			}
		}
		r.Answers = append(r.Answers, ask(ctx, q.View(v), q.Tuple, q.Text, q.Want))
	}
	return r
}

var errIdle = errors.New("is not stored, so that taking it away says nothing")

func verifyStored(v baobab.View, t tuple.Tuple) error {
	for _, err := range v.Tuples(tuple.FilterOf(t)) {
		return err
	}
	return fmt.Errorf("%v %w", t, errIdle)
}

// wrong returns the answers that are not as expected.
func wrong(answers []Answer) []Answer {
	var list []Answer
	for _, a := range answers {
		if !a.Right() {
			list = append(list, a)
		}
	}
	return list
}

// Differences returns how much in the table is not as expected.
func (r TableResult) Differences() int {
	n := len(wrong(r.Isolation)) + len(r.Problems)
	for _, row := range r.Cells {
		n += len(wrong(row))
	}
	return n
}

// Differences returns how much in the rule is not as expected.
func (r RuleResult) Differences() int { return len(wrong(r.Answers)) + len(r.Problems) }
