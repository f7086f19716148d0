package bolt

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"

	"go.etcd.io/bbolt"

	"github.com/baobab-authz/baobab/store"
)

// A backup is the tuples at one revision. It has no commits: whoever restores it begins
// another epoch, in which nobody resumes at one of them.
//
//	backupMagic
//	frames      length uint32, kind byte, then as much as length says: chunks, and the info as the last
//	check sum   SHA-256 of all before
const (
	backupMagic = "baobab backup 1\n"
	frameChunk  = 'c'
	frameEnd    = 'e'
	maxFrame    = 1 << 31
	// backupGeneration is the one that the chunks in a backup are of, and in a file restored
	// from it.
	backupGeneration = 1
)

// Backup writes all tuples at the head to w, expired ones too unless [Log.Compact] has forgotten
// them, from which [Restore] makes a log. The log is used
// as ever meanwhile, and never waits for w. An error of w is returned, and what was
// written until then is refused by Restore.
func (l *Log) Backup(w io.Writer) error {
	p, err := l.pin(context.Background())
	if err != nil {
		return err
	}
	defer p.release()
	out := bufio.NewWriterSize(w, 1<<20)
	b := backupWriter{w: out, sum: sha256.New()}
	b.info.Revision, b.info.Time, b.info.Schema = p.now.head, p.now.newest.time, []byte(p.now.newest.schema)
	b.write([]byte(backupMagic))
	if err = merge(l.path, p.chunks(context.Background()), p.over, everything(), b.add); err != nil {
		return err
	}
	if err := b.end(); err != nil {
		return err
	}
	return out.Flush()
}

type backupWriter struct {
	w    io.Writer
	sum  hash.Hash
	info info
	err  error
}

func (b *backupWriter) write(p []byte) {
	if b.err == nil {
		_, _ = b.sum.Write(p)
		_, b.err = b.w.Write(p)
	}
}

func (b *backupWriter) frame(kind byte, p []byte) {
	if len(p) > maxFrame {
		b.err = fmt.Errorf("a frame of %d bytes", len(p))
	}
	b.write(append(binary.BigEndian.AppendUint32(nil, uint32(len(p))), kind))
	b.write(p)
}

func (b *backupWriter) add(chunk []byte, tuples uint64) error {
	placeChunk(chunk, backupGeneration, b.info.Chunks)
	b.info.Chunks++
	b.info.Tuples += tuples
	b.info.Bytes += uint64(len(chunk))
	b.frame(frameChunk, chunk)
	return b.err
}

func (b *backupWriter) end() error {
	b.frame(frameEnd, b.info.encode())
	b.write(b.sum.Sum(nil))
	return b.err
}

// Restore makes a log from what [Log.Backup] has written, in a new file, which appears when all
// of it was read and verified, and is durable. The error is [ErrBackup] if r is anything else, or
// ends too soon, and [fs.ErrExist] if there is a file.
//
// The log has the tuples and the position of the copied one, but begins another epoch:
// commits that were made after the backup are not in it, so processes and tokens that know
// of those must notice, and do (see [store.ErrDiverged], [store.ErrForeignRevision]).
func Restore(r io.Reader, path string, options Options) error {
	return in(path, restore(r, path, options))
}

func restore(r io.Reader, path string, options Options) error {
	return create(path, options, record{head: store.NewHistory()}, func(db *bbolt.DB) (record, error) {
		g := generationWriter{n: backupGeneration, write: db.Update}
		b := backupReader{r: bufio.NewReaderSize(r, 1<<20), sum: sha256.New()}
		info, err := b.all(g.add)
		if err != nil {
			return record{}, err
		}
		if g.info.Chunks != info.Chunks || g.info.Tuples != info.Tuples || g.info.Bytes != info.Bytes {
			return record{}, fmt.Errorf("%w: %d tuples in %d chunks, and it says that they are %d in %d", ErrBackup, g.info.Tuples, g.info.Chunks, info.Tuples, info.Chunks)
		}
		return begin(&g, info)
	})
}

// begin ends a generation, of a revision that begins another epoch.
func begin(g *generationWriter, i info) (record, error) {
	g.info.Revision, g.info.Time, g.info.Schema = i.Revision.Fork(), i.Time, i.Schema
	return record{head: g.info.Revision, base: g.info.Revision, generation: g.n}, g.flush(true)
}

type backupReader struct {
	r   io.Reader
	sum hash.Hash
	n   uint64 // chunks so far
}

// all reads everything, and gives chunks that were decoded without an error to fn.
func (b *backupReader) all(fn func(chunk []byte, tuples uint64) error) (info, error) {
	magic, err := b.read(uint32(len(backupMagic)))
	if err == nil && string(magic) != backupMagic {
		err = fmt.Errorf("%w: it does not begin like one", ErrBackup)
	}
	if err != nil {
		return info{}, err
	}
	for {
		kind, data, err := b.frame()
		if err != nil {
			return info{}, err
		}
		if kind == frameEnd {
			return b.end(data)
		}
		tuples, err := b.chunk(data)
		if kind != frameChunk || err != nil {
			return info{}, fmt.Errorf("%w: frame %d of kind %q: %w", ErrBackup, b.n, kind, err)
		}
		if err := fn(data, tuples); err != nil {
			return info{}, err
		}
		b.n++
	}
}

func (b *backupReader) chunk(data []byte) (uint64, error) {
	if err := checkChunk(data, backupGeneration, b.n); err != nil {
		return 0, err
	}
	return countTuples(data, true)
}

// end reads what comes after the last frame.
func (b *backupReader) end(data []byte) (info, error) {
	i, err := decodeInfo(data)
	if err != nil {
		return info{}, fmt.Errorf("%w: its end: %w", ErrBackup, err)
	}
	want := b.sum.Sum(nil)
	got, err := b.read(uint32(len(want)))
	if err == nil && !bytes.Equal(got, want) {
		err = fmt.Errorf("%w: the check sum does not agree", ErrBackup)
	}
	if err != nil {
		return info{}, err
	}
	if n, err := io.CopyN(io.Discard, b.r, 1); n > 0 || !errors.Is(err, io.EOF) {
		return info{}, fmt.Errorf("%w: it goes on after its end, or breaks off there (%v)", ErrBackup, err)
	}
	if i.Revision.IsZero() {
		return info{}, fmt.Errorf("%w: it is of no log", ErrBackup)
	}
	return i, nil
}

func (b *backupReader) frame() (kind byte, data []byte, err error) {
	head, err := b.read(5)
	if err != nil {
		return 0, nil, err
	}
	data, err = b.read(binary.BigEndian.Uint32(head))
	return head[4], data, err
}

// read reads n bytes, and takes memory for those only that are there.
func (b *backupReader) read(n uint32) ([]byte, error) {
	var data bytes.Buffer
	data.Grow(int(min(n, 2*chunkSize)))
	_, err := io.CopyN(&data, b.r, int64(n))
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: it ends too soon", ErrBackup)
	}
	_, _ = b.sum.Write(data.Bytes())
	return data.Bytes(), err
}
