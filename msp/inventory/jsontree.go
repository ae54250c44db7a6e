package inventory

import (
	"bytes"
	"encoding/json"
	"iter"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// isJSON reports whether data is a JSON object. Such a file is read as JSON: it
// may hold what JSON writers give and YAML parsers refuse, such as surrogate
// pairs in escapes and tabs for indentation.
func isJSON(data []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{")) && json.Valid(data)
}

// parseJSON reads a valid JSON object (RFC 8259) into nodes with places. Lists
// below its keys are read some items at a time, while they are walked.
func parseJSON(data []byte) document {
	j := &jsonReader{data: data, line: 1}
	var doc document
	j.skip()
	j.pos++
	for c := j.skip(); c != '}' && c != 0 && !j.stop; c = j.skip() {
		if c == ',' {
			j.pos++
			continue
		}
		e := entry{key: j.value(2)}
		j.skip()
		j.pos++ // the colon
		if e.value.line, e.value.col = j.here(); j.skip() == '[' {
			e.value.kind, e.items = list, j.list()
		} else {
			e.value = j.value(2)
		}
		doc.entries = append(doc.entries, e)
		j.limit(len(doc.entries) > maxKeys, "more than "+strconv.Itoa(maxKeys)+" keys in one mapping", "an inventory has six at the top")
	}
	doc.problems = j.problems
	return doc
}

// list gives the items of the array at hand, from a reader of their own, and
// moves past it.
func (j *jsonReader) list() iter.Seq2[[]node, []problem] {
	own := *j
	own.problems = nil
	j.pass()
	return func(yield func([]node, []problem) bool) {
		own.pos++
		var batch []node
		for c := own.skip(); c != ']' && c != 0 && !own.stop; c = own.skip() {
			if c == ',' {
				own.pos++
				continue
			}
			batch = append(batch, own.value(3))
			if len(batch) == jsonBatch {
				if !yield(batch, nil) {
					return
				}
				batch = batch[:0]
			}
		}
		yield(batch, own.problems)
	}
}

const jsonBatch = 256 // items read at a time

// pass moves past the array at hand without looking into it.
func (j *jsonReader) pass() {
	depth := 0
	for {
		switch j.skip() {
		case 0:
			return
		case '[', '{':
			depth++
			j.pos++
		case ']', '}':
			j.pos++
			if depth--; depth == 0 {
				return
			}
		case '"':
			for j.pos++; j.data[j.pos] != '"'; j.pos++ {
				if j.data[j.pos] == '\\' {
					j.pos++
				}
			}
			j.pos++
		default:
			j.pos++
		}
	}
}

type jsonReader struct {
	data      []byte
	pos       int
	line, bol int
	seen, col int // col characters of the line stand before offset seen
	nodes     int
	stop      bool // a limit was passed
	problems  []problem
}

func (j *jsonReader) problem(what, want string) {
	j.problems = append(j.problems, problem{j.line, j.column(), what, want})
}

// column gives the column of the byte at hand. It counts on from where it was
// asked last, for files of one long line.
func (j *jsonReader) column() int {
	if j.seen < j.bol || j.seen > j.pos {
		j.seen, j.col = j.bol, 0
	}
	j.col += utf8.RuneCount(j.data[j.seen:j.pos])
	j.seen = j.pos
	return j.col + 1
}

// skip moves to the next byte that is not white space.
func (j *jsonReader) skip() byte {
	for ; j.pos < len(j.data); j.pos++ {
		switch c := j.data[j.pos]; c {
		case ' ', '\t':
		case '\r', '\n':
			if c == '\n' || j.pos+1 == len(j.data) || j.data[j.pos+1] != '\n' {
				j.line, j.bol = j.line+1, j.pos+1
			}
		default:
			return c
		}
	}
	return 0
}

// value reads the next value. The text is known to be valid JSON; where a limit
// is passed, reading ends with a problem.
func (j *jsonReader) value(depth int) node {
	c := j.skip()
	n := node{line: int32(j.line), col: int32(j.column())}
	j.nodes++
	j.limit(depth > maxDepth, "values are nested deeper than "+strconv.Itoa(maxDepth)+" levels", "an inventory needs no more than ten")
	j.limit(j.nodes > maxNodes, "more than "+strconv.Itoa(maxNodes)+" values", "split the inventory")
	switch {
	case j.stop:
	case c == '{':
		n.kind, n.kids = mapping, j.members('}', depth)
	case c == '[':
		n.kind, n.kids = list, j.members(']', depth)
	case c == '"':
		n.quoted, n.text = true, j.str()
	default:
		n.text = j.word()
	}
	return n
}

// members reads the values of an object, keys among them, or of an array.
func (j *jsonReader) members(end byte, depth int) []node {
	var kids []node
	j.pos++
	for {
		switch c := j.skip(); c {
		case 0:
			return kids
		case ',', ':':
			j.pos++
		case end:
			j.pos++
			return kids
		default:
			kids = append(kids, j.value(depth+1))
			j.limit(end == '}' && len(kids) > 2*maxKeys, "more than "+strconv.Itoa(maxKeys)+" keys in one mapping", "check the brackets")
			j.limit(len(kids) > maxSegmentNodes, "more than "+strconv.Itoa(maxSegmentNodes)+" values in one place", "split the inventory")
		}
	}
}

// limit ends reading with a problem if a limit is passed.
func (j *jsonReader) limit(passed bool, what, want string) {
	if passed && !j.stop {
		j.problem(what, want)
		j.stop, j.pos = true, len(j.data)
	}
}

// here gives the place of the next value.
func (j *jsonReader) here() (line, col int32) {
	j.skip()
	return int32(j.line), int32(j.column())
}

// word reads a number, true, false or null.
func (j *jsonReader) word() string {
	start := j.pos
	for j.pos < len(j.data) && bytes.IndexByte([]byte(" \t\r\n,:]}"), j.data[j.pos]) < 0 {
		j.pos++
	}
	return string(j.data[start:j.pos])
}

// str reads a string in quotes.
func (j *jsonReader) str() string {
	start := j.pos + 1
	for j.pos++; j.pos < len(j.data) && j.data[j.pos] != '"' && j.data[j.pos] != '\\'; j.pos++ {
	}
	if j.pos < len(j.data) && j.data[j.pos] == '"' {
		j.pos++
		return string(j.data[start : j.pos-1])
	}
	b := append([]byte(nil), j.data[start:j.pos]...)
	for j.pos < len(j.data) && j.data[j.pos] != '"' {
		if j.data[j.pos] == '\\' {
			b = utf8.AppendRune(b, j.escape())
		} else {
			b = append(b, j.data[j.pos])
			j.pos++
		}
	}
	j.pos++
	return string(b)
}

// escape reads an escape, a pair of surrogates as one character. Half a pair is
// a problem: it stands for no character.
func (j *jsonReader) escape() rune {
	c := j.data[j.pos+1]
	if c != 'u' {
		j.pos += 2
		if i := bytes.IndexByte([]byte("bfnrt"), c); i >= 0 {
			return rune("\b\f\n\r\t"[i])
		}
		return rune(c)
	}
	r := j.unit()
	if !utf16.IsSurrogate(r) {
		j.pos += 6
		return r
	}
	j.pos += 6
	if bytes.HasPrefix(j.data[j.pos:], []byte(`\u`)) {
		if pair := utf16.DecodeRune(r, j.unit()); pair != utf8.RuneError {
			j.pos += 6
			return pair
		}
	}
	j.pos -= 6
	if len(j.problems) < maxProblems {
		j.problem("half of a surrogate pair in an escape", "write both halves, or the character itself")
	}
	j.pos += 6
	return utf8.RuneError
}

// unit reads the four digits of the \u escape at hand.
func (j *jsonReader) unit() rune {
	n, err := strconv.ParseUint(string(j.data[j.pos+2:j.pos+6]), 16, 16)
	if err != nil {
		return utf8.RuneError
	}
	return rune(n)
}
