package msp

// SubjectKind says what a finding is about.
type SubjectKind string

// The subject kinds of rules and findings.
const (
	SubjectOrganisation SubjectKind = "organisation"
	SubjectProvider     SubjectKind = "provider"
	SubjectRelationship SubjectKind = "relationship"
	SubjectAccess       SubjectKind = "access"
	SubjectAsset        SubjectKind = "asset"
	SubjectDomain       SubjectKind = "domain"
	SubjectHost         SubjectKind = "host"
	SubjectPath         SubjectKind = "path"
)

// Subject names what a finding is about; ids as in contract section 7.
type Subject struct {
	Kind SubjectKind `json:"kind"`
	ID   string      `json:"id"`
}

// EvidenceItem is one thing seen or declared behind a finding.
type EvidenceItem struct {
	Fact     string   `json:"fact,omitempty"`  // fact id, for what was seen
	Check    string   `json:"check,omitempty"` // the question that the fact answers, the same in every run
	Summary  string   `json:"summary"`         // what was seen or declared
	Server   string   `json:"server,omitempty"`
	At       string   `json:"at,omitempty"`       // RFC 3339
	Dig      []string `json:"dig,omitempty"`      // commands that show it again
	Location *Pos     `json:"location,omitempty"` // for what was declared
}

// FindingState compares a finding with the previous run.
type FindingState string

// The states; StateNone without a previous run.
const (
	StateNone        FindingState = ""
	StateNew         FindingState = "new"
	StateSame        FindingState = "same"
	StateFixed       FindingState = "fixed"
	StateReopened    FindingState = "reopened"
	StateNotLookedAt FindingState = "not_looked_at"
)

// Finding is a rule that holds for a subject. ID is a hash of rule, subject and
// the discriminating part of the evidence: stable over runs, never of order,
// time or text.
type Finding struct {
	ID          string              `json:"id"`
	Rule        string              `json:"rule"`
	Severity    Severity            `json:"severity"`
	Confidence  Confidence          `json:"confidence"`
	Subject     Subject             `json:"subject"`
	Provider    string              `json:"provider"` // declared provider concerned; "" = the organisation's own
	Title       string              `json:"title"`
	Message     string              `json:"message"`
	Evidence    []EvidenceItem      `json:"evidence"`
	Expected    string              `json:"expected"`
	Remediation string              `json:"remediation"`
	References  []string            `json:"references"`
	Frameworks  map[string][]string `json:"frameworks"`
	State       FindingState        `json:"state"`
	Location    Pos                 `json:"location"`
	Waived      *Waived             `json:"waived"`
}

// Waived says who accepted a finding and until when.
type Waived struct {
	Reason        string `json:"reason"`
	Justification string `json:"justification"`
	ApprovedBy    string `json:"approved_by"`
	Expires       Date   `json:"expires"`
}

// Question is an answer that is missing: what would have to be known for a rule
// to be judged.
type Question struct {
	ID             string         `json:"id"`
	Rule           string         `json:"rule"`
	Subject        Subject        `json:"subject"`
	Provider       string         `json:"provider"`
	Text           string         `json:"text"`
	Why            string         `json:"why,omitempty"`     // what left it unknown: unanswered, timeout, …
	Missing        []string       `json:"missing,omitempty"` // the inputs without an answer, such as controls.mfa
	Narrows        float64        `json:"narrows"`           // exposure range that the answer removes, in currency
	WouldBeFinding Severity       `json:"would_be_finding"`  // if the answer is the bad one
	Location       Pos            `json:"location"`
	Evidence       []EvidenceItem `json:"evidence,omitempty"`
	Kind           string         `json:"kind"` // "answer": somebody can tell; "observation": DNS could not
}

// RuleInfo is what reports show of a rule.
type RuleInfo struct {
	ID          string              `json:"id"`
	Family      string              `json:"family"`
	Subject     SubjectKind         `json:"subject"`
	Severity    Severity            `json:"severity"` // the worst it can give
	Title       string              `json:"title"`
	Summary     string              `json:"summary"`   // for the owner of a business
	Rationale   string              `json:"rationale"` // for the engineer
	Expected    string              `json:"expected"`
	Remediation string              `json:"remediation"`
	References  []string            `json:"references"`
	Frameworks  map[string][]string `json:"frameworks"`
	Effort      string              `json:"effort"` // low, medium, high
}

// RuleCount says how often a rule was judged and how it went.
type RuleCount struct {
	Rule          string `json:"rule"`
	Pass          int    `json:"pass"`
	Fail          int    `json:"fail"`
	Unknown       int    `json:"unknown"`
	NotApplicable int    `json:"not_applicable"`
}
