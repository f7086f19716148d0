package faults

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/baobab-authz/baobab/store/postgres/pgtest"
)

// shared is the server of all tests that do not harm it.
var shared pgtest.Shared

func TestMain(m *testing.M) {
	if config := os.Getenv(envNode); config != "" {
		if err := serve(config, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	flag.Parse()
	if !long() { // most of the time they wait
		_ = flag.Set("test.parallel", "4")
	}
	os.Exit(shared.Main(m))
}

// long reports whether the long forms are asked for.
func long() bool { return os.Getenv("BAOBAB_FAULTS") == "long" }

// form returns the short form of a figure or the long one.
func form[T time.Duration | int](short, whole T) T {
	if long() {
		return whole
	}
	return short
}
