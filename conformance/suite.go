package main

import (
	"regexp"
	"slices"
)

// A suite is a row of the table: some of the module's tests.
type suite struct {
	name string
	// assertions are the names of the tests that are one each. Of a test that makes
	// many comparisons the last part of the name is enough: it says how many.
	assertions *regexp.Regexp
	// tests are the names of all tests that belong to it.
	tests *regexp.Regexp
	// pinned is how many assertions there must be; 0 if the data decides.
	pinned int
}

// suites are the rows of the table.
var suites = []suite{
	spiceDBSuite("assertions", `^TestAssertions/[^/]+/\w+$`, `^TestAssertions(/|$)`),
	spiceDBSuite("matrix, CheckAll and Explain", `^TestMatrix/[^/]+/check$`, `^TestMatrix/[^/]+/check$`),
	spiceDBSuite("matrix, Objects", `^TestMatrix/[^/]+/objects$`, `^TestMatrix/[^/]+/objects$`),
	spiceDBSuite("matrix, Subjects", `^TestMatrix/[^/]+/subjects$`, `^TestMatrix/[^/]+/subjects$`),
	spiceDBSuite("matrix, Permissions", `^TestMatrix/[^/]+/permissions$`, `^TestMatrix/[^/]+/permissions$`),
	spiceDBSuite("matrix, Expand", `^TestMatrix/[^/]+/expand$`, `^TestMatrix/[^/]+/expand$`),
	yamlSuite("stored", "check", 516),
	yamlSuite("stored", "list_objects", 354),
	yamlSuite("stored", "list_users", 394),
	yamlSuite("contextual", "check", 516),
	yamlSuite("contextual", "list_objects", 354),
	yamlSuite("contextual", "list_users", 394),
	goSuite("check.RunAllTests", `^TestCheck/`, 850),
	goSuite("listobjects.RunAllTests", `^TestListObjects/`, 641),
	goSuite("listusers.RunAllTests", `^TestListUsers/`, 730),
	goSuite("check.RunMatrixTests", `^TestMatrixCheck/`, 2124),
	goSuite("listobjects.RunMatrixTests", `^TestMatrixListObjects/`, 175),
}

// spiceDB begins the names of the suites that need SpiceDB's files.
const spiceDB = "SpiceDB "

func spiceDBSuite(name, assertions, tests string) suite {
	return suite{name: spiceDB + name, assertions: regexp.MustCompile(assertions), tests: regexp.MustCompile(tests)}
}

func yamlSuite(how, kind string, pinned int) suite {
	return suite{
		name:       "OpenFGA YAML, " + how + ", " + kind,
		assertions: regexp.MustCompile(`^TestYAML/` + how + `/.*/` + kind + `_\d+$`),
		tests:      regexp.MustCompile(`^TestYAML/` + how + `/.*/` + kind + `_\d+$`),
		pinned:     pinned,
	}
}

func goSuite(name, tests string, pinned int) suite {
	return suite{
		name:       "OpenFGA Go, " + name,
		assertions: regexp.MustCompile(tests + `.*/assertion_[^/]+$`),
		tests:      regexp.MustCompile(tests),
		pinned:     pinned,
	}
}

// without returns the suites whose name does not begin with prefix.
func without(all []suite, prefix string) []suite {
	return slices.DeleteFunc(slices.Clone(all), func(s suite) bool {
		return len(s.name) >= len(prefix) && s.name[:len(prefix)] == prefix
	})
}
