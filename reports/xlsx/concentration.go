package xlsx

import (
	"mspscan/reports"
)

// layers writes on whom each layer hangs, outage beside compromise.
func (b *book) layers() error {
	t := &table{
		sheet: sheetLayers, title: "Concentration by layer", name: "tbl_layers", freeze: 1, n: len(b.r.Layers), note: reports.LayerNote,
		columns: []column{
			{"Layer", 20, wrapped, ""},
			{"In words", 60, wrapped, ""},
			{"Stopped by one of", 11, number, ""},
			{"Outage", 10, chance, ""},
			{"Outage by", 30, wrapped, ""},
			{"Reached through one of", 11, number, ""},
			{"Compromise", 11, chance, ""},
			{"Compromise by", 40, wrapped, ""},
			{"Users", 8, number, ""},
			{"Parties", 8, number, ""},
			{"HHI", 8, fraction, ""},
			{"HHI − 1/C", 9, fraction, ""},
			{"Equal parties", 9, decimal, ""},
		},
	}
	t.row = func(i, _ int) []any {
		l := &b.r.Layers[i]
		return []any{
			text(reports.LayerTitle(l.Layer)), text(l.Text), len(l.Stops), l.Outage.Hi, b.named(l.Stops), len(l.Touches), l.Compromise, b.named(l.Touches),
			l.Users, l.Parties, l.HHI, l.Excess, reports.Equal(l.HHI),
		}
	}
	return t.write(b)
}

// named lists parties by name.
func (b *book) named(ids []string) string {
	list := make([]string, 0, len(ids))
	for _, id := range ids {
		_, name := b.partyOf(id)
		list = append(list, name)
	}
	return lines(list)
}

// shares writes how many lean on one party in each layer.
func (b *book) shares() error {
	t := &table{
		sheet: sheetShares, title: "Who stands behind each layer", name: "tbl_shares", freeze: 2, n: len(b.r.Concentration),
		note: "Of the organisation and its declared providers: C counts whom a break-in at the party reaches, directly or through others; I whom its failure stops, for want of another.",
		columns: []column{
			{"Layer", 20, wrapped, ""},
			{"Party", 34, wrapped, ""},
			{"C: compromise reaches", 13, number, ""},
			{"C share", 9, percent, ""},
			{"I: outage stops", 13, number, ""},
			{"I share", 9, percent, ""},
			{"Of", 8, number, ""},
			{"Reaches the organisation", 14, centred, ""},
			{"Stops the organisation", 14, centred, ""},
		},
	}
	t.row = func(i, _ int) []any {
		c := &b.r.Concentration[i]
		_, name := b.partyOf(c.Provider)
		of := float64(max(c.Users, 1))
		return []any{text(reports.LayerTitle(c.Layer)), name, c.C, float64(c.C) / of, c.I, float64(c.I) / of, c.Users, yesNo(c.Touches), yesNo(c.Stops)}
	}
	t.dress = func(s *stream) error { return s.bar01(t.ref(t.col("C share"))) }
	return t.write(b)
}
