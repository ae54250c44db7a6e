package inventory

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// Limits of a text file. They are far above any inventory of people and keep a
// hostile one cheap.
const (
	maxDepth        = 32        // collections inside one another
	maxNodes        = 1_500_000 // values in a file
	maxSegmentNodes = 300_000   // values in one piece that cannot be split
	maxKeys         = 1_000     // keys of one mapping
)

// lexed is what one pass over the bytes of a YAML file shows before any parser
// sees them.
type lexed struct {
	problems  []problem
	marks     []mark  // top-level keys and the items of their lists, in order
	nodes     int     // at least as many values as the file holds
	questions []int   // offsets of a bare ? as a value, which YAML has no use for
	unclosed  problem // the bracket or quote that is open at the end, if its line is not 0
}

// mark is a place where the file can be cut: the line begins a top-level key, or
// an item of the list below one.
type mark struct {
	offset, line int
	item         bool
	nodes        int // values before it
}

// lexer follows YAML's block indentation, flow brackets, quotes, block scalars
// and comments (YAML 1.2.2 chapters 6 to 8) closely enough to know where a value
// begins. It finds the forms that an inventory does not use (anchors, aliases,
// tags, directives, a second document, tabs for indentation), bounds depth and
// number of values, and finds the places to cut.
type lexer struct {
	data      []byte
	pos       int
	line, bol int   // number and offset of the current line
	indents   []int // columns of the open block collections, as in libyaml
	flow      []byte
	flowStart int  // offset of the outermost open bracket
	flowAt    spot // the same
	open      bool // the last value is a plain scalar that may go on in the next line
	value     bool // a colon stands right before
	content   bool // something other than comments and directives was seen
	ended     bool // after a document end mark
	itemCol   int  // column of the items of the current top-level list, -1 = not a list
	keys      int  // keys at the margin
	noCut     bool // keys in a form that cannot be cut at lines
	stop      bool
	out       lexed
}

// lex runs the pass. The bytes must have passed checkText.
func lex(data []byte) lexed {
	l := &lexer{data: data, line: 1, itemCol: -1}
	for l.pos < len(data) && !l.stop {
		switch {
		case len(l.flow) > 0:
			l.flowToken()
		case l.pos == l.bol:
			l.startLine()
		default:
			l.startNode()
		}
	}
	if len(l.flow) > 0 && l.out.unclosed.line == 0 {
		l.out.unclosed = l.flowAt.problem(data, "a bracket "+string(data[l.flowStart])+" that is not closed", "close it")
	}
	return l.out
}

// spot is a place whose column is counted only when it is asked for.
type spot struct{ line, bol, pos int }

func (l *lexer) here() spot { return spot{l.line, l.bol, l.pos} }

func (s spot) problem(data []byte, what, want string) problem {
	return problem{s.line, utf8.RuneCount(data[s.bol:s.pos]) + 1, what, want}
}

func (l *lexer) problem(at int, what, want string) {
	if len(l.out.problems) < maxProblems {
		col := utf8.RuneCount(l.data[l.bol:at]) + 1
		l.out.problems = append(l.out.problems, problem{l.line, col, what, want})
	}
}

func (l *lexer) peek(ahead int) byte {
	if l.pos+ahead < len(l.data) {
		return l.data[l.pos+ahead]
	}
	return '\n'
}

func blank(c byte) bool   { return c == ' ' || c == '\t' }
func lineEnd(c byte) bool { return c == '\n' || c == '\r' }
func blankz(c byte) bool  { return blank(c) || lineEnd(c) }

func (l *lexer) skipBlanks() {
	for l.pos < len(l.data) && blank(l.data[l.pos]) {
		l.pos++
	}
}

// nextLine moves past the next line end.
func (l *lexer) nextLine() {
	i := bytes.IndexAny(l.data[l.pos:], "\r\n")
	if i < 0 {
		l.pos, l.bol = len(l.data), len(l.data)
		return
	}
	l.pos += i
	l.lineBreak()
}

// lineBreak moves past the line end at hand.
func (l *lexer) lineBreak() {
	if l.data[l.pos] == '\r' && l.peek(1) == '\n' {
		l.pos++
	}
	l.pos++
	l.line++
	l.bol = l.pos
}

func (l *lexer) top() int {
	if len(l.indents) == 0 {
		return -1
	}
	return l.indents[len(l.indents)-1]
}

func (l *lexer) push(col int) {
	if l.top() < col {
		l.indents = append(l.indents, col)
		l.node()
		l.checkDepth()
	}
}

