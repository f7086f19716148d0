package main

import (
	"cmp"
	"slices"
	"time"

	"github.com/baobab-authz/baobab/store"
)

// verify looks for what must not be in what clients have seen, and in the log: see the
// package comment for the rules.
func verify(seen *history, commits []store.Commit) {
	verifyCommits(seen, commits)
	verifyOrder(seen)
	verifyTokens(seen)
	verifyStates(seen, commits)
}

// verifyCommits: an acknowledged write is in the log under the revision that was returned,
// and no request is there twice.
func verifyCommits(seen *history, commits []store.Commit) {
	byNote := make(map[string]*store.Commit)
	for i := range commits {
		c := &commits[i]
		if c.Note == "" {
			continue // the schema
		}
		if first := byNote[c.Note]; first != nil {
			seen.violate("once", "request %s is in the log twice, as commits %d and %d", c.Note, first.Revision.Position(), c.Revision.Position())
		}
		byNote[c.Note] = c
	}
	for _, r := range seen.acknowledged() {
		at := r.revision.Position()
		switch {
		case at == 0 || at > uint64(len(commits)):
			seen.violate("nothing lost", "the log ends at commit %d, and this was acknowledged:\n    %s", len(commits), r)
		case commits[at-1].Revision != r.revision:
			seen.violate("nothing lost", "the log has another commit (%s) at the revision of this:\n    %s", commits[at-1].Revision, r)
		case r.tries == 1 && commits[at-1].Note != r.id:
			seen.violate("nothing lost", "the log has request %s at the revision of this:\n    %s", commits[at-1].Note, r)
		case byNote[r.id] == nil:
			seen.violate("nothing lost", "no commit of the log is that of this:\n    %s", r)
		}
	}
	for _, race := range seen.races {
		if a, b := byNote[race.a.id], byNote[race.b.id]; a != nil && b != nil {
			seen.violate("one winner", "the log has both of these, as commits %d and %d:\n    %s\n    %s", a.Revision.Position(), b.Revision.Position(), &race.a, &race.b)
		}
	}
}

// verifyOrder: what was asked for after something had been answered comes after it, if it is a write, and
// has seen it, if it asks for the latest.
func verifyOrder(seen *history) {
	answered := slices.Clone(seen.matching(slices.Concat(writes, reads)...))
	slices.SortFunc(answered, func(a, b *record) int { return cmp.Compare(a.ended, b.ended) })
	asked := slices.Clone(answered)
	slices.SortFunc(asked, func(a, b *record) int { return cmp.Compare(a.began, b.began) })
	var newest *record // of those answered before
	for _, r := range asked {
		for len(answered) > 0 && answered[0].ended < r.began {
			if x := answered[0]; newest == nil || x.revision.Position() > newest.revision.Position() {
				newest = x
			}
			answered = answered[1:]
		}
		switch {
		case newest == nil || r.revision.Position() > newest.revision.Position():
		case slices.Contains(writes, r.op) && r.tries == 1:
			seen.violate("order", "this write is not after what was answered before it was asked for:\n    %s\n  before:\n    %s", r, newest)
		case r.op.latest() && r.revision != newest.revision:
			seen.violate("latest", "this is not the latest:\n    %s\n  answered before:\n    %s", r, newest)
		}
	}
}

// verifyTokens: an answer has seen the revision that the request named.
func verifyTokens(seen *history) {
	for _, r := range seen.matching(opToken) {
		if r.revision.Position() < r.token.Position() {
			seen.violate("token", "this is from a state before that of its token:\n    %s", r)
		}
	}
}

// verifyStates: every answer is what the commits up to its revision say, and nothing
// that the schema excludes has ever been.
func verifyStates(seen *history, commits []store.Commit) {
	answers := seen.matching(slices.Concat(writes, reads)...)
	slices.SortStableFunc(answers, func(a, b *record) int { return cmp.Compare(a.revision.Position(), b.revision.Position()) })
	m := make(model)
	for i := range commits {
		c := &commits[i]
		m.apply(c)
		verifyCommit(seen, m, c)
		for len(answers) > 0 && answers[0].revision.Position() <= c.Revision.Position() {
			verifyAnswer(seen, m, c, answers[0])
			answers = answers[1:]
		}
	}
	for _, r := range answers {
		seen.violate("nothing lost", "the log ends at commit %d, and this is from a state after that:\n    %s", len(commits), r)
	}
}

// verifyCommit: the documents of a commit have one owner, and at most one pen.
func verifyCommit(seen *history, m model, c *store.Commit) {
	done := make(map[string]bool)
	for _, x := range slices.Concat(c.Added, c.Removed) {
		id := x.Object.ID
		if done[id] {
			continue
		}
		done[id] = true
		s := m.at(id)
		if len(s.owners) > 1 || len(s.owners) == 0 && len(s.viewers)+len(s.pens) > 0 {
			seen.violate("one owner", "since commit %d (request %s) document %s has %d owners", c.Revision.Position(), c.Note, id, len(s.owners))
		}
		if len(s.pens) > 1 {
			seen.violate("one pen", "since commit %d (request %s) %d users have the pen of document %s", c.Revision.Position(), c.Note, len(s.pens), id)
		}
	}
}

// verifyAnswer: an answer is what the state says that it is from.
func verifyAnswer(seen *history, m model, c *store.Commit, r *record) {
	s := m.at(r.document)
	switch {
	case r.revision != c.Revision: // of another history, or of position 0
		seen.violate("nothing lost", "the log has no such revision, but %s in its place:\n    %s", c.Revision, r)
	case slices.Contains(writes, r.op):
		if !s.has(r) {
			seen.violate("nothing lost", "at its own revision this is not so:\n    %s", r)
		}
	case r.op == opRead:
		if !s.shows(r.has) {
			seen.violate("right answers", "by the log this is wrong:\n    %s", r)
		}
	case r.allowed != s.allows(r.user):
		seen.violate("right answers", "by the log this is wrong:\n    %s", r)
	}
}

// staleness returns, for each answer to who asked for no particular state, how long before
// it was asked for the first commit that it lacks was acknowledged; 0 if it lacks none.
func staleness(seen *history) []time.Duration {
	writes := seen.acknowledged()
	slices.SortFunc(writes, func(a, b *record) int { return cmp.Compare(b.revision.Position(), a.revision.Position()) })
	answers := seen.matching(opAny)
	slices.SortFunc(answers, func(a, b *record) int { return cmp.Compare(b.revision.Position(), a.revision.Position()) })
	var first time.Duration // when the first of the writes after the answer was acknowledged
	known := false
	ages := make([]time.Duration, 0, len(answers))
	for _, r := range answers {
		for len(writes) > 0 && writes[0].revision.Position() > r.revision.Position() {
			if w := writes[0]; !known || w.ended < first {
				first, known = w.ended, true
			}
			writes = writes[1:]
		}
		age := time.Duration(0)
		if known {
			age = max(0, r.began-first)
		}
		ages = append(ages, age)
	}
	return ages
}
