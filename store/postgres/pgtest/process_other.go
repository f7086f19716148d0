//go:build !unix

package pgtest

import (
	"os/exec"
)

type signal int

const (
	kill signal = iota
	freeze
	thaw
)

func send(int, signal) error               { return ErrNoServer }
func own(string) error                     { return ErrNoServer }
func unprivileged(*exec.Cmd) error         { return ErrNoServer }
func children(int) ([]int, error)          { return nil, nil }
func newGuard(int, string) (*guard, error) { return nil, ErrNoServer }

type guard struct{}

func (*guard) dismiss() {}
