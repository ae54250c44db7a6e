package html

import (
	"bytes"
	"cmp"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/reports"
)

// A page with so many findings, or so many bytes of evidence, is compact: it
// has to open in seconds.
const (
	manyFindings = 1000
	muchEvidence = 600 << 10
)

// The most rows of the tables beside findings and providers.
const (
	mostRows        = 2000
	mostRowsCompact = 200
)

// rows are the rows that the page shows of the long tables.
type rows struct {
	Questions     []msp.Question
	Paths         []reports.Path
	SupplyChain   []reports.Link
	Concentration []reports.Concentration
	DNS           []reports.Check
}

// chosen cuts the tables to what a page can carry, the most telling rows first.
func chosen(r *reports.Report) rows {
	most := mostRows
	if len(r.Findings) > manyFindings {
		most = mostRowsCompact
	}
	checks := r.DNS
	if len(checks) > most {
		checks = slices.Clone(checks)
		slices.SortStableFunc(checks, func(a, b reports.Check) int { return cmp.Compare(weight(b), weight(a)) })
	}
	return rows{head(r.Questions, most), head(r.Paths, most), head(r.SupplyChain, most), head(r.Concentration, most), head(checks, most)}
}

func head[T any](list []T, n int) []T { return list[:min(n, len(list))] }

// weight says how much a reader needs to see a check.
func weight(c reports.Check) int {
	switch {
	case len(c.Findings) > 0:
		return 2
	case c.Result == "unknown" || c.Result == "broken":
		return 1
	}
	return 0
}

// Rest says how many rows of a table are not on the page, and how many are in no
// report; nothing where all are shown.
func (v *view) Rest(all, shown, omitted int) string {
	var list []string
	if all > shown {
		list = append(list, fmt.Sprintf("%d of %d rows: the workbook and the JSON report have all.", shown, all))
	}
	if omitted > 0 {
		list = append(list, fmt.Sprintf("%d rows that matter least are in no report.", omitted))
	}
	return strings.Join(list, " ")
}

// line is one line of what opens under a finding.
type line struct{ Kind, Text string }

// The kinds of a line; they are classes of the style sheet.
const (
	lineEvidence = "ev"
	lineSource   = "src"
	lineDig      = "dig"
	lineText     = "p"
	lineFaint    = "faint"
)

// Lines gives what opens under a finding: its evidence with the commands that
// show it again, and what its rule does not say.
func (v *view) Lines(f reports.Finding) []line {
	var list []line
	add := func(kind, text string) {
		if text = strings.TrimSpace(text); text != "" {
			list = append(list, line{kind, text})
		}
	}
	for _, e := range f.Evidence {
		add(lineEvidence, e.Summary)
		source := e.Server
		if e.At != "" {
			source += " " + clock(e.At)
		}
		if e.Location != nil {
			source += " " + e.Location.String()
		}
		add(lineSource, source)
		for _, d := range e.Dig {
			add(lineDig, d)
		}
	}
	if v.own(f) {
		add(lineText, labelled("Expected: ", f.Expected))
		add(lineText, labelled("Remedy: ", f.Remediation))
		for _, ref := range f.References {
			add(lineFaint, ref)
		}
		for _, k := range slices.Sorted(maps.Keys(f.Frameworks)) {
			add(lineFaint, k+": "+strings.Join(f.Frameworks[k], ", "))
		}
	}
	if w := f.Waived; w != nil {
		add(lineText, fmt.Sprintf("Waived: %s. %s Approved by %s, until %s.", words(w.Reason), w.Justification, w.ApprovedBy, w.Expires))
	}
	add(lineFaint, v.circumstances(f))
	return list
}

// circumstances says how sure a finding is and since when it is known.
func (v *view) circumstances(f reports.Finding) string {
	list := []string{"Confidence: " + string(f.Confidence)}
	if r, ok := v.rules[f.Rule]; f.Effort != "" && (!ok || r.Effort != f.Effort) {
		list = append(list, "effort "+f.Effort)
	}
	if v.Summary.Before != nil && f.FirstSeen != "" {
		list = append(list, "first seen "+f.FirstSeen)
	}
	return strings.Join(list, ", ") + "."
}

func labelled(label, text string) string {
	if text == "" {
		return ""
	}
	return label + text
}

// compact reports whether the evidence is too much to stand in the rows.
func compact(v *view) bool {
	if len(v.Findings) > manyFindings {
		return true
	}
	size := 0
	for _, f := range v.Findings {
		for _, l := range v.Lines(f) {
			size += len(l.Text)
		}
	}
	return size > muchEvidence
}

// packed gives the lines of all findings as JSON, deflated (RFC 1951), in base64.
func packed(v *view) (string, error) {
	all := make([][][2]string, len(v.Findings))
	for i, f := range v.Findings {
		for _, l := range v.Lines(f) {
			all[i] = append(all[i], [2]string{l.Kind, l.Text})
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		return "", fmt.Errorf("pack evidence: %w", err)
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		return "", fmt.Errorf("pack evidence: %w", err)
	}
	if _, err := w.Write(text); err != nil {
		return "", fmt.Errorf("pack evidence: %w", err)
	}
	if err := w.Close(); err != nil {
		return "", fmt.Errorf("pack evidence: %w", err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}
