package inventory

import "bytes"

// question handles a ? before a blank: as a value it stands for an answer that
// nobody knows yet, elsewhere it marks a key that is no plain word.
func (l *lexer) question() {
	at, isValue := l.pos, l.value
	l.node()
	l.pos++
	switch {
	case !isValue:
		l.push(at - l.bol)
	case l.blankRest():
		l.out.questions = append(l.out.questions, at)
		l.open, l.value = true, false // it becomes a plain scalar
	}
}

// odd handles the forms that an inventory does not use, and moves past them.
func (l *lexer) odd(c byte) bool {
	at := l.pos
	if c != '&' && c != '*' && c != '!' {
		return false
	}
	for l.pos < len(l.data) && !blankz(l.data[l.pos]) && (len(l.flow) == 0 || !flowEnd(l.data[l.pos])) {
		l.pos++
	}
	l.node()
	word := string(l.data[at:l.pos])
	switch {
	case c == '&':
		l.problem(at, "an anchor: "+quote(word), "write the value out where it is needed; text that begins with & needs quotes")
	case c == '*':
		l.problem(at, "an alias: "+quote(word), "write the value out; text that begins with * needs quotes")
	case !coreTag(word):
		l.problem(at, "a tag: "+quote(word), "write the plain value; text that begins with ! needs quotes")
	}
	return true
}

func flowEnd(c byte) bool {
	return c == ',' || c == '[' || c == ']' || c == '{' || c == '}'
}

// coreTag reports whether word is a tag of YAML's core schema (YAML 1.2.2
// section 10.3); they say nothing that the plain value does not say.
func coreTag(word string) bool {
	switch word {
	case "!!str", "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq":
		return true
	}
	return false
}

// plain reads a plain scalar to the end of its line, or to the colon that makes
// it a key.
func (l *lexer) plain() {
	l.node()
	start := l.pos
	l.plainRest()
	if l.pos < len(l.data) && l.pos > l.bol && l.data[l.pos] == ':' {
		l.key(start)
	}
}

// key notes that what stood at start is a key whose colon is at hand.
func (l *lexer) key(start int) {
	if start >= l.bol {
		l.push(start - l.bol)
	}
	l.pos++
	l.open, l.value = false, true
}

// plainRest moves to the end of the line or the colon or comment that ends a
// plain scalar.
func (l *lexer) plainRest() {
	l.open, l.value = true, false
	for ; l.pos < len(l.data); l.pos++ {
		switch c := l.data[l.pos]; {
		case lineEnd(c):
			l.lineBreak()
			return
		case c == ':' && blankz(l.peek(1)):
			l.open = false
			return
		case c == '#' && l.pos > 0 && blank(l.data[l.pos-1]):
			l.open = false
			l.nextLine()
			return
		}
	}
}

// quotedNode reads a quoted scalar in block context and the colon after it.
func (l *lexer) quotedNode(q byte) {
	l.node()
	start := l.pos
	l.quoted(q)
	l.afterNode(start)
}

// afterNode looks at what follows a quoted scalar or a bracketed value that
// began at start.
func (l *lexer) afterNode(start int) {
	l.open, l.value = false, false
	l.skipBlanks()
	switch c := l.peek(0); {
	case l.pos >= len(l.data):
	case c == ':' && blankz(l.peek(1)):
		l.key(start)
	case lineEnd(c):
		l.lineBreak()
	default:
		l.nextLine()
	}
}

// quoted moves past a quoted scalar, which may go over several lines.
func (l *lexer) quoted(q byte) {
	start := l.here()
	for l.pos++; l.pos < len(l.data); {
		switch c := l.data[l.pos]; {
		case lineEnd(c):
			l.lineBreak()
			continue
		case c == q && q == '\'' && l.peek(1) == q, c == '\\' && q == '"' && !lineEnd(l.peek(1)):
			l.pos++
		case c == q:
			l.pos++
			return
		}
		l.pos++
	}
	l.out.unclosed = start.problem(l.data, "a quote that is not closed", "close it")
}

// blockScalar moves past a | or > scalar: its header, then every line that is
// blank or indented more than the collection around it.
func (l *lexer) blockScalar() {
	l.open, l.value = false, false
	indent := 0
	for l.pos++; l.pos < len(l.data) && !blankz(l.data[l.pos]); l.pos++ {
		if c := l.data[l.pos]; c >= '1' && c <= '9' {
			indent = max(l.top(), 0) + int(c-'0')
		}
	}
	l.nextLine()
	for l.pos < len(l.data) && !l.stop {
		col := len(l.data[l.pos:]) - len(bytes.TrimLeft(l.data[l.pos:], " "))
		end := l.pos+col >= len(l.data) || lineEnd(l.data[l.pos+col])
		if !end && indent == 0 {
			indent = max(l.top()+1, col, 1)
		}
		if !end && col < indent {
			return
		}
		l.nextLine()
	}
}
