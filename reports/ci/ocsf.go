package ci

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"mspscan/msp"
	"mspscan/reports"
)

// The numbers of the class: Compliance Finding of the category Findings in the
// Open Cybersecurity Schema Framework.
const (
	ocsfVersion  = "1.3.0"
	ocsfCategory = 2
	ocsfClass    = 2003
)

// OCSF writes an event of the class Compliance Finding (OCSF 1.3.0) a line: one
// for each finding, and one of status Warning, "no result for want of
// information", for each question that is open. A waived finding has the status
// Suppressed, a fixed one Resolved.
type OCSF struct{}

type (
	ocsfEvent struct {
		Activity     int              `json:"activity_id"`
		ActivityName string           `json:"activity_name"`
		Category     int              `json:"category_uid"`
		CategoryName string           `json:"category_name"`
		Class        int              `json:"class_uid"`
		ClassName    string           `json:"class_name"`
		Type         int              `json:"type_uid"`
		TypeName     string           `json:"type_name"`
		Time         int64            `json:"time"`
		SeverityID   int              `json:"severity_id"`
		Severity     string           `json:"severity"`
		StatusID     int              `json:"status_id"`
		Status       string           `json:"status"`
		StatusDetail string           `json:"status_detail,omitempty"`
		ConfidenceID int              `json:"confidence_id"`
		Confidence   string           `json:"confidence"`
		Message      string           `json:"message"`
		Comment      string           `json:"comment,omitempty"`
		Metadata     ocsfMetadata     `json:"metadata"`
		Info         ocsfInfo         `json:"finding_info"`
		Compliance   ocsfCompliance   `json:"compliance"`
		Remediation  *ocsfRemediation `json:"remediation,omitempty"`
		Resources    []ocsfResource   `json:"resources"`
		Unmapped     map[string]any   `json:"unmapped"`
	}
	ocsfMetadata struct {
		Version string      `json:"version"`
		Product ocsfProduct `json:"product"`
		UID     string      `json:"uid,omitempty"`
	}
	ocsfProduct struct {
		Name    string `json:"name"`
		Vendor  string `json:"vendor_name"`
		Version string `json:"version"`
	}
	ocsfInfo struct {
		UID       string       `json:"uid"`
		Title     string       `json:"title"`
		Desc      string       `json:"desc"`
		Types     []string     `json:"types"`
		Analytic  ocsfAnalytic `json:"analytic"`
		FirstSeen int64        `json:"first_seen_time,omitempty"`
		LastSeen  int64        `json:"last_seen_time,omitempty"`
	}
	ocsfAnalytic struct {
		UID    string `json:"uid"`
		TypeID int    `json:"type_id"`
		Type   string `json:"type"`
	}
	ocsfCompliance struct {
		Control      string   `json:"control"`
		Requirements []string `json:"requirements"`
		Standards    []string `json:"standards"`
		StatusID     int      `json:"status_id"`
		Status       string   `json:"status"`
	}
	ocsfRemediation struct {
		Desc       string   `json:"desc"`
		References []string `json:"references,omitempty"`
	}
	ocsfResource struct {
		UID   string     `json:"uid"`
		Type  string     `json:"type"`
		Owner *ocsfOwner `json:"owner,omitempty"`
	}
	ocsfOwner struct {
		Name string `json:"name"`
	}
)

// Render implements Renderer.
func (OCSF) Render(w io.Writer, r *reports.Report) error {
	e := json.NewEncoder(w)
	m := ocsfMaker{r: r, places: newPlaces(r), now: millis(r.Run.Now), frameworks: map[string]map[string][]string{}}
	for _, rule := range r.Rules {
		m.frameworks[rule.ID] = rule.Frameworks
	}
	for _, f := range r.Findings {
		if err := e.Encode(m.finding(f)); err != nil {
			return fmt.Errorf("write ocsf: %w", err)
		}
	}
	for _, q := range r.Questions {
		if err := e.Encode(m.question(q)); err != nil {
			return fmt.Errorf("write ocsf: %w", err)
		}
	}
	return nil
}

type ocsfMaker struct {
	r          *reports.Report
	places     places
	now        int64
	frameworks map[string]map[string][]string // by rule
}

func (m ocsfMaker) event(activity int, s msp.Subject, party string) ocsfEvent {
	name := [...]string{"Unknown", "Create", "Update", "Close"}[activity]
	return ocsfEvent{
		Activity: activity, ActivityName: name, Category: ocsfCategory, CategoryName: "Findings", Class: ocsfClass, ClassName: "Compliance Finding",
		Type: 100*ocsfClass + activity, TypeName: "Compliance Finding: " + name, Time: m.now,
		Metadata:  ocsfMetadata{Version: ocsfVersion, Product: ocsfProduct{Name: "mspscan", Vendor: "mspscan", Version: cmpText(m.r.Tool.Version, "dev")}, UID: text(m.r.Run.ID)},
		Resources: []ocsfResource{{UID: text(s.ID), Type: text(string(s.Kind)), Owner: &ocsfOwner{text(provider(m.r, party))}}},
	}
}

