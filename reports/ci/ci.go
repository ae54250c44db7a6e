// Package ci writes a report in the formats that CI systems and findings
// trackers take: SARIF, JUnit, GitLab code quality, DefectDojo, OCSF and GitHub
// annotations. Text from outside stays text in all of them. Waived findings
// stay in every format, marked in the way that the format has for it.
package ci

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/reports"
)

// Format is a renderer with the name that users give it.
type Format struct {
	Name     string
	Renderer reports.Renderer
}

// Formats gives the formats in the order in which they are listed.
func Formats() []Format {
	return []Format{
		{"sarif", SARIF{}},
		{"junit", JUnit{}},
		{"gitlab", GitLab{}},
		{"github", GitHub{}},
		{"defectdojo", DefectDojo{}},
		{"ocsf", OCSF{}},
	}
}

// textLimit is the most characters of one text from outside.
const textLimit = 4000

// text makes outside text one visible line of bounded length.
func text(s string) string { return reports.Cut(msp.Visible(strings.TrimSpace(s)), textLimit) }

// lines joins what is not empty, a line each.
func lines(parts ...string) string {
	parts = slices.DeleteFunc(parts, func(s string) bool { return strings.TrimSpace(s) == "" })
	return strings.Join(parts, "\n")
}

// labelled gives "Label: text", or nothing where there is no text.
func labelled(label, s string) string {
	if s = strings.TrimSpace(s); s == "" {
		return ""
	}
	return label + ": " + s
}

// waived says in words who accepted a finding and until when.
func waived(w *msp.Waived) string {
	return lines(
		strings.ReplaceAll(text(w.Reason), "_", " ")+": "+text(w.Justification),
		labelled("Approved by", text(w.ApprovedBy)),
		labelled("Expires", w.Expires.String()),
	)
}

// provider names the party of a finding: a provider's id, or the organisation's
// for what is its own.
func provider(r *reports.Report, id string) string { return cmp.Or(id, r.Organisation.ID) }

// gravest gives the findings by the severity that counts, worst first; among
// equals in the order of the report.
func gravest(r *reports.Report) []reports.Finding {
	list := slices.Clone(r.Findings)
	slices.SortStableFunc(list, func(x, y reports.Finding) int { return cmp.Compare(y.Effective(), x.Effective()) })
	return list
}

// places finds a line of a file for everything that must have one.
type places struct {
	fallback msp.Pos
}

// newPlaces takes the file that the report names first as the place of what has
// none.
func newPlaces(r *reports.Report) places {
	p := places{msp.Pos{File: "inventory.yaml", Line: 1, Column: 1}}
	for _, f := range r.Findings {
		if pos := placeOf(f); pos.Known() {
			p.fallback.File = pos.File
			return p
		}
	}
	for _, q := range r.Questions {
		if q.Location.File != "" {
			p.fallback.File = q.Location.File
			return p
		}
	}
	return p
}

// placeOf gives where a finding was declared, itself or by its evidence.
func placeOf(f reports.Finding) msp.Pos {
	if f.Location.Known() && f.Location.File != "" {
		return f.Location
	}
	for _, e := range f.Evidence {
		if e.Location != nil && e.Location.Known() && e.Location.File != "" {
			return *e.Location
		}
	}
	return msp.Pos{}
}

// of gives the place of a finding, the first line of the inventory where it has
// none. Line and column count from 1.
func (p places) of(f reports.Finding) msp.Pos { return p.or(placeOf(f)) }

func (p places) or(pos msp.Pos) msp.Pos {
	if !pos.Known() || pos.File == "" {
		return p.fallback
	}
	pos.Column = max(pos.Column, 1)
	return pos
}

// filePath gives a file as a path with slashes, as a checkout has it.
func filePath(file string) string {
	file = strings.ReplaceAll(file, `\`, "/")
	return cmp.Or(reports.Cut(msp.Visible(path.Clean(file)), 1000), "inventory.yaml")
}

// fileURI gives a file as a relative reference (RFC 3986 section 4.2), or a
// file URI (RFC 8089) where the path is absolute.
func fileURI(file string) string {
	p := filePath(file)
	switch {
	case strings.HasPrefix(p, "/"):
		return (&url.URL{Scheme: "file", Path: p}).String()
	case len(p) > 2 && p[1] == ':' && p[2] == '/':
		return (&url.URL{Scheme: "file", Path: "/" + p}).String()
	}
	// a colon in the first segment would be read as a scheme
	return strings.ReplaceAll(strings.TrimPrefix((&url.URL{Path: p}).EscapedPath(), "./"), ":", "%3A")
}

// writeJSON writes a document, indented, with a final line end. < > & are
// written as escapes.
func writeJSON(w io.Writer, format string, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write %s: %w", format, err)
	}
	return nil
}

// frameworkIDs gives "framework id" for all ids, sorted.
func frameworkIDs(frameworks map[string][]string) []string {
	var list []string
	for name, ids := range frameworks {
		for _, id := range ids {
			if !strings.HasPrefix(id, name) {
				id = name + " " + id
			}
			list = append(list, text(id))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
