package faults

import (
	"strconv"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// schemaText is the schema of all stores. A cell is a counter and an item of the same name.
const schemaText = `
definition user {}
definition number {}
definition counter {
	//baobab:count 0..1
	relation value: number
}
definition item {
	//baobab:count 0..1
	relation owner: user
	//baobab:count 0..1
	//baobab:granted-by own
	relation borrower: user
	permission own = owner
	permission use = owner + borrower
}
`

func schemaOf() *schema.Schema {
	s, err := schema.Parse("faults.zed", schemaText)
	if err != nil {
		panic(err)
	}
	return s
}

// A cell is the state of one counter and one item.
type cell struct {
	N        int64  `json:"n,omitempty"`
	Owner    string `json:"owner,omitempty"`
	Borrower string `json:"borrower,omitempty"`
}

// A kind is what a client asks for.
type kind string

const (
	count   kind = "count"   // reads the counter and writes one more
	claim   kind = "claim"   // becomes the owner if it reads that there is none
	grab    kind = "grab"    // becomes the owner without a look: the schema refuses a second one
	release kind = "release" // gives up the item if it reads that it is the owner
	lend    kind = "lend"    // makes another the borrower: the schema refuses it to all but the owner
	both    kind = "both"    // counts, and takes the item whoever has it
	read    kind = "read"    // reads cells in one view
	digest  kind = "digest"  // hashes all tuples of one view
)

// The levels of a read.
const (
	now     = "now"
	atLeast = "atleast"
	latest  = "latest"
)

// An op is one request to a node.
type op struct {
	ID      int64    `json:"id"`
	Kind    kind     `json:"kind"`
	Cell    string   `json:"cell,omitempty"`
	Who     string   `json:"who,omitempty"`
	To      string   `json:"to,omitempty"`
	Level   string   `json:"level,omitempty"`
	Cells   []string `json:"cells,omitempty"`
	Token   string   `json:"token,omitempty"`
	Timeout int      `json:"timeout,omitempty"` // ms
}

func (o *op) writes() bool { return o.Kind != read && o.Kind != digest }

// An outcome is what became of a request.
type outcome string

const (
	done    outcome = "done"    // committed, or read
	refused outcome = "refused" // by what it read, or by the schema
	failed  outcome = "failed"  // nothing has happened, for a reason that is not the request's
	unknown outcome = "unknown" // the node does not know, or did not answer
)

// A result is what a node answers.
type result struct {
	ID       int64           `json:"id"`
	Outcome  outcome         `json:"outcome"`
	Revision string          `json:"revision,omitempty"` // of the commit or the view
	Base     string          `json:"base,omitempty"`     // of the state that a transaction saw
	Seen     cell            `json:"seen"`               // in that state
	Cells    map[string]cell `json:"cells,omitempty"`
	Digest   string          `json:"digest,omitempty"`
	Code     string          `json:"code,omitempty"` // of an error
	Err      string          `json:"err,omitempty"`
}

// step returns what a transaction makes of a cell, and whether it is committed.
func (o *op) step(c cell) (cell, bool) {
	switch o.Kind {
	case count:
		c.N++
		return c, true
	case both:
		c.N++
		c.Owner, c.Borrower = o.Who, ""
		return c, true
	case claim, grab:
		if c.Owner != "" {
			return c, false
		}
		c.Owner = o.Who
		return c, true
	case release:
		if c.Owner != o.Who {
			return c, false
		}
		c.Owner, c.Borrower = "", ""
		return c, true
	case lend:
		if c.Owner != o.Who || c.Borrower == o.To {
			return c, false
		}
		c.Borrower = o.To
		return c, true
	}
	return c, false
}

// The relationships of a cell.

func valueOf(name string, n int64) tuple.Tuple {
	return tuple.New(tuple.Object{Type: "counter", ID: name}, "value", subject("number", strconv.FormatInt(n, 10)))
}

func held(name, relation, who string) tuple.Tuple {
	return tuple.New(tuple.Object{Type: "item", ID: name}, relation, subject("user", who))
}

func subject(typ, id string) tuple.Subject {
	return tuple.Subject{Object: tuple.Object{Type: typ, ID: id}}
}

// tuples returns the tuples of a cell.
func (c cell) tuples(name string) []tuple.Tuple {
	var all []tuple.Tuple
	if c.N != 0 {
		all = append(all, valueOf(name, c.N))
	}
	if c.Owner != "" {
		all = append(all, held(name, "owner", c.Owner))
	}
	if c.Borrower != "" {
		all = append(all, held(name, "borrower", c.Borrower))
	}
	return all
}
