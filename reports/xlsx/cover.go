package xlsx

import (
	"fmt"
	"strings"
)

// The room for a logo beside the client's name on the cover, in pixels.
const (
	logoWidth  = 236
	logoHeight = 62
)

// cover writes the first sheet: what this is, for whom, how to read and change
// it, and the index.
func (b *book) cover() error {
	s, err := b.open(sheetCover)
	if err != nil {
		return err
	}
	if err := s.columns([]column{{width: 24}, {width: 34}, {width: 22}, {width: 34}}); err != nil {
		return err
	}
	p := &page{stream: s}
	for _, part := range []func() error{p.coverTitle, p.coverFields, p.index, p.legend, p.versions, p.signOff} {
		if err := part(); err != nil {
			return err
		}
	}
	if err := s.print(layout{one: true, area: fmt.Sprintf("$A$1:$D$%d", p.row)}); err != nil {
		return err
	}
	return s.close()
}

func (p *page) coverTitle() error {
	if err := p.next(40, p.cell("Exposure through managed service providers", bigTitle)); err != nil {
		return err
	}
	height := 26.0
	if p.b.o.Brand.Logo != nil {
		height = 50
	}
	if err := p.next(height, p.cell(text(p.b.r.Organisation.Name), title)); err != nil {
		return err
	}
	return p.logo(cellName(4, p.row), logoWidth, logoHeight)
}

// coverFields writes what the assessor fills in and what the scan knows.
func (p *page) coverFields() error {
	r := p.b.r
	declared := len(r.Providers) - len(r.Summary.Undeclared)
	if err := p.heading("Assessment", 4); err != nil {
		return err
	}
	started, _, _ := strings.Cut(r.Run.Started, "T")
	finished, _, _ := strings.Cut(r.Run.Finished, "T")
	for _, f := range [][4]any{
		{"Client", text(p.b.o.Brand.Client), "Classification", text(p.b.o.Brand.Classification)},
		{"Assessor", filled(p.b.o.Brand.Assessor), "Reviewed by", nil},
		{"Judged as of", date(r.Run.Now), "Period", strings.Trim(started+" to "+finished, " to")},
		{"In scope", fmt.Sprintf("%d providers declared, %d seen in DNS, %d assets", declared, len(r.Summary.Undeclared), len(r.Assets)), "Out of scope", nil},
	} {
		lined := 1
		for _, v := range []any{f[1], f[3]} {
			if words, ok := v.(string); ok {
				lined = max(lined, wraps(words, 33))
			}
		}
		if err := p.next(float64(min(lined, 3))*lineRoom+6, p.cell(f[0], label), p.cell(f[1], fieldLook(f[1])), p.cell(f[2], label), p.cell(f[3], fieldLook(f[3]))); err != nil {
			return err
		}
	}
	return nil
}

// filled gives a text, or nothing for an empty one, which leaves a field to edit.
func filled(s string) any {
	if s == "" {
		return nil
	}
	return text(s)
}

// fieldLook makes an empty field one that may be edited.
func fieldLook(v any) look {
	switch v.(type) {
	case nil:
		return fieldE
	case string:
		return field
	}
	return fieldDate
}

// index links every sheet and says what is on it.
func (p *page) index() error {
	if err := p.heading("Contents", 4); err != nil {
		return err
	}
	words := map[string]string{
		sheetSummary: "One page: what matters, in money and grades", sheetProviders: "Everyone who holds keys, worst first", sheetFindings: "Every finding with evidence; override, status and owner here",
		sheetMatrix: "Impact and likelihood, as scanned and now", sheetPaths: "How a provider reaches an asset", sheetSupply: "Who serves whom, in the shape of DORA B_05.02", sheetLayers: "On whom each layer hangs: outage beside compromise", sheetShares: "How many lean on one party, by layer", sheetControls: "Safeguards and terms, and what was answered",
		sheetDNS: "Every DNS check and what came back", sheetPlan: "What to do, in order, with what it cuts", sheetFixes: "Changes by what they cut, and by what they cut for their cost", sheetSensitivity: "The ranking if the model's numbers were wrong", sheetChanges: "What differs from the previous run", sheetWaivers: "What was accepted, by whom, until when",
		sheetCrosswalk: "ISM, Essential Eight and other frameworks", sheetRules: "The rules that judged", sheetMethod: "How the numbers come about; parameters", sheetRun: "Versions, hashes, counts, what could not run",
	}
	for _, sh := range p.b.sheets() {
		if words[sh.name] == "" {
			continue
		}
		if err := p.next(15.5, p.cell(sh.name, linked), p.cell(words[sh.name], plain), p.cell(nil, plain), p.cell(nil, plain)); err != nil {
			return err
		}
		if err := p.link(cellName(1, p.row), "'"+sh.name+"'!A1", "Go to "+sh.name); err != nil {
			return err
		}
	}
	return nil
}

// legend explains the colours and how to override.
func (p *page) legend() error {
	if err := p.heading("How to read and change it", 4); err != nil {
		return err
	}
	for _, l := range []struct {
		look look
		name string
		text string
	}{
		{plain, "White", "comes from the scan; leave it as it is"},
		{plainE, "Yellow", "you may edit: severity and grade overrides, reasons, status, owners, dates, answers, weights"},
		{plainC, "Grey", "is calculated and follows your edits"},
	} {
		if err := p.next(15.5, p.cell(l.name, l.look), p.cell(l.text, plain), p.cell(nil, plain), p.cell(nil, plain)); err != nil {
			return err
		}
	}
	for _, words := range []string{
		"To overrule a finding: sheet Findings, column Override, choose a severity, and say why in Reason (red until you do). Provider counts, grades, the risk matrix, the Summary and its charts follow.",
		"To overrule a grade: sheet Providers, column Override grade, and say why. To accept a risk: set the finding's Status, and fill in Waived until, Approved by and Justification; it stays listed and no longer counts. mspscan review import brings your edits into the next run.",
	} {
		if err := p.next(28, p.cell(words, prose)); err != nil {
			return err
		}
		if err := p.w.MergeCell(cellName(1, p.row), cellName(4, p.row)); err != nil {
			return fmt.Errorf("join paragraph: %w", err)
		}
	}
	return nil
}

// versions leaves room for the history of the document.
func (p *page) versions() error {
	if err := p.heading("Versions", 4); err != nil {
		return err
	}
	if err := p.next(17, p.cell("Version", head), p.cell("Change", head), p.cell("Date", head), p.cell("Author", head)); err != nil {
		return err
	}
	if err := p.next(16, p.cell("0.1", fieldE), p.cell("As written by mspscan "+text(p.b.r.Tool.Version), fieldE), p.cell(date(p.b.r.Run.Now), fieldDateE), p.cell("mspscan", fieldE)); err != nil {
		return err
	}
	return p.blank(2)
}

// signOff leaves room for names and signatures.
func (p *page) signOff() error {
	if err := p.heading("Sign-off", 4); err != nil {
		return err
	}
	if err := p.next(17, p.cell("Role", head), p.cell("Name", head), p.cell("Date", head), p.cell("Signature", head)); err != nil {
		return err
	}
	return p.blank(3)
}

// blank writes rows of empty fields to fill in.
func (p *page) blank(rows int) error {
	for range rows {
		if err := p.next(20, p.cell(nil, fieldE), p.cell(nil, fieldE), p.cell(nil, fieldDateE), p.cell(nil, fieldE)); err != nil {
			return err
		}
	}
	return nil
}
