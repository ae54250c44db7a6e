package ci

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"mspscan/msp"
	"mspscan/reports"
)

// The limits of code scanning on GitHub: a file over one of them is refused
// whole. Of the results it keeps the gravest sarifKept.
const (
	sarifResults = 25_000
	sarifKept    = 5_000
	sarifRules   = 25_000
	sarifPlaces  = 100
	sarifTags    = 10
	sarifPacked  = 10 << 20
	sarifShort   = 255 // characters of a rule's title, before escaping
	sarifFull    = 512 // of its full description: 1,024 at most after it
)

// SARIF writes one run in SARIF 2.1.0 (OASIS), within the limits of code
// scanning on GitHub: results beyond them are left out, the least grave first,
// and a notification of the run says how many. Results carry their place in the
// inventory, fingerprints made of the finding's id, the state against the
// previous run and what waives them. Findings that are fixed are not results.
//
// All messages are plain text: what SARIF would read as a placeholder or a link
// (sections 3.11.5 and 3.11.6) is escaped.
type SARIF struct {
	Results int // most results; 0 = 25,000
	Packed  int // most bytes after gzip; 0 = 10 MiB
}

// Render implements Renderer.
func (s SARIF) Render(w io.Writer, r *reports.Report) error {
	most, packed := s.Results, s.Packed
	if most <= 0 || most > sarifResults {
		most = sarifResults
	}
	if packed <= 0 {
		packed = sarifPacked
	}
	m := newSARIFMaker(r)
	for {
		doc, n, err := m.document(most)
		if err != nil {
			return fmt.Errorf("write sarif: %w", err)
		}
		size, err := gzipSize(doc)
		if err != nil {
			return fmt.Errorf("write sarif: %w", err)
		}
		if size <= packed || n == 0 {
			if _, err := w.Write(doc); err != nil {
				return fmt.Errorf("write sarif: %w", err)
			}
			return nil
		}
		// the size goes with the number of results; a little less, and look again
		most = min(n-1, int(float64(n)*0.95*float64(packed)/float64(size)))
	}
}

// gzipSize gives the size of data after gzip.
func gzipSize(data []byte) (int, error) {
	var n counter
	z := gzip.NewWriter(&n)
	if _, err := z.Write(data); err != nil {
		return 0, err
	}
	if err := z.Close(); err != nil {
		return 0, err
	}
	return int(n), nil
}

type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// sarifMaker holds what the parts of the run share.
type sarifMaker struct {
	r        *reports.Report
	places   places
	rules    []sarifRule
	index    map[string]int // rule id -> place in rules
	findings []reports.Finding
	fixed    int
	compared bool // there is a previous run
	waived   bool // some result is suppressed
}

func newSARIFMaker(r *reports.Report) *sarifMaker {
	m := &sarifMaker{r: r, places: newPlaces(r), index: map[string]int{}}
	worst := map[string]msp.Severity{}
	for _, f := range gravest(r) {
		if f.State == msp.StateFixed {
			m.fixed++
			continue
		}
		m.findings = append(m.findings, f)
		m.compared = m.compared || f.State != msp.StateNone
		m.waived = m.waived || f.Waived != nil
		if s, seen := worst[f.Rule]; !seen || f.Effective() > s {
			worst[f.Rule] = f.Effective()
		}
	}
	for _, rule := range r.Rules {
		if s, found := worst[rule.ID]; found {
			rule.Severity = s
		}
		m.addRule(rule.RuleInfo)
	}
	for _, f := range m.findings {
		if _, known := m.index[f.Rule]; !known {
			m.addRule(msp.RuleInfo{ID: f.Rule, Title: f.Title, Severity: worst[f.Rule], Expected: f.Expected, Remediation: f.Remediation, References: f.References, Frameworks: f.Frameworks})
		}
	}
	return m
}

func (m *sarifMaker) addRule(r msp.RuleInfo) {
	if len(m.rules) < sarifRules {
		m.index[r.ID] = len(m.rules)
		m.rules = append(m.rules, newSARIFRule(r))
	}
}

