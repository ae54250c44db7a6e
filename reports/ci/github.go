package ci

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"mspscan/msp"
	"mspscan/reports"
)

// githubShown is how many annotations of one kind GitHub shows for a step.
const githubShown = 10

// GitHub writes the worst findings as workflow commands, which GitHub Actions
// turns into annotations: critical and high as errors, medium as warnings, the
// rest and what is waived as notices. Of each kind the ten that GitHub shows are
// written, and a last line counts what is left out.
type GitHub struct{}

// Render implements Renderer.
func (GitHub) Render(w io.Writer, r *reports.Report) error {
	p := newPlaces(r)
	var kinds [3][]reports.Finding
	for _, f := range gravest(r) {
		if f.State != msp.StateFixed {
			k := githubKind(f)
			kinds[k] = append(kinds[k], f)
		}
	}
	var b strings.Builder
	left := 0
	for k, list := range kinds {
		most := githubShown
		if k == len(kinds)-1 {
			most-- // the last line is a notice too
		}
		for i, f := range list {
			if i >= most {
				left += len(list) - i
				break
			}
			b.WriteString(githubLine(githubNames()[k], f, p.of(f)))
		}
	}
	if left > 0 {
		fmt.Fprintf(&b, "::notice title=mspscan::%d more findings: see the reports of this run\n", left)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write github: %w", err)
	}
	return nil
}

func githubNames() [3]string { return [3]string{"error", "warning", "notice"} }

// githubKind gives the place of a finding's command in githubNames.
func githubKind(f reports.Finding) int {
	switch {
	case f.Waived != nil, f.Effective() <= msp.Low:
		return 2
	case f.Effective() == msp.Medium:
		return 1
	}
	return 0
}

func githubLine(command string, f reports.Finding, pos msp.Pos) string {
	title := f.Effective().String() + ": " + cmp.Or(f.Title, f.Rule)
	if f.Waived != nil {
		title = "waived until " + f.Waived.Expires.String() + ", " + title
	}
	message := cmp.Or(f.Message, f.Title)
	if f.Remediation != "" {
		message = strings.TrimRight(message, " ") + " " + f.Remediation
	}
	return fmt.Sprintf("::%s file=%s,line=%d,col=%d,title=%s::%s\n", command,
		githubProperty(filePath(pos.File)), pos.Line, pos.Column, githubProperty(reports.Cut(title, 200)), githubData(message+" ["+f.Rule+" "+f.ID+"]"))
}

// githubData escapes the message of a workflow command, githubProperty one of
// its properties. Line ends are visible escapes before, so %0A never comes from
// outside.
func githubData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text(s))
}

func githubProperty(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(githubData(s))
}
