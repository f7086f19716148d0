//go:build !baobab_graph && !baobab_both

package check

const fastMode = rosters