// document encodes the run with at most so many results and says how many it
// has.
func (m *sarifMaker) document(most int) ([]byte, int, error) {
	n := min(most, len(m.findings))
	run := sarifRun{
		Tool:        sarifTool{sarifDriver{Name: "mspscan", Version: cmpText(m.r.Tool.Version, "dev"), Rules: m.rules}},
		Automation:  sarifAutomation{ID: "mspscan/" + text(m.r.Organisation.ID) + "/"},
		Invocations: []sarifInvocation{m.invocation(n)},
		ColumnKind:  "unicodeCodePoints",
		Results:     make([]sarifResult, 0, n),
	}
	for i := range m.findings[:n] {
		run.Results = append(run.Results, m.result(&m.findings[i]))
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	if n <= sarifKept { // larger files are for machines only, and indentation is a third of them
		e.SetIndent("", " ")
	}
	err := e.Encode(sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
	return b.Bytes(), n, err
}

func cmpText(s, otherwise string) string {
	if s = text(s); s == "" {
		return otherwise
	}
	return s
}

// invocation says how the run went and what the file leaves out.
func (m *sarifMaker) invocation(n int) sarifInvocation {
	v := sarifInvocation{Successful: m.r.Run.Complete, Start: m.r.Run.Started, End: m.r.Run.Finished}
	note := func(level, s string) {
		v.Notes = append(v.Notes, sarifNote{Level: level, Message: sarifMessage{plain(s)}})
	}
	if cut := len(m.findings) - n; cut > 0 {
		note("warning", fmt.Sprintf("%d of %d findings are left out here, the least severe, to keep within the limits of code scanning; the json and xlsx reports hold all.", cut, len(m.findings)))
	}
	if n > sarifKept {
		note("note", fmt.Sprintf("%d results: code scanning on GitHub keeps the %d most severe.", n, sarifKept))
	}
	if m.fixed > 0 {
		note("note", fmt.Sprintf("%d findings of the previous run are fixed and no results here.", m.fixed))
	}
	if u := m.r.Coverage.Unknown; u > 0 {
		note("warning", fmt.Sprintf("%d of %d DNS checks had no answer. An unknown is not a pass.", u, m.r.Coverage.Checks))
	}
	for i, e := range m.r.Errors {
		if i == 20 {
			note("error", fmt.Sprintf("%d more errors.", len(m.r.Errors)-i))
			break
		}
		note("error", e)
	}
	return v
}

func (m *sarifMaker) result(f *reports.Finding) sarifResult {
	s := sarifResult{
		Rule: f.Rule, Index: m.index[f.Rule], Level: sarifLevel(f.Effective()),
		Message:      sarifMessage{lines(plain(cmpText(f.Message, cmpText(f.Title, f.Rule))), labelled("Expected", plain(f.Expected)), labelled("Remediation", plain(f.Remediation)))},
		Locations:    []sarifLocation{{Physical: physical(m.places.of(*f)), Logical: []sarifLogical{{Name: text(f.Subject.ID), Kind: text(string(f.Subject.Kind))}}}},
		Fingerprints: map[string]string{"primaryLocationLineHash": f.ID + ":1", "mspscan/v1": f.ID},
		Properties:   map[string]any{"security-severity": securitySeverity(f.Effective()), "severity": f.Effective().String(), "confidence": string(f.Confidence), "provider": text(provider(m.r, f.Provider))},
	}
	if _, known := m.index[f.Rule]; !known {
		s.Index = -1 // SARIF 2.1.0 section 3.27.6: not in the list
	}
	for _, e := range f.Evidence {
		if e.Location != nil && e.Location.Known() && *e.Location != f.Location && len(s.Related) < sarifPlaces {
			s.Related = append(s.Related, sarifLocation{Physical: physical(m.places.or(*e.Location)), Message: &sarifMessage{plain(cmpText(e.Summary, "declared"))}})
		}
	}
	if m.compared {
		s.State = baselineState(f.State)
	}
	// section 3.27.23: all results of a run have the list, or none has
	if m.waived {
		s.Suppressions = &[]sarifSuppression{}
		if f.Waived != nil {
			s.Suppressions = &[]sarifSuppression{{Kind: "external", Status: "accepted", Justification: waived(f.Waived)}}
		}
	}
	return s
}

// baselineState gives the word of section 3.27.24.
func baselineState(s msp.FindingState) string {
	if s == msp.StateNew || s == msp.StateReopened || s == msp.StateNone {
		return "new"
	}
	return "unchanged"
}

// sarifLevel gives the word of section 3.27.10.
func sarifLevel(s msp.Severity) string {
	switch {
	case s >= msp.High:
		return "error"
	case s == msp.Medium:
		return "warning"
	}
	return "note"
}

// securitySeverity gives the number by which code scanning ranks: above 9 is
// critical, 7 high, 4 medium, below low.
func securitySeverity(s msp.Severity) string {
	return [...]string{"0.5", "2.0", "5.5", "8.0", "9.5"}[min(max(int(s), 0), int(msp.Critical))]
}

// plain makes outside text a plain message: braces and brackets are escaped, as
// they would be placeholders and links (sections 3.11.5 and 3.11.6).
func plain(s string) string {
	return strings.NewReplacer("{", "{{", "}", "}}", `\`, `\\`, "[", `\[`, "]", `\]`).Replace(text(s))
}
