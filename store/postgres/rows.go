package postgres

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// The binary form of COPY: a signature, flags and the length of an extension; rows, each the number of its
// columns and of each column the length, or -1 for null, and the value; -1 at the end.
var copySignature = []byte("PGCOPY\n\xff\r\n\x00")

const copiedColumns = 10 // see the statement

// pgEpoch is from when PostgreSQL counts microseconds.
var pgEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()

// decodeRows decodes what chunks have into batches, until they are closed or ctx ends.
func decodeRows(ctx context.Context, chunks <-chan []byte, batches chan<- []store.Stored) error {
	d := rowDecoder{names: make(map[string]string)}
	header := false
	for {
		var chunk []byte
		var more bool
		select {
		case chunk, more = <-chunks:
		case <-ctx.Done():
			return ctx.Err()
		}
		if !more {
			if !d.ended || len(d.b) > 0 {
				return fmt.Errorf("%w: the rows of the tuples do not end", store.ErrCorruptLog)
			}
			return nil
		}
		if len(d.b) == 0 {
			d.b = chunk
		} else { // the server sends rows whole, but nobody says that it has to
			d.b = append(d.b[:len(d.b):len(d.b)], chunk...)
		}
		if !header {
			if err := d.header(); err != nil {
				return err
			}
			header = true
		}
		batch, err := d.batch()
		if err != nil {
			return err
		}
		select {
		case batches <- batch:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// A rowDecoder decodes rows from b.
type rowDecoder struct {
	b     []byte
	ended bool
	names map[string]string // of types and relations, one copy each
	last  tuple.Object
}

func (d *rowDecoder) header() error {
	if len(d.b) < len(copySignature)+8 || !bytes.HasPrefix(d.b, copySignature) {
		return fmt.Errorf("%w: the server does not send what it should", store.ErrCorruptLog)
	}
	extension := int(binary.BigEndian.Uint32(d.b[len(copySignature)+4:]))
	if extension > len(d.b)-len(copySignature)-8 {
		return fmt.Errorf("%w: the server does not send what it should", store.ErrCorruptLog)
	}
	d.b = d.b[len(copySignature)+8+extension:]
	return nil
}

// batch decodes all rows that are in b to their end.
func (d *rowDecoder) batch() ([]store.Stored, error) {
	batch := make([]store.Stored, 0, len(d.b)/80)
	for len(d.b) >= 2 && !d.ended {
		columns := int16(binary.BigEndian.Uint16(d.b))
		if columns == -1 {
			d.ended = true
			d.b = d.b[2:]
			break
		}
		if columns != copiedColumns {
			return nil, errRow(fmt.Sprintf("%d columns", columns))
		}
		batch = append(batch, store.Stored{})
		whole, err := d.row(&batch[len(batch)-1])
		if err != nil {
			return nil, err
		}
		if !whole {
			return batch[:len(batch)-1], nil
		}
	}
	return batch, nil
}

func errRow(problem string) error {
	return fmt.Errorf("%w: a row of a tuple: %s", store.ErrCorruptLog, problem)
}

// row decodes a row, unless b ends before it does.
func (d *rowDecoder) row(s *store.Stored) (whole bool, err error) {
	var column [copiedColumns][]byte
	b := d.b[2:]
	for i := range column {
		if len(b) < 4 {
			return false, nil
		}
		n := int32(binary.BigEndian.Uint32(b))
		b = b[4:]
		if n == -1 {
			continue
		}
		if n < 0 {
			return false, errRow("a column of negative length")
		}
		if int(n) > len(b) {
			return false, nil
		}
		column[i], b = b[:n:n], b[n:]
	}
	d.b = b
	s.Object.Type = d.name(column[0])
	if s.Object.Type == d.last.Type && string(column[1]) == d.last.ID {
		s.Object = d.last
	} else {
		s.Object.ID = string(column[1])
		d.last = s.Object
	}
	s.Tuple.Relation = d.name(column[2])
	s.Subject.Type, s.Subject.ID, s.Subject.Relation = d.name(column[3]), string(column[4]), d.name(column[5])
	if column[6] != nil || column[8] != nil || column[9] != nil {
		return true, d.qualifiers(s, column[6:])
	}
	return true, nil
}

// qualifiers reads what few tuples have: caveat, context, expiry, and whether it is set aside.
func (d *rowDecoder) qualifiers(s *store.Stored, column [][]byte) (err error) {
	s.Caveat = d.name(column[0])
	if column[1] != nil {
		if s.Context, err = readContext(string(column[1])); err != nil {
			return errRow(err.Error())
		}
	}
	if column[2] != nil {
		if len(column[2]) != 8 {
			return errRow("an expiry")
		}
		s.Expires = time.UnixMicro(pgEpoch + int64(binary.BigEndian.Uint64(column[2]))).UTC()
	}
	s.Aside = len(column[3]) == 1 && column[3][0] == 1
	return nil
}

func (d *rowDecoder) name(b []byte) string {
	if s, ok := d.names[string(b)]; ok {
		return s
	}
	s := string(b)
	d.names[s] = s
	return s
}
