package bolt_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/bolt"
)

// repaired damages the sample, sees Open refuse it, and repairs it.
func (s sample) repaired(t *testing.T, damage func(file []byte)) (*bolt.Log, bolt.Report) {
	t.Helper()
	dir := t.TempDir()
	path, to := filepath.Join(dir, "log"), filepath.Join(dir, "repaired")
	damaged := bytes.Clone(s.file)
	damage(damaged)
	require.NoError(t, os.WriteFile(path, damaged, 0o600))
	_, err := bolt.Open(path, bolt.Options{})
	require.ErrorIs(t, err, store.ErrCorruptLog)
	report, err := bolt.Repair(path, to, bolt.Options{})
	require.NoError(t, err)
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, damaged, after, "it is left as it is")
	log := must(t, to, bolt.Options{})
	at := head(t, log)
	require.Equal(t, report.Head.Position(), at.Position())
	require.False(t, report.Head.SameHistory(at), "another epoch")
	appendTo(t, log, write(at, nil, []string{"document:new#viewer@user:ann"}))
	return log, report
}

// TestRepairMeta damages a meta page: what the other one leads to is all there, or all but the newest
// group.
func TestRepairMeta(t *testing.T) {
	s := newSample(t)
	positions := map[uint64]bool{}
	for page := range 2 {
		_, report := s.repaired(t, func(file []byte) { file[page*4096+40]++ })
		require.NoError(t, report.Cut, "nothing tells")
		positions[report.Head.Position()] = true
	}
	require.Equal(t, map[uint64]bool{20: true, 22: true}, positions)
}

// TestRepairCommit damages a commit after the state: those before it are there.
func TestRepairCommit(t *testing.T) {
	s := newSample(t)
	log, report := s.repaired(t, func(file []byte) {
		at := bytes.LastIndex(file, []byte("document:3#viewer@user:bob"))
		require.Positive(t, at)
		file[at]++
	})
	require.ErrorIs(t, report.Cut, store.ErrCorruptLog)
	require.EqualValues(t, 21, report.Head.Position())
	require.EqualValues(t, 4, report.Commits)
	snapshot, err := log.Snapshot(t.Context())
	require.NoError(t, err)
	require.Len(t, tuples(t, snapshot), 40+300+1)
	require.Equal(t, `{"definitions":[]}`, snapshot.Schema)
}

// TestRepairOldCommit damages a commit that the state has in it.
func TestRepairOldCommit(t *testing.T) {
	s := newSample(t)
	_, report := s.repaired(t, func(file []byte) {
		n := 0
		for at := range file { // every commit that names it, but not the state
			if bytes.HasPrefix(file[at:], []byte(`document:18#viewer@team:eng#member[office_hours:{"n":18}]`)) {
				file[at]++
				n++
			}
		}
		require.Positive(t, n)
	})
	require.ErrorIs(t, report.Cut, store.ErrCorruptLog)
	require.EqualValues(t, 20, report.Head.Position(), "that of the state")
}

// TestRepairRefuses makes no file of what has no sound state.
func TestRepairRefuses(t *testing.T) {
	s := newSample(t)
	dir := t.TempDir()
	path, to := filepath.Join(dir, "log"), filepath.Join(dir, "repaired")
	for how, damage := range map[string]func([]byte){
		"both meta pages":      func(f []byte) { f[40]++; f[4096+40]++ },
		"the record":           replaceAll("baobab log 1 ", "baobab lag 1 "),
		"the state":            replaceAll("\x06member", "\x06mumber"),
		"the end of the state": replaceAll(`"Tuples":40`, `"Tuples":41`),
	} {
		damaged := bytes.Clone(s.file)
		damage(damaged)
		require.NoError(t, os.WriteFile(path, damaged, 0o600))
		_, err := bolt.Repair(path, to, bolt.Options{})
		require.ErrorIs(t, err, store.ErrCorruptLog, how)
		require.NoFileExists(t, to, how)
	}
	require.NoError(t, os.WriteFile(path, s.file, 0o600))
	require.NoError(t, os.WriteFile(to, nil, 0o600))
	_, err := bolt.Repair(path, to, bolt.Options{})
	require.ErrorIs(t, err, os.ErrExist)
	_, err = bolt.Repair(path+".missing", to, bolt.Options{})
	require.ErrorIs(t, err, os.ErrNotExist)
}

func replaceAll(old, with string) func([]byte) {
	return func(f []byte) { copy(f, bytes.ReplaceAll(f, []byte(old), []byte(with))) }
}
