package ci

import (
	"cmp"
	"io"

	"mspscan/msp"
	"mspscan/reports"
)

// GitLab writes the findings as a GitLab code quality report: a list with a
// unique fingerprint, a severity and a line of the inventory each. The format
// knows no exceptions: a waived finding is of severity info and says that it is
// waived. Fixed findings are left out: GitLab compares reports itself.
type GitLab struct{}

type gitlabIssue struct {
	Description string         `json:"description"`
	Check       string         `json:"check_name"`
	Fingerprint string         `json:"fingerprint"`
	Severity    string         `json:"severity"`
	Location    gitlabLocation `json:"location"`
}

type gitlabLocation struct {
	Path  string      `json:"path"`
	Lines gitlabLines `json:"lines"`
}

type gitlabLines struct {
	Begin int `json:"begin"`
}

// Render implements Renderer.
func (GitLab) Render(w io.Writer, r *reports.Report) error {
	p := newPlaces(r)
	list := []gitlabIssue{}
	for _, f := range r.Findings {
		if f.State == msp.StateFixed {
			continue
		}
		pos := p.of(f)
		list = append(list, gitlabIssue{
			Description: gitlabText(f), Check: text(f.Rule), Fingerprint: f.ID, Severity: gitlabSeverity(f),
			Location: gitlabLocation{Path: filePath(pos.File), Lines: gitlabLines{pos.Line}},
		})
	}
	return writeJSON(w, "gitlab", list)
}

func gitlabText(f reports.Finding) string {
	s := text(cmp.Or(f.Message, f.Title))
	if f.Waived != nil {
		return "Waived until " + f.Waived.Expires.String() + ": " + s
	}
	return s
}

// gitlabSeverity gives GitLab's word: info, minor, major, critical or blocker.
func gitlabSeverity(f reports.Finding) string {
	if f.Waived != nil {
		return "info"
	}
	return [...]string{"info", "minor", "major", "critical", "blocker"}[min(max(int(f.Effective()), 0), int(msp.Critical))]
}
