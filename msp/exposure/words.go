package exposure

import (
	"fmt"
	"math"
	"strings"

	"mspscan/msp"
)

// wordsOf says what a change is.
func (m *Model) wordsOf(c candidate) string {
	at := m.doorWords(c.door)
	if c.control == "" {
		return "close " + at
	}
	return "have " + controlWords(c.control) + " in place and verified on " + at
}

// doorWords names a door with its kind and where it leads.
func (m *Model) doorWords(d int32) string {
	door := m.doors[d]
	var to []string
	for _, n := range door.stated {
		to = append(to, m.s.nodes[n].id)
	}
	kind := strings.ReplaceAll(string(door.kind), "_", " ")
	if door.assumed {
		kind = "access never stated"
	}
	if door.kind == msp.AccessInternal {
		return fmt.Sprintf("%s (%s to %s)", door.id, m.s.nodes[door.from].id, joined(to))
	}
	return fmt.Sprintf("%s (%s to %s)", door.id, kind, joined(to))
}

func controlWords(c msp.Control) string {
	switch c {
	case msp.MFA:
		return "multi-factor authentication"
	case msp.PhishingResistantMFA:
		return "phishing-resistant multi-factor authentication"
	case msp.JITPAM:
		return "just-in-time privileged access"
	case msp.JumpHost:
		return "a jump host"
	case msp.AllowList:
		return "an allow list of sources"
	case msp.DedicatedPath:
		return "a dedicated path"
	case msp.NamedAccounts:
		return "named accounts"
	case msp.CredentialsDedicated:
		return "credentials of its own"
	case msp.Monitored:
		return "monitoring around the clock"
	}
	return strings.ReplaceAll(string(c), "_", " ")
}

// joined joins words as in a sentence.
func joined(words []string) string {
	switch n := len(words); n {
	case 0:
		return "nothing"
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
}

// sentence joins changes and starts with a capital letter.
func sentence(words []string) string {
	s := strings.Join(words, "; ")
	if s == "" {
		return "Nothing"
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// amount writes money for people: AUD 4.36M.
func (m *Model) amount(v float64) string {
	unit := m.s.currency
	if unit != "" {
		unit += " "
	}
	switch a := math.Abs(v); {
	case a >= 1e9:
		return fmt.Sprintf("%s%.2fB", unit, v/1e9)
	case a >= 1e5:
		return fmt.Sprintf("%s%.2fM", unit, v/1e6)
	case a >= 1e3:
		return fmt.Sprintf("%s%.1fk", unit, v/1e3)
	}
	return fmt.Sprintf("%s%.0f", unit, v)
}

// percent writes the share of part in whole.
func percent(part, whole float64) string {
	if whole <= 0 {
		return "0 %"
	}
	return fmt.Sprintf("%.1f %%", 100*part/whole)
}
