package fga_test

import (
	"testing"

	"github.com/openfga/openfga/tests/check"
	"github.com/openfga/openfga/tests/listobjects"
	"github.com/openfga/openfga/tests/listusers"

	"github.com/baobab-authz/baobab/conformance/fga"
)

// The suites that OpenFGA's module exports, unchanged.

func TestCheck(t *testing.T)       { check.RunAllTests(t, fga.NewClient()) }
func TestListObjects(t *testing.T) { listobjects.RunAllTests(t, fga.NewClient()) }
func TestListUsers(t *testing.T)   { listusers.RunAllTests(t, fga.NewClient()) }

func TestMatrixCheck(t *testing.T) {
	check.RunMatrixTests(t, "baobab", "none", fga.NewClient())
}

func TestMatrixListObjects(t *testing.T) {
	listobjects.RunMatrixTests(t, "baobab", "none", fga.NewClient())
}
