package xlsx

import (
	"fmt"
	"strings"

	"mspscan/reports"
)

// grid is one of the four squares of the risk matrix.
type grid struct {
	name   string
	col    int    // of the level's name
	likely string // defined name of the likelihood
	money  bool
	level  func(*reports.Provider) int
}

// matrix writes providers on impact and likelihood, as scanned and as judged
// now: how many, and the highest exposure among them.
func (b *book) matrix() error {
	s, err := b.open(sheetMatrix)
	if err != nil {
		return err
	}
	widths := make([]column, 13)
	for i := range widths {
		widths[i].width = 11
	}
	widths[0].width, widths[6].width, widths[7].width = 18, 3, 18
	if err := s.columns(widths); err != nil {
		return err
	}
	if err := s.plainTop("Risk matrix", "Providers by the share of value that they reach (impact) and by their worst finding (likelihood). The numbers decide the colour."); err != nil {
		return err
	}
	worst := b.worstSeverities()
	scanned := func(p *reports.Provider) int { return max(1, worst[p.ID]) }
	now := func(p *reports.Provider) int { return likelihoodNow(p) }
	p := &page{stream: s, row: 4}
	for _, pair := range [][2]grid{
		{{"As scanned: providers", 1, "p_inherent", false, scanned}, {"Now, after overrides and status: providers", 8, "p_residual", false, now}},
		{{"As scanned: highest exposure", 1, "p_inherent", true, scanned}, {"Now: highest exposure", 8, "p_residual", true, now}},
	} {
		if err := p.grids(pair); err != nil {
			return err
		}
	}
	if err := p.worstBand(scanned, now); err != nil {
		return err
	}
	if err := s.print(layout{landscape: true, one: true}); err != nil {
		return err
	}
	return s.close()
}

// likelihoodNow gives the level of a provider's worst open finding.
func likelihoodNow(p *reports.Provider) int {
	switch f := p.Findings; {
	case f.Critical > 0:
		return 5
	case f.High > 0:
		return 4
	case f.Medium > 0:
		return 3
	case f.Low > 0:
		return 2
	}
	return 1
}

func impactWords() []string {
	return []string{"1 under 10", "2 from 10", "3 from 25", "4 from 50", "5 from 75"}
}

func likelihoodWords() []string {
	return []string{"1 none", "2 low", "3 medium", "4 high", "5 critical"}
}

// grids writes two squares side by side.
func (p *page) grids(pair [2]grid) error {
	row := make([]any, 13)
	for i := range row {
		if i != 6 {
			row[i] = p.cell(nil, section)
		}
	}
	row[0], row[7] = p.cell(pair[0].name, section), p.cell(pair[1].name, section)
	if err := p.next(20, row...); err != nil {
		return err
	}
	row = make([]any, 13)
	for _, g := range pair {
		row[g.col-1] = p.cell("Impact \\ likelihood", head)
		for i, w := range likelihoodWords() {
			row[g.col+i] = p.cell(w, headM)
		}
	}
	if err := p.next(18, row...); err != nil {
		return err
	}
	for impact := 5; impact >= 1; impact-- {
		row = make([]any, 13)
		for _, g := range pair {
			row[g.col-1] = p.cell(impactWords()[impact-1], strong)
			for likely := 1; likely <= 5; likely++ {
				row[g.col+likely-1] = p.cell(p.b.square(g, impact, likely), g.look())
				if err := p.zone(cellName(g.col+likely, p.row+1), impact*likely); err != nil {
					return err
				}
			}
		}
		if err := p.next(24, row...); err != nil {
			return err
		}
	}
	return p.gap()
}

func (g grid) look() look {
	if g.money {
		return matrixMoney
	}
	return matrixCount
}

// square counts the providers of a cell, or gives the highest exposure.
func (b *book) square(g grid, impact, likely int) live {
	n, most := 0, 0.0
	for i := range b.r.Providers {
		p := &b.r.Providers[i]
		if p.Score != nil && bandOf(p.Score.Hi) == impact && g.level(p) == likely {
			n, most = n+1, max(most, p.Exposure.Hi)
		}
	}
	if g.money {
		return live{fmt.Sprintf("_xlfn.MAXIFS(p_exposure,p_impact,%d,%s,%d)", impact, g.likely, likely), most}
	}
	return live{fmt.Sprintf("COUNTIFS(p_impact,%d,%s,%d)", impact, g.likely, likely), n}
}

// zone colours a cell that is not empty by the product of its levels.
func (p *page) zone(cell string, product int) error {
	fill, color := "DFF0E4", "1C5A33"
	switch {
	case product >= 15:
		fill, color = "F6D5D5", "7F1616"
	case product >= 8:
		fill, color = "FBF0C4", "6A5200"
	}
	return p.mark(cell, "greater than", "0", fill, color)
}

// worstBand names the providers in the red cells.
func (p *page) worstBand(scanned, now func(*reports.Provider) int) error {
	for _, x := range []struct {
		name  string
		level func(*reports.Provider) int
	}{{"In the red as scanned", scanned}, {"In the red when this was written", now}} {
		var ids []string
		for i := range p.b.r.Providers {
			if v := &p.b.r.Providers[i]; v.Score != nil && bandOf(v.Score.Hi)*x.level(v) >= 15 {
				ids = append(ids, text(v.ID))
			}
		}
		words := strings.Join(ids, ", ")
		if len(ids) == 0 {
			words = "none"
		}
		if err := p.next(16, p.cell(x.name+": "+reports.Cut(words, 400), plainFree)); err != nil {
			return err
		}
	}
	return nil
}
