package expand

// Options bound a tree. The zero Options are useful.
type Options struct {
	// Depth is how many levels of usersets are shown in full. The object and
	// relation asked for, with everything that the schema derives from the same
	// object, is the first level; what their tuples lead to, through a userset
	// or an arrow, is the second, and so on. With 1 the tree says what Zanzibar's
	// own Expand says. A userset beyond is named, and marked [Beyond].
	// Default: 2. Negative: all there are.
	Depth int
	// MaxNodes is how many nodes a tree may have; one that would have more is
	// [ErrTooLarge]. A node takes about 400 bytes. Default: 100,000. Negative:
	// no bound.
	MaxNodes int
}

const (
	defaultDepth    = 2
	defaultMaxNodes = 100_000
)

// withDefaults returns o with the defaults where it says nothing.
func (o Options) withDefaults() Options {
	if o.Depth == 0 {
		o.Depth = defaultDepth
	}
	if o.MaxNodes == 0 {
		o.MaxNodes = defaultMaxNodes
	}
	return o
}
