package xlsx

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"mspscan/reports"
)

// Portfolio renders many organisations side by side: Ranking, and the parties
// that stand behind them. The zero Portfolio prints on A4.
type Portfolio struct {
	Letter bool
	Brand  Brand
}

// The sheets of a portfolio.
const (
	sheetRanking = "Ranking"
	sheetParties = "Parties"
)

// Render writes the portfolio as a workbook; the same portfolio gives the same
// bytes.
func (o Portfolio) Render(w io.Writer, p *reports.Portfolio) (err error) {
	r := &reports.Report{Tool: p.Tool}
	r.Run.Now = p.Now
	r.Organisation.Name = fmt.Sprintf("%d organisations", len(p.Organisations))
	tables := []*table{ranking(p), partyTable(p)}
	b, err := startBook(Workbook{Letter: o.Letter, Brand: o.Brand}, r, sheetRanking, func(*book) []sheet {
		return []sheet{{sheetRanking, navy, nil}, {sheetParties, accent, nil}}
	})
	if err != nil {
		return fmt.Errorf("make workbook: %w", err)
	}
	defer func() { err = errors.Join(err, b.f.Close()) }()
	for _, t := range tables {
		if err := t.write(b); err != nil {
			return fmt.Errorf("make sheet %s: %w", t.sheet, err)
		}
	}
	if err := b.finish(); err != nil {
		return fmt.Errorf("make workbook: %w", err)
	}
	if err := b.lint.check(); err != nil {
		return fmt.Errorf("check workbook: %w", err)
	}
	if err := b.save(w); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

// ranking lists the organisations, the most exposed first.
func ranking(p *reports.Portfolio) *table {
	return &table{
		sheet: sheetRanking, title: "Organisations by exposure", name: "tbl_ranking", freeze: 2, n: len(p.Organisations),
		note: "Score: the share of an organisation's assets that the compromise of its worst provider is expected to reach. Amounts are in each organisation's own currency.",
		columns: []column{
			{"Id", 16, wrapped, ""},
			{"Organisation", 32, wrapped, ""},
			{"Grade", 8, centred, ""},
			{"Score hi", 9, number, ""},
			{"Score lo", 9, number, ""},
			{"Currency", 9, centred, ""},
			{"Exposure hi", 16, number, ""},
			{"Exposure lo", 16, number, ""},
			{"Assets", 16, number, ""},
			{"Worst provider", 22, wrapped, ""},
			{"Critical", 9, centred, ""},
			{"High", 9, centred, ""},
			{"Medium", 9, centred, ""},
			{"Low", 9, centred, ""},
			{"Providers", 10, centred, ""},
			{"Undeclared", 11, centred, ""},
			{"DNS checks", 11, centred, ""},
			{"Unknown", 9, centred, ""},
		},
		row: func(i, _ int) []any {
			o := &p.Organisations[i]
			return []any{
				text(o.ID), text(o.Name), text(o.Grade), o.Score.Hi, o.Score.Lo, text(o.Currency), o.Exposure.Hi, o.Exposure.Lo, o.Value, text(o.Worst),
				o.Open.Critical, o.Open.High, o.Open.Medium, o.Open.Low, o.Providers, o.Undeclared, o.Checks, o.Unknown,
			}
		},
	}
}

// partyTable lists who stands behind the organisations, most clients first.
func partyTable(p *reports.Portfolio) *table {
	return &table{
		sheet: sheetParties, title: "Who stands behind most of them", name: "tbl_parties", freeze: 2, n: len(p.Parties),
		note: "A party counts once for each organisation that it serves, directly or through others, declared or seen in DNS.",
		columns: []column{
			{"Id", 26, wrapped, ""},
			{"Party", 30, wrapped, ""},
			{"Organisations", 13, centred, ""},
			{"Share", 9, percent, ""},
			{"Declared by", 11, centred, ""},
			{"Closest rank", 11, centred, ""},
			{"What", 30, wrapped, ""},
			{"Which", 60, wrapped, ""},
		},
		row: func(i, _ int) []any {
			q := &p.Parties[i]
			return []any{
				text(q.ID), text(q.Name), len(q.Clients), q.Share, q.Declared, rankOf(q.Rank), text(strings.Join(q.Trust, ", ")), text(reports.Cut(strings.Join(q.Clients, ", "), 20000)),
			}
		},
	}
}