func (m ocsfMaker) finding(f reports.Finding) ocsfEvent {
	e := m.event(ocsfActivity(f.State), f.Subject, f.Provider)
	e.SeverityID, e.Severity = ocsfSeverity(f.Effective())
	e.StatusID, e.Status = ocsfStatus(f)
	e.ConfidenceID, e.Confidence = ocsfConfidence(f.Confidence)
	e.Message = text(cmp.Or(f.Message, f.Title))
	e.Info = ocsfInfo{
		UID: f.ID, Title: text(cmp.Or(f.Title, f.Rule)), Desc: e.Message, Types: []string{text(f.Rule)},
		Analytic: ocsfAnalytic{UID: text(f.Rule), TypeID: 1, Type: "Rule"}, FirstSeen: millis(f.FirstSeen), LastSeen: millis(f.LastSeen),
	}
	e.Compliance = m.compliance(f.Rule, f.Frameworks, 3, "Fail")
	if f.State == msp.StateFixed {
		e.Compliance.StatusID, e.Compliance.Status = 1, "Pass"
	}
	if f.Waived != nil {
		e.StatusDetail, e.Comment = text(f.Waived.Reason), waived(f.Waived)
	}
	if f.Remediation != "" {
		e.Remediation = &ocsfRemediation{Desc: text(f.Remediation)}
		for _, ref := range f.References {
			e.Remediation.References = append(e.Remediation.References, text(ref))
		}
	}
	pos := m.places.of(f)
	e.Unmapped = map[string]any{"state": string(f.State), "location": map[string]any{"file": filePath(pos.File), "line": pos.Line}, "evidence": ocsfEvidence(f.Evidence)}
	return e
}

func ocsfEvidence(list []msp.EvidenceItem) []map[string]any {
	seen := []map[string]any{}
	for _, v := range list {
		seen = append(seen, map[string]any{"summary": text(v.Summary), "server": text(v.Server), "at": text(v.At)})
	}
	return seen
}

func (m ocsfMaker) question(q msp.Question) ocsfEvent {
	e := m.event(1, q.Subject, q.Provider)
	e.Severity, e.Confidence = "Unknown", "Unknown"
	e.StatusID, e.Status = 1, "New"
	e.Message = text(q.Text)
	e.Info = ocsfInfo{UID: q.ID, Title: e.Message, Desc: e.Message, Types: []string{text(q.Rule)}, Analytic: ocsfAnalytic{UID: text(q.Rule), TypeID: 1, Type: "Rule"}}
	e.Compliance = m.compliance(q.Rule, m.frameworks[q.Rule], 2, "Warning")
	e.Unmapped = map[string]any{"would_be_finding": q.WouldBeFinding.String(), "why": text(q.Why)}
	if n := m.r.Omitted.Questions; n > 0 {
		e.Unmapped["questions_omitted"] = n
	}
	return e
}

func (m ocsfMaker) compliance(rule string, frameworks map[string][]string, id int, status string) ocsfCompliance {
	c := ocsfCompliance{Control: text(rule), Requirements: frameworkIDs(frameworks), StatusID: id, Status: status}
	for _, name := range sortedKeys(frameworks) {
		c.Standards = append(c.Standards, text(name))
	}
	if len(c.Standards) == 0 { // the class asks for one
		c.Standards = []string{"mspscan rules"}
	}
	if c.Requirements == nil {
		c.Requirements = []string{}
	}
	return c
}

func ocsfActivity(s msp.FindingState) int {
	switch s {
	case msp.StateNone, msp.StateNew:
		return 1
	case msp.StateFixed:
		return 3
	}
	return 2
}

func ocsfStatus(f reports.Finding) (int, string) {
	switch {
	case f.State == msp.StateFixed:
		return 4, "Resolved"
	case f.Waived != nil:
		return 3, "Suppressed"
	}
	return 1, "New"
}

func ocsfSeverity(s msp.Severity) (int, string) {
	i := min(max(int(s), 0), int(msp.Critical))
	return i + 1, [...]string{"Informational", "Low", "Medium", "High", "Critical"}[i]
}

func ocsfConfidence(c msp.Confidence) (int, string) {
	switch c {
	case msp.Confirmed:
		return 3, "High"
	case msp.Firm:
		return 2, "Medium"
	case msp.Possible:
		return 1, "Low"
	}
	return 0, "Unknown"
}

// millis gives an RFC 3339 time or a day in milliseconds since 1970, 0 where it
// is not known.
func millis(s string) int64 {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UnixMilli()
		}
	}
	return 0
}
