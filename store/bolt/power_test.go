//go:build linux

package bolt_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store/bolt"
)

// A power cut leaves of a file what was synced, and of what was written since any part, in
// sectors. The calls of a process that appends and compacts are recorded by strace, with all
// that it writes; then the file is put together as it may be after a cut at each of them.

// strace returns the arguments that run a program under it, or skips the test.
func strace(t testing.TB, args ...string) []string {
	t.Helper()
	path, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed, by which faults are injected")
	}
	if out, err := exec.Command(path, "-e", "trace=none", "true").CombinedOutput(); err != nil {
		t.Skipf("strace may not trace here, by which faults are injected: %v: %s", err, out)
	}
	return append([]string{path, "-f", "-qq", "-e", "signal=none"}, args...)
}

// An event is a call that was recorded, once it had returned.
type event struct {
	call   string // write, truncate, sync, link, syncdir, say
	file   *disk
	offset int64
	data   string // what was written, or what the child said
}

// A disk is a file as it is recorded.
type disk struct{ name string }

var (
	callLine    = regexp.MustCompile(`^(\d+) +(\w+)\((.*)\) += (-?\d+).*$`)
	beginLine   = regexp.MustCompile(`^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$`)
	resumedLine = regexp.MustCompile(`^(\d+) +<\.\.\. (\w+) resumed>(.*)\) += (-?\d+).*$`)
)

// record runs a child under strace and returns its events.
func record(t *testing.T, env ...string) []event {
	t.Helper()
	dir := t.TempDir()
	trace := filepath.Join(dir, "trace")
	by := strace(t, "-o", trace, "-s", "100000000", "-xx", "-e", "trace=openat,close,pwrite64,write,fdatasync,fsync,ftruncate,linkat")
	cmd := command(t, t.Context(), filepath.Join(dir, "log"), env, by...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	f, err := os.Open(trace)
	require.NoError(t, err)
	defer f.Close()
	p := tracer{t: t, dir: dir, files: map[string]*disk{}, open: map[string]string{}, begun: map[string]string{}}
	lines := bufio.NewReader(f)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return p.events
		}
		p.line(strings.TrimSuffix(line, "\n"))
	}
}

type tracer struct {
	t      *testing.T
	dir    string
	files  map[string]*disk
	open   map[string]string // descriptor → path
	begun  map[string]string // thread → arguments
	events []event
}

func (p *tracer) line(line string) {
	if m := beginLine.FindStringSubmatch(line); m != nil {
		p.begun[m[1]] = m[3]
	} else if m := resumedLine.FindStringSubmatch(line); m != nil {
		p.call(m[2], p.begun[m[1]]+m[3], m[4])
	} else if m := callLine.FindStringSubmatch(line); m != nil {
		p.call(m[2], m[3], m[4])
	}
}

// unhex decodes a string as strace -xx writes it.
func (p *tracer) unhex(s string) string {
	s = strings.Trim(strings.TrimSpace(s), `"`)
	require.NotContains(p.t, s, "...", "strace has shortened it")
	b := make([]byte, 0, len(s)/4)
	for i := 0; i+4 <= len(s); i += 4 {
		n, err := strconv.ParseUint(s[i+2:i+4], 16, 8)
		require.NoError(p.t, err, s[i:i+4])
		b = append(b, byte(n))
	}
	return string(b)
}

func (p *tracer) call(name, args, result string) {
	arg := strings.Split(args, ", ")
	require.False(p.t, strings.HasPrefix(result, "-") && name != "openat", "%s(%.100s) = %s", name, args, result)
	file := p.files[p.open[arg[0]]]
	add := func(e event) {
		if e.file != nil {
			p.events = append(p.events, e)
		}
	}
	number := func(s string) int64 {
		n, err := strconv.ParseInt(s, 10, 64)
		require.NoError(p.t, err)
		return n
	}
	switch name {
	case "openat":
		path := p.unhex(arg[1])
		p.open[result] = path
		if filepath.Dir(path) == p.dir && p.files[path] == nil && !strings.HasPrefix(result, "-") {
			p.files[path] = &disk{name: path}
		}
	case "close":
		delete(p.open, arg[0])
	case "pwrite64":
		add(event{call: "write", file: file, data: p.unhex(arg[1]), offset: number(arg[3])})
	case "ftruncate":
		add(event{call: "truncate", file: file, offset: number(arg[1])})
	case "fdatasync", "fsync":
		if p.open[arg[0]] == p.dir {
			p.events = append(p.events, event{call: "syncdir"})
		}
		add(event{call: "sync", file: file})
	case "linkat":
		from, to := p.unhex(arg[1]), p.unhex(arg[3])
		p.files[to] = p.files[from]
		add(event{call: "link", file: p.files[to]})
	case "write":
		if arg[0] == "1" {
			p.events = append(p.events, event{call: "say", data: p.unhex(arg[1])})
		} else {
			require.Nil(p.t, file, "a write without a position")
		}
	}
}

// A platter is what a cut may leave.
type platter struct {
	synced  []byte
	written []event // since
	named   int     // 0: the file has no name, 1: perhaps, 2: it has
}

