package main

import (
	"context"
	"time"

	"github.com/baobab-authz/baobab"
)

// A telling is one story in the course of being told, on an engine of its own.
type telling struct {
	eng    *baobab.Engine
	clock  time.Time
	loaded baobab.Revision // the state at which the story began
}

// A StoryResult is what came of a story: the steps that were taken, of which
// the last is the one that went otherwise than told, if there is one.
type StoryResult struct {
	Story
	Taken   []Taken
	Problem error // nil if the story holds
}

// Taken is a step with what the engine said of it.
type Taken struct {
	Step
	Says string
}

// begin opens an engine on which a story can be told.
func (s *System) begin(ctx context.Context) (*telling, error) {
	t := &telling{clock: Today()}
	eng, err := s.open(ctx, s.schema, s.tuples, t.now)
	if err != nil {
		return nil, err
	}
	t.eng, t.loaded = eng, eng.Now().Revision()
	return t, nil
}

func (t *telling) now() time.Time { return t.clock }

func (t *telling) close() { _ = t.eng.Close() }

// moveTo moves the clock, unless at is zero.
func (t *telling) moveTo(at time.Time) {
	if !at.IsZero() {
		t.clock = at
	}
}

// commits returns what was committed since the story began, as text.
func (t *telling) commits(ctx context.Context) ([]string, error) {
	head := t.eng.Now().Revision()
	var list []string
	if head == t.loaded {
		return nil, nil // there is nothing to wait for
	}
	for c, err := range t.eng.Watch(ctx, t.loaded) {
		if err != nil {
			return nil, err
		}
		list = append(list, sighted(c).String())
		if c.Revision == head {
			break
		}
	}
	return list, nil
}

// tell tells a story as far as it goes as it should.
func (s *System) tell(ctx context.Context, story Story) StoryResult {
	r := StoryResult{Story: story}
	t, err := s.begin(ctx)
	if err != nil {
		r.Problem = err
		return r
	}
	defer t.close()
	for _, step := range story.Steps {
		says, err := step.take(ctx, t)
		r.Taken = append(r.Taken, Taken{step, says})
		if err != nil {
			r.Problem = err
			break
		}
	}
	return r
}
