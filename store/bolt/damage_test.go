package bolt_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/bolt"
)

// every returns 1 if the environment asks for the long form of a test, and the stride of the short
// one otherwise.
func every(variable string, stride int) int {
	if os.Getenv(variable) != "" {
		return 1
	}
	return stride
}

// TestFlippedBytes changes one byte after the other of a file: it is refused, or all is there.
// And what was accepted still takes commits, and has them when it is opened again.
func TestFlippedBytes(t *testing.T) {
	s := newSample(t)
	path := filepath.Join(t.TempDir(), "log")
	require.NoError(t, os.WriteFile(path, s.file, 0o600))
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	defer f.Close()
	patch := func(at int, b byte) {
		_, err := f.WriteAt([]byte{b}, int64(at))
		require.NoError(t, err)
	}
	stride := every("BAOBAB_DAMAGE", 331)
	refused, accepted := 0, 0
	for at := 0; at < len(s.file); at += stride {
		for _, mask := range []byte{1 << (at % 8), 0xff} {
			how := fmt.Sprintf("byte %d of %d xor %#x", at, len(s.file), mask)
			patch(at, s.file[at]^mask)
			if !s.recovered(t, path, how) {
				refused++
			} else if accepted++; accepted%16 == 0 {
				s.goesOn(t, path, how)
				require.NoError(t, os.WriteFile(path, s.file, 0o600))
			}
		}
		patch(at, s.file[at])
	}
	t.Logf("%d bytes changed: %d files refused, %d with everything", refused+accepted, refused, accepted)
	require.Positive(t, refused)
	require.Positive(t, accepted, "pages that are free")
}

// goesOn appends to a file that was accepted.
func (s sample) goesOn(t *testing.T, path, how string) {
	t.Helper()
	log, err := bolt.Open(path, bolt.WithCompactBytes(bolt.Options{}, 1))
	require.NoError(t, err, how)
	at := head(t, log)
	for range 3 {
		at = appendTo(t, log, write(at, nil, []string{"document:new#viewer@user:ann"}))
	}
	require.NoError(t, log.Compact(t.Context(), 1), how)
	require.NoError(t, log.Close(), how)
	report, err := bolt.Verify(path)
	require.NoError(t, err, how)
	require.Equal(t, at, report.Head, how)
}

// TestTruncated cuts the file at one length after the other.
func TestTruncated(t *testing.T) {
	s := newSample(t)
	path := filepath.Join(t.TempDir(), "log")
	require.NoError(t, os.WriteFile(path, s.file, 0o600))
	stride := every("BAOBAB_DAMAGE", 1021)
	refused, accepted := 0, 0
	for size := len(s.file); size >= 0; size -= min(stride, max(size, 1)) {
		require.NoError(t, os.Truncate(path, int64(size)))
		if s.recovered(t, path, fmt.Sprintf("cut to %d of %d bytes", size, len(s.file))) {
			accepted++
		} else {
			refused++
		}
	}
	t.Logf("%d lengths: %d files refused, %d with everything", refused+accepted, refused, accepted)
	require.Positive(t, refused)
	require.Positive(t, accepted, "the whole file")
}

// TestExchangedPages writes every page in the place of every other one.
func TestExchangedPages(t *testing.T) {
	s := newSample(t)
	path := filepath.Join(t.TempDir(), "log")
	const size = 4096
	pages := len(s.file) / size
	stride := every("BAOBAB_DAMAGE", 7)
	for n := 0; n < pages*pages; n += stride {
		from, to := n/pages*size, n%pages*size
		damaged := append([]byte(nil), s.file...)
		copy(damaged[to:to+size], s.file[from:from+size])
		require.NoError(t, os.WriteFile(path, damaged, 0o600))
		s.recovered(t, path, fmt.Sprintf("page %d in the place of page %d", from/size, to/size))
	}
}

// FuzzOpenMutated changes what the fuzzer says in a file: it is refused, or all is there.
func FuzzOpenMutated(f *testing.F) {
	s := newSample(f)
	path := filepath.Join(f.TempDir(), "log")
	f.Add(uint(0), []byte{1}, uint(len(s.file)))
	f.Add(uint(4096+16), []byte("\x00\x00\x00\x00"), uint(len(s.file)))
	f.Add(uint(8192+8), []byte{2, 0, 1, 0}, uint(len(s.file)-5000))
	f.Add(uint(12288+16), []byte{16, 0, 0, 0, 255, 255}, uint(40000))
	f.Fuzz(func(t *testing.T, at uint, with []byte, size uint) {
		file := append([]byte(nil), s.file...)
		copy(file[at%uint(len(file)):], with)
		require.NoError(t, os.WriteFile(path, file[:size%uint(len(file)+1)], 0o600))
		s.recovered(t, path, "mutated")
	})
}

// TestNotALog refuses what is something else.
func TestNotALog(t *testing.T) {
	for name, content := range map[string]string{
		"empty": "", "short": "hello", "text": string(make([]byte, 100_000)),
	} {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		_, err := bolt.Open(path, bolt.Options{})
		require.ErrorIs(t, err, store.ErrCorruptLog, name)
		require.ErrorContains(t, err, path)
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, content, string(after), "it is left as it is")
		_, err = bolt.Verify(path)
		require.ErrorIs(t, err, store.ErrCorruptLog, name)
	}
}
