package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"mspscan/msp"
)

// Terminal sets how the summary is written.
type Terminal struct {
	Width   int  // columns; 0 = 100
	Color   bool // ANSI colours; never the only signal
	Files   []string
	Verdict *Verdict // nil = no gate asked
}

// Summary writes what matters in about ten lines: first the provider whose
// compromise costs most and the one change worth most, then the counts.
func Summary(w io.Writer, r *Report, t Terminal) error {
	if t.Width <= 0 {
		t.Width = 100
	}
	s := summaryWriter{r: r, t: t}
	s.head()
	s.worst()
	s.fix()
	s.counts()
	s.undeclared()
	s.coverage()
	s.question()
	s.changes()
	s.end()
	if _, err := io.WriteString(w, s.b.String()); err != nil {
		return fmt.Errorf("write summary: %w", err)
	}
	return nil
}

type summaryWriter struct {
	r *Report
	t Terminal
	b strings.Builder
}

// The colours of the summary: ANSI attributes.
const (
	bold   = "1"
	red    = "1;31"
	yellow = "33"
	green  = "32"
	dim    = "2"
)

func (s *summaryWriter) paint(code, text string) string {
	if !s.t.Color || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// line writes a label and a text that may come from outside. The text is made
// harmless and wrapped to the width under itself.
func (s *summaryWriter) line(label, code, text string) {
	const indent = 14
	for i, part := range wrap(TerminalText(text), max(s.t.Width-indent, 20)) {
		if i > 0 {
			label = ""
		}
		fmt.Fprintf(&s.b, "  %s%s%s\n", s.paint(dim, label), strings.Repeat(" ", indent-2-len(label)), s.paint(code, plainStart(part)))
	}
}

func (s *summaryWriter) money(v float64) string { return Money(s.r.Organisation.Currency, v) }

func (s *summaryWriter) head() {
	title := Cut(TerminalText(s.r.Organisation.Name), s.t.Width-24)
	fmt.Fprintf(&s.b, "\n%s  %s\n\n", s.paint(bold, title), s.paint(dim, "as of "+day(s.r.Run.Now)))
}

func (s *summaryWriter) worst() {
	p := s.r.worst()
	if p == nil {
		s.line("Worst", "", "no provider could be weighed: declare access and asset values")
		return
	}
	if p.Exposure.Hi <= 0 {
		s.line("Worst", green, "no declared provider reaches an asset")
		return
	}
	text := fmt.Sprintf("%s: if it is compromised, %s of %s is reached", p.Name, s.moneyRange(*p.Exposure), s.money(s.r.Organisation.Value))
	s.line("Worst", red, text)
	s.line("", "", fmt.Sprintf("score %s of 100, grade %s%s", Score(*p.Score), p.Grade, withWaived(p.Grade, p.GradeAll)))
	if p.Annual != nil {
		s.line("", "", AnnualWords(s.r.Organisation.Currency, *p.Annual))
	}
}

// moneyRange gives both readings where they differ.
func (s *summaryWriter) moneyRange(r msp.Range) string {
	if short(r.Hi) == short(r.Lo) {
		return s.money(r.Hi)
	}
	return fmt.Sprintf("%s (at best %s)", s.money(r.Hi), short(r.Lo))
}

func (s *summaryWriter) fix() {
	f := s.r.Summary.BestFix
	if f == nil {
		return
	}
	text := f.Text
	if text == "" {
		text = strings.Join(f.IDs, ", ")
	}
	cut := fmt.Sprintf("cuts %s", s.money(f.Reduction))
	if f.Before > 0 {
		cut += fmt.Sprintf(" (%.0f %%)", 100*f.Reduction/f.Before)
	}
	if words := CostWords(s.r.Organisation.Currency, *f); words != "" {
		cut += "; " + words
	}
	if c, ok := s.r.Closing(*f); ok {
		cut += fmt.Sprintf("; closing it outright %s", s.money(c.Reduction))
	}
	s.line("Best fix", bold, strings.TrimRight(text, ". ")+": "+cut)
	if c := s.r.FixesByCost(false); len(c) > 0 && !slices.Equal(c[0].IDs, f.IDs) {
		s.line("By cost", "", fmt.Sprintf("%s: cuts %s; %s", strings.TrimRight(c[0].Text, ". "), s.money(c[0].Reduction), CostWords(s.r.Organisation.Currency, c[0])))
	}
}

func (s *summaryWriter) counts() {
	var parts []string
	for _, v := range msp.Severities() {
		n := s.r.Summary.Open.Of(v)
		if n == 0 && v != msp.Critical && v != msp.High {
			continue
		}
		parts = append(parts, fmt.Sprintf("%s %d %s", SeverityMark(v), n, v))
	}
	if n := s.r.Summary.Waived; n > 0 {
		parts = append(parts, fmt.Sprintf("%d waived", n))
	}
	code := ""
	if s.r.Summary.Open.Critical > 0 {
		code = red
	}
	s.line("Findings", code, strings.Join(parts, "  "))
}

func (s *summaryWriter) undeclared() {
	ids := s.r.Summary.Undeclared
	declared := len(s.r.Providers) - len(ids)
	text := plural(declared, "provider") + " declared, "
	if len(ids) == 0 {
		s.line("Providers", "", text+"none undeclared seen")
		return
	}
	list := make([]string, 0, 4)
	for _, id := range ids[:min(4, len(ids))] {
		p, _ := s.r.Provider(id)
		list = append(list, p.Name)
	}
	if len(ids) > 4 {
		list = append(list, fmt.Sprintf("%d more", len(ids)-4))
	}
	s.line("Providers", yellow, fmt.Sprintf("%s%d that nobody declared: %s", text, len(ids), joined(list)))
}

func (s *summaryWriter) coverage() {
	c := s.r.Coverage
	text, code := plural(c.Checks, "DNS check")+", all answered", ""
	if c.Unknown > 0 {
		text, code = fmt.Sprintf("%s, %d without an answer: these are not passes", plural(c.Checks, "DNS check"), c.Unknown), yellow
	}
	if c.Checks == 0 {
		text, code = "no DNS check ran: only what was declared is judged", yellow
	}
	if !s.r.Run.Complete {
		text, code = text+"; the run did not end", yellow
	}
	s.line("Coverage", code, text)
	if notes := s.r.Run.Notes; len(notes) > 0 {
		text := notes[0]
		if len(notes) > 1 {
			text += " " + plural(len(notes)-1, "more note") + " in the reports."
		}
		s.line("", yellow, text)
	}
	if n := len(s.r.Errors); n > 0 {
		s.line("", yellow, plural(n, "error")+", first: "+Cut(s.r.Errors[0], 200))
	}
}

func (s *summaryWriter) question() {
	for _, q := range s.r.Questions {
		if q.Kind == "observation" {
			continue
		}
		text := fmt.Sprintf("%s unanswered; most useful: %s", plural(len(s.r.Questions)+s.r.Omitted.Questions, "question"), q.Text)
		if q.Narrows > 0 {
			text += fmt.Sprintf(" (settles %s)", s.money(q.Narrows))
		}
		s.line("Ask", "", Cut(text, 3*s.t.Width))
		return
	}
}

func (s *summaryWriter) changes() {
	m := s.r.Summary
	if m.Before == nil {
		return
	}
	s.line("Changes", "", fmt.Sprintf("%d new, %d fixed, %d reopened since %s", m.New, m.Fixed, m.Reopened, day(m.Before.Now)))
}

func (s *summaryWriter) end() {
	if v := s.t.Verdict; v != nil {
		text, code := "passed", green
		if v.Code != 0 {
			text, code = "FAILED: "+strings.Join(v.Reasons, "; "), red
		}
		s.line("Gate", code, text)
	}
	if len(s.t.Files) > 0 {
		s.line("Written", "", joined(s.t.Files))
	}
	s.b.WriteByte('\n')
}

// wrap breaks a text at blanks into lines of at most width characters; a longer
// word is broken where it must.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Split(text, " ") {
		for utf8.RuneCountInString(word) > width {
			if line != "" {
				lines, line = append(lines, line), ""
			}
			runes := []rune(word)
			lines, word = append(lines, string(runes[:width])), string(runes[width:])
		}
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	return append(lines, line)
}
