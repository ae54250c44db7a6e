package reports

import (
	"fmt"

	"mspscan/msp/fact"
)

// observedSweeps says what a sweep found and how the rest ended.
func observedSweeps(f fact.Fact) string {
	switch f.Task.Probe {
	case fact.ProbeLookalikes:
		return look(f, func(d fact.Lookalikes) string {
			return phrase(swept(d.Swept), each(d.Found, func(l fact.Lookalike) string { return string(l.Name) + " (" + l.Family + ")" }))
		})
	case fact.ProbeBrandNames:
		return look(f, func(d fact.BrandNames) string {
			return phrase(swept(d.Swept), each(d.Found, func(n fact.BrandName) string { return string(n.Name) }))
		})
	case fact.ProbeHostSweep:
		return look(f, func(d fact.HostSweep) string {
			return phrase(swept(d.Swept), each(d.Found, func(h fact.SweptHost) string { return string(h.Name) }))
		})
	}
	return ""
}

func swept(s fact.Swept) string {
	text := fmt.Sprintf("%d names asked for, %d absent", s.Asked, s.Absent)
	if s.Unknown > 0 {
		text += fmt.Sprintf(", %d without a clean answer", s.Unknown)
	}
	return text
}
