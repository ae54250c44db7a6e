package subject

import (
	"sort"
	"strings"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/msp/indicator"
)

// IndicatorHit is a published indicator that names what was seen at a host.
// Listed says in which sets, by whom and since when.
type IndicatorHit struct {
	Indicator string   `json:"indicator"`
	Observed  []string `json:"observed"` // names and addresses, with what they are in the records
	Listed    []string `json:"listed"`   // "set: source, date"

	facts []*fact.Fact
}

// Evidence gives the facts that show it.
func (h *IndicatorHit) Evidence() []*fact.Fact { return h.facts }

// Concerns says nothing of a provider.
func (h *IndicatorHit) Concerns() (string, bool) { return "", false }

// maxObserved bounds what one hit lists: a finding is to be read.
const maxObserved = 12

// indicators joins the hits that concern a host: one entry an indicator,
// whichever sets and records show it.
func (b *builder) indicators(v *Host) {
	v.IndicatorsAsked = b.sets > 0
	found := map[string]*IndicatorHit{}
	for _, hit := range b.hits[msp.Name(v.Name)] {
		h := found[hit.Indicator]
		if h == nil {
			h = &IndicatorHit{Indicator: hit.Indicator}
			found[hit.Indicator] = h
			v.Indicators = append(v.Indicators, h)
		}
		h.Observed, h.Listed = append(h.Observed, hit.Observed+" ("+hit.How+")"), append(h.Listed, published(hit))
		if f := b.byID[hit.Fact]; f != nil {
			h.facts = append(h.facts, f)
		}
	}
	sort.Slice(v.Indicators, func(i, j int) bool { return v.Indicators[i].Indicator < v.Indicators[j].Indicator })
	v.Indicators = bound(b, "indicators at "+v.Name, v.Indicators)
	for _, h := range v.Indicators {
		h.Observed, h.Listed, h.facts = unique(h.Observed), unique(h.Listed), sortFacts(h.facts)
		h.Observed = h.Observed[:min(len(h.Observed), maxObserved)]
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
