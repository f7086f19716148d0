package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/tuple"
)

// An Audit reads the commits of the story so far, as whoever watches the engine
// gets them.
type Audit struct {
	Saw []Sighting
}

// A Sighting is a commit that an audit must find: who made it, what it added
// and removed, and the note.
type Sighting struct {
	Who            tuple.Subject // zero: the server, which does not say who it is
	Added, Removed []string      // relationships, sorted
	Note           string
}

func (a *Audit) expected() string { return "" }
func (a *Audit) text() []string   { return []string{"audit"} }

// parseSighting reads who it was, + and - with a relationship each, and a note.
func parseSighting(words []string) (Sighting, error) {
	if len(words) == 0 {
		return Sighting{}, fmt.Errorf("expected %s or a subject after saw", server)
	}
	who, err := parseWho(words[0])
	if err != nil {
		return Sighting{}, err
	}
	s := Sighting{Who: who}
	for words = words[1:]; len(words) > 0; {
		if strings.HasPrefix(words[0], `"`) {
			s.Note, err = parseNote(strings.Join(words, " "))
			break
		}
		list := &s.Added
		if words[0] == "-" {
			list = &s.Removed
		} else if words[0] != "+" {
			return Sighting{}, fmt.Errorf("expected + or - and a tuple, or a note, not %q", words[0])
		}
		if len(words) == 1 {
			return Sighting{}, fmt.Errorf("expected a tuple after %s", words[0])
		}
		rel, err := tuple.ParseRelationship(words[1])
		if err != nil {
			return Sighting{}, err
		}
		*list = append(*list, rel.String())
		words = words[2:]
	}
	if len(s.Added)+len(s.Removed) == 0 {
		return Sighting{}, errors.New("expected what was seen: + or - and a tuple")
	}
	slices.Sort(s.Added)
	slices.Sort(s.Removed)
	return s, err
}

// sighted returns a commit as an audit tells it.
func sighted(c baobab.Change) Sighting {
	return Sighting{Who: c.Actor, Added: texts(c.Added), Removed: texts(c.Removed), Note: c.Note}
}

func texts(rels []tuple.Relationship) []string {
	var list []string
	for _, r := range rels {
		list = append(list, r.String())
	}
	slices.Sort(list)
	return list
}

// String returns the sighting as it is written.
func (s Sighting) String() string {
	text := who(s.Who)
	for _, t := range s.Added {
		text += "  + " + t
	}
	for _, t := range s.Removed {
		text += "  - " + t
	}
	if s.Note != "" {
		text += `  "` + s.Note + `"`
	}
	return text
}

// take looks for the sightings among the commits, in their order. There may be
// others between them.
func (a *Audit) take(ctx context.Context, t *telling) (string, error) {
	commits, err := t.commits(ctx)
	if err != nil {
		return "", err
	}
	var says []string
	for _, s := range a.Saw {
		i := slices.Index(commits, s.String())
		if i < 0 {
			return strings.Join(commits, "\n"), fmt.Errorf("expected to see %v", s)
		}
		says = append(says, s.String())
		commits = commits[i+1:]
	}
	return strings.Join(says, "\n"), nil
}
