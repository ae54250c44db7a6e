package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// idMark stands in the name of a file for the id of each organisation.
const idMark = "{id}"

// named fills in an organisation's id.
func named(pattern, id string) string { return strings.ReplaceAll(pattern, idMark, id) }

// memberFile puts the mark of the id before the ending of a file's name, unless
// it is there.
func memberFile(file string) string {
	if file == "" || file == "-" || strings.Contains(file, idMark) {
		return file
	}
	dir, base := filepath.Split(file)
	stem, ending, found := strings.Cut(base, ".")
	if !found {
		return file + "-" + idMark
	}
	return dir + stem + "-" + idMark + "." + ending
}

// journalFile gives the pattern of the journals of a portfolio: in a folder, a
// packed one for each organisation; beside a file of a journal's name, files like
// it.
func journalFile(name string) string {
	switch {
	case name == "" || strings.Contains(name, idMark):
		return name
	case !isFolder(name) && journalName(name):
		return memberFile(name)
	}
	return filepath.Join(name, idMark+".ndjson.gz")
}

// journalName reports whether a file is named like a journal.
func journalName(name string) bool {
	return strings.HasSuffix(strings.TrimSuffix(name, ".gz"), ".ndjson")
}

func isFolder(name string) bool {
	if strings.HasSuffix(name, string(filepath.Separator)) || strings.HasSuffix(name, "/") {
		return true
	}
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// portfolioFormats lists the formats that a portfolio has of its own.
func portfolioFormats() []string { return []string{"xlsx", "html", "json", "md"} }

// placesOf says which outputs are the portfolio's and which, with the mark of an
// id in the file's name, each organisation's. Where no name has the mark, each
// organisation gets its reports beside those of the portfolio, unless only those
// are wanted.
func placesOf(outs []Output, only bool) (own, each []Output, err error) {
	marked := slices.ContainsFunc(outs, func(o Output) bool { return strings.Contains(o.File, idMark) })
	for _, o := range outs {
		whole := slices.Contains(portfolioFormats(), o.Format)
		switch {
		case strings.Contains(o.File, idMark) && only:
			return nil, nil, usage("-o %s=%s and --portfolio-only exclude each other", o.Format, o.File)
		case strings.Contains(o.File, idMark):
			each = append(each, o)
			continue
		case (marked || only || o.File == "-") && !whole:
			return nil, nil, usage("-o %s=%s: a portfolio has no %s of its own, only %s; write -o %s=DIR/%s.%s for one an organisation",
				o.Format, o.File, o.Format, strings.Join(portfolioFormats(), ", "), o.Format, idMark, o.Format)
		case !marked && !only && o.File != "-":
			each = append(each, Output{o.Format, memberFile(o.File)})
		}
		if whole {
			own = append(own, o)
		}
	}
	return own, each, nil
}

// filesOf gives the outputs of one organisation.
func filesOf(each []Output, id string) []Output {
	list := make([]Output, len(each))
	for i, o := range each {
		list[i] = Output{o.Format, named(o.File, id)}
	}
	return list
}

// ofOrganisation fills in the id of the organisation in every name of a scan of
// its own. A journal that is a folder gets the name that it has in a portfolio.
func (c Config) ofOrganisation(id string) Config {
	if isFolder(c.Journal) {
		c.Journal = journalFile(c.Journal)
	}
	for _, f := range append(filesIn(c.Outputs), c.Journal) {
		if strings.Contains(f, idMark) {
			c.made = append(c.made, named(f, id))
		}
	}
	c.Outputs = filesOf(c.Outputs, id)
	c.Journal, c.Baseline = named(c.Journal, id), named(c.Baseline, id)
	return c
}

func filesIn(outs []Output) []string {
	var list []string
	for _, o := range outs {
		list = append(list, o.File)
	}
	return list
}

// folderOf gives the folder of a file; where the id of an organisation will be in
// its name, the one that is there already and in which what is missing is made.
func folderOf(file string) string {
	dir := filepath.Dir(file)
	if !strings.Contains(file, idMark) {
		return dir
	}
	for strings.Contains(dir, idMark) {
		dir = filepath.Dir(dir)
	}
	return nearest(dir)
}

// journalFolder gives the folder of the journal, or where a portfolio without one
// keeps what its organisations share.
func (c Config) journalFolder() string {
	switch {
	case c.Journal == "":
		return os.TempDir()
	case c.many || isFolder(c.Journal):
		return folderOf(journalFile(c.Journal))
	}
	return folderOf(c.Journal)
}

// makeFolders makes the folders of files.
func makeFolders(files ...string) error {
	for _, f := range files {
		if err := os.MkdirAll(filepath.Dir(f), 0o700); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
	}
	return nil
}

// baselineOf finds an organisation in what a portfolio is compared with: a folder
// of journals or reports by id, or files named as the journals of a portfolio
// are. It gives "" where there is none.
func baselineOf(baseline, id string) string {
	var names []string
	switch {
	case baseline == "":
	case !isFolder(baseline):
		names = []string{named(memberFile(baseline), id)}
	default:
		for _, ending := range []string{".ndjson.gz", ".ndjson", ".json"} {
			names = append(names, filepath.Join(baseline, id+ending))
		}
	}
	for _, n := range names {
		if info, err := os.Stat(n); err == nil && !info.IsDir() {
			return n
		}
	}
	return ""
}
