package xlsx

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"mspscan/msp"
	"mspscan/reports"
)

// Handout renders one sheet about one provider, to hand to it: what is known of
// it, its findings, open questions and what it is asked to do. Nothing of other
// providers stands in it, nothing about how the client is built (rules of the
// family graph), and no amount of money unless Money is set.
type Handout struct {
	Letter bool
	Brand  Brand
	Money  bool // name the exposure too
}

const (
	sheetHandout = "Findings"
	maxDigs      = 2 // commands that show one piece of evidence again
)

// Render writes the hand-out of a declared provider. The same report gives the
// same bytes.
func (o Handout) Render(w io.Writer, r *reports.Report, provider string) (err error) {
	p, ok := r.Provider(provider)
	if !ok {
		return fmt.Errorf("make hand-out: there is no provider %s", provider)
	}
	b, err := startBook(Workbook{Letter: o.Letter, Brand: o.Brand}, r, sheetHandout, func(b *book) []sheet {
		return []sheet{{sheetHandout, b.o.Brand.Navy, nil}}
	})
	if err != nil {
		return fmt.Errorf("make hand-out: %w", err)
	}
	defer func() { err = errors.Join(err, b.f.Close()) }()
	h := &handout{o: o, p: p, clean: newCleaner(r, p, o.Money), structure: map[string]bool{}}
	for i := range r.Rules {
		h.structure[r.Rules[i].ID] = r.Rules[i].Family == "graph"
	}
	b.title = "Security findings for " + h.text(p.Name)
	for _, step := range []func() error{func() error { return h.write(b) }, b.finish, b.lint.check, func() error { return b.save(w) }} {
		if err := step(); err != nil {
			return fmt.Errorf("make hand-out: %w", err)
		}
	}
	return nil
}

// handout is one sheet in the making.
type handout struct {
	*page
	o     Handout
	p     reports.Provider
	clean cleaner

	structure map[string]bool // rules about how the client is built
}

// The columns of a hand-out.
func handoutColumns() []column {
	return []column{{width: 5}, {width: 12}, {width: 38}, {width: 24}, {width: 58}, {width: 62}, {width: 11}, {width: 28}}
}

func (h *handout) write(b *book) error {
	s, err := b.open(sheetHandout)
	if err != nil {
		return err
	}
	h.page = &page{stream: s}
	if err := s.columns(handoutColumns()); err != nil {
		return err
	}
	for _, part := range []func() error{h.top, h.known, h.findings, h.questions, h.actions} {
		if err := part(); err != nil {
			return err
		}
	}
	if err := s.print(layout{landscape: true, area: fmt.Sprintf("$A$1:$H$%d", h.row)}); err != nil {
		return err
	}
	return s.close()
}

// text makes outside text fit for a cell and free of others' names.
func (h *handout) text(s string) string { return text(h.clean.text(s)) }

func (h *handout) top() error {
	br := h.b.o.Brand
	if err := h.next(28, h.cell("Security findings for "+h.text(reports.Cut(h.p.Name, 90)), title)); err != nil {
		return err
	}
	by := "by " + text(br.Client)
	if br.Assessor != "" {
		by = "by " + text(br.Assessor) + " for " + text(br.Client)
	}
	asOf, _, _ := strings.Cut(h.b.r.Run.Now, "T")
	if err := h.next(15, h.cell("Prepared "+by+" · as of "+text(asOf)+" · "+text(br.Classification), note)); err != nil {
		return err
	}
	return h.next(15, h.cell("Yellow cells are for your reply. What is marked “not known” is what we could not find out: please tell us.", note))
}

// known writes what the client holds about the provider.
func (h *handout) known() error {
	if err := h.heading("What we know", 8); err != nil {
		return err
	}
	p := &h.p
	pairs := [][2]string{
		{"Services", strings.Join(p.Services, ", ")},
		{"Highest access", sentence(p.HighestAccess)},
		{"Grants control", sentence(p.Privileged)},
		{"Standing or just in time", sentence(p.Standing)},
		{"Domains and hosts", strings.Join(p.Domains, ", ")},
		{"Data", strings.Join(p.Data, ", ")},
		{"Contract", sentence(p.Contract)},
		{"Contract ends", p.ContractEnds},
		{"Last assessment", p.LastReview},
		{"Next assessment", p.NextReview},
		{"Country", p.Country},
		{"Legal id", strings.TrimSpace(p.LegalID.Scheme + " " + p.LegalID.Value)},
		{"Open findings", inWords(h.counts())},
		{"Open questions", fmt.Sprint(len(h.asked()))},
	}
	if h.o.Money && p.Exposure != nil && p.Score != nil {
		money := func(v float64) string { return reports.Money(text(h.b.r.Organisation.Currency), v) }
		pairs = append(pairs, [2]string{"If compromised", money(p.Exposure.Lo) + " to " + money(p.Exposure.Hi)},
			[2]string{"Score and grade", fmt.Sprintf("%.0f of 100, %s", p.Score.Hi, p.Grade)})
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		left, right := h.orUnknown(pairs[i][1]), h.orUnknown(pairs[i+1][1])
		lined := max(wraps(left, 60), wraps(right, 60))
		if err := h.next(float64(min(lined, mostLines))*lineRoom+5,
			h.at(pairs[i][0], label), h.at(nil, plainFree), h.at(left, field), h.at(nil, field),
			h.at(pairs[i+1][0], label), h.at(right, field), h.at(nil, field), h.at(nil, field)); err != nil {
			return err
		}
		if err := h.w.MergeCell(cellName(3, h.row), cellName(4, h.row)); err != nil {
			return fmt.Errorf("join text: %w", err)
		}
	}
	return nil
}

