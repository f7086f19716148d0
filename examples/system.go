package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/caveat"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

//go:embed studio evals deploy bayt pebble
var embedded embed.FS

// systemNames returns the systems, in the order in which they are shown.
func systemNames() []string { return []string{"studio", "evals", "deploy", "bayt", "pebble"} }

// Today returns the instant at which all systems live.
func Today() time.Time { return time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC) }

// A System is one product: an engine with its schema and tuples, and what is
// expected of it.
type System struct {
	Name    string
	Engine  *baobab.Engine
	Tables  []Table
	Rules   []Rule
	Stories []Story

	text    string // of the schema
	schema  *schema.Schema
	tuples  []tuple.Relationship
	caveats schema.Evaluator
}

// loadSystem reads the five files of a system into an engine of its own.
func loadSystem(ctx context.Context, files fs.FS, name string) (*System, error) {
	s := &System{Name: name, caveats: caveat.New(caveat.Options{})}
	if err := s.read(files); err != nil {
		return nil, err
	}
	var err error
	if s.Engine, err = s.open(ctx, s.schema, s.tuples, Today); err != nil {
		return nil, err
	}
	return s, nil
}

// read reads the files.
func (s *System) read(files fs.FS) error {
	text, err := fs.ReadFile(files, s.Name+"/schema.zed")
	if err != nil {
		return err
	}
	s.text = string(text)
	if s.schema, err = schema.Parse(s.Name+"/schema.zed", s.text); err != nil {
		return err
	}
	if s.tuples, err = readTuples(files, s.Name+"/tuples.txt"); err != nil {
		return err
	}
	if s.Tables, err = readTables(files, s.Name+"/expected.txt"); err != nil {
		return err
	}
	if s.Rules, err = readRules(files, s.Name+"/rules.txt"); err != nil {
		return err
	}
	s.Stories, err = readStories(files, s.Name+"/story.txt")
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // not every system has its stories yet
	}
	return err
}

func readTuples(files fs.FS, file string) ([]tuple.Relationship, error) {
	f, err := files.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var rels []tuple.Relationship
	for r, err := range tuple.ReadLines(f) {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		rels = append(rels, r)
	}
	return rels, nil
}

// open returns an engine with tuples. It remembers every commit, however far the
// clock moves.
func (s *System) open(ctx context.Context, sch *schema.Schema, tuples []tuple.Relationship, now func() time.Time) (*baobab.Engine, error) {
	eng, err := baobab.Open(sch, baobab.Options{
		Store:   store.Options{Clock: now, HistoryAge: -1},
		Caveats: s.caveats,
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	if _, err := eng.Write(ctx, tuples...); err != nil {
		_ = eng.Close()
		return nil, fmt.Errorf("%s/tuples.txt: %w", s.Name, err)
	}
	return eng, nil
}

// loadSystems loads the named systems.
func loadSystems(ctx context.Context, files fs.FS, names []string) ([]*System, error) {
	systems := make([]*System, 0, len(names))
	for _, name := range names {
		s, err := loadSystem(ctx, files, name)
		if err != nil {
			closeAll(systems)
			return nil, err
		}
		systems = append(systems, s)
	}
	return systems, nil
}

func closeAll(systems []*System) {
	for _, s := range systems {
		_ = s.Engine.Close()
	}
}

// selectNames returns the system that was asked for, or all of them.
func selectNames(name string) ([]string, error) {
	if name == "" {
		return systemNames(), nil
	}
	for _, n := range systemNames() {
		if n == name {
			return []string{n}, nil
		}
	}
	return nil, fmt.Errorf("no system %q; there are %s", name, strings.Join(systemNames(), ", "))
}
