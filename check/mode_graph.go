//go:build baobab_graph

package check

const fastMode = graphOnly
