package inventory

// node is a value of a file, whatever its format: a scalar, a list or a mapping
// with the place where it begins. Lines and columns count from 1, columns in
// characters.
type node struct {
	kind      nodeKind
	quoted    bool   // a scalar in quotes or a block: text, never null
	sheet     uint16 // which of the decoder's sheets it stands on
	text      string // of a scalar
	line, col int32
	kids      []node // items of a list; of a mapping key, value, key, value, …
}

type nodeKind uint8

const (
	scalar nodeKind = iota
	list
	mapping
	nothing // no value at all: an empty file, or comments only
)

// null reports whether n is a value left blank.
func (n node) null() bool {
	if n.kind != scalar || n.quoted {
		return false
	}
	switch n.text {
	case "", "~", "null", "Null", "NULL":
		return true
	}
	return false
}

// blank reports whether nothing was written for n.
func (n node) blank() bool { return n.null() && n.text == "" }

// what names the sort of value for messages.
func (n node) what() string {
	switch {
	case n.kind == list:
		return "a list"
	case n.kind == mapping:
		return "a mapping"
	case n.null():
		return "blank"
	}
	return quote(n.text)
}
