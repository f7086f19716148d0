package main

import (
	"context"
	"os"
	"testing"

	"github.com/baobab-authz/baobab/store/postgres/pgtest"
)

var shared pgtest.Shared

// TestMain lets the test binary be a server of the fleet, as the command is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(shared.Main(m))
}
