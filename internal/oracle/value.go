package oracle

// A Value is the truth of an atom in the well-founded model.
type Value uint8

const (
	False     Value = iota // not in the model: denied
	Undefined              // neither: the engine's ErrCycle, and denied
	True                   // in the model: allowed
)

// String returns the word that docs/SEMANTICS.md uses for the answer.
func (v Value) String() string { return [...]string{"no", "undefined", "yes"}[v] }
