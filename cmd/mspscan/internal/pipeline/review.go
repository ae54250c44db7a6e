package pipeline

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"mspscan/msp"
	"mspscan/msp/inventory"
	"mspscan/msp/review"
	"mspscan/msp/waiver"
	"mspscan/reports"
)

// loadReviews reads a review file; nothing if no name is given.
func loadReviews(name string) (review.Set, error) {
	if name == "" {
		return review.Set{}, nil
	}
	data, err := readUpTo(name, review.MaxFile)
	if err != nil {
		return review.Set{}, coded(CodeUsage, fmt.Errorf("read reviews: %w", err))
	}
	set, err := review.Parse(name, data)
	return set, strictError(err)
}

// reviewTroubles gives the reviews that a report overtakes.
func reviewTroubles(set review.Set, r *reports.Report) []review.Trouble {
	findings := make([]msp.Finding, len(r.Findings))
	for i := range r.Findings {
		findings[i] = r.Findings[i].Finding
	}
	var providers []string
	for i := range r.Providers {
		providers = append(providers, r.Providers[i].ID)
	}
	return set.Against(findings, providers)
}

// warnReviews names them at their place in the file.
func warnReviews(w io.Writer, quiet bool, list []review.Trouble) {
	var out inventory.Diagnostics
	for _, t := range list {
		out = append(out, inventory.Diagnostic{Pos: t.Pos, Problem: t.What, Want: t.Want, Warning: true})
	}
	warn(w, quiet, out)
}

// ReviewImport brings the edits in a report's workbook back into YAML.
type ReviewImport struct {
	File    string // the workbook
	Out     string // of the reviews; "" or - = stdout
	Waivers string // file that takes up what was accepted; "" = none
	Now     time.Time
}

// Run reads the workbook and writes both files, whole or not at all.
func (x ReviewImport) Run(s Streams) error {
	if x.Out == "" {
		x.Out = "-"
	}
	if err := x.refuse(); err != nil {
		return err
	}
	book, err := x.read()
	if err != nil {
		return err
	}
	if len(book.Waivers) > 0 && x.Waivers == "" {
		return usage("%d findings are accepted in %s: name the file of waivers that takes them up with --waivers FILE; nothing was written", len(book.Waivers), x.File)
	}
	text, err := book.YAML()
	if err != nil {
		return coded(CodeInternal, err)
	}
	outs, data := []Output{{"reviews", x.Out}}, map[string][]byte{"reviews": text}
	added := 0
	if len(book.Waivers) > 0 {
		if data["waivers"], added, err = x.waivers(book.Waivers); err != nil {
			return err
		}
		outs = append(outs, Output{"waivers", x.Waivers})
	}
	err = writeAll(outs, s.Out, func(o Output, w io.Writer) error {
		_, err := w.Write(data[o.Format])
		return err
	})
	if err != nil {
		return coded(CodeInternal, err)
	}
	warnReviews(s.Err, false, book.Notes)
	fmt.Fprintf(s.Err, "reviews of %d findings and %d providers; new waivers: %d\n", len(book.Findings), len(book.Providers), added)
	return nil
}

// refuse keeps the outputs off the workbook and off each other.
func (x ReviewImport) refuse() error {
	for _, o := range []string{x.Out, x.Waivers} {
		if o != "" && samePlace(o, x.File) {
			return usage("%s is the workbook; name another file", o)
		}
	}
	if x.Waivers == "-" || x.Waivers != "" && samePlace(x.Out, x.Waivers) {
		return usage("--waivers names a file of its own")
	}
	return nil
}

func (x ReviewImport) read() (review.Book, error) {
	data, err := readUpTo(x.File, inventory.MaxBook)
	if err != nil {
		return review.Book{}, coded(CodeUsage, fmt.Errorf("read workbook: %w", err))
	}
	if len(data) > inventory.MaxBook {
		return review.Book{}, usage("read %s: it is larger than %d MiB", x.File, inventory.MaxBook>>20)
	}
	book, err := review.ReadBook(inventory.File{Name: x.File, Data: data}, asOf(Config{Now: x.Now}, time.Now().UTC()))
	return book, coded(CodeUsage, err)
}

// waivers adds entries to the file of waivers, which keeps its text. The result
// is read again before it is written. added counts the entries that are new.
func (x ReviewImport) waivers(add []waiver.Waiver) (text []byte, added int, err error) {
	old, err := readUpTo(x.Waivers, waiver.MaxFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, 0, coded(CodeUsage, fmt.Errorf("read waivers: %w", err))
	}
	before, err := waiver.Parse(x.Waivers, old)
	if err != nil {
		return nil, 0, waiverError(err)
	}
	add, err = fresh(add, before)
	if err != nil {
		return nil, 0, err
	}
	if len(add) == 0 {
		return old, 0, nil
	}
	text, err = review.WaiverYAML(add)
	if err != nil {
		return nil, 0, coded(CodeInternal, err)
	}
	whole := appended(old, text, before)
	after, err := waiver.Parse(x.Waivers, whole)
	if err != nil || len(after) != len(before)+len(add) {
		return nil, 0, usage("%s cannot take up more entries in the way it is written; name another file", x.Waivers)
	}
	return whole, len(add), nil
}

// fresh leaves out what the file says already, and refuses what it says
// otherwise.
func fresh(add, before []waiver.Waiver) ([]waiver.Waiver, error) {
	var out []waiver.Waiver
	for _, w := range add {
		i := slices.IndexFunc(before, func(b waiver.Waiver) bool {
			return b.Rule == w.Rule && b.Subject == w.Subject && b.Finding == w.Finding
		})
		if i < 0 {
			out = append(out, w)
			continue
		}
		if b := before[i]; b.Reason != w.Reason || b.Justification != w.Justification || b.ApprovedBy != w.ApprovedBy || b.Expires != w.Expires {
			return nil, usage("%s waives finding %s already, in other words than %s; correct one of the two", inventory.Place(b.Pos), w.Finding, inventory.Place(w.Pos))
		}
	}
	return out, nil
}

// appended puts items behind those of a file, indented as they are.
func appended(old, items []byte, before []waiver.Waiver) []byte {
	if len(before) == 0 {
		if len(bytes.TrimSpace(old)) == 0 || !bytes.HasPrefix(bytes.TrimSpace(old), []byte("#")) {
			return items
		}
	} else if margin := before[0].Pos.Column - 3; margin > 0 { // a dash and a blank before the first key
		items = []byte(indented(string(items), strings.Repeat(" ", margin)))
	}
	if len(old) > 0 && old[len(old)-1] != '\n' {
		old = append(old, '\n')
	}
	return append(old, items...)
}

func indented(text, margin string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" {
			b.WriteString(margin)
		}
		b.WriteString(line)
	}
	return b.String()
}
