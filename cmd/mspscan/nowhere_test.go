package main

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/rogpeppe/go-internal/testscript"
)

// nowhere is the command "nowhere FILE... -- TEXT...": no file below the script's
// folder but those named holds one of the texts, the parts of workbooks
// included.
func nowhere(ts *testscript.TestScript, neg bool, args []string) {
	cut := slices.Index(args, "--")
	if neg || cut < 0 || cut == len(args)-1 {
		ts.Fatalf("usage: nowhere FILE... -- TEXT...")
	}
	root, checked := ts.MkAbs("."), 0
	ts.Check(filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(root, name)
		if err != nil || !d.Type().IsRegular() || slices.Contains(args[:cut], filepath.ToSlash(rel)) {
			return err
		}
		data, err := os.ReadFile(name)
		checked++
		for _, text := range args[cut+1:] {
			if bytes.Contains(slices.Concat(data, unzipped(data)), []byte(text)) {
				ts.Fatalf("%s holds %s", rel, text)
			}
		}
		return err
	}))
	if checked == 0 {
		ts.Fatalf("no file was looked into")
	}
}

// unzipped gives the parts of a zip one after another; nil if it is none.
func unzipped(data []byte) []byte {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil
	}
	var all bytes.Buffer
	for _, f := range z.File {
		if r, err := f.Open(); err == nil {
			_, _ = io.Copy(&all, r) //nolint:gosec // a file that the test wrote
		}
	}
	return all.Bytes()
}
