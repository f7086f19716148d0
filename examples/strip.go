package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// A Strip is a directive that is taken out of a schema.
type Strip struct {
	Name      string // type, or type#relation; or that of a partial
	Directive string // as it stands behind //baobab:
}

const directivePrefix = "//baobab:"

// parseStrip reads what a directive stands above, and the directive.
func parseStrip(words []string) (Strip, error) {
	typ, relation, isRelation := strings.Cut(words[0], "#")
	if err := tuple.ValidateTypeName(typ); err != nil {
		return Strip{}, err
	}
	if isRelation {
		if err := tuple.ValidateName(relation); err != nil {
			return Strip{}, err
		}
	}
	if len(words) < 2 {
		return Strip{}, errors.New("expected a directive after " + words[0])
	}
	return Strip{words[0], strings.Join(words[1:], " ")}, nil
}

// stripped returns the text of a schema in canonical form without directives.
func stripped(text string, strips ...Strip) (string, error) {
	lines := strings.SplitAfter(text, "\n")
	gone := map[int]bool{}
	for _, s := range strips {
		i := slices.IndexFunc(directives(lines), func(d directive) bool { return d.Strip == s })
		if i < 0 {
			return "", fmt.Errorf("the schema has no %s%s above %s", directivePrefix, s.Directive, s.Name)
		}
		gone[directives(lines)[i].line] = true
	}
	var b strings.Builder
	for i, l := range lines {
		if !gone[i] {
			b.WriteString(l)
		}
	}
	return b.String(), nil
}

// A directive is one with its place in the lines of a schema.
type directive struct {
	Strip
	line int
}

// directives finds the directives of a schema in canonical form, in which each
// declaration begins a line.
func directives(lines []string) []directive {
	var found []directive
	within, named := "", 0 // what we are in, and how many of found have their name
	for i, l := range lines {
		words := strings.Fields(l)
		switch {
		case len(words) == 0:
		case strings.HasPrefix(words[0], directivePrefix):
			found = append(found, directive{Strip{"", strings.TrimPrefix(strings.Join(words, " "), directivePrefix)}, i})
		case len(words) < 2 || strings.HasPrefix(words[0], "//"):
		default:
			name := strings.TrimSuffix(words[1], ":")
			switch words[0] {
			case "definition", "partial":
				within = name
			case "relation", "permission":
				name = within + "#" + name
			default:
				continue
			}
			for ; named < len(found); named++ {
				found[named].Name = name
			}
		}
	}
	return found
}

// verifyStrips tries a refused write again, in the state that t is in, under a
// schema without the directives that the story names: now it must be committed.
// What has no guard left is closed to all but the server: then the actor must
// be refused for that, and the server not.
func (s *System) verifyStrips(ctx context.Context, t *telling, a *Attempt) error {
	text, err := stripped(s.text, a.Stripped...)
	if err != nil {
		return err
	}
	sch, err := schema.Parse(s.Name+"/schema.zed", text)
	if err != nil {
		return err
	}
	var tuples []tuple.Relationship
	for r, err := range t.eng.Tuples(tuple.Filter{}) {
		if err != nil {
			return err
		}
		tuples = append(tuples, r)
	}
	eng, err := s.open(ctx, sch, tuples, t.now)
	if err != nil {
		return err
	}
	defer eng.Close()
	err = a.commit(ctx, eng, a.Who)
	var guard *store.GuardError
	if errors.As(err, &guard) && guard.Rule == "" && a.strips(guard) {
		err = a.commit(ctx, eng, tuple.Subject{})
	}
	return err
}

// strips reports whether what has no guard had one that was taken out.
func (a *Attempt) strips(e *store.GuardError) bool {
	return slices.ContainsFunc(a.Stripped, func(s Strip) bool {
		if e.Object != (tuple.Object{}) {
			return s.Name == e.Object.Type
		}
		_, relation, _ := strings.Cut(s.Name, "#")
		return relation == e.Tuple.Relation
	})
}
