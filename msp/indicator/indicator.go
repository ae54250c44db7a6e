// Package indicator reads published indicators of compromise that DNS can show,
// names and addresses, and finds them among the facts of a run. It reads STIX 2.1
// bundles, MISP events and CSV, as their publishers hand them out.
//
// A match is a lead, not proof: names change hands and addresses are shared. So
// every hit says whose indicator it is and how old.
package indicator

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"mspscan/msp"
)

// The limits of a set.
const (
	MaxFile    = 16 << 20 // bytes
	MaxEntries = 200_000
	maxListed  = 20 // problems that are kept with their place
)

// ErrFormat is the cause of every error of Load.
var ErrFormat = errors.New("not a set of indicators")

// The formats of a set.
const (
	FormatSTIX = "STIX 2.1"
	FormatMISP = "MISP"
	FormatCSV  = "CSV"
)

// Set is what one file holds, ready to be matched.
type Set struct {
	Name    string // of the file, or of the embedded set
	Format  string
	SHA256  string  // of the file, lower-case hexadecimal
	Entries []Entry // in the order of the file; off ones among them
	Other   int     // indicators that DNS cannot show: hashes, URLs, mail addresses, other patterns
	Off     int     // not to be used: revoked, deleted, withdrawn, not meant for detection
	Unfit   int     // names or addresses that could not be used
	Why     []Problem
}

// Entry is one indicator: a name, or a network with one or more addresses.
type Entry struct {
	Name      msp.Name     // "" for an address
	Prefix    netip.Prefix // zero for a name
	Source    string       // who published it
	Published string       // YYYY, YYYY-MM or YYYY-MM-DD; "" = not said
	Until     time.Time    // from when on it counts no more; zero = not said
	Withdrawn bool         // taken back: it and what is below it never match
	Pos       msp.Pos
}

// Value gives the indicator as it is shown.
func (e Entry) Value() string {
	switch {
	case e.Name != "":
		return string(e.Name)
	case e.Prefix.IsSingleIP():
		return e.Prefix.Addr().String()
	}
	return e.Prefix.String()
}

// Live gives the number of entries that can match.
func (s Set) Live() int {
	n := 0
	for _, e := range s.Entries {
		if !e.Withdrawn {
			n++
		}
	}
	return n
}

// Problem is an indicator that could not be used.
type Problem struct {
	Pos  msp.Pos
	Text string
}

// String gives file:line:column: what is wrong.
func (p Problem) String() string { return msp.Visible(p.Pos.String() + ": " + p.Text) }

// Load reads a set; name is that of the file. What kind of file it is shows in
// its first bytes. A file that is not of that kind, or too large, is an error
// with file:line:column, and so is one without a usable indicator; a single
// indicator that cannot be used is left out and kept in Why.
func Load(name string, data []byte) (Set, error) {
	sum := sha256.Sum256(data)
	l := &loader{name: name, data: data, set: Set{Name: name, SHA256: hex.EncodeToString(sum[:])}}
	if len(data) > MaxFile {
		return Set{}, l.errorf(0, "larger than %d MiB; split it", MaxFile>>20)
	}
	l.data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if err := l.read(); err != nil {
		return Set{}, err
	}
	if len(l.set.Entries) == 0 {
		return Set{}, l.empty()
	}
	return l.set, nil
}

func (l *loader) read() error {
	start := bytes.TrimLeft(l.data, " \t\r\n")
	if len(start) == 0 {
		return l.errorf(0, "the file is empty")
	}
	if start[0] != '{' && start[0] != '[' {
		l.set.Format = FormatCSV
		return l.csv()
	}
	doc, err := l.tree()
	if err != nil {
		return err
	}
	if doc.get("type").text == "bundle" {
		l.set.Format = FormatSTIX
		return l.stix(doc)
	}
	l.set.Format = FormatMISP
	return l.misp(doc)
}

// empty says why a set without entries is no use.
func (l *loader) empty() error {
	why := "no indicator that DNS can show"
	if l.set.Other+l.set.Off+l.set.Unfit > 0 {
		why += fmt.Sprintf(": %d of other kinds, %d not in force, %d not readable", l.set.Other, l.set.Off, l.set.Unfit)
	}
	if len(l.set.Why) > 0 {
		why += "; first: " + l.set.Why[0].String()
	}
	return l.errorf(0, "%s", why)
}

// loader holds one file while it is read.
type loader struct {
	name  string
	data  []byte
	lines []int // byte where each line begins
	set   Set
}

// errorf makes an error at a byte of the file.
func (l *loader) errorf(at int64, format string, args ...any) error {
	return l.errorAt(l.pos(at), fmt.Sprintf(format, args...))
}

func (l *loader) errorAt(p msp.Pos, text string) error {
	return fmt.Errorf("%w: %s: %s", ErrFormat, msp.Visible(p.String()), msp.Visible(text))
}

// pos gives the line and column of a byte, both from 1; columns count bytes.
func (l *loader) pos(at int64) msp.Pos {
	if l.lines == nil {
		l.lines = []int{0}
		for i, c := range l.data {
			if c == '\n' {
				l.lines = append(l.lines, i+1)
			}
		}
	}
	byteAt := min(max(int(at), 0), len(l.data))
	line, found := slices.BinarySearch(l.lines, byteAt)
	if !found {
		line--
	}
	return msp.Pos{File: l.name, Line: line + 1, Column: byteAt - l.lines[line] + 1}
}

// add keeps an entry of value, at byte at of the file.
func (l *loader) add(value string, e Entry, at func() msp.Pos) error {
	name, prefix, why := parseValue(value)
	if why != "" {
		l.unfit(at, why)
		return nil
	}
	if len(l.set.Entries) >= MaxEntries {
		return l.errorf(0, "more than %d indicators; split it", MaxEntries)
	}
	e.Name, e.Prefix, e.Source = name, prefix, clip(e.Source)
	l.set.Entries = append(l.set.Entries, e)
	return nil
}

func (l *loader) unfit(at func() msp.Pos, why string) {
	l.set.Unfit++
	if len(l.set.Why) < maxListed {
		l.set.Why = append(l.set.Why, Problem{at(), why})
	}
}

// clip cuts a text to what a report can show.
func clip(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