func (l *lexer) checkDepth() {
	if len(l.indents)+len(l.flow) > maxDepth {
		l.problem(l.pos, fmt.Sprintf("values are nested deeper than %d levels", maxDepth), "an inventory needs no more than ten")
		l.stop = true
	}
}

func (l *lexer) node() {
	l.out.nodes++
	if l.out.nodes > maxNodes {
		l.problem(l.pos, fmt.Sprintf("more than %d values", maxNodes), "split the inventory")
		l.stop = true
	}
}

// startLine looks at the beginning of a line in block context.
func (l *lexer) startLine() {
	for l.peek(0) == ' ' {
		l.pos++
	}
	col := l.pos - l.bol
	if l.peek(0) == '\t' && !l.blankRest() {
		l.problem(l.pos, "a tab in the indentation", "indent with spaces")
	}
	l.skipBlanks()
	switch c := l.peek(0); {
	case l.pos >= len(l.data):
		return
	case lineEnd(c):
		l.lineBreak()
		return
	case c == '#':
		l.open = false
		l.nextLine()
		return
	case col == 0 && l.documentMark():
		return
	}
	l.check(l.ended, "text after the end of the document", "an inventory is one document")
	l.content = true
	if l.open && col > l.top() {
		l.plainRest()
		return
	}
	l.open, l.value = false, false
	for l.top() > col {
		l.indents = l.indents[:len(l.indents)-1]
	}
	l.markLine(col)
	l.startNode()
}

func (l *lexer) blankRest() bool {
	for i := l.pos; i < len(l.data) && !lineEnd(l.data[i]); i++ {
		if !blank(l.data[i]) {
			return l.data[i] == '#'
		}
	}
	return true
}

// documentMark handles directives and the lines --- and ... that begin and end a
// document: one document, no directives.
func (l *lexer) documentMark() bool {
	c := l.peek(0)
	if c == '%' && (!l.content || l.ended) {
		l.problem(l.pos, "a directive (a line that begins with %)", "remove it")
		l.nextLine()
		return true
	}
	if (c != '-' && c != '.') || l.peek(1) != c || l.peek(2) != c || !blankz(l.peek(3)) {
		return false
	}
	l.check(c == '-' && l.content, "a second document", "an inventory is one document: remove the line ---")
	l.content = true
	l.ended = c == '.'
	l.indents, l.open, l.value, l.itemCol = l.indents[:0], false, false, -1
	l.pos += 3
	return true
}

func (l *lexer) check(bad bool, what, want string) {
	if bad {
		l.problem(l.pos, what, want)
		l.stop = true
	}
}

// markLine notes the line if the file can be cut before it.
func (l *lexer) markLine(col int) {
	c := l.peek(0)
	dash := c == '-' && blankz(l.peek(1))
	inRoot := len(l.indents) == 1 && l.indents[0] == 0
	switch {
	case l.noCut:
	case col == 0 && !dash && bytes.IndexByte([]byte("?:[]{},|>%@`&*!#"), c) >= 0:
		l.noCut, l.out.marks = true, nil
	case (inRoot || len(l.indents) == 0) && col == 0 && !dash:
		l.itemCol = -1
		l.keys++
		l.check(l.keys > maxKeys, fmt.Sprintf("more than %d keys in one mapping", maxKeys), "an inventory has six at the top")
		l.out.marks = append(l.out.marks, mark{l.bol, l.line, false, l.out.nodes})
	case dash && inRoot && l.itemCol < 0, dash && l.itemCol == col && (inRoot || len(l.indents) == 2):
		l.itemCol = col
		l.out.marks = append(l.out.marks, mark{l.bol, l.line, true, l.out.nodes})
	}
}

// startNode looks at a place in block context where a value may begin.
func (l *lexer) startNode() {
	for !l.stop {
		l.skipBlanks()
		if l.pos >= len(l.data) {
			return
		}
		c := l.peek(0)
		switch {
		case lineEnd(c):
			l.lineBreak()
			return
		case c == '#':
			l.open = false
			l.nextLine()
			return
		case (c == '-' || c == ':') && blankz(l.peek(1)):
			l.push(l.pos - l.bol)
			l.node()
			l.pos++
		case c == '?' && blankz(l.peek(1)):
			l.question()
		case (c == '|' || c == '>'):
			l.node()
			l.blockScalar()
			return
		case c == '[' || c == '{':
			l.flowStart, l.flowAt = l.pos, l.here()
			l.openFlow(c)
			return
		case c == '"' || c == '\'':
			l.quotedNode(c)
		case l.odd(c):
		default:
			l.plain()
		}
		if l.pos == l.bol {
			return
		}
	}
}
