package faults

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The messages of PostgreSQL's protocol, as far as a proxy has to know them: all but the first
// that a client sends begin with a byte that says what it is, and their length.

const maxMessage = 64 << 20

// A message is one message as it is sent.
type message struct {
	kind byte // 0 for one that a client begins with
	body []byte
}

// readMessage reads one. first says that it is one that a connection begins with.
func readMessage(r *bufio.Reader, first bool) (message, error) {
	header := make([]byte, 5)
	if first {
		header = header[1:]
	}
	if _, err := io.ReadFull(r, header); err != nil {
		return message{}, err
	}
	m := message{}
	if !first {
		m.kind = header[0]
	}
	size := binary.BigEndian.Uint32(header[len(header)-4:])
	if size < 4 || size > maxMessage {
		return m, fmt.Errorf("a message of %d bytes", size)
	}
	m.body = make([]byte, size-4)
	_, err := io.ReadFull(r, m.body)
	return m, err
}

func (m message) write(w *bufio.Writer) error {
	var header []byte
	if m.kind != 0 {
		header = append(header, m.kind)
	}
	header = binary.BigEndian.AppendUint32(header, uint32(len(m.body)+4))
	_, err := w.Write(header)
	_, err2 := w.Write(m.body)
	return errors.Join(err, err2)
}

// The kinds of messages.
const (
	parse   = 'P' // of clients
	execute = 'E'
	simple  = 'Q'
	ready   = 'Z' // of servers
)
