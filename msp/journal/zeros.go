package journal

import "io"

// zeroTail leaves out the zeros at the end of a packed file: a file system that
// lost its power may have kept the length of a file and not what was written
// last. Unpacking then ends as that of a cut file does. So it does where the zeros
// belong to the length at the end (RFC 1952), behind all that was packed.
type zeroTail struct {
	r     io.Reader
	ahead int    // zeros to hand on
	data  []byte // to hand on behind them
	held  int    // zeros behind the data, kept until something follows them
	err   error
	buf   [1 << 15]byte
}

// Read hands on what is read.
func (z *zeroTail) Read(p []byte) (int, error) {
	for {
		switch {
		case z.ahead > 0:
			n := min(len(p), z.ahead)
			clear(p[:n])
			z.ahead -= n
			return n, nil
		case len(z.data) > 0:
			n := copy(p, z.data)
			z.data = z.data[n:]
			return n, nil
		case z.err != nil:
			return 0, z.err
		default:
			z.fill()
		}
	}
}

// fill reads on.
func (z *zeroTail) fill() {
	n, err := z.r.Read(z.buf[:])
	end := n
	for end > 0 && z.buf[end-1] == 0 {
		end--
	}
	if end > 0 {
		z.ahead, z.data, z.held = z.held, z.buf[:end], n-end
	} else {
		z.held += n
	}
	z.err = err
}
