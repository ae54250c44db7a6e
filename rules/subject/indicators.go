package subject

import (
	"sort"
	"strings"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/msp/indicator"
)

// IndicatorHit is a name or address seen at a host that a published indicator
// names. Listed says in which sets, by whom and since when.
type IndicatorHit struct {
	Indicator string   `json:"indicator"`
	Observed  string   `json:"observed"`
	How       []string `json:"how"`    // what it is in the records
	Listed    []string `json:"listed"` // "set: source, date"

	facts []*fact.Fact
}

// Evidence gives the facts that show it.
func (h *IndicatorHit) Evidence() []*fact.Fact { return h.facts }

// Concerns says nothing of a provider.
func (h *IndicatorHit) Concerns() (string, bool) { return "", false }

// indicators joins the hits that concern a host: one entry an indicator and
// observed value, whichever sets and records show it.
func (b *builder) indicators(v *Host) {
	v.IndicatorsAsked = b.sets > 0
	found := map[[2]string]*IndicatorHit{}
	for _, hit := range b.hits[msp.Name(v.Name)] {
		key := [2]string{hit.Indicator, hit.Observed}
		h := found[key]
		if h == nil {
			h = &IndicatorHit{Indicator: hit.Indicator, Observed: hit.Observed}
			found[key] = h
			v.Indicators = append(v.Indicators, h)
		}
		h.How, h.Listed = append(h.How, hit.How), append(h.Listed, published(hit))
		if f := b.byID[hit.Fact]; f != nil {
			h.facts = append(h.facts, f)
		}
	}
	sort.Slice(v.Indicators, func(i, j int) bool {
		x, y := v.Indicators[i], v.Indicators[j]
		return x.Indicator < y.Indicator || x.Indicator == y.Indicator && x.Observed < y.Observed
	})
	v.Indicators = bound(b, "indicators at "+v.Name, v.Indicators)
	for _, h := range v.Indicators {
		h.How, h.Listed, h.facts = unique(h.How), unique(h.Listed), sortFacts(h.facts)
		v.src.facts["indicators"] = append(v.src.facts["indicators"], h.facts...)
	}
	v.src.facts["indicators"] = append(sortFacts(v.src.facts["indicators"]), v.src.facts["cname"]...)
}

// published says who published an indicator and when.
func published(h indicator.Hit) string {
	said := []string{}
	for _, s := range []string{h.Source, h.Published} {
		if s != "" {
			said = append(said, s)
		}
	}
	if len(said) == 0 {
		said = []string{"no source or date given"}
	}
	return clip(h.Set + ": " + strings.Join(said, ", "))
}
