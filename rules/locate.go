package rules

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"mspscan/msp"
)

// locator finds the place in the file of each character of a scalar.
type locator struct {
	file   string
	lines  []string // of the file
	line   int      // where the scalar begins
	column int
	style  yaml.Style
}

func (d *decoder) locator(n *yaml.Node) locator {
	return locator{d.file, d.lines, n.Line, n.Column, n.Style}
}

// pos gives the place where the scalar begins.
func (l locator) pos() msp.Pos { return msp.Pos{File: l.file, Line: l.line, Column: l.column} }

// place gives the place of the character at offset of the scalar's text.
func (l locator) place(text string, offset int) msp.Pos {
	offset = max(0, min(offset, len(text)))
	switch {
	case l.style&yaml.LiteralStyle != 0:
		return l.literal(text, offset)
	case l.style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		return l.flowing(offset, l.line, l.column) // behind the quote
	case l.style&yaml.FoldedStyle != 0:
		return l.flowing(offset, l.line+1, l.indent(l.line+1))
	}
	return l.flowing(offset, l.line, l.column-1)
}

// literal counts lines: the text of a literal block is the file's, less the
// indentation.
func (l locator) literal(text string, offset int) msp.Pos {
	before := text[:offset]
	line := l.line + 1 + strings.Count(before, "\n")
	column := offset - (strings.LastIndexByte(before, '\n') + 1) + l.indent(l.line+1) + 1
	return msp.Pos{File: l.file, Line: line, Column: column}
}

// flowing walks the lines that a scalar is spread over; line ends became one
// blank each.
func (l locator) flowing(offset, line, skip int) msp.Pos {
	for line <= len(l.lines) {
		room := len(strings.TrimRight(l.text(line), " \r")) - skip
		if offset <= room || line == len(l.lines) {
			break
		}
		offset -= max(room, 0) + 1
		line++
		skip = l.indent(line)
	}
	return msp.Pos{File: l.file, Line: line, Column: skip + offset + 1}
}

func (l locator) text(line int) string {
	if line < 1 || line > len(l.lines) {
		return ""
	}
	return l.lines[line-1]
}

func (l locator) indent(line int) int {
	s := l.text(line)
	return len(s) - len(strings.TrimLeft(s, " "))
}

// offsetOf turns a line (from 1) and column (from 0) of a text into an offset.
func offsetOf(text string, line, column int) int {
	offset := 0
	for ; line > 1; line-- {
		i := strings.IndexByte(text[offset:], '\n')
		if i < 0 {
			break
		}
		offset += i + 1
	}
	for range column { // CEL counts characters, not bytes
		if offset >= len(text) {
			break
		}
		_, size := utf8.DecodeRuneInString(text[offset:])
		offset += size
	}
	return min(offset, len(text))
}
