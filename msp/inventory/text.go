package inventory

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// problem is a diagnostic before its file is known.
type problem struct {
	line, col  int
	what, want string
}

// maxProblems bounds what is listed of one file's lexical problems.
const maxProblems = 50

var utf8BOM = []byte("\xef\xbb\xbf")

// checkText refuses what is no text that an inventory may hold: other encodings,
// control characters (YAML 1.2.2 section 5.1), line ends that editors do not
// count, the marks of an unfinished merge.
func checkText(data []byte) []problem {
	if p, ok := wrongEncoding(data); ok {
		return []problem{p}
	}
	var out []problem
	line, bol := 1, 0
	for i := 0; i < len(data) && len(out) < maxProblems; {
		c := data[i]
		if c == '\n' || c == '\r' {
			if c == '\r' && i+1 < len(data) && data[i+1] == '\n' {
				i++
			}
			i, line = i+1, line+1
			bol = i
			if p, ok := conflictMark(data[i:], line); ok {
				out = append(out, p)
			}
			continue
		}
		if c >= ' ' && c < 0x7f || c == '\t' {
			i++
			continue
		}
		r, size := utf8.DecodeRune(data[i:])
		if what, want := badRune(r, size, data[i]); what != "" {
			out = append(out, problem{line, utf8.RuneCount(data[bol:i]) + 1, what, want})
		}
		i += size
	}
	if p, ok := conflictMark(data, 1); ok {
		out = append([]problem{p}, out...)
	}
	return out
}

func wrongEncoding(data []byte) (problem, bool) {
	at := func(what, want string) (problem, bool) { return problem{1, 1, what, want}, true }
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")), bytes.HasPrefix(data, []byte("PK\x05\x06")):
		return at("the file is a zip archive", "a workbook needs a name that ends in .xlsx")
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")):
		return at("the file is an old Excel workbook or protected by a password", "save it as .xlsx without a password")
	case bytes.HasPrefix(data, []byte("\x1f\x8b")):
		return at("the file is compressed", "unpack it first")
	case bytes.HasPrefix(data, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(data, []byte("\x00\x00\xfe\xff")):
		return at("the file is UTF-32", "save it as UTF-8")
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")),
		len(data) > 3 && (data[0] == 0) != (data[1] == 0) && (data[0] == 0) == (data[2] == 0) && (data[1] == 0) == (data[3] == 0):
		return at("the file is UTF-16", "save it as UTF-8")
	}
	return problem{}, false
}

// badRune says what is wrong with a character outside printable ASCII.
func badRune(r rune, size int, first byte) (what, want string) {
	switch {
	case r == utf8.RuneError && size == 1:
		return fmt.Sprintf("byte %02X is not UTF-8", first), "save the file as UTF-8"
	case r < ' ' || r >= 0x7f && r < 0xa0 && r != 0x85:
		return fmt.Sprintf("control character U+%04X", r), "remove it"
	case r == 0x85, r == 0x2028, r == 0x2029:
		return fmt.Sprintf("line separator U+%04X", r), "use an ordinary line end or a blank"
	case r == 0xfeff:
		return "byte order mark U+FEFF inside the text", "remove it"
	case r == 0xfffe, r == 0xffff:
		return fmt.Sprintf("U+%04X is not a character", r), "remove it"
	}
	return "", ""
}

// conflictMark finds the marks that a version control system leaves in a file
// that it could not merge.
func conflictMark(rest []byte, line int) (problem, bool) {
	for _, mark := range []string{"<<<<<<< ", ">>>>>>> ", "||||||| "} {
		if bytes.HasPrefix(rest, []byte(mark)) {
			return problem{line, 1, "mark of an unfinished merge: " + mark[:7], "resolve the conflict in the file"}, true
		}
	}
	return problem{}, false
}
