package msp

import "fmt"

// Pos is a place in an input file. Lines and columns count from 1; a zero Line
// means that the place is not known.
type Pos struct {
	File   string `json:"file,omitempty"`
	Sheet  string `json:"sheet,omitempty"` // workbooks only
	Line   int    `json:"line,omitempty"`  // row of a CSV file or sheet
	Column int    `json:"column,omitempty"`
}

// Known reports whether p names a line.
func (p Pos) Known() bool { return p.Line > 0 }

// String gives file:line:column, the form that editors and CI systems link.
func (p Pos) String() string {
	file := p.File
	if p.Sheet != "" {
		file += "[" + p.Sheet + "]"
	}
	if !p.Known() {
		return file
	}
	return fmt.Sprintf("%s:%d:%d", file, p.Line, p.Column)
}

// Source remembers where a value of the inventory and each of its keys stood.
// The zero Source knows nothing and is valid.
type Source struct {
	Pos  Pos
	keys []keyPos
}

type keyPos struct {
	key          string
	line, column int32
}

// Mark records that the value of key stood at line and column of s's file.
func (s *Source) Mark(key string, line, column int) {
	s.keys = append(s.keys, keyPos{key, int32(line), int32(column)})
}

// At gives the place of the first of keys that was written, else of the value
// itself.
func (s Source) At(keys ...string) Pos {
	for _, want := range keys {
		for _, k := range s.keys {
			if k.key == want {
				p := s.Pos
				p.Line, p.Column = int(k.line), int(k.column)
				return p
			}
		}
	}
	return s.Pos
}

// Has reports whether key was written.
func (s Source) Has(key string) bool {
	for _, k := range s.keys {
		if k.key == key {
			return true
		}
	}
	return false
}
