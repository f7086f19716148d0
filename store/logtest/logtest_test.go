package logtest_test

import (
	"testing"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/logtest"
	"github.com/baobab-authz/baobab/store/memlog"
)

func TestShared(t *testing.T) {
	logtest.Run(t, func(testing.TB) logtest.Target {
		truth := memlog.New()
		return logtest.Target{Open: func() (store.Log, error) { return truth.Open(), nil }}
	})
}
