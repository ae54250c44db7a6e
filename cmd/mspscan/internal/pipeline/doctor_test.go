package pipeline

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// liar is a resolver that answers every question for an address or for name
// servers, over datagrams only, and gives its address.
func liar(t *testing.T) string {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if reply := lie(buf[:n]); reply != nil {
				_, _ = conn.WriteTo(reply, from)
			}
		}
	}()
	return conn.LocalAddr().String()
}

// lie answers a query with one made-up record, or with none.
func lie(query []byte) []byte {
	end := 12
	for end < len(query) && query[end] != 0 {
		end += int(query[end]) + 1
	}
	if end += 5; end > len(query) {
		return nil
	}
	reply := bytes.Clone(query[:end])
	binary.BigEndian.PutUint16(reply[2:], 0x8180)
	copy(reply[4:], []byte{0, 1, 0, 1, 0, 0, 0, 0})
	record := []byte{0xc0, 12, reply[end-4], reply[end-3], 0, 1, 0, 0, 1, 44}
	switch binary.BigEndian.Uint16(reply[end-4:]) {
	case 1:
		return append(append(reply, record...), 0, 4, 10, 9, 9, 9) // private: no scan goes there
	case 2:
		return append(append(reply, record...), 0, 4, 2, 'n', 's', 0)
	}
	reply[7] = 0
	return reply
}

func TestDoctorUnmasksALiar(t *testing.T) {
	var out, log bytes.Buffer
	addr := liar(t)
	err := Doctor(context.Background(), Config{Resolvers: []string{addr}, Ranks: 1}, Streams{Out: &out, Err: &log})
	var e *Error
	require.True(t, errors.As(err, &e), "%v", err)
	require.Equal(t, CodeIncomplete, e.Code)
	require.Regexp(t, `resolver `+addr+` answers +yes`, out.String())
	require.Regexp(t, `denies names that do not exist +no +it answers them`, out.String())
	require.Regexp(t, `validates DNSSEC +no`, out.String())
	require.Regexp(t, `answers over TCP +no +answers too long for a datagram are unknown \(unreachable\)`, out.String())
}
