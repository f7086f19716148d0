package faults

import (
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/anishathalye/porcupine"
)

// A cellInput is what was asked of one cell.
type cellInput struct {
	op   op
	name string
}

// A cellOutput is what was answered of it.
type cellOutput struct {
	open bool // nothing is known
	read bool
	ok   bool
	seen cell
}

// model is one cell.
func model() porcupine.Model {
	return porcupine.Model{
		Partition: partition,
		Init:      func() any { return cell{} },
		Step: func(state, input, output any) (bool, any) {
			c, in, out := state.(cell), input.(cellInput), output.(cellOutput)
			if out.read {
				return out.seen == c, c
			}
			next, ok := in.op.step(c)
			switch {
			case out.open && !ok:
				return true, c // it may come, and be refused, at the end
			case out.open:
				return true, next
			case ok != out.ok || c != out.seen:
				return false, c
			case !ok:
				return true, c
			}
			return true, next
		},
		DescribeOperation: func(input, output any) string {
			in := input.(cellInput)
			return fmt.Sprintf("%s %s %s: %+v", in.op.Kind, in.op.Who, in.op.To, output)
		},
	}
}

// partition puts the operations of each cell together.
func partition(all []porcupine.Operation) [][]porcupine.Operation {
	by := map[string][]porcupine.Operation{}
	for _, o := range all {
		name := o.Input.(cellInput).name
		by[name] = append(by[name], o)
	}
	names := make([]string, 0, len(by))
	for name := range by {
		names = append(names, name)
	}
	sort.Strings(names)
	parts := make([][]porcupine.Operation, 0, len(by))
	for _, name := range names {
		parts = append(parts, by[name])
	}
	return parts
}

// operations returns what of a history has to be linearizable: transactions and Latest
// reads, but what is known not to have happened.
func operations(records []record) []porcupine.Operation {
	var all []porcupine.Operation
	for i := range records {
		r := &records[i]
		if r.Op.writes() {
			if r.Result.Outcome != failed {
				out := cellOutput{open: r.open(), ok: r.Result.Outcome == done, seen: r.Result.Seen}
				all = append(all, porcupine.Operation{ClientId: r.Node, Input: cellInput{r.Op, r.Op.Cell}, Call: r.Call, Return: r.Return, Output: out})
			}
			continue
		}
		if r.Op.Level != latest || r.Op.Kind != read || r.Result.Outcome != done {
			continue
		}
		for name, seen := range r.Result.Cells {
			all = append(all, porcupine.Operation{ClientId: r.Node, Input: cellInput{r.Op, name}, Call: r.Call, Return: r.Return, Output: cellOutput{read: true, seen: seen}})
		}
	}
	return all
}

// linearizable reports whether there is an order of all operations that explains them.
func linearizable(records []record) error {
	return findOrder(records, 30*time.Second)
}

// errNoTime says that an order was neither found nor ruled out.
var errNoTime = errors.New("not found out")

func findOrder(records []record, limit time.Duration) error {
	all := operations(records)
	switch porcupine.CheckOperationsTimeout(model(), all, limit) {
	case porcupine.Ok:
		return nil
	case porcupine.Unknown:
		return fmt.Errorf("%d operations on cells: %w in %v", len(all), errNoTime, limit)
	}
	return fmt.Errorf("%d operations on cells are not linearizable", len(all))
}

// linearizable is the same, but where too many operations are open to go through all
// that can have become of them, the log says whether they have happened, though not when.
func (j *judge) linearizable(records []record) error {
	err := linearizable(records)
	if !errors.Is(err, errNoTime) {
		return err
	}
	var known []record
	for _, r := range records {
		if r.open() {
			c, happened := j.commits[r.Op.ID]
			if !happened {
				continue
			}
			r.Result = result{Outcome: done, Seen: c.before}
		}
		known = append(known, r)
	}
	return findOrder(known, 2*time.Minute)
}
