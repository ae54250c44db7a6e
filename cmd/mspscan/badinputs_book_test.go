package main

import (
	"archive/zip"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"mspscan/msp/inventory"
)

// This file makes the workbooks and CSV files of the pack: the workbook that
// init writes, changed step by step as its README says.

// testBook is a workbook under change.
type testBook struct {
	parts []testPart
	whole []byte // replaces everything
	keep  float64
	rows  []changed
}

// testPart is a part with the lies of its zip header.
type testPart struct {
	name   string
	data   []byte
	fill   *fill
	stored bool
	crc    *uint32
	size   *uint64
	flags  *uint16
	method *uint16
	flip   bool
}

// fill is a run of one byte at an offset of a part.
type fill struct {
	at   int
	char byte
	mib  int
}

func sampleBook(t *testing.T) *testBook {
	data, err := inventory.Workbook(inventory.File{Name: "inventory.yaml", Data: inventory.Sample()})
	require.NoError(t, err)
	return bookOf(t, data)
}

func bookOf(t *testing.T, data []byte) *testBook {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	b := &testBook{keep: 1}
	for _, f := range z.File {
		r, err := f.Open()
		require.NoError(t, err)
		text, err := io.ReadAll(r)
		require.NoError(t, err)
		b.parts = append(b.parts, testPart{name: f.Name, data: text})
	}
	return b
}

// part finds a part by name; @sheet is the part of a sheet.
func (b *testBook) part(t *testing.T, name string) *testPart {
	if sheet, ok := strings.CutPrefix(name, "@"); ok {
		sheets := []string{"organisation", "assets", "providers", "relationships", "access", "internal"}
		name = fmt.Sprintf("xl/worksheets/sheet%d.xml", 1+slices.Index(sheets, sheet))
	}
	for i := range b.parts {
		if b.parts[i].name == name {
			return &b.parts[i]
		}
	}
	require.Fail(t, "no such part", name)
	return nil
}

var (
	rowXML  = regexp.MustCompile(`(?s)<row r="(\d+)"[^>]*>(.*?)</row>`)
	cellXML = regexp.MustCompile(`(?s)<c r="([A-Z]+)(\d+)"((?: [a-z]+="[^"]*")*)\s*(?:/>|>(.*?)</c>)`)
	textXML = regexp.MustCompile(`(?s)<t[^>]*>(.*?)</t>|<v>(.*?)</v>`)
)

// textCell is a cell found in a sheet: its reference, style and text.
type textCell struct{ column, style, text, xml string }

func rowCells(row string) []textCell {
	var out []textCell
	for _, m := range cellXML.FindAllStringSubmatch(row, -1) {
		c := textCell{column: m[1], xml: m[0]}
		if s := regexp.MustCompile(` s="[^"]*"`).FindString(m[3]); s != "" {
			c.style = s
		}
		for _, x := range textXML.FindAllStringSubmatch(m[4], -1) {
			c.text += html.UnescapeString(x[1] + x[2])
		}
		out = append(out, c)
	}
	return out
}

// spots says where sheet/row/cell lies among rows of texts; row ^ is the header,
// a cell is =text or ~header. Alternatives stand with || between.
func findSpot(t *testing.T, at string, rowsOf func(sheet string) [][]string) (sheet string, row, col int) {
	for _, alternative := range strings.Split(at, "||") {
		p := strings.SplitN(alternative, "/", 3)
		rows := rowsOf(p[0])
		for i, cells := range rows {
			if p[1] != "^" && (i == 0 || !slices.Contains(cells, p[1])) {
				continue
			}
			if len(p) < 3 {
				return p[0], i, 0
			}
			if j := findCell(t, p[2], rows[0], cells); j >= 0 {
				return p[0], i, j
			}
			break
		}
	}
	require.Fail(t, "no such cell", at)
	return "", 0, 0
}

func findCell(t *testing.T, what string, header, cells []string) int {
	if text, ok := strings.CutPrefix(what, "="); ok {
		return slices.Index(cells, text)
	}
	re, err := regexp.Compile("(?i)" + strings.TrimPrefix(what, "~"))
	require.NoError(t, err)
	return slices.IndexFunc(header, re.MatchString)
}

func (b *testBook) texts(t *testing.T) func(sheet string) [][]string {
	return func(sheet string) [][]string {
		var out [][]string
		for _, m := range rowXML.FindAllStringSubmatch(string(b.part(t, "@"+sheet).data), -1) {
			var row []string
			for _, c := range rowCells(m[2]) {
				row = append(row, c.text)
			}
			out = append(out, row)
		}
		return out
	}
}

