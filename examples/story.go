package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/baobab-authz/baobab/tuple"
)

// A Story is a rule about writing, told by what people try, one after the other.
type Story struct {
	Name  string
	Steps []Step
}

// A Step is what is tried, asked or read in a story, and what is expected of it.
type Step interface {
	// take does it, and returns what the engine says of it. The error is that
	// the story does not hold.
	take(ctx context.Context, t *telling) (says string, err error)
	// expected is the mark of the line, and text what follows it, in parts
	// between which the line can be broken.
	expected() string
	text() []string
}

// What belongs to the line above.
func isBelow(word string) bool { return word == "because" || word == "stripped" || word == "saw" }

const maybe = "?" // beside yes and no: it depends on what the question does not say

// readStories reads the stories of a file. Its form is described in doc.go.
func readStories(files fs.FS, file string) ([]Story, error) {
	lines, err := readLines(files, file)
	if err != nil {
		return nil, err
	}
	r := storyReader{}
	for _, l := range lines {
		if !isBelow(l.words[0]) {
			if err := r.endStep(); err != nil {
				return nil, err
			}
		}
		if l.words[0] == "story" {
			if err := r.endStory(); err != nil {
				return nil, err
			}
		}
		if err := r.take(l); err != nil {
			return nil, l.errorf("%w", err)
		}
	}
	if err := r.endStep(); err != nil {
		return nil, err
	}
	return r.stories, r.endStory()
}

// A storyReader has read some lines of a file.
type storyReader struct {
	stories []Story
	head    line      // of the last story
	clock   time.Time // in the last story
	attempt *Attempt  // the line before, if because and stripped can follow
	refused line      // where that attempt stands
	inquiry *Inquiry  // the line before, if because can follow
	audit   *Audit    // the line before, if saw can follow
}

// take reads one line.
func (r *storyReader) take(l line) error {
	word := l.words[0]
	if len(r.stories) == 0 && word != "story" {
		return fmt.Errorf("expected a story before %q", word)
	}
	switch word {
	case "because", "stripped":
		return r.belowStep(word, l.words[1:])
	case "saw":
		return r.belowAudit(l.words[1:])
	}
	r.attempt, r.inquiry, r.audit = nil, nil, nil
	switch {
	case word == "story":
		return r.begin(l)
	case word == "audit" && len(l.words) == 1:
		r.audit = &Audit{}
		return r.add(r.audit)
	case word != yes && word != no && word != maybe:
		return fmt.Errorf("expected story, %s, %s, %s, because, stripped, audit or saw, not %q", yes, no, maybe, l.rest(0))
	case len(l.words) > 1 && l.words[1] == "ask":
		q, err := r.parseInquiry(l)
		if err != nil {
			return err
		}
		r.inquiry = q
		return r.add(q)
	}
	a, err := r.parseAttempt(l)
	if err != nil {
		return err
	}
	r.attempt, r.refused = a, l
	return r.add(a)
}

// begin takes the line with the story's sentence.
func (r *storyReader) begin(l line) error {
	if l.rest(1) == "" {
		return errors.New(`expected what the story says after "story"`)
	}
	for _, s := range r.stories {
		if s.Name == l.rest(1) {
			return fmt.Errorf("there is another story %q", s.Name)
		}
	}
	r.stories = append(r.stories, Story{Name: l.rest(1)})
	r.head, r.clock = l, Today()
	return nil
}

func (r *storyReader) add(s Step) error {
	story := &r.stories[len(r.stories)-1]
	story.Steps = append(story.Steps, s)
	return nil
}

// belowStep takes what stands below a write that must be refused, or a question.
func (r *storyReader) belowStep(word string, words []string) error {
	if len(words) == 0 {
		return fmt.Errorf("expected something after %q", word)
	}
	text := strings.Join(words, " ")
	switch {
	case word == "because" && r.inquiry != nil:
		r.inquiry.Because = append(r.inquiry.Because, text)
		return nil
	case r.attempt == nil || r.attempt.Want:
		return fmt.Errorf("%s stands below no write with %s", word, no)
	case word == "because":
		r.attempt.Because = append(r.attempt.Because, text)
		return nil
	}
	s, err := parseStrip(words)
	r.attempt.Stripped = append(r.attempt.Stripped, s)
	return err
}

// belowAudit takes one commit that an audit must have seen.
func (r *storyReader) belowAudit(words []string) error {
	if r.audit == nil {
		return errors.New("saw stands below no audit")
	}
	s, err := parseSighting(words)
	r.audit.Saw = append(r.audit.Saw, s)
	return err
}

// endStep reports what the step before the line lacks.
func (r *storyReader) endStep() error {
	switch {
	case r.attempt != nil && !r.attempt.Want && len(r.attempt.Because) == 0:
		return r.refused.errorf("expected because below a write with %s", no)
	case r.audit != nil && len(r.audit.Saw) == 0:
		return r.head.errorf("the audit of %q saw nothing", r.stories[len(r.stories)-1].Name)
	}
	return nil
}

// endStory reports if the last story shows one side of its rule only.
func (r *storyReader) endStory() error {
	if len(r.stories) == 0 {
		return nil
	}
	has := map[string]bool{}
	s := r.stories[len(r.stories)-1]
	for _, step := range s.Steps {
		has[step.expected()] = true
	}
	if !has[yes] || !has[no] {
		return r.head.errorf("the story %q needs a line with %s and one with %s", s.Name, yes, no)
	}
	return nil
}

// parseWho reads who makes a write: the zero subject is the server.
func parseWho(word string) (tuple.Subject, error) {
	if word == server {
		return tuple.Subject{}, nil
	}
	return tuple.ParseSubject(word)
}

const server = "server"

func who(s tuple.Subject) string {
	if s == (tuple.Subject{}) {
		return server
	}
	return s.String()
}

// parseClock reads an instant to which the story's clock moves.
func (r *storyReader) parseClock(word string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, word)
	if err != nil {
		return at, err
	}
	if !at.After(r.clock) {
		return at, fmt.Errorf("it is %s already", r.clock.Format(time.RFC3339))
	}
	r.clock = at
	return at, nil
}

// parseGiven reads values for the parameters of caveats, as JSON.
func parseGiven(word string) (map[string]any, error) {
	var given map[string]any
	if err := json.Unmarshal([]byte(word), &given); err != nil || given == nil {
		return nil, fmt.Errorf("expected a JSON object without spaces after given, not %s", word)
	}
	return given, nil
}
