package main

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"path"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The parts of a workbook that hold its cells (ECMA-376 part 1, section 18).
type (
	bookPart struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
			ID   string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	relationsPart struct {
		List []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	textPart struct {
		T    string   `xml:"t"`
		Runs []string `xml:"r>t"`
	}
	stringsPart struct {
		List []textPart `xml:"si"`
	}
	sheetPart struct {
		Rows []struct {
			Cells []struct {
				Ref     string   `xml:"r,attr"`
				Type    string   `xml:"t,attr"`
				Formula string   `xml:"f"`
				Value   string   `xml:"v"`
				Inline  textPart `xml:"is"`
			} `xml:"c"`
		} `xml:"sheetData>row"`
	}
)

func (t textPart) text() string { return t.T + strings.Join(t.Runs, "") }

// dumpWorkbook writes every cell of a workbook on a line, "sheet!A1: value" with
// the formula behind it, and the names of the parts.
func dumpWorkbook(t *testing.T, data []byte) []byte {
	parts := unzip(t, data)
	var book bookPart
	var relations relationsPart
	var shared stringsPart
	decodePart(t, parts["xl/workbook.xml"], &book)
	decodePart(t, parts["xl/_rels/workbook.xml.rels"], &relations)
	if raw, ok := parts["xl/sharedStrings.xml"]; ok {
		decodePart(t, raw, &shared)
	}
	target := map[string]string{}
	for _, r := range relations.List {
		target[r.ID] = path.Join("xl", strings.TrimPrefix(r.Target, "/xl/"))
	}
	var out bytes.Buffer
	require.NotEmpty(t, book.Sheets)
	for _, s := range book.Sheets {
		var sheet sheetPart
		decodePart(t, parts[target[s.ID]], &sheet)
		dumpSheet(t, &out, s.Name, sheet, shared)
	}
	names := make([]string, 0, len(parts))
	for name := range parts {
		names = append(names, name)
	}
	sort.Strings(names)
	fmt.Fprintf(&out, "parts: %s\n", strings.Join(names, " "))
	return out.Bytes()
}

func dumpSheet(t *testing.T, out io.Writer, name string, sheet sheetPart, shared stringsPart) {
	for _, row := range sheet.Rows {
		for _, c := range row.Cells {
			value := c.Value + c.Inline.text()
			if c.Type == "s" {
				var i int
				_, err := fmt.Sscan(c.Value, &i)
				require.NoError(t, err)
				require.Less(t, i, len(shared.List))
				value = shared.List[i].text()
			}
			if value == "" && c.Formula == "" {
				continue
			}
			fmt.Fprintf(out, "%s!%s: %s", name, c.Ref, strings.ReplaceAll(value, "\n", "⏎"))
			if c.Formula != "" {
				fmt.Fprintf(out, " {=%s}", c.Formula)
			}
			fmt.Fprintln(out)
		}
	}
}

func unzip(t *testing.T, data []byte) map[string][]byte {
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	parts := map[string][]byte{}
	for _, f := range r.File {
		rc, err := f.Open()
		require.NoError(t, err)
		parts[f.Name], err = io.ReadAll(rc)
		require.NoError(t, err)
		require.NoError(t, rc.Close())
	}
	return parts
}

func decodePart(t *testing.T, data []byte, v any) {
	require.NotEmpty(t, data)
	require.NoError(t, xml.Unmarshal(data, v))
}
