package xlsx

import "mspscan/reports"

// layerTable lists how concentrated each layer is over all organisations.
func layerTable(p *reports.Portfolio) *table {
	t := &table{
		sheet: sheetLayers, title: "Concentration by layer", name: "tbl_layers", freeze: 1, n: len(p.Layers), note: reports.PortfolioLayerNote,
		columns: []column{
			{"Layer", 20, wrapped, ""},
			{"In words", 60, wrapped, ""},
			{"Organisations", 13, number, ""},
			{"Parties", 9, number, ""},
			{"Most lean on", 30, wrapped, ""},
			{"Compromise reaches", 12, number, ""},
			{"Outage stops", 12, number, ""},
			{"HHI", 8, fraction, ""},
			{"HHI − 1/C", 9, fraction, ""},
			{"Equal parties", 9, decimal, ""},
		},
	}
	t.row = func(i, _ int) []any {
		l := &p.Layers[i]
		return []any{text(reports.LayerTitle(l.Layer)), text(l.Text), l.Organisations, l.Parties, text(l.LeaderName), l.Touched, l.Stopped, l.HHI, l.Excess, reports.Equal(l.HHI)}
	}
	return t
}

// shareTable lists the parties behind more than one organisation, by layer.
func shareTable(p *reports.Portfolio) *table {
	t := &table{
		sheet: sheetShares, title: "Who stands behind each layer", name: "tbl_shares", freeze: 2, n: len(p.Concentration),
		note: "C counts the organisations that a break-in at the party reaches, directly or through others; I those that its failure stops, for want of another. Parties behind one organisation are left out.",
		columns: []column{
			{"Layer", 20, wrapped, ""},
			{"Party", 34, wrapped, ""},
			{"Id", 26, wrapped, ""},
			{"C: compromise reaches", 13, number, ""},
			{"I: outage stops", 13, number, ""},
			{"C share", 9, percent, ""},
		},
	}
	t.row = func(i, _ int) []any {
		s := &p.Concentration[i]
		return []any{text(reports.LayerTitle(s.Layer)), text(s.Name), text(s.Party), s.C, s.I, s.Share}
	}
	t.dress = func(s *stream) error { return s.bar01(t.ref(t.col("C share"))) }
	return t
}

// partyChangeTable counts what became of the findings on each party.
func partyChangeTable(p *reports.Portfolio) *table {
	list := p.PartiesChanged()
	t := &table{
		sheet: sheetByParty, title: "What changed, by provider", name: "tbl_by_party", freeze: 2, n: len(list),
		note: "There is no run before: give one with --baseline.",
		columns: []column{
			{"Id", 26, wrapped, ""},
			{"Party", 34, wrapped, ""},
			{"Organisations", 13, number, ""},
			{"New", 9, number, ""},
			{"Reopened", 10, number, ""},
			{"Fixed", 9, number, ""},
			{"Not looked at", 10, number, ""},
		},
	}
	if p.Changed != nil {
		t.note = p.Changed.Sentence()
	}
	t.row = func(i, _ int) []any {
		q := &list[i]
		return []any{text(q.ID), text(q.Name), len(q.Clients), q.New, q.Reopened, q.Fixed, q.NotLookedAt}
	}
	return t
}