// bookStep holds the arguments of every step.
type bookStep struct {
	At, Text, XML, Sheet, Part, Old, New, Before, Byte, Name, Fmt, How, Hex, As, Original string
	Like                                                                                  string
	Set                                                                                   map[string]string
	Mib, N                                                                                int
	Count                                                                                 int
	Keep                                                                                  float64
	CRC                                                                                   *uint32
	Size                                                                                  *uint64
	Flags, Method                                                                         *uint16
	Flip                                                                                  any
	Steps                                                                                 []json.RawMessage
}

// readStep reads [verb, {arguments}]. A text may be [[text, times], ...]; at may
// be the number of a row.
func readStep(t *testing.T, raw json.RawMessage) (string, bookStep) {
	var pair []json.RawMessage
	require.NoError(t, json.Unmarshal(raw, &pair))
	var verb string
	require.NoError(t, json.Unmarshal(pair[0], &verb))
	var args map[string]any
	require.NoError(t, json.Unmarshal(pair[1], &args))
	for k, v := range args {
		if list, ok := v.([]any); ok && k != "steps" {
			text := ""
			for _, item := range list {
				times := item.([]any)
				text += strings.Repeat(times[0].(string), int(times[1].(float64)))
			}
			args[k] = text
		}
		if n, ok := v.(float64); ok && k == "at" {
			args[k] = strconv.Itoa(int(n))
		}
	}
	data, err := json.Marshal(args)
	require.NoError(t, err)
	var s bookStep
	require.NoError(t, json.Unmarshal(data, &s))
	return verb, s
}

// step makes one change; false if this place cannot make it.
func (b *testBook) step(t *testing.T, raw json.RawMessage) bool {
	verb, s := readStep(t, raw)
	switch verb {
	case "set":
		b.setCell(t, s.At, `<c r="{ref}"{s} t="inlineStr"><is><t xml:space="preserve">`+html.EscapeString(s.Text)+`</t></is></c>`)
	case "cell":
		b.setCell(t, s.At, s.XML)
	case "row":
		b.addRow(t, s)
	case "blank":
		p := b.part(t, "@"+s.Sheet)
		last := b.lastRow(p)
		var rows strings.Builder
		for i := range s.N {
			fmt.Fprintf(&rows, `<row r="%d"><c r="A%d"/></row>`, last+i+1, last+i+1)
		}
		p.data = bytes.Replace(p.data, []byte("</sheetData>"), []byte(rows.String()+"</sheetData>"), 1)
	case "sub":
		b.sub(t, s)
	case "fill":
		p := b.part(t, s.Part)
		at := bytes.Index(p.data, []byte(s.Before))
		require.GreaterOrEqual(t, at, 0, s.Before)
		p.fill = &fill{at, s.Byte[0], s.Mib}
	case "encode":
		p := b.part(t, s.Part)
		var out bytes.Buffer
		out.WriteString("\xff\xfe")
		for _, u := range utf16.Encode([]rune(string(p.data))) {
			out.Write([]byte{byte(u), byte(u >> 8)})
		}
		p.data = out.Bytes()
	case "drop":
		gone := b.part(t, s.Part).name
		b.parts = slices.DeleteFunc(b.parts, func(p testPart) bool { return p.name == gone })
	case "add":
		b.parts = append(b.parts, testPart{name: s.Name, data: []byte(s.Text)})
	case "many":
		for i := range s.N {
			b.parts = append(b.parts, testPart{name: strings.ReplaceAll(s.Fmt, "%d", strconv.Itoa(i))})
		}
	case "twin":
		b.twin(t, s)
	case "opt":
		p := b.part(t, s.Part)
		p.crc, p.size, p.flags, p.method, p.flip = s.CRC, s.Size, s.Flags, s.Method, s.Flip != nil
	case "cut":
		b.keep = s.Keep
	case "whole":
		b.whole = []byte(s.Text)
		if s.Hex != "" {
			data, err := hex.DecodeString(s.Hex)
			require.NoError(t, err)
			b.whole = data
		}
		if b.whole == nil {
			b.whole = []byte{}
		}
	case "resave":
		return b.resave(t, s.How)
	default:
		return false
	}
	return true
}

// setCell replaces a cell by XML with {ref} and {s} in it.
func (b *testBook) setCell(t *testing.T, at, xml string) {
	sheet, row, col := findSpot(t, at, b.texts(t))
	p := b.part(t, "@"+sheet)
	m := rowXML.FindAllStringSubmatchIndex(string(p.data), -1)[row]
	text := string(p.data[m[0]:m[1]])
	number := string(p.data[m[2]:m[3]])
	c := rowCells(text)[col]
	xml = strings.NewReplacer("{ref}", c.column+number, "{s}", c.style).Replace(xml)
	p.data = []byte(string(p.data[:m[0]]) + strings.Replace(text, c.xml, xml, 1) + string(p.data[m[1]:]))
	n, err := strconv.Atoi(number)
	require.NoError(t, err)
	b.rows = append(b.rows, changed{row: n})
}

