package indicator

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"mspscan/msp"
)

// column names in a head, by what they hold.
func csvWords() map[string][]string {
	return map[string][]string{
		"value":     {"indicator", "value", "ioc", "ioc_value", "observable", "domain", "hostname", "host", "fqdn", "ip", "address", "ip_address"},
		"type":      {"type", "indicator_type", "ioc_type", "kind"},
		"source":    {"source", "feed", "provider", "reference", "publisher", "author"},
		"date":      {"date", "published", "first_published", "first_seen", "created", "added", "valid_from", "timestamp"},
		"withdrawn": {"withdrawn", "revoked", "deleted", "retired"},
	}
}

// csv reads a list with a head that names its columns in any order (indicator,
// type, source, date, withdrawn; the usual other names are known), or without a
// head in that order. Commas, semicolons or tabs part the fields; lines that
// begin with # are comments.
func (l *loader) csv() error {
	if i := bytes.IndexByte(l.data, 0); i >= 0 {
		return l.errorf(int64(i), "not text: a zero byte")
	}
	r := csv.NewReader(bytes.NewReader(l.data))
	r.Comma, r.Comment, r.FieldsPerRecord = comma(l.data), '#', -1
	r.TrimLeadingSpace = true
	var columns map[string]int
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return l.csvError(err)
		}
		at := func() msp.Pos {
			line, column := r.FieldPos(0)
			return msp.Pos{File: l.name, Line: line, Column: column}
		}
		if columns == nil {
			var head bool
			if columns, head = csvHead(row); columns == nil {
				p := at()
				return l.errorAt(p, "no column of indicators; the first line names the columns: indicator,type,source,date")
			} else if head {
				continue
			}
		}
		if err := l.csvRow(row, columns, at); err != nil {
			return err
		}
	}
}

// comma finds what parts the fields of the first line that is no comment.
func comma(data []byte) rune {
	for line := range bytes.Lines(data) {
		if line = bytes.TrimSpace(line); len(line) == 0 || line[0] == '#' {
			continue
		}
		for _, c := range []rune{',', ';', '\t'} {
			if bytes.ContainsRune(line, c) {
				return c
			}
		}
		break
	}
	return ','
}

// csvHead finds the columns in the first row; head is false if that row is an
// indicator already.
func csvHead(row []string) (columns map[string]int, head bool) {
	columns = map[string]int{}
	for what, words := range csvWords() {
		for _, w := range words { // the first word of the list wins
			i := slices.IndexFunc(row, func(cell string) bool { return csvWord(cell) == w })
			if i >= 0 {
				columns[what] = i
				break
			}
		}
	}
	if _, ok := columns["value"]; ok {
		return columns, true
	}
	if _, _, why := parseValue(row[0]); why == "" {
		return map[string]int{"value": 0, "type": 1, "source": 2, "date": 3, "withdrawn": 4}, false
	}
	return nil, false
}

func csvWord(cell string) string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimSpace(cell)))
}

func (l *loader) csvRow(row []string, columns map[string]int, at func() msp.Pos) error {
	cell := func(what string) string {
		if i, ok := columns[what]; ok && i < len(row) {
			return strings.TrimSpace(row[i])
		}
		return ""
	}
	value := cell("value")
	if value == "" {
		return nil
	}
	if !csvType(cell("type")) {
		l.set.Other++
		return nil
	}
	e := Entry{Source: cell("source"), Published: day(cell("date")), Pos: at()}
	switch strings.ToLower(cell("withdrawn")) {
	case "", "no", "false", "0":
	default: // a word that says neither is no reason to use it
		e.Withdrawn = true
		l.set.Off++
	}
	if cell("date") != "" && e.Published == "" {
		l.unfit(at, "date "+cell("date")+" is none; want YYYY-MM-DD")
		return nil
	}
	return l.add(value, e, at)
}

// csvType reports whether a type is a name or an address; no type is for the
// value to say.
func csvType(s string) bool {
	words := []string{
		"", "domain", "domain_name", "hostname", "host", "fqdn", "name", "ip", "ipv4", "ipv6", "ip_dst", "ip_src",
		"ipv4_addr", "ipv6_addr", "address", "cidr", "network",
	}
	return slices.Contains(words, csvWord(s))
}

// csvError puts the place of a malformed line into the house form.
func (l *loader) csvError(err error) error {
	var bad *csv.ParseError
	if errors.As(err, &bad) {
		return l.errorAt(msp.Pos{File: l.name, Line: bad.Line, Column: bad.Column}, "not CSV: "+bad.Err.Error())
	}
	return l.errorf(0, "not CSV: %v", err)
}
