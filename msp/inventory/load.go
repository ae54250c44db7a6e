package inventory

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"mspscan/msp"
	"mspscan/msp/secret"
)

// MaxFile is the size in bytes up to which an inventory file is read.
const MaxFile = 16 << 20

// Loaded is an inventory with the files that it was read from.
type Loaded struct {
	Inventory *msp.Inventory
	Files     []File
	Warnings  Diagnostics
}

// Load reads the files of one inventory and decodes them. The error is
// Diagnostics where the files can be read but not used. Credentials are blotted
// out in what it gives, the bytes of text files too, and warned of; the hash of a
// file is that of the file as it is.
func Load(paths []string) (*Loaded, error) {
	var files []File
	var bad Diagnostics
	for _, p := range paths {
		f, d := read(p)
		files, bad = append(files, f), append(bad, d...)
	}
	if len(bad) > 0 {
		return nil, bad
	}
	warnings := blot(files)
	inv, diags := Decode(files)
	if diags = append(warnings, diags...); diags.Err() != nil {
		return nil, diags
	}
	return &Loaded{Inventory: inv, Files: files, Warnings: diags}, nil
}

// read reads a file up to the limit, so that an endless one ends fast.
func read(name string) (File, Diagnostics) {
	fail := func(problem, want string) (File, Diagnostics) {
		return File{Name: name}, Diagnostics{{Pos: msp.Pos{File: name, Line: 1, Column: 1}, Problem: problem, Want: want}}
	}
	f, err := os.Open(name)
	if err != nil {
		return fail("cannot be read: "+cause(err), "check the name and the rights")
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return fail("is a folder without an inventory", "name the inventory file")
	}
	data, err := readUpTo(f, MaxFile+1)
	switch {
	case err != nil:
		return fail("cannot be read: "+cause(err), "check the file")
	case len(data) > MaxFile:
		return fail(fmt.Sprintf("is larger than %d MiB", MaxFile>>20), "split the inventory")
	}
	return File{Name: name, Data: data}, nil
}

// blot writes over the credentials in files that are text. Those in a workbook are
// found when its cells are read.
func blot(files []File) (warnings Diagnostics) {
	for i, f := range files {
		if !utf8.Valid(f.Data) {
			continue
		}
		text := string(f.Data)
		out, found := secret.Blot(text)
		if len(found) == 0 {
			continue
		}
		files[i] = File{f.Name, []byte(out), f.SHA256()}
		for _, m := range found[:min(len(found), maxSecrets)] {
			warnings = append(warnings, Diagnostic{
				Pos: behind(f.Name, text[:m.Start]), Problem: "this looks like " + m.Kind, Want: secretAdvice, Warning: true,
			})
		}
	}
	return warnings
}

const (
	maxSecrets   = 100 // that are warned of
	secretAdvice = "take it out and change it; reports show it blotted out"
)

// behind gives the position behind a text.
func behind(name, before string) msp.Pos {
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return msp.Pos{File: name, Line: strings.Count(before, "\n") + 1, Column: utf8.RuneCountInString(line) + 1}
}

// readUpTo reads at most limit bytes. A regular file is read into a buffer of
// its own size.
func readUpTo(f *os.File, limit int64) ([]byte, error) {
	var b bytes.Buffer
	if info, err := f.Stat(); err == nil {
		b.Grow(int(min(info.Size(), limit)) + bytes.MinRead)
	}
	_, err := b.ReadFrom(io.LimitReader(f, limit))
	return b.Bytes(), err
}

// cause takes from an error what a person can use.
func cause(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// Group sorts the arguments of a command into inventories: CSV files given side
// by side, or in a folder, are one; every other file is one of its own; a folder
// stands for the inventories in it (a portfolio).
func Group(args []string) [][]string {
	var groups [][]string
	var csv []string
	for _, a := range args {
		if info, err := os.Stat(a); err == nil && info.IsDir() {
			groups = append(groups, folder(a)...)
			continue
		}
		if format(a) == "csv" {
			csv = append(csv, a)
			continue
		}
		groups = append(groups, []string{a})
	}
	if len(csv) > 0 {
		groups = append(groups, csv)
	}
	return groups
}

// folder gives the inventories in a folder: its CSV files together, and each
// YAML, JSON or XLSX file, but for the schema that init writes.
func folder(dir string) [][]string {
	var groups [][]string
	var csv []string
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) == 0 {
		return [][]string{{dir}}
	}
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		switch ext := filepath.Ext(e.Name()); {
		case e.IsDir() || e.Name() == SchemaFile:
		case ext == ".csv":
			csv = append(csv, name)
		case ext == ".yaml", ext == ".yml", ext == ".json", ext == ".xlsx":
			groups = append(groups, []string{name})
		}
	}
	if len(csv) > 0 {
		groups = append(groups, csv)
	}
	if len(groups) == 0 {
		return [][]string{{dir}}
	}
	return groups
}
