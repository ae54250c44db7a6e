package inventory

func (l *lexer) openFlow(c byte) {
	l.flow = append(l.flow, c)
	l.open, l.value = false, false
	l.node()
	l.checkDepth()
	l.pos++
}

// flowToken looks at the next token between brackets.
func (l *lexer) flowToken() {
	l.skipBlanks()
	if l.pos >= len(l.data) {
		return
	}
	c := l.data[l.pos]
	switch {
	case lineEnd(c):
		l.lineBreak()
	case c == '#' && (l.pos == l.bol || blank(l.data[l.pos-1])):
		l.nextLine()
	case c == '[' || c == '{':
		l.openFlow(c)
	case c == ']' || c == '}':
		l.closeFlow()
	case c == ',':
		l.value = false
		l.pos++
	case c == ':':
		l.value = true
		l.pos++
	case c == '?':
		l.flowQuestion()
	case c == '"' || c == '\'':
		l.node()
		l.quoted(c)
		l.value = false
	case l.odd(c):
	default:
		l.node()
		l.flowPlain()
	}
}

func (l *lexer) closeFlow() {
	l.flow = l.flow[:len(l.flow)-1]
	l.value = false
	l.pos++
	if len(l.flow) == 0 {
		l.afterNode(l.flowStart)
	}
}

// flowQuestion notes a ? that stands alone as a value.
func (l *lexer) flowQuestion() {
	at := l.pos
	l.node()
	l.pos++
	l.skipBlanks()
	if c := l.peek(0); l.value && (c == ',' || c == ']' || c == '}' || lineEnd(c)) {
		l.out.questions = append(l.out.questions, at)
	}
	l.value = false
}

// flowPlain moves past a plain scalar between brackets, which may go over
// several lines.
func (l *lexer) flowPlain() {
	l.value = false
	for l.pos < len(l.data) {
		c := l.data[l.pos]
		switch {
		case lineEnd(c):
			l.lineBreak()
			continue
		case c == '?':
			// libyaml ends the scalar here; YAML 1.2.2 would not
			l.problem(l.pos, "a question mark in text between brackets", "put the text in quotes")
		case c == ':' && blankz(l.peek(1)), flowEnd(c):
			return
		case c == '#' && (l.pos == l.bol || blankz(l.data[l.pos-1])):
			return
		}
		l.pos++
	}
}
