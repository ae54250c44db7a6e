package lookalike

import "strings"

// flatten writes the whole domain as one label, dots as hyphens or left out, and
// puts it under another suffix: jica-go-jp.biz for jica.go.jp stood in the
// campaign that PwC and BAE Systems describe (Operation Cloud Hopper, Apr 2017,
// Table 2). It also drops a level of the suffix.
func (m *maker) flatten() bool {
	parts := strings.Split(m.suffixOf, ".")
	label := string(m.label)
	last := parts[len(parts)-1]
	if len(parts) > 1 && (!m.text(label, last, costFlatten) || !m.text(label+parts[0], strings.Join(parts[1:], "."), costFlatten)) {
		return false
	}
	for _, under := range append([]string{m.suffixOf, last}, flatSuffixes()...) {
		cost := costFlatten
		if under != m.suffixOf && under != "com" {
			cost += costFlattenElse
		}
		for _, flat := range []string{label + "-" + strings.Join(parts, "-"), label + strings.Join(parts, "")} {
			if !m.text(flat, under, cost) {
				return false
			}
		}
	}
	return true
}

// flatSuffixes are those that the campaign's names stood under, and their like.
func flatSuffixes() []string {
	return []string{"com", "net", "org", "biz", "info", "co", "io", "xyz", "online", "site", "top"}
}
