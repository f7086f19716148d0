package validation

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/tuple"
)

// A question is what an assertion asks.
type question interface {
	ask(ctx context.Context, w *world) outcome
}

// An outcome is the answer to a question and what there is to say about it.
type outcome struct {
	got  string
	pass bool
	why  string // of a failure
}

// A world is what the assertions of one test are asked of.
type world struct {
	view baobab.View
	// open is the same without the caveats' meaning: each is undecided, as
	// SpiceDB's expected subjects have it.
	open baobab.View
}

// A verdict is one of three answers.
type verdict int

const (
	denied verdict = iota
	conditional
	allowed
)

func (v verdict) String() string { return [...]string{"denied", "conditional", "allowed"}[v] }

func verdictOf(d baobab.Decision) verdict {
	switch {
	case d.Allowed():
		return allowed
	case d.Conditional():
		return conditional
	}
	return denied
}

// A check asks whether a tuple holds.
type check struct {
	tuple   tuple.Tuple
	context map[string]any
	want    verdict
}

func checkAssertion(file string, line int, kind Kind, t tuple.Tuple, context map[string]any, want verdict) Assertion {
	return Assertion{File: file, Line: line, Kind: kind, Text: t.String() + with(context), Want: want.String(),
		question: check{t, context, want}}
}

// with returns a context as the text of a question has it.
func with(context map[string]any) string {
	if len(context) == 0 {
		return ""
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(context); err != nil {
		return ""
	}
	return " with " + strings.TrimSpace(b.String())
}

func (c check) ask(ctx context.Context, w *world) outcome {
	v := w.view.Given(c.context)
	d, err := v.Check(ctx, c.tuple)
	if err != nil {
		return failed(err)
	}
	o := outcome{got: d.String(), pass: verdictOf(d) == c.want}
	if !o.pass {
		o.why = explain(ctx, v, c.tuple)
	}
	return o
}

// failed is the outcome of a question that has no answer.
func failed(err error) outcome { return outcome{got: "error: " + err.Error()} }

// explain says why a tuple holds or does not.
func explain(ctx context.Context, v baobab.View, t tuple.Tuple) string {
	why, err := v.Explain(ctx, t)
	if err != nil {
		return err.Error() + "\n"
	}
	return why.String()
}
