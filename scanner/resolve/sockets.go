package resolve

import (
	"context"
	"errors"
	"net"
	"syscall"
	"time"
)

// socketWait is how long an exchange waits for a socket before it asks the system
// again: others end within some milliseconds.
const socketWait = 20 * time.Millisecond

// dial opens a connection. Where this process, or this machine, has as many files
// open as it may, it waits until another exchange is over: a server must not
// count as silent because we had no socket to ask it from.
func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	for {
		conn, err := c.cfg.Dial(ctx, network, address)
		if err == nil || !outOfSockets(err) || !sleep(ctx, socketWait) {
			return conn, err
		}
	}
}

// outOfSockets reports whether the limit on open files stopped a connection.
func outOfSockets(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOBUFS)
}
