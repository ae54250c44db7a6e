package ci

import (
	"cmp"
	"io"
	"strings"

	"mspscan/msp"
	"mspscan/reports"
)

// DefectDojo writes the report for the Generic Findings Import of DefectDojo.
// The finding's id goes along as the unique id from the tool, so a second
// import updates what the first one made. Texts are shown as Markdown there, so
// outside text is escaped. Waived findings are not active: risk accepted, false
// positive, out of scope or under review, after the reason. Fixed findings come as
// mitigated.
type DefectDojo struct{}

type (
	dojoReport struct {
		Name     string        `json:"name"`
		Type     string        `json:"type"`
		Version  string        `json:"version"`
		Findings []dojoFinding `json:"findings"`
	}
	dojoFinding struct {
		Title        string   `json:"title"`
		Severity     string   `json:"severity"`
		Description  string   `json:"description"`
		Date         string   `json:"date,omitempty"`
		Mitigation   string   `json:"mitigation,omitempty"`
		Impact       string   `json:"impact,omitempty"`
		Steps        string   `json:"steps_to_reproduce,omitempty"`
		References   string   `json:"references,omitempty"`
		Active       bool     `json:"active"`
		Verified     bool     `json:"verified"`
		FalsePos     bool     `json:"false_p"`
		OutOfScope   bool     `json:"out_of_scope"`
		RiskAccepted bool     `json:"risk_accepted"`
		UnderReview  bool     `json:"under_review"`
		IsMitigated  bool     `json:"is_mitigated"`
		UniqueID     string   `json:"unique_id_from_tool"`
		RuleID       string   `json:"vuln_id_from_tool"`
		Component    string   `json:"component_name,omitempty"`
		Service      string   `json:"service,omitempty"`
		FilePath     string   `json:"file_path"`
		Line         int      `json:"line"`
		Effort       string   `json:"effort_for_fixing,omitempty"`
		Static       bool     `json:"static_finding"`
		Dynamic      bool     `json:"dynamic_finding"`
		Tags         []string `json:"tags"`
	}
)

// dojoTitle is the most characters that DefectDojo keeps of a title, dojoShort
// of a component or service.
const (
	dojoTitle = 511
	dojoShort = 200
)

// Render implements Renderer.
func (DefectDojo) Render(w io.Writer, r *reports.Report) error {
	p := newPlaces(r)
	summaries := map[string]string{}
	for _, rule := range r.Rules {
		summaries[rule.ID] = rule.Summary
	}
	doc := dojoReport{Name: "mspscan", Type: "mspscan", Version: text(r.Tool.Version), Findings: []dojoFinding{}}
	for _, f := range r.Findings {
		d := newDojoFinding(r, f, p.of(f))
		d.Impact = reports.MarkdownText(reports.Cut(summaries[f.Rule], textLimit))
		doc.Findings = append(doc.Findings, d)
	}
	return writeJSON(w, "defectdojo", doc)
}

func newDojoFinding(r *reports.Report, f reports.Finding, pos msp.Pos) dojoFinding {
	declared := true
	for _, e := range f.Evidence {
		declared = declared && e.Fact == ""
	}
	party := provider(r, f.Provider)
	d := dojoFinding{
		Title:    reports.Cut(text(cmp.Or(f.Title, f.Rule)+": "+f.Subject.ID), dojoTitle),
		Severity: dojoSeverity(f.Effective()), Description: dojoDescription(f), Date: cmp.Or(f.FirstSeen, f.LastSeen),
		Mitigation: lines(markdown(f.Remediation), dojoExpected(f.Expected)), Steps: dojoSteps(f), References: dojoReferences(f),
		Active: f.Open(), Verified: f.Confidence == msp.Confirmed, IsMitigated: f.State == msp.StateFixed,
		UniqueID: f.ID, RuleID: text(f.Rule), Component: reports.Cut(text(f.Subject.ID), dojoShort), Service: reports.Cut(text(party), dojoShort),
		FilePath: filePath(pos.File), Line: pos.Line, Effort: dojoEffort(f.Effort), Static: declared, Dynamic: !declared,
		Tags: []string{"mspscan", msp.Slug(string(f.Subject.Kind))},
	}
	if f.Waived != nil {
		d.waive(f.Waived)
	}
	return d
}

// waive says why a finding is not active.
func (d *dojoFinding) waive(w *msp.Waived) {
	switch w.Reason {
	case "false_positive":
		d.FalsePos = true
	case "provider_disputed":
		d.UnderReview = true
	case "not_applicable":
		d.OutOfScope = true
	default:
		d.RiskAccepted = true
	}
	d.Tags = append(d.Tags, "waived")
	d.Description = lines(d.Description, "", "Waived. "+markdown(strings.ReplaceAll(w.Reason, "_", " ")+": "+w.Justification)+" "+markdown("Approved by "+w.ApprovedBy+", until "+w.Expires.String()))
}

func markdown(s string) string { return reports.MarkdownText(reports.Cut(s, textLimit)) }

func dojoDescription(f reports.Finding) string {
	s := cmp.Or(markdown(cmp.Or(f.Message, f.Title)), reports.MarkdownCode(f.Rule))
	s += "\n\nSubject: " + string(f.Subject.Kind) + " " + reports.MarkdownCode(reports.Cut(f.Subject.ID, textLimit))
	if f.Path != "" {
		s += "\n\nPath: " + markdown(f.Path)
	}
	for _, e := range f.Evidence {
		s += "\n\nEvidence: " + reports.MarkdownCode(reports.Cut(e.Summary, textLimit))
		if e.Server != "" {
			s += " from " + reports.MarkdownCode(reports.Cut(e.Server, dojoShort)) + " at " + markdown(e.At)
		}
	}
	return s
}

func dojoExpected(s string) string {
	if s = markdown(s); s == "" {
		return ""
	}
	return "\nExpected: " + s
}

func dojoSteps(f reports.Finding) string {
	var steps []string
	for _, e := range f.Evidence {
		for _, dig := range e.Dig {
			steps = append(steps, reports.MarkdownCode(reports.Cut(dig, textLimit)))
		}
	}
	return strings.Join(steps, "\n\n")
}

func dojoReferences(f reports.Finding) string {
	var list []string
	for _, r := range f.References {
		list = append(list, markdown(r))
	}
	for _, id := range frameworkIDs(f.Frameworks) {
		list = append(list, reports.MarkdownText(id))
	}
	return strings.Join(list, "\n\n")
}

func dojoSeverity(s msp.Severity) string {
	return [...]string{"Info", "Low", "Medium", "High", "Critical"}[min(max(int(s), 0), int(msp.Critical))]
}

func dojoEffort(s string) string {
	switch s {
	case "low":
		return "Low"
	case "medium":
		return "Medium"
	case "high":
		return "High"
	}
	return ""
}
