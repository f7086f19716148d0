package main

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/baobab-authz/baobab"
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
	Name   string
	Engine *baobab.Engine
	Tables []Table
	Rules  []Rule
}

// loadSystem reads the four files of a system into an engine of its own.
func loadSystem(ctx context.Context, files fs.FS, name string) (*System, error) {
	s, err := schema.ParseFS(files, name+"/schema.zed")
	if err != nil {
		return nil, err
	}
	tables, err := readTables(files, name+"/expected.txt")
	if err != nil {
		return nil, err
	}
	rules, err := readRules(files, name+"/rules.txt")
	if err != nil {
		return nil, err
	}
	eng, err := baobab.Open(s, baobab.Options{Store: store.Options{Clock: Today}})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := importFile(ctx, eng, files, name+"/tuples.txt"); err != nil {
		_ = eng.Close()
		return nil, err
	}
	return &System{Name: name, Engine: eng, Tables: tables, Rules: rules}, nil
}

func importFile(ctx context.Context, eng *baobab.Engine, files fs.FS, file string) error {
	f, err := files.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := eng.Import(ctx, tuple.ReadLines(f)); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
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
