package main

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/bench/report"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// operators has a permission for each operator.
const operators = `
definition user {}
definition group { relation member: user | group#member }
definition folder { relation viewer: user  permission view = viewer }
definition document {
	relation parent: folder
	relation reader: user | group#member
	relation writer: user
	relation banned: user
	relation public: user:*
	permission direct = reader
	permission union = reader + writer
	permission intersection = reader & writer
	permission exclusion = reader - banned
	permission wildcard = public
	permission arrow = parent->view
	permission every = parent.all(view)
}`

// allocations counts what a check allocates, operator by operator, when its
// subject has been seen before.
func allocations(ctx context.Context, b *bench) ([]*report.Row, error) {
	if !slices.Contains(b.names, "baobab") {
		return nil, nil
	}
	s, err := schema.Parse("operators.zed", operators)
	if err != nil {
		return nil, err
	}
	eng, err := baobab.Open(s, baobab.Options{})
	if err != nil {
		return nil, err
	}
	defer eng.Close()
	for _, t := range []string{
		"document:d#reader@group:g#member", "group:g#member@group:h#member", "group:h#member@user:ann",
		"document:d#writer@user:ann", "document:d#banned@user:bob", "document:d#public@user:*",
		"document:d#parent@folder:f", "folder:f#viewer@user:ann",
	} {
		r, err := tuple.ParseRelationship(t)
		if err != nil {
			return nil, err
		}
		if _, err := eng.Write(ctx, r); err != nil {
			return nil, err
		}
	}
	var rows []*report.Row
	for _, permission := range []string{"direct", "union", "intersection", "exclusion", "wildcard", "arrow", "every"} {
		for _, who := range []string{"ann", "bob"} {
			r, err := allocated(ctx, eng, permission, who)
			if err != nil {
				return nil, err
			}
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// allocated counts for one permission and one user. Ann has every permission; bob
// has none but the wildcard's.
func allocated(ctx context.Context, eng *baobab.Engine, permission, who string) (*report.Row, error) {
	t, err := tuple.Parse("document:d#" + permission + "@user:" + who)
	if err != nil {
		return nil, err
	}
	var d baobab.Decision
	n := testing.AllocsPerRun(1000, func() { d, err = eng.Check(ctx, t) })
	if want := who == "ann" || permission == "wildcard"; err == nil && d.Allowed() != want {
		err = fmt.Errorf("%s is answered %s", t, d)
	}
	return &report.Row{What: "allocations, " + permission, Who: who, Unit: report.Number, Target: report.AtMost(0, ""), Values: []float64{n}}, err
}
