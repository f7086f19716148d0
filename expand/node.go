package expand

import "github.com/baobab-authz/baobab/tuple"

// A Kind says what a node stands for.
type Kind string

const (
	// KindUserset is everyone in a relation to an object, the node's Subject. Its
	// one child says who that is, if its State is [Expanded].
	KindUserset Kind = "userset"
	// KindUnion is whoever is in one of the children.
	KindUnion Kind = "union"
	// KindIntersection is whoever is in all children.
	KindIntersection Kind = "intersection"
	// KindExclusion is whoever is in the first child and not in the second.
	KindExclusion Kind = "exclusion"
	// KindArrow is whoever is in one of the children, or in all (and there is
	// one) if the node's All is set. There is a child for each tuple of the
	// relation Tupleset: the userset of the relation Target that it leads to, or
	// a node of [KindSkipped], which holds nobody.
	KindArrow Kind = "arrow"
	// KindTuples is whoever the relation's stored tuples name. There is a child
	// for each: a userset, or a node of [KindSubject].
	KindTuples Kind = "tuples"
	// KindSubject is the node's Subject: an object, or a wildcard.
	KindSubject Kind = "subject"
	// KindSkipped is the Subject of a tuple that an arrow cannot follow, for the
	// node's Reason. It is nobody.
	KindSkipped Kind = "skipped"
	// KindSelf is the object itself, the node's Subject.
	KindSelf Kind = "self"
	// KindNil is nobody.
	KindNil Kind = "nil"
)

// A State says how much of a userset stands below its node.
type State string

const (
	// Expanded is a userset whose child says who is in it.
	Expanded State = "expanded"
	// Cycle is a userset below itself, which is not followed again.
	Cycle State = "cycle"
	// Seen is a userset that stands in full further up in the order of reading.
	Seen State = "seen"
	// Beyond is a userset that is further away than Options.Depth.
	Beyond State = "beyond"
)

// A Reason says why an arrow does not follow a tuple.
type Reason string

const (
	// Wildcard says that the tuple's subject is a wildcard, which stands for no
	// one object.
	Wildcard Reason = "wildcard"
	// NoTarget says that the type of the tuple's subject does not have the
	// relation to which the arrow leads.
	NoTarget Reason = "no-target"
)

// A Node is a set of subjects and how it comes about. Which fields it has
// depends on its Kind; the others are zero, and missing from its JSON.
type Node struct {
	Kind Kind `json:"kind"`
	// Subject is who or what the node is about: of a userset, a subject, a
	// skipped subject and self.
	Subject tuple.Subject `json:"subject,omitzero"`
	State   State         `json:"state,omitempty"` // of a userset

	Tupleset string `json:"tupleset,omitempty"` // of an arrow: the relation whose tuples it follows
	Target   string `json:"target,omitempty"`   // of an arrow: the relation to which it leads
	All      bool   `json:"all,omitempty"`      // of an arrow: all that it leads to must agree

	Reason Reason `json:"reason,omitempty"` // of a skipped subject

	// Tuple is the stored relationship that led here, with what qualifies it: of
	// each child of an arrow and of [KindTuples].
	Tuple *tuple.Relationship `json:"tuple,omitempty"`

	Children []*Node `json:"children,omitempty"`
}
