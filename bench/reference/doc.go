// Package reference measures what the machine itself can do, in the same run as
// the engines: what a B-tree, a map, a cache and a chain of memory accesses cost
// that nothing can foresee. An engine's figure says little without them.
//
// Each reference is built once, over as many items as the engines have tuples or
// over as many bytes as an engine takes, and is then sampled: a sample returns
// nanoseconds for one operation.
package reference
