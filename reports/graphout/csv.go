package graphout

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"mspscan/msp"
)

// NodesCSV writes the nodes with the header that neo4j-admin import reads; the
// edges are a file of their own.
func NodesCSV(w io.Writer, in Input) error {
	rows := [][]string{{"id:ID", "name", "rank:int", "value:double", "exposure_hi:double", "exposure_lo:double", "score_hi:double", "score_lo:double", ":LABEL"}}
	for _, n := range stage(in).nodes {
		rows = append(rows, []string{
			cell(n.id), cell(n.name), strconv.Itoa(n.rank), plain(n.value), plain(n.money.Hi), plain(n.money.Lo),
			plain(n.score.Hi), plain(n.score.Lo), label(kindName(n.kind)),
		})
	}
	return writeCSV(w, rows)
}

// EdgesCSV writes the edges with the header that neo4j-admin import reads.
func EdgesCSV(w io.Writer, in Input) error {
	s := stage(in)
	rows := [][]string{{":START_ID", ":END_ID", "door", "level", "t_hi:double", "t_lo:double", "declared:boolean", ":TYPE"}}
	for _, e := range s.edges {
		level := ""
		if e.door {
			level = e.level.String()
		}
		rows = append(rows, []string{
			cell(s.nodes[e.from].id), cell(s.nodes[e.to].id), cell(e.id), level, plain(e.t.Hi), plain(e.t.Lo),
			strconv.FormatBool(e.declared), strings.ToUpper(e.kind),
		})
	}
	return writeCSV(w, rows)
}

func writeCSV(w io.Writer, rows [][]string) error {
	if err := csv.NewWriter(w).WriteAll(rows); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	return nil
}

func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// cell makes outside text harmless in a spreadsheet too, where a cell that
// starts with one of these runs as a formula.
func cell(s string) string {
	s = msp.Visible(s)
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}

// label makes third_party ThirdParty.
func label(kind string) string {
	var b strings.Builder
	for _, part := range strings.Split(kind, "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}
