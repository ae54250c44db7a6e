package main

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"image"
	"image/png"
	"os"
	"path"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// setCell is a command of scripts: setcell BOOK.xlsx SHEET CELL TEXT writes a text
// into a cell, as a reviewer does in a spreadsheet program.
func setCell(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: setcell BOOK.xlsx SHEET CELL TEXT")
	}
	name := ts.MkAbs(args[0])
	data, err := os.ReadFile(name)
	ts.Check(err)
	out, err := withCell(data, args[1], args[2], args[3])
	ts.Check(err)
	ts.Check(os.WriteFile(name, out, 0o600))
}

// drawPicture is a command of scripts: picture FILE.png draws a logo.
func drawPicture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: picture FILE.png")
	}
	var b bytes.Buffer
	ts.Check(png.Encode(&b, image.NewGray(image.Rect(0, 0, 320, 80))))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o600))
}

// withCell gives a workbook with a text in a cell that was there.
func withCell(data []byte, sheet, cell, text string) ([]byte, error) {
	in, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	parts := map[string][]byte{}
	for _, f := range in.File {
		if parts[f.Name], err = readPart(f); err != nil {
			return nil, err
		}
	}
	part, err := sheetPartOf(parts, sheet)
	if err != nil {
		return nil, err
	}
	var escaped bytes.Buffer
	if err := xml.EscapeText(&escaped, []byte(text)); err != nil {
		return nil, err
	}
	one := regexp.MustCompile(`(?s)<c r="` + cell + `"([^>]*?)(?: t="[a-zA-Z]+")?>.*?</c>`)
	if !one.Match(parts[part]) {
		return nil, os.ErrNotExist
	}
	parts[part] = one.ReplaceAll(parts[part], []byte(`<c r="`+cell+`"$1 t="inlineStr"><is><t>`+strings.ReplaceAll(escaped.String(), "$", "$$")+`</t></is></c>`))
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range in.File {
		p, err := w.Create(f.Name)
		if err != nil {
			return nil, err
		}
		if _, err := p.Write(parts[f.Name]); err != nil {
			return nil, err
		}
	}
	err = w.Close()
	return b.Bytes(), err
}

func readPart(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(r); err != nil {
		return nil, err
	}
	return b.Bytes(), r.Close()
}

// sheetPartOf finds the part that holds a sheet.
func sheetPartOf(parts map[string][]byte, sheet string) (string, error) {
	var book bookPart
	var relations relationsPart
	if err := xml.Unmarshal(parts["xl/workbook.xml"], &book); err != nil {
		return "", err
	}
	if err := xml.Unmarshal(parts["xl/_rels/workbook.xml.rels"], &relations); err != nil {
		return "", err
	}
	for _, s := range book.Sheets {
		for _, r := range relations.List {
			if s.Name == sheet && r.ID == s.ID {
				return path.Join("xl", strings.TrimPrefix(r.Target, "/xl/")), nil
			}
		}
	}
	return "", os.ErrNotExist
}
