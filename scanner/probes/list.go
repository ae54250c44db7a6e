package probes

import (
	"slices"
	"strings"

	"mspscan/scanner"
)

func sorted(list []scanner.Probe) []scanner.Probe {
	slices.SortStableFunc(list, func(a, b scanner.Probe) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// ByName gives the probe of a name; false if there is none.
func ByName(list []scanner.Probe, name string) (scanner.Probe, bool) {
	i := slices.IndexFunc(list, func(p scanner.Probe) bool { return p.Name == name })
	if i < 0 {
		return scanner.Probe{}, false
	}
	return list[i], true
}
