package inventory

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

var errorLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?(.*)$`) })

// syntaxError turns an error of the YAML library into a problem. The library
// gives no column, and a line that counts from 1 for errors of its scanner and
// from 0 for those of its parser; where it names the beginning of the broken
// collection, the line that breaks it is looked for.
func (p piece) syntaxError(err error) problem {
	m := errorLine().FindStringSubmatch(strings.SplitN(err.Error(), "\n", 2)[0])
	line, text := 1, err.Error()
	if m != nil {
		text = m[2]
		if n, e := strconv.Atoi(m[1]); e == nil {
			line = n
			if strings.HasPrefix(text, "did not find expected") {
				line++
			}
		}
	}
	if strings.HasPrefix(text, "did not find expected key") || strings.HasPrefix(text, "did not find expected '-'") {
		line = p.breakingLine(line, err.Error())
	}
	what, want := explain(text)
	line, col := p.locate(line)
	return problem{p.line - 1 + line, col, what, want}
}

// breakingLine finds the shortest run of whole lines that gives the same error:
// its last line is the one that breaks the collection.
func (p piece) breakingLine(from int, text string) int {
	lines := bytes.SplitAfter(p.data, []byte("\n"))
	lo, hi := from, len(lines)
	for lo < hi {
		mid := (lo + hi) / 2
		_, err := one(bytes.Join(lines[:mid], nil))
		if err != nil && err.Error() == text {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo
}

// locate gives the line, inside the piece, and the column of its first
// character that is not blank.
func (p piece) locate(line int) (int, int) {
	lines := bytes.Split(p.data, []byte("\n"))
	line = max(1, min(line, len(lines)))
	text := lines[line-1]
	return line, len(text) - len(bytes.TrimLeft(text, " \t")) + 1
}

// explain says in the words of a person what the library found.
func explain(text string) (what, want string) {
	for _, e := range [][3]string{
		{"did not find expected key", "this does not fit the mapping that it stands in", "align the keys of a mapping and put text with quotes or brackets in quotes"},
		{"did not find expected '-'", "this does not fit the list that it stands in", "align the dashes of a list"},
		{"did not find expected <document start>", "this does not fit the value above it", "check the indentation"},
		{trailing, "this does not fit the value above it", "check the indentation"},
		{"could not find expected ':'", "a line without a colon", "write key: value"},
		{"mapping values are not allowed", "a colon and a blank where no key can stand", "put text that holds a colon and a blank in quotes, or check the indentation"},
		{"found character that cannot start", "a value that begins with a character that YAML keeps for itself", "put text that begins with @, ` or % in quotes; indent with spaces"},
		{"did not find expected ',' or", "a bracket that is not closed, or a comma that is missing", "close the bracket and put commas between the values"},
		{"did not find expected node content", "a bracket or comma where a value should stand", "write the value"},
		{"found unexpected end of stream", "a quote that is not closed", "close the quote"},
		{"found a tab character", "a tab in the indentation", "indent with spaces"},
		{"block sequence entries are not allowed", "a dash where no list item can stand", "put the dash on a line of its own below the key"},
		{"found unknown escape", "an unknown escape after a backslash", "double the backslash, or use single quotes"},
	} {
		if strings.HasPrefix(text, e[0]) {
			return e[1], e[2]
		}
	}
	return "not readable as YAML: " + text, "check quotes, brackets and indentation around it"
}
