package exposure

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"mspscan/msp"
)

// wordsOf says what a change is, as something to do.
func (m *Model) wordsOf(c candidate) string {
	if c.control == "" {
		return "close " + m.doorWords(c.door)
	}
	return "have " + controlWords(c.control) + " in place and verified on " + m.doorWords(c.door)
}

// doing says what a change is, as something that is done.
func (m *Model) doing(c candidate) string {
	if c.control == "" {
		return "closing " + m.doorWords(c.door)
	}
	return "having " + controlWords(c.control) + " in place and verified on " + m.doorWords(c.door)
}

// mostNames is how many targets of a door are named.
const mostNames = 3

// doorWords names a door with its kind and where it leads.
func (m *Model) doorWords(d int32) string {
	door := m.doors[d]
	var to []string
	for i, n := range door.stated {
		if i == mostNames && len(door.stated) > mostNames+1 {
			to = append(to, fmt.Sprintf("%d more", len(door.stated)-i))
			break
		}
		to = append(to, m.nameOf(n))
	}
	switch {
	case door.assumed:
		return fmt.Sprintf("%s (access never stated, into %s)", door.id, joined(to))
	case door.kind == msp.AccessInternal:
		return fmt.Sprintf("%s (from %s to %s)", door.id, m.nameOf(door.from), joined(to))
	}
	return fmt.Sprintf("%s (%s into %s)", door.id, kindWords(door.kind), joined(to))
}

// nameOf gives the name of a node, or its id where there is none that fits a
// sentence.
func (m *Model) nameOf(n int32) string {
	at := m.s.nodes[n]
	if at.name == "" || utf8.RuneCountInString(at.name) > 60 {
		return at.id
	}
	return at.name
}

func kindWords(k msp.AccessKind) string {
	switch k {
	case msp.RMMAgent:
		return "RMM agent"
	case msp.DomainAdmin:
		return "domain administrator"
	case msp.BackupAdmin:
		return "backup administrator"
	case msp.AccessSaaS:
		return "SaaS"
	case msp.RDP, msp.SSH, msp.VPN, msp.API, msp.AccessDNS:
		return strings.ToUpper(string(k))
	}
	return strings.ReplaceAll(string(k), "_", " ")
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
func (m *Model) amount(v float64) string { return msp.Amount(m.s.currency, v) }

// percent writes the share of part in whole.
func percent(part, whole float64) string {
	if whole <= 0 {
		return "0 %"
	}
	return fmt.Sprintf("%.1f %%", 100*part/whole)
}