func (d *platter) event(e event) {
	switch e.call {
	case "write", "truncate":
		d.written = append(d.written, e)
	case "sync":
		for _, w := range d.written {
			d.synced = apply(d.synced, w, nil)
		}
		d.written = nil
	case "link":
		d.named = 1
	case "syncdir":
		d.named = 2 * d.named
	}
}

// apply does what was recorded to an image, but for the sectors that keep refuses.
func apply(image []byte, e event, keep func(offset int64) bool) []byte {
	grow := func(size int64) {
		if n := size - int64(len(image)); n > 0 {
			image = append(image, make([]byte, n)...)
		}
	}
	if e.call == "truncate" {
		if keep == nil || keep(0) {
			grow(e.offset)
			image = image[:e.offset]
		}
		return image
	}
	const sector = 512
	for at := int64(0); at < int64(len(e.data)); at += sector {
		end := min(at+sector, int64(len(e.data)))
		if keep == nil || keep(e.offset+at) {
			grow(e.offset + end)
			copy(image[e.offset+at:], e.data[at:end])
		}
	}
	return image
}

// cut returns a file that may be left, by chance.
func (d *platter) cut(chance *rand.Rand) []byte {
	image := append([]byte(nil), d.synced...)
	unit := []int64{512, 4096}[chance.IntN(2)]
	share := []float64{0, 0.1, 0.5, 0.9, 1}[chance.IntN(5)]
	for _, w := range d.written {
		decided := map[int64]bool{}
		image = apply(image, w, func(offset int64) bool {
			if _, ok := decided[offset/unit]; !ok {
				decided[offset/unit] = chance.Float64() < share
			}
			return decided[offset/unit]
		})
	}
	return image
}

// cuts cuts the power at chosen events, several times, and returns how often, and the errors.
func cuts(t *testing.T, events []event, chance *rand.Rand, chosen func() int) (n int, lost []error) {
	t.Helper()
	var log *disk
	for _, e := range events {
		if e.call == "link" {
			log = e.file
		}
	}
	require.NotNil(t, log)
	path := filepath.Join(t.TempDir(), "log")
	var d platter
	var r told
	for i, e := range events {
		switch {
		case e.call == "say":
			for line := range strings.SplitSeq(strings.TrimSpace(e.data), "\n") {
				r.line(t, line)
			}
		case e.file == log || e.call == "syncdir":
			d.event(e)
		}
		for range chosen() {
			if d.named == 0 || d.named == 1 && chance.IntN(2) == 0 {
				require.Zero(t, r.try, "no file, and commits")
				continue
			}
			n++
			require.NoError(t, os.WriteFile(path, d.cut(chance), 0o600))
			at, err := kept(path, r)
			if err != nil {
				lost = append(lost, fmt.Errorf("after event %d of %d, %s: %w", i, len(events), e.call, err))
				continue
			}
			if n%10 == 0 { // and it goes on
				log := must(t, path, bolt.Options{})
				c := numbered(at)
				appendTo(t, log, c)
				require.NoError(t, log.Close())
				_, err = kept(path, told{acknowledged: c.Revision})
				require.NoError(t, err)
			}
		}
	}
	return n, lost
}

// TestPowerCut cuts the power in the middle of appending and compacting. BAOBAB_CUTS says how often
// at every call that was recorded; otherwise it is at some of them.
func TestPowerCut(t *testing.T) {
	groups, each := 40, 0
	if s := os.Getenv("BAOBAB_CUTS"); s != "" {
		var err error
		each, err = strconv.Atoi(s)
		require.NoError(t, err)
		groups = 300
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 1))
	chosen := func() int {
		if each == 0 && chance.IntN(4) == 0 {
			return 1
		}
		return each
	}
	env := []string{fmt.Sprintf("%s=%d", childGroups, groups), fmt.Sprintf("%s=%d", childSeed, seed)}
	events := record(t, env...)
	n, lost := cuts(t, events, chance, chosen)
	t.Logf("%d calls, %d cuts, %d with a loss", len(events), n, len(lost))
	require.Empty(t, lost)
	require.Positive(t, n)

	events = record(t, append(env, childNoSync+"=1")...)
	n, lost = cuts(t, events, chance, chosen)
	t.Logf("the control, without syncs: %d calls, %d cuts, %d with a loss", len(events), n, len(lost))
	require.NotEmpty(t, lost, "the control has to lose commits")
}

// TestOpenSyncs sees Open wait for what a process that was killed has written, before it reads and
// vouches for it.
func TestOpenSyncs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	require.NoError(t, must(t, path, bolt.Options{}).Close())
	trace := filepath.Join(t.TempDir(), "trace")
	by := strace(t, "-o", trace, "-P", path, "-e", "trace=fsync,pread64,mmap")
	out, err := command(t, t.Context(), path, []string{childGroups + "=0"}, by...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	recorded, err := os.ReadFile(trace)
	require.NoError(t, err)
	calls := regexp.MustCompile(`fsync|pread64|mmap`).FindAllString(string(recorded), -1)
	require.Greater(t, len(calls), 3)
	require.Equal(t, "fsync", calls[0])
	require.Contains(t, calls, "mmap")
}
