package bulk

import "encoding/binary"

const (
	headerSize = 12   // RFC 1035 section 4.1.1
	maxName    = 255  // octets, RFC 1035 section 2.3.4
	maxQuery   = 288  // header, name, type, class, OPT
	ednsSize   = 1232 // DNS flag day 2020: no fragments
	classIN    = 1
	typeOPT    = 41
)

// appendName appends name, in presentation form, as labels in lower case; false
// if it is not a name (RFC 1035 sections 2.3.4 and 5.1).
func appendName(b []byte, name string) ([]byte, bool) {
	if name == "." {
		return append(b, 0), true
	}
	start, label := len(b), len(b)
	b = append(b, 0)
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch c {
		case '.':
			if !closeLabel(b, label) {
				return b, false
			}
			label = len(b)
			b = append(b, 0)
			continue
		case '\\':
			var n int
			if c, n = escape(name[i:]); n == 0 {
				return b, false
			}
			i += n - 1
		}
		b = append(b, lower(c))
	}
	if len(b)-label > 1 { // no final dot
		if !closeLabel(b, label) {
			return b, false
		}
		b = append(b, 0)
	}
	return b, len(b)-start > 1 && len(b)-start <= maxName
}

// closeLabel writes the length of the label that begins at b[at] and runs to the
// end; false if it is empty or too long.
func closeLabel(b []byte, at int) bool {
	n := len(b) - at - 1
	if n < 1 || n > 63 {
		return false
	}
	b[at] = byte(n)
	return true
}

// escape reads \X or \DDD at the start of s and gives the octet and how long the
// escape is, 0 if it is none.
func escape(s string) (byte, int) {
	if len(s) < 2 {
		return 0, 0
	}
	if s[1] < '0' || s[1] > '9' {
		return s[1], 2
	}
	if len(s) < 4 {
		return 0, 0
	}
	v := 0
	for _, c := range []byte(s[1:4]) {
		if c < '0' || c > '9' {
			return 0, 0
		}
		v = v*10 + int(c-'0')
	}
	if v > 255 {
		return 0, 0
	}
	return byte(v), 4
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// nameText gives labels in presentation form, without final dot; the root is ".".
func nameText(wire []byte) string {
	if len(wire) < 2 {
		return "."
	}
	out := make([]byte, 0, len(wire))
	for at := 0; at < len(wire) && wire[at] != 0; {
		end := min(at+1+int(wire[at]), len(wire))
		if at > 0 {
			out = append(out, '.')
		}
		for _, c := range wire[at+1 : end] {
			out = appendOctet(out, c)
		}
		at = end
	}
	return string(out)
}

func appendOctet(out []byte, c byte) []byte {
	switch {
	case c == '.' || c == '\\' || c == '"' || c == '(' || c == ')' || c == ';' || c == '@' || c == '$':
		return append(out, '\\', c)
	case c <= ' ' || c > '~':
		return append(out, '\\', '0'+c/100, '0'+c/10%10, '0'+c%10)
	}
	return append(out, c)
}

// appendQuery appends the message that asks for name (labels) and qtype.
func appendQuery(b []byte, id uint16, name []byte, qtype uint16, recurse, edns bool) []byte {
	flags, extra := byte(0), byte(0)
	if recurse {
		flags = 1 // RD
	}
	if edns {
		extra = 1
	}
	b = append(b, byte(id>>8), byte(id), flags, 0, 0, 1, 0, 0, 0, 0, 0, extra)
	b = append(b, name...)
	b = append(b, byte(qtype>>8), byte(qtype), 0, classIN)
	if edns { // RFC 6891 section 6.1.2
		b = append(b, 0, 0, typeOPT, ednsSize>>8, ednsSize&0xff, 0, 0, 0, 0, 0, 0)
	}
	return b
}

func be16(b []byte, at int) int { return int(binary.BigEndian.Uint16(b[at:])) }
