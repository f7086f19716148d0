package logtest

import "testing"

// RunCheck runs one check, which may be given a TB that only listens.
func RunCheck(t testing.TB, name string, make func(testing.TB) Target) bool {
	for _, c := range checks() {
		if c.name == name {
			c.run(env{t, make})
			return true
		}
	}
	return false
}

// CheckNames returns the names of all checks.
func CheckNames() []string {
	var names []string
	for _, c := range checks() {
		names = append(names, c.name)
	}
	return names
}

// Tuples returns the tuples that the suite stores.
var Tuples = tuples
