package msp

import "time"

// Answer is what was said to a question. Not knowing is the zero value and
// never a pass.
type Answer int

// The four answers.
const (
	Unknown Answer = iota
	Yes
	No
	NA // not applicable; needs a reason
)

// String gives the word of the inventory.
func (a Answer) String() string {
	names := [...]string{"unknown", "yes", "no", "na"}
	if a < 0 || int(a) >= len(names) {
		return "unknown"
	}
	return names[a]
}

// Evidence says how well an answer is founded. The zero Evidence is Attested:
// somebody said so.
type Evidence int

// The evidence levels.
const (
	Attested Evidence = iota
	Verified
)

// String gives the word of the inventory.
func (e Evidence) String() string {
	if e == Verified {
		return "verified"
	}
	return "attested"
}

// EvidenceMonths is the age in months after which evidence counts as expired.
const EvidenceMonths = 24

// Reply is an answer with its evidence: {answer, evidence, source, date} of the
// inventory, or a bare answer.
type Reply struct {
	Answer   Answer
	Evidence Evidence
	From     string // where the evidence lies, such as "SIEM rule 214"
	Date     Date
	Reason   string // why it does not apply, for NA
	Src      Source
}

// Expired reports whether the reply carries a date older than EvidenceMonths
// before now.
func (r Reply) Expired(now time.Time) bool {
	return r.Date.Known() && r.Date.OlderThan(EvidenceMonths, now)
}

// Control names a safeguard on an access item.
type Control string

// The controls of the inventory.
const (
	MFA                  Control = "mfa"
	PhishingResistantMFA Control = "phishing_resistant_mfa"
	JITPAM               Control = "jit_pam"
	JumpHost             Control = "jump_host"
	AllowList            Control = "allow_list"
	DedicatedPath        Control = "dedicated_path"
	Segmentation         Control = "segmentation"
	NamedAccounts        Control = "named_accounts"
	CredentialsDedicated Control = "credentials_dedicated"
	Logging              Control = "logging"
	Monitored            Control = "monitored"
	EgressFiltering      Control = "egress_filtering"
)

// AllControls lists the controls in the order of the contract.
func AllControls() []Control {
	return []Control{
		MFA, PhishingResistantMFA, JITPAM, JumpHost, AllowList, DedicatedPath,
		Segmentation, NamedAccounts, CredentialsDedicated, Logging, Monitored, EgressFiltering,
	}
}