func (h *handout) orUnknown(s string) string {
	if strings.TrimSpace(s) == "" || s == "Unknown" {
		return "not known"
	}
	return h.text(s)
}

// at dresses a cell whose text begins at its top.
func (h *handout) at(v any, l look) any {
	return excelize.Cell{StyleID: h.b.style.id[l], Value: v}
}

// line writes a row as high as its texts need.
func (h *handout) line(cells []any, looks []look) error {
	out, lined := make([]any, len(cells)), 1
	for i, v := range cells {
		out[i] = h.at(v, looks[i])
		if s, ok := v.(string); ok && looks[i] == wrapped {
			lined = max(lined, wraps(s, handoutColumns()[i].width-1))
		}
	}
	return h.next(float64(min(lined, 30))*lineRoom+5, out...)
}

func (h *handout) looks(reply look) []look {
	return []look{centred, plain, wrapped, wrapped, wrapped, wrapped, dateOf, reply}
}

// findings lists what is open, worst first.
func (h *handout) findings() error {
	if err := h.heading("Findings", 8); err != nil {
		return err
	}
	if err := h.heads("^No.", "Severity", "Finding", "Where", "What we saw", "What we expect", "^By", "Your reply"); err != nil {
		return err
	}
	first, n := h.row+1, 0
	for i := range h.b.r.Findings {
		f := &h.b.r.Findings[i]
		if !h.concerns(f) {
			continue
		}
		n++
		words := h.text(f.Title)
		if f.Message != "" && f.Message != f.Title {
			words += "\n" + h.text(f.Message)
		}
		cells := []any{n, severityWord(f.Effective()), cut(words), h.text(f.Subject.ID), h.seen(f), h.wanted(f), h.due(f), nil}
		if err := h.line(cells, h.looks(wrappedE)); err != nil {
			return err
		}
	}
	if n == 0 {
		return h.next(17, h.at("Nothing is open.", plainFree))
	}
	return h.severities(fmt.Sprintf("B%d:B%d", first, h.row))
}

// concerns reports whether a finding is for the provider to settle: it is open,
// and not about how the client is built, which is the client's affair.
func (h *handout) concerns(f *reports.Finding) bool {
	return f.Provider == h.p.ID && f.Open() && !h.structure[f.Rule]
}

// counts counts the findings of the hand-out.
func (h *handout) counts() reports.Counts {
	var c reports.Counts
	for i := range h.b.r.Findings {
		if f := &h.b.r.Findings[i]; h.concerns(f) {
			switch f.Effective() {
			case msp.Critical:
				c.Critical++
			case msp.High:
				c.High++
			case msp.Medium:
				c.Medium++
			case msp.Low:
				c.Low++
			default:
				c.Info++
			}
		}
	}
	return c
}

// seen gives the evidence without places in the client's files.
func (h *handout) seen(f *reports.Finding) string {
	var list []string
	for _, e := range f.Evidence {
		if e.Summary != "" && e.Summary != f.Message {
			list = append(list, h.text(e.Summary))
		}
		for i, d := range e.Dig {
			if i < maxDigs {
				list = append(list, h.text(d))
			}
		}
	}
	return cut(strings.Join(list, "\n"))
}

func (h *handout) wanted(f *reports.Finding) string {
	list := []string{h.text(f.Remediation)}
	if f.Expected != "" && f.Expected != f.Remediation {
		list = append(list, "Expected: "+h.text(f.Expected))
	}
	return cut(strings.Join(list, "\n"))
}

// due gives the day by which a finding should be closed: the reviewer's, else
// that of the first action that closes it.
func (h *handout) due(f *reports.Finding) any {
	if f.Review != nil && f.Review.Due.Known() {
		return date(f.Review.Due.String())
	}
	for i := range h.b.r.Actions {
		if a := &h.b.r.Actions[i]; slices.Contains(a.Closes, f.ID) {
			return h.inDays(a.Horizon)
		}
	}
	return nil
}

func (h *handout) inDays(n int) any {
	t, ok := date(h.b.r.Run.Now).(time.Time)
	if !ok {
		return nil
	}
	return t.AddDate(0, 0, n)
}
