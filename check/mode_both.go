//go:build baobab_both

package check

const fastMode = both
