package inventory

import (
	"bytes"
	"strings"
)

// lineEnd gives the line end that the file uses.
func (e *editor) lineEnd() string {
	if i := bytes.IndexByte(e.data, '\n'); i > 0 && e.data[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// end gives the byte behind a value that begins at start.
func (e *editor) end(n node, start int) (int, bool) {
	if start >= len(e.data) {
		return 0, false
	}
	switch c := e.data[start]; {
	case c == '{' || c == '[':
		end, _, ok := bracketEnd(e.data, start)
		return end, ok
	case c == '"' || c == '\'':
		return quotedEnd(e.data, start)
	case n.kind == mapping:
		return e.lastEnd(n, start)
	case n.kind != scalar:
		return 0, false
	case c == '?' && n.text == "~":
		return start + 1, true
	case bytes.HasPrefix(e.data[start:], []byte(n.text)) && n.text != "":
		return start + len(n.text), true
	}
	return 0, false
}

// lastEnd gives the byte behind the last value of a mapping in block style. One
// with comments in it is left to people: they would be lost.
func (e *editor) lastEnd(n node, start int) (int, bool) {
	last := n.kids[len(n.kids)-1]
	at := e.offset(last)
	end, ok := e.end(last, at)
	if !ok || end < start || bytes.IndexByte(e.data[start:end], '#') >= 0 {
		return 0, false
	}
	return end, true
}

// blockEnd gives the end of the last line of a value in block style: lines go on
// while they are indented at least as far as its keys. Comments and blank lines
// behind it are not its own.
func (e *editor) blockEnd(n node) int {
	line := int(lastLine(n))
	last := line
	for line < len(e.lines) {
		text := e.line(line)
		trimmed := bytes.TrimLeft(text, " ")
		if len(trimmed) > 0 && trimmed[0] != '#' {
			if len(text)-len(trimmed) < int(n.col)-1 {
				break
			}
			last = line + 1
		}
		line++
	}
	return e.lines[last-1] + len(e.line(last-1))
}

// line gives a line, counted from 0, without its end.
func (e *editor) line(i int) []byte {
	end := len(e.data)
	if i+1 < len(e.lines) {
		end = e.lines[i+1]
	}
	return bytes.TrimRight(e.data[e.lines[i]:end], "\r\n")
}

func lastLine(n node) int32 {
	line := n.line
	for _, k := range n.kids {
		line = max(line, lastLine(k))
	}
	return line
}

// quotedEnd gives the byte behind a text in quotes.
func quotedEnd(data []byte, start int) (int, bool) {
	quote := data[start]
	for i := start + 1; i < len(data); i++ {
		switch {
		case quote == '"' && data[i] == '\\':
			i++
		case data[i] != quote:
		case quote == '\'' && i+1 < len(data) && data[i+1] == quote:
			i++
		default:
			return i + 1, true
		}
	}
	return 0, false
}

// bracketEnd gives the byte behind a list or mapping in flow style, and its last
// byte before the closing bracket that is no blank and no comment.
func bracketEnd(data []byte, start int) (end, last int, ok bool) {
	depth, before := 0, byte(' ')
	last = start
	for i := start; i < len(data); i++ {
		c := data[i]
		switch {
		case c == '#' && (before == ' ' || before == '\t' || before == '\n'):
			for i+1 < len(data) && data[i+1] != '\n' && data[i+1] != '\r' {
				i++
			}
			continue
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			before = ' '
			continue
		case (c == '"' || c == '\'') && startsToken(data, last):
			j, closed := quotedEnd(data, i)
			if !closed {
				return 0, 0, false
			}
			i = j - 1
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return i + 1, last, true
			}
		}
		before, last = data[i], i
	}
	return 0, 0, false
}

// startsToken reports whether a new value can begin behind the byte at last.
func startsToken(data []byte, last int) bool {
	return strings.IndexByte("{[,:", data[last]) >= 0
}
