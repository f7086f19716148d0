package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A test is what go test says of one test or subtest.
type test struct {
	name   string
	result string // pass, fail or skip; empty if it did not end
	output string
	failed bool // one of its subtests failed
	parent bool // it has subtests
}

// An event is a line of go test -json.
type event struct {
	Action, Package, Test, Output string
}

// goTest runs the tests of the module and returns how each came out, by name. That
// tests fail is no error; that they cannot be built or do not end is.
func goTest(data string) (map[string]*test, error) {
	cmd := exec.Command("go", "test", "-json", "-count=1", "-timeout=30m", "./fga", "./spicedb")
	cmd.Env = append(os.Environ(), "GOWORK=off", dataVariable+"="+data)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	tests, outside, err := readEvents(out)
	if wait := cmd.Wait(); err == nil && wait != nil && !errors.As(wait, new(*exec.ExitError)) {
		err = wait
	}
	if err != nil {
		return nil, err
	}
	for _, t := range tests {
		if t.result == "" {
			return nil, fmt.Errorf("%s did not end:\n%s", t.name, t.output)
		}
	}
	if len(tests) == 0 {
		return nil, fmt.Errorf("no test was run:\n%s%s", outside, &stderr)
	}
	return tests, nil
}

// readEvents reads what go test -json writes. What belongs to no test, such as what
// a compiler says, is returned as well.
func readEvents(r io.Reader) (tests map[string]*test, outside string, err error) {
	tests = map[string]*test{}
	var rest strings.Builder
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, "", fmt.Errorf("%w: %s", err, lines.Text())
		}
		if e.Test == "" {
			rest.WriteString(e.Output)
			continue
		}
		t := tests[e.Test]
		if t == nil {
			t = &test{name: e.Test}
			tests[e.Test] = t
		}
		switch e.Action {
		case "output":
			t.output += e.Output
		case "pass", "fail", "skip":
			t.result = e.Action
		}
	}
	relate(tests)
	return tests, rest.String(), lines.Err()
}

// relate finds out who has subtests, and whose subtests failed.
func relate(tests map[string]*test) {
	for name, t := range tests {
		for at := strings.LastIndex(name, "/"); at > 0; at = strings.LastIndex(name[:at], "/") {
			if above := tests[name[:at]]; above != nil {
				above.parent = true
				above.failed = above.failed || t.result == "fail"
			}
		}
	}
}

var (
	comparedText = regexp.MustCompile(`compared: (\d+) wrong: (\d+)`)
	answeredText = regexp.MustCompile(`expected: (.*); answered: (.*)`)
)

// compared returns how many comparisons a test says that it made, and how many of
// them were wrong; one if it says nothing.
func (t *test) compared() (all, wrong int) {
	m := comparedText.FindStringSubmatch(t.output)
	if m == nil {
		if t.result == "fail" {
			return 1, 1
		}
		return 1, 0
	}
	all, _ = strconv.Atoi(m[1])
	wrong, _ = strconv.Atoi(m[2])
	return all, wrong
}

// names returns the names of tests in order.
func names(tests map[string]*test) []string {
	all := make([]string, 0, len(tests))
	for name := range tests {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}
