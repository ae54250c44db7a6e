package xlsx

import (
	"fmt"

	"github.com/xuri/excelize/v2"

	"mspscan/reports"
)

// parameter is a named cell of the Method sheet.
type parameter struct {
	name, meaning string
	value         any
	look          look
}

// parameters lists what formulas take from the Method sheet. The first is the
// day of the run, set when the sheet is written.
func parameters() []parameter {
	list := []parameter{{"run_date", "Day by which everything is judged", nil, dateE}}
	for _, b := range reports.Bands()[:4] {
		list = append(list, parameter{"band_" + b.Grade, "Least score that gives grade " + b.Grade, b.From, numberE})
	}
	return append(list,
		parameter{"cap_critical", "Best grade while a critical finding is open", reports.CapCritical, centredE},
		parameter{"cap_high", "Best grade while a high finding is open", reports.CapHigh, centredE},
		parameter{"worth_verified", "What a yes is worth if it was verified", reports.WorthVerified, decimalE},
		parameter{"worth_attested", "… if somebody said so", reports.WorthAttested, decimalE},
		parameter{"worth_expired", "… if its evidence is older than 24 months", reports.WorthExpired, decimalE},
	)
}

// method writes how the numbers come about, with the parameters as named cells
// and the first provider worked through.
func (b *book) method() error {
	s, err := b.open(sheetMethod)
	if err != nil {
		return err
	}
	st := b.style.middle
	if err := s.columns([]column{{width: 26}, {width: 16}, {width: 84}}); err != nil {
		return err
	}
	if err := s.plainTop("Method", "How the numbers come about. Yellow cells are parameters: change one and the whole workbook follows."); err != nil {
		return err
	}
	if err := s.set(headRow, 20, excelize.Cell{StyleID: st[head], Value: "Parameter"}, excelize.Cell{StyleID: st[headE], Value: "Value"}, excelize.Cell{StyleID: st[head], Value: "Meaning"}); err != nil {
		return err
	}
	row := firstRow
	for _, p := range parameters() {
		value := p.value
		if p.name == "run_date" {
			value = b.runDate()
		}
		if err := s.set(row, 16, excelize.Cell{StyleID: st[strong], Value: p.name}, excelize.Cell{StyleID: st[p.look], Value: value}, excelize.Cell{StyleID: st[plain], Value: p.meaning}); err != nil {
			return err
		}
		row++
	}
	for _, p := range methodWords() {
		row++
		if err := s.set(row, 20, excelize.Cell{StyleID: st[section], Value: p[0]}, excelize.Cell{StyleID: st[section]}, excelize.Cell{StyleID: st[section]}); err != nil {
			return err
		}
		for _, line := range p[1:] {
			row++
			if err := s.set(row, 15, excelize.Cell{StyleID: st[note], Value: line}); err != nil {
				return err
			}
		}
	}
	if err := s.worked(row + 2); err != nil {
		return err
	}
	if err := s.tables(row + 12); err != nil {
		return err
	}
	if err := s.print(layout{landscape: true}); err != nil {
		return err
	}
	return s.close()
}

// runDate gives the day of the run, or the first day that a cell can hold.
func (b *book) runDate() any {
	if d := date(b.r.Run.Now); d != nil {
		return d
	}
	return date("1980-01-01")
}

// methodWords says in words what the exposure model and the grades do.
func methodWords() [][]string {
	return [][]string{
		{
			"Exposure",
			"The question is always: if this one provider is compromised, what of ours is reached? Each access item is a door that opens with a probability by its kind,",
			"made smaller by the controls on it. Doors lead to assets and on to others; a provider's exposure is the value of every asset times the probability that it is reached.",
			"Hi counts an unanswered question as no, lo as yes. The difference is what asking would settle. The score is exposure as a share of all asset value, 0 to 100.",
			"Exposures of two providers do not add up, and neither do the gains of two actions: what was computed together stands under Cumulative.",
		},
		{
			"Grades",
			"The score alone gives the score grade by the borders above. While a critical or high finding is open the grade is capped as above. An override wins over both.",
			"A party that nobody declared has no score and no grade: its access is not known. That is not a pass.",
		},
		{
			"Risk matrix",
			"Impact is the band of the score (1 to 5). Likelihood is the worst finding: 1 none or info, 2 low, 3 medium, 4 high, 5 critical; as scanned, and as it is now after overrides and status.",
		},
		{
			"Counts",
			"A finding counts while its status is Open or In progress. Waived findings stay in the list; the Summary shows counts with and without them.",
		},
		{
			"Controls",
			"A yes earns its weight times what its evidence is worth. No and unknown earn nothing; what does not apply is left out of the total.",
		},
	}
}

// worked shows the grade of the first provider step by step.
func (s *stream) worked(row int) error {
	b, st := s.b, s.b.style.middle
	if len(b.r.Providers) == 0 || b.r.Providers[0].Score == nil {
		return nil
	}
	if err := s.set(row, 20, excelize.Cell{StyleID: st[section], Value: "Worked example: the first row of Providers"}, excelize.Cell{StyleID: st[section]}, excelize.Cell{StyleID: st[section]}); err != nil {
		return err
	}
	p, t := &b.r.Providers[0], b.providersTable()
	ref := func(title string) string { return "'" + sheetProviders + "'!" + cellName(t.col(title), firstRow) }
	share := 0.0
	if b.r.Organisation.Value > 0 {
		share = 100 * p.Exposure.Hi / b.r.Organisation.Value
	}
	for i, x := range []struct {
		what  string
		value any
		look  look
		why   string
	}{
		{"Exposure hi", live{ref("Exposure hi"), p.Exposure.Hi}, moneyC, "what is reached, unanswered counted as no"},
		{"Value of all assets", b.r.Organisation.Value, money, "from the inventory"},
		{"Score", live{fmt.Sprintf("IF(B%d=0,0,100*B%d/B%d)", row+2, row+1, row+2), share}, decimalC, "100 x exposure / value: equal to Score hi"},
		{"Score grade", live{ref("Score grade"), reports.Bands()[5-bandOf(p.Score.Hi)].Grade}, centredC, "by the borders above"},
		{"Open critical", live{ref("Critical"), p.Findings.Critical}, numberC, "caps the grade at cap_critical"},
		{"Open high", live{ref("High"), p.Findings.High}, numberC, "caps the grade at cap_high"},
		{"Effective grade", live{ref("Effective grade"), p.Grade}, centredC, "what the Summary shows"},
	} {
		if err := s.set(row+1+i, 16, excelize.Cell{StyleID: st[strong], Value: x.what}, s.cell(x.value, x.look), excelize.Cell{StyleID: st[plain], Value: x.why}); err != nil {
			return err
		}
	}
	return nil
}

// plainTop writes title, way back and note of a sheet that is no table.
func (s *stream) plainTop(heading, words string) error {
	st := s.b.style.middle
	if err := s.set(titleRow, 24, excelize.Cell{StyleID: st[title], Value: heading}); err != nil {
		return err
	}
	if err := s.set(backRow, 14, excelize.Cell{StyleID: st[back], Value: "← Index"}); err != nil {
		return err
	}
	if err := s.set(noteRow, 16, excelize.Cell{StyleID: st[note], Value: words}); err != nil {
		return err
	}
	return s.link(cellName(1, backRow), "'"+sheetCover+"'!A1", "Back to the index")
}
