package rules

import (
	"slices"
	"strings"

	"cel.dev/cel-go/common/types"
)

// template is a text with expressions in it.
type template struct {
	words []string // len(words) == len(exprs)+1
	exprs []*program
	size  int // a guess at the text's length
}

// template compiles a text with {expressions}; {{ and }} are braces.
func (c *compiler) template(e Expr) template {
	var t template
	text, word := e.Text, strings.Builder{}
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], "{{") || strings.HasPrefix(text[i:], "}}"):
			word.WriteByte(text[i])
			i++
		case text[i] == '{':
			end := strings.IndexByte(text[i:], '}')
			if end < 0 {
				c.problems.add(e.at.place(text, i), "write } behind it, or {{ for a brace", "an expression in the text has no end")
				return t
			}
			t.words = append(t.words, word.String())
			word.Reset()
			t.exprs = append(t.exprs, c.hole(e, text[i+1:i+end], i+1))
			i += end
		case text[i] == '}':
			c.problems.add(e.at.place(text, i), "write }} for a brace", "a brace in the text closes nothing")
			return t
		default:
			word.WriteByte(text[i])
		}
	}
	t.words = append(t.words, word.String())
	for _, w := range t.words {
		t.size += len(w) + 16
	}
	return t
}

// hole compiles one expression of a text; it must give something that can be
// shown.
func (c *compiler) hole(e Expr, text string, offset int) *program {
	at := e.at.place(e.Text, offset)
	if strings.TrimSpace(text) == "" {
		c.problems.add(at, "", "an empty expression in the text")
		return nil
	}
	a, ok := c.check(e, text, offset)
	if !ok {
		return nil
	}
	kind := a.OutputType().Kind()
	if kind == types.ListKind && len(a.OutputType().Parameters()) == 1 {
		kind = a.OutputType().Parameters()[0].Kind()
	}
	if !slices.Contains([]types.Kind{types.StringKind, types.IntKind, types.DoubleKind, types.BoolKind}, kind) {
		c.problems.add(at, "", "%s cannot be shown in a text", a.OutputType())
		return nil
	}
	return c.program(a, at)
}