func (b *testBook) lastRow(p *testPart) int {
	last := 0
	for _, m := range rowXML.FindAllStringSubmatch(string(p.data), -1) {
		last, _ = strconv.Atoi(m[1])
	}
	return last
}

// addRow appends a copy of a row with some cells changed.
func (b *testBook) addRow(t *testing.T, s bookStep) {
	texts := b.texts(t)
	sheet, row, _ := findSpot(t, s.Like, texts)
	p := b.part(t, "@"+sheet)
	m := rowXML.FindAllStringSubmatch(string(p.data), -1)[row]
	number := b.lastRow(p) + 1
	if s.At != "" {
		n, err := strconv.Atoi(s.At)
		require.NoError(t, err)
		number = n
	}
	header, cells := texts(sheet)[0], rowCells(m[2])
	var xml strings.Builder
	fmt.Fprintf(&xml, `<row r="%d">`, number)
	now := texts(sheet)[row]
	for i, c := range cells {
		text := c.text
		for what, value := range s.Set {
			if findCell(t, what, header, now) == i {
				text = value
			}
		}
		fmt.Fprintf(&xml, `<c r="%s%d"%s t="inlineStr"><is><t>%s</t></is></c>`, c.column, number, c.style, html.EscapeString(text))
	}
	xml.WriteString("</row></sheetData>")
	p.data = bytes.Replace(p.data, []byte("</sheetData>"), []byte(xml.String()), 1)
	like, err := strconv.Atoi(m[1])
	require.NoError(t, err)
	b.rows = append(b.rows, changed{number, like})
}

func (b *testBook) sub(t *testing.T, s bookStep) {
	p := b.part(t, s.Part)
	re, err := regexp.Compile(s.Old)
	require.NoError(t, err)
	require.True(t, re.Match(p.data), "%s: %s", p.name, s.Old)
	left := s.Count
	p.data = re.ReplaceAllFunc(p.data, func(old []byte) []byte {
		if s.Count > 0 && left == 0 {
			return old
		}
		left--
		return []byte(s.New)
	})
}

func (b *testBook) twin(t *testing.T, s bookStep) {
	p := *b.part(t, s.Part)
	other := &testBook{parts: slices.Clone(b.parts)}
	for _, raw := range s.Steps {
		require.True(t, other.step(t, raw))
	}
	b.rows = append(b.rows, other.rows...)
	changed := *other.part(t, s.Part)
	at := slices.IndexFunc(b.parts, func(x testPart) bool { return x.name == p.name })
	if s.Original == "last" {
		b.parts[at] = changed
		b.parts = append(b.parts, p)
	} else {
		b.parts = append(b.parts, changed)
	}
}

var inlineXML = regexp.MustCompile(`(?s) t="inlineStr"><is><t[^>]*>(.*?)</t></is></c>`)

// resave gives the same cells as other programs write them.
func (b *testBook) resave(t *testing.T, how string) bool {
	var shared []string
	for i := range b.parts {
		p := &b.parts[i]
		if how == "stored" {
			p.stored = true
		}
		if !strings.HasPrefix(p.name, "xl/worksheets/") {
			continue
		}
		p.data = inlineXML.ReplaceAllFunc(p.data, func(old []byte) []byte {
			text := string(inlineXML.FindSubmatch(old)[1])
			switch half := len(text) / 2; {
			case how == "rich" && !strings.Contains(text, "&") && len(text) > 1 && text[half] < 0x80 && text[half-1] < 0x80:
				return []byte(` t="inlineStr"><is><r><t>` + text[:half] + `</t></r><r><rPr><b/></rPr><t xml:space="preserve">` + text[half:] + `</t></r></is></c>`)
			case how == "shared" || how == "openpyxl":
				shared = append(shared, "<si><t>"+text+"</t></si>")
				return fmt.Appendf(nil, ` t="s"><v>%d</v></c>`, len(shared)-1)
			}
			return old
		})
	}
	if len(shared) > 0 {
		data := `<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` + strings.Join(shared, "") + "</sst>"
		b.parts = append(slices.DeleteFunc(b.parts, func(p testPart) bool { return p.name == "xl/sharedStrings.xml" }), testPart{name: "xl/sharedStrings.xml", data: []byte(data)})
	}
	return slices.Contains([]string{"rich", "stored", "openpyxl", "inline", "shared"}, how)
}
