package main

import (
	"encoding/json"
	"fmt"
	"time"
)

// An op is what a request is for, as the report calls it.
type op string

const (
	opCreate   op = "create a document"
	opRemove   op = "delete a document"
	opShare    op = "share"
	opRevoke   op = "revoke"
	opHandOver op = "hand over"
	opTake     op = "take the pen"
	opPutDown  op = "put it down"

	opToken  op = "check with the token"
	opLatest op = "check the latest"
	opAny    op = "check without either"
	opRead   op = "read the latest"
)

var (
	writes = []op{opCreate, opRemove, opShare, opRevoke, opHandOver, opTake, opPutDown}
	reads  = []op{opToken, opLatest, opAny, opRead}
)

// latest reports whether the answer has to have all that was acknowledged before.
func (o op) latest() bool { return o == opLatest || o == opRead }

// A record is a request with its answer.
type record struct {
	op
	request
	answer
	document, user string
	allowed        bool  // of a check
	has            roles // of a read
}

// String spells out what was asked and answered.
func (r *record) String() string { return r.request.String() + "\n    " + r.answer.String() }

// parse reads the body of an answer that is one.
func (r *record) parse() error {
	if !r.done() || len(r.said) == 0 {
		return nil
	}
	if r.op == opRead {
		return json.Unmarshal(r.said, &r.has)
	}
	var c checked
	err := json.Unmarshal(r.said, &c)
	r.allowed = c.Allowed
	return err
}

// A race is two requests, at most one of which can succeed, made at the same time.
type race struct{ a, b record }

// winners returns those that were acknowledged.
func (r *race) winners() []*record {
	var all []*record
	for _, x := range []*record{&r.a, &r.b} {
		if x.done() {
			all = append(all, x)
		}
	}
	return all
}

// A violation is something that must not be.
type violation struct{ rule, text string }

// A history is what clients have seen.
type history struct {
	records    []*record // that were answered as they should be: done, or refused in a race
	races      []*race
	restarts   []time.Duration // how long servers that were killed took to be ready again
	violations []violation
	trouble    trouble
}

func (h *history) violate(rule, format string, args ...any) {
	h.violations = append(h.violations, violation{rule, fmt.Sprintf(format, args...)})
}

// merge adds what another client has seen.
func (h *history) merge(other *history) {
	h.records = append(h.records, other.records...)
	h.races = append(h.races, other.races...)
	h.violations = append(h.violations, other.violations...)
	h.trouble.add(other.trouble)
}

// acknowledged returns the writes that were, in no order.
func (h *history) acknowledged() []*record { return h.matching(writes...) }

// matching returns the records of some kinds that are done.
func (h *history) matching(ops ...op) []*record {
	is := make(map[op]bool)
	for _, o := range ops {
		is[o] = true
	}
	var all []*record
	for _, r := range h.records {
		if is[r.op] && r.done() {
			all = append(all, r)
		}
	}
	return all
}

// durations returns how long the records of a kind took, refusals included.
func (h *history) durations(o op) []time.Duration {
	var all []time.Duration
	for _, r := range h.records {
		if r.op == o {
			all = append(all, r.ended-r.began)
		}
	}
	return all
}
