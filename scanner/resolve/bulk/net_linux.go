package bulk

import (
	"net"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	socketBuffer = 4 << 20 // octets asked for; the system may give less
	sendWait     = 20      // milliseconds for room in a full send buffer
)

// batchNet asks through sendmmsg and recvmmsg on sockets of its own: one system
// call carries up to batchSize datagrams, and the loop waits in poll.
type batchNet struct {
	sockets []*batchSocket
	polled  []unix.PollFd
	ready   int // sockets that the latest poll marked
	in      ring
}

type batchSocket struct {
	net   *batchNet
	fd    int
	owner *port
	out   ring
}

// mmsghdr is struct mmsghdr of sendmmsg(2).
type mmsghdr struct {
	header unix.Msghdr
	length uint32
}

// ring is the arguments of a batched call: header n points to vector n.
type ring struct {
	headers [batchSize]mmsghdr
	vectors [batchSize]unix.Iovec
	buffers []byte // of the receiving ring, maxReply octets each
}

func newBatchNet() network {
	n := &batchNet{}
	n.in.buffers = make([]byte, batchSize*maxReply)
	for i := range batchSize {
		n.in.point(i, n.in.buffers[i*maxReply:(i+1)*maxReply])
	}
	return n
}

// point makes header i carry b.
func (g *ring) point(i int, b []byte) {
	g.vectors[i].Base = &b[0]
	g.vectors[i].SetLen(len(b))
	g.headers[i].header.Iov = &g.vectors[i]
	g.headers[i].header.SetIovlen(1)
}

func (n *batchNet) open(to netip.AddrPort, owner *port) (socket, error) {
	family, addr := sockaddr(to)
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_UDP)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, socketBuffer) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, socketBuffer) // what the system allows
	}
	if err := unix.Connect(fd, addr); err != nil {
		_ = unix.Close(fd)
		return nil, os.NewSyscallError("connect", err)
	}
	s := &batchSocket{net: n, fd: fd, owner: owner}
	n.sockets = append(n.sockets, s)
	n.polled = append(n.polled, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
	return s, nil
}

func sockaddr(to netip.AddrPort) (int, unix.Sockaddr) {
	if to.Addr().Is4() {
		return unix.AF_INET, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}
	}
	return unix.AF_INET6, &unix.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16(), ZoneId: zone(to.Addr().Zone())}
}

// send gives all messages to the system, waiting a moment where it has no room.
func (s *batchSocket) send(messages [][]byte) error {
	for i, m := range messages {
		s.out.point(i, m)
	}
	var last error
	waited := false
	for at := 0; at < len(messages); {
		n, errno := mmsg(unix.SYS_SENDMMSG, s.fd, s.out.headers[at:len(messages)])
		switch {
		case errno == 0:
			at += n
		case errno == unix.EINTR:
		case (errno == unix.EAGAIN || errno == unix.ENOBUFS) && !waited:
			waited = true
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLOUT}}, sendWait) // or it is lost
		default:
			last, at = os.NewSyscallError("sendmmsg", errno), at+1
		}
	}
	runtime.KeepAlive(messages)
	return last
}

// mmsg is sendmmsg or recvmmsg without waiting; it gives the number of messages.
func mmsg(call uintptr, fd int, headers []mmsghdr) (int, syscall.Errno) {
	n, _, errno := unix.Syscall6(call, uintptr(fd), uintptr(unsafe.Pointer(&headers[0])), uintptr(len(headers)), unix.MSG_DONTWAIT, 0, 0) //nolint:gosec // the call wants a pointer to the array
	return int(n), errno
}

func (n *batchNet) wait(d time.Duration) {
	if d > 0 {
		n.poll(d)
	}
}

// poll marks the sockets that have something to read.
func (n *batchNet) poll(d time.Duration) {
	timeout := unix.NsecToTimespec(int64(d))
	n.ready, _ = unix.Ppoll(n.polled, &timeout, nil) // an interrupted wait is a short one
}

func (n *batchNet) receive(each func(owner *port, datagram []byte)) {
	if n.ready <= 0 {
		n.poll(0)
	}
	for i := 0; n.ready > 0 && i < len(n.polled); i++ {
		if n.polled[i].Revents != 0 {
			n.take(n.sockets[i], each)
		}
	}
	n.ready = 0
}

// take hands over what waits at s, up to a few batches. An error is what an
// ICMP message left: it is taken off by reading it.
func (n *batchNet) take(s *batchSocket, each func(owner *port, datagram []byte)) {
	for range 4 {
		got, errno := mmsg(unix.SYS_RECVMMSG, s.fd, n.in.headers[:])
		if errno != 0 {
			if errno == unix.ECONNREFUSED {
				s.owner.peer.trouble = errno
			}
			return
		}
		for i := range got {
			at := i * maxReply
			each(s.owner, n.in.buffers[at:at+int(n.in.headers[i].length)])
		}
		if got < batchSize {
			return
		}
	}
}

func (s *batchSocket) close() {
	for i, other := range s.net.sockets {
		if other == s {
			last := len(s.net.sockets) - 1
			s.net.sockets[i], s.net.polled[i] = s.net.sockets[last], s.net.polled[last]
			s.net.sockets, s.net.polled = s.net.sockets[:last], s.net.polled[:last]
			break
		}
	}
	_ = unix.Close(s.fd) // nothing is written that could be lost
}

func (n *batchNet) close() {
	for len(n.sockets) > 0 {
		n.sockets[0].close()
	}
}

// zone gives the index of the interface that an IPv6 address names.
func zone(name string) uint32 {
	if i, err := net.InterfaceByName(name); err == nil {
		return uint32(i.Index)
	}
	n, _ := strconv.ParseUint(name, 10, 32) // else the number itself; 0 = none
	return uint32(n)
}
