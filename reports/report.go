package reports

import "mspscan/msp"

// SchemaID names the JSON form of a Report.
const SchemaID = "mspscan/report/v1"

// Report is everything that a run has to say, in order and ready to be
// rendered. Renderers add nothing to it and look nothing up. All lists are
// non-nil and sorted; amounts are in the organisation's currency, rounded to
// cents; times are RFC 3339, days are YYYY-MM-DD, "" where not known.
type Report struct {
	Schema        string          `json:"schema"`
	Tool          Tool            `json:"tool"`
	Run           Run             `json:"run"`
	Organisation  Organisation    `json:"organisation"`
	Coverage      Coverage        `json:"coverage"`
	Summary       Headline        `json:"summary"`
	Providers     []Provider      `json:"providers"`     // declared by exposure, worst first; then undeclared by rank and id
	Dependencies  []Dependency    `json:"dependencies"`  // by from, to, trust
	Findings      []Finding       `json:"findings"`      // by severity, worst first, then rule, subject, id
	Questions     []msp.Question  `json:"questions"`     // by what the answer is worth
	Fixes         []msp.Fix       `json:"fixes"`         // as the exposure model ranks them
	Paths         []Path          `json:"paths"`         // by probability, most credible first
	Concentration []Concentration `json:"concentration"` // by layer, then share
	Layers        []Layer         `json:"layers"`        // in the order of exposure.LayerNames, then by name
	Errors        []string        `json:"errors"`        // what went wrong without ending the run
	Assets        []Asset         `json:"assets"`        // by id
	SupplyChain   []Link          `json:"supply_chain"`  // by rank, provider, recipient
	Controls      []Control       `json:"controls"`      // by provider, subject, control
	DNS           []Check         `json:"dns"`           // the organisation's own first, then by owner, domain, check
	Actions       []Action        `json:"actions"`       // in the order in which to do them
	Rules         []Rule          `json:"rules"`         // by id
	Waivers       []Waiver        `json:"waivers"`       // as in the waiver file
	Omitted       Omitted         `json:"omitted"`       // rows that are left out of the lists above
	Model         Model           `json:"model"`         // the numbers that exposures were made with
	Sensitivity   Sensitivity     `json:"sensitivity"`   // what the ranking of providers would be if they were wrong
}

// Omitted counts the rows that a report of a very large organisation leaves out
// of its lists: those that matter least. Zero = all are there.
type Omitted struct {
	Questions int `json:"questions"`
	Actions   int `json:"actions"`
	Controls  int `json:"controls"`
	Pairs     int `json:"path_pairs"` // pairs of provider and asset whose paths are not listed
}

// Tool says which program wrote the report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Run is the header of the scan.
type Run struct {
	ID              string   `json:"id"`
	Started         string   `json:"started"`
	Finished        string   `json:"finished"`
	Complete        bool     `json:"complete"`
	InventorySHA256 string   `json:"inventory_sha256"`
	Resolvers       []string `json:"resolvers"`
	Now             string   `json:"now"` // the time that the rules judge by
	CommandLine     string   `json:"command_line"`
	Notes           []string `json:"notes"` // modes and limits that the reader must know
	Packs           []Pack   `json:"packs"` // what judged: rules, catalogue, tables, with their hashes
	Tables          Tables   `json:"tables"`
}

// Tables says which transmission tables exposures were made with.
type Tables struct {
	Version string `json:"version"`
	SHA256  string `json:"sha256"`
	BuiltIn bool   `json:"built_in"`
}

// Pack is a table or rule set that the run judged by.
type Pack struct {
	Name string `json:"name"`
	Hash string `json:"hash"`
}

// Organisation is the customer. Value is what all its assets are worth.
type Organisation struct {
	ID       string  `json:"id"`
	Name     string  `json:"name"`
	Currency string  `json:"currency"`
	Value    float64 `json:"value"`
}

// Coverage says how much was looked at. A check is one question put to DNS (a
// task): Checks = Present + Absent + Broken + Unknown. NotApplicable counts the
// judgements of rules that do not apply to their subject; Rules counts all
// judgements.
type Coverage struct {
	Checks        int       `json:"checks"`
	Present       int       `json:"present"`
	Absent        int       `json:"absent"`
	Broken        int       `json:"broken"`
	Unknown       int       `json:"unknown"`
	NotApplicable int       `json:"not_applicable"`
	Rules         Judgement `json:"rules"`
}

// Judgement counts how rules were judged over all their subjects.
type Judgement struct {
	Pass          int `json:"pass"`
	Fail          int `json:"fail"`
	Unknown       int `json:"unknown"`
	NotApplicable int `json:"not_applicable"`
}

// Counts counts findings by severity.
type Counts struct {
	Critical int `json:"critical"`
	High     int `json:"high"`
	Medium   int `json:"medium"`
	Low      int `json:"low"`
	Info     int `json:"info"`
}

// Headline is what a reader must know first.
type Headline struct {
	Worst      string   `json:"worst_provider"` // id of the provider whose compromise costs most; "" = none
	Grade      string   `json:"grade"`          // of the worst provider
	GradeAll   string   `json:"grade_all"`      // with waived findings counted
	Why        string   `json:"why"`            // the grade in words
	Explain    []string `json:"explain"`        // what its compromise costs, why the obvious fix is or isn't worth it, what to ask first
	BestFix    *msp.Fix `json:"best_fix"`       // the single change worth most that keeps the service; null = none
	Open       Counts   `json:"open"`           // without waived findings
	All        Counts   `json:"all"`            // with them
	Waived     int      `json:"waived"`
	Undeclared []string `json:"undeclared"` // ids of parties that nobody declared
	New        int      `json:"new"`
	Fixed      int      `json:"fixed"`
	Reopened   int      `json:"reopened"`
	Before     *Before  `json:"before"` // null without a previous run
}

// Explained gives the sentences of Explain behind the first, which says what stands
// in the headline.
func (h Headline) Explained() []string {
	if len(h.Explain) == 0 {
		return nil
	}
	return h.Explain[1:]
}

// Before is the previous run in figures.
type Before struct {
	Run      string    `json:"run"`
	Now      string    `json:"now"`
	Worst    string    `json:"worst_provider"`
	Score    msp.Range `json:"score"`
	Exposure msp.Range `json:"exposure"`
	Open     Counts    `json:"open"`
}

// Provider is one party that serves the organisation, directly or through
// others: declared in the inventory, or seen in DNS only. Score and Exposure are
// null where the model has none: access that nobody declared is not weighed.
type Provider struct {
	ID            string     `json:"id"`
	Name          string     `json:"name"`
	Kind          string     `json:"kind"`
	Rank          int        `json:"rank"` // 1 = serves the organisation itself; 0 = no relationship leads to it
	Declared      bool       `json:"declared"`
	Score         *msp.Range `json:"score"`
	Exposure      *msp.Range `json:"exposure"`
	Findings      Counts     `json:"findings"`     // open
	FindingsAll   Counts     `json:"findings_all"` // with the waived ones
	Grade         string     `json:"grade"`        // A to E, "" = not graded
	GradeAll      string     `json:"grade_all"`    // with waived findings counted
	GradeWhy      string     `json:"grade_why"`
	Criticality   string     `json:"criticality"` // of the most critical asset that a compromise reaches
	Services      []string   `json:"services"`
	HighestAccess string     `json:"highest_access"` // access kind; "unknown" = not stated, "none" = stated none
	Privileged    string     `json:"privileged"`     // some access grants control
	Standing      string     `json:"standing"`       // standing, just in time, unknown, none
	Data          []string   `json:"data"`           // data sensitivity of its relationships
	Assets        []string   `json:"assets"`         // names of the assets reached
	SubProviders  []string   `json:"sub_providers"`
	Domains       []string   `json:"domains"`
	Country       string     `json:"country"`
	LegalID       LegalID    `json:"legal_id"`
	Contract      string     `json:"contract"` // references; "none" = stated none, "unknown" = not stated
	ContractEnds  string     `json:"contract_ends"`
	LastReview    string     `json:"last_review"` // latest assessment
	NextReview    string     `json:"next_review"` // earliest date agreed
	Before        *msp.Range `json:"score_before"`

	Review    *ProviderReview `json:"review,omitempty"`     // what a person decided
	ToolGrade string          `json:"tool_grade,omitempty"` // the grade without reviews, where Grade differs

	Annual *Annual `json:"annual,omitempty"` // where somebody gave a frequency
}

// Annual is what a provider's compromise is expected to cost a year.
type Annual struct {
	msp.Annual
	Own bool `json:"own_frequency"` // the provider's; false = the organisation's for any provider
}

// FindingReview is what a person decided about a finding. The finding keeps the
// tool's severity; Effective gives the one that counts.
type FindingReview struct {
	Severity *msp.Severity `json:"severity,omitempty"` // null = the tool's
	Reason   string        `json:"reason,omitempty"`
	Status   string        `json:"status,omitempty"` // in_progress, fixed; "" = open
	Owner    string        `json:"owner,omitempty"`
	Due      msp.Date      `json:"due"`
}

// ProviderReview is what a person decided about a provider.
type ProviderReview struct {
	Grade  string `json:"grade,omitempty"` // "" = as the tool judges
	Reason string `json:"reason,omitempty"`
	Owner  string `json:"owner,omitempty"`
}

// LegalID identifies a legal entity.
type LegalID struct {
	Scheme string `json:"scheme"`
	Value  string `json:"value"`
}

// Dependency is what DNS shows: from relies on to.
type Dependency struct {
	From       string         `json:"from"`
	To         string         `json:"to"`
	ToName     string         `json:"to_name"`
	Kinds      []string       `json:"kinds"`
	Trust      msp.Trust      `json:"trust"`
	Declared   bool           `json:"declared"`
	Dead       bool           `json:"dead"` // every target is gone
	Rank       int            `json:"rank"`
	Confidence msp.Confidence `json:"confidence"`
	Evidence   []string       `json:"evidence"` // "acme.example MX mx.filter.example"
}

// Finding is a finding with what a reader needs around it.
type Finding struct {
	msp.Finding
	Effort     string `json:"effort"`      // of the remediation: low, medium, high
	Path       string `json:"path"`        // from the organisation to the provider concerned
	ObservedAt string `json:"observed_at"` // latest evidence
	FirstSeen  string `json:"first_seen"`  // day
	LastSeen   string `json:"last_seen"`   // day

	Review *FindingReview `json:"review,omitempty"`
}

// Effective gives the severity that counts: a reviewer's, else the tool's.
func (f Finding) Effective() msp.Severity {
	if f.Review != nil && f.Review.Severity != nil {
		return *f.Review.Severity
	}
	return f.Severity
}

// Open reports whether the finding counts: it is there and nobody waived it.
func (f Finding) Open() bool { return f.Waived == nil && f.State != msp.StateFixed }

// Waiver is one entry of the waiver file and what came of it: active, expired
// (its findings count again), unmatched or not_judged. Findings holds the ids of
// the findings that it waives, or would if it had not expired.
type Waiver struct {
	Rule          string   `json:"rule"`
	Subject       string   `json:"subject"`
	Reason        string   `json:"reason"`
	Justification string   `json:"justification"`
	ApprovedBy    string   `json:"approved_by"`
	Expires       msp.Date `json:"expires"`
	State         string   `json:"state"`
	Findings      []string `json:"findings"`
	Location      msp.Pos  `json:"location"`
}

// Path is one way from a provider to an asset.
type Path struct {
	Provider    string    `json:"provider"`
	Asset       string    `json:"asset"`
	Service     string    `json:"service"` // of the door that enters the customer
	Nodes       []string  `json:"nodes"`   // ids, provider first, asset last
	Doors       []string  `json:"doors"`   // ids, one fewer than nodes
	Access      []string  `json:"access"`  // kinds of the doors
	Controls    []string  `json:"controls"`
	Hops        int       `json:"hops"` // doors
	Rank        int       `json:"rank"` // of the provider
	Probability msp.Range `json:"probability"`
	Single      []string  `json:"single_points"` // doors whose closing cuts the provider off the asset
	SharedBy    int       `json:"shared_by"`     // providers whose listed paths go through the same entry door
}

// Asset is something of value.
type Asset struct {
	ID          string  `json:"id"`
	Name        string  `json:"name"`
	Kind        string  `json:"kind"`
	Criticality string  `json:"criticality"`
	Value       float64 `json:"value"` // likely value; 0 = not stated
}

// Link is one row of the supply chain, in the shape of template B_05.02 of the
// register of information (Implementing Regulation (EU) 2024/2956).
type Link struct {
	Contract       string  `json:"contract"`
	ServiceType    string  `json:"service_type"` // S01 to S19 with words; "" = none fits
	Service        string  `json:"service"`
	Provider       string  `json:"provider"`
	ProviderName   string  `json:"provider_name"`
	ProviderID     LegalID `json:"provider_legal_id"`
	Rank           int     `json:"rank"`
	Recipient      string  `json:"recipient"`
	RecipientName  string  `json:"recipient_name"`
	RecipientID    LegalID `json:"recipient_legal_id"`
	Country        string  `json:"country"`
	Substitution   string  `json:"substitution"`
	ExitPlan       string  `json:"exit_plan"`
	LastAudit      string  `json:"last_audit"`
	Source         string  `json:"source"` // declared, or seen in DNS
	SourceEvidence string  `json:"source_evidence"`
}

// Control is one safeguard or term and what was answered.
type Control struct {
	ID       string  `json:"id"`
	Subject  string  `json:"subject"` // access, relationship or provider id
	Provider string  `json:"provider"`
	Question string  `json:"question"`
	Source   string  `json:"source"`   // framework ids that ask for it
	Answer   string  `json:"answer"`   // yes, no, unknown, na
	Evidence string  `json:"evidence"` // verified, attested; "" without an answer
	Detail   string  `json:"detail"`   // what was said or where the evidence lies
	Expires  string  `json:"expires"`  // day on which dated evidence is too old
	Expired  bool    `json:"expired"`
	Weight   float64 `json:"weight"`
	Points   float64 `json:"points"`
	Guidance string  `json:"guidance"`
	Rule     string  `json:"rule"`
}

// Check is one question put to DNS and what came back.
type Check struct {
	Owner    string   `json:"owner"` // organisation, provider or third-party id
	Domain   string   `json:"domain"`
	Check    string   `json:"check"`
	Result   string   `json:"result"` // present, absent, broken, unknown
	Reason   string   `json:"reason"`
	Observed string   `json:"observed"`
	Expected string   `json:"expected"`
	Servers  []string `json:"servers"`
	Agree    string   `json:"agree"` // yes, no; "" = one source only
	Millis   float64  `json:"millis"`
	At       string   `json:"at"`
	Findings []string `json:"findings"` // ids
	Fact     string   `json:"fact"`
}

// Action is one line of the action plan.
type Action struct {
	Kind       string       `json:"kind"` // fix, remedy, ask
	Text       string       `json:"text"`
	Providers  []string     `json:"providers"`
	Closes     []string     `json:"closes"`   // finding ids
	Severity   msp.Severity `json:"severity"` // worst of them
	Effort     string       `json:"effort"`
	Gain       float64      `json:"gain"`       // exposure that it removes, done alone
	Cumulative float64      `json:"cumulative"` // together with the lines above; 0 = not computed
	Narrows    float64      `json:"narrows"`    // range that the answer removes
	Horizon    int          `json:"horizon"`    // days: 30, 60 or 90
	Question   string       `json:"question"`   // to send to the provider

	// Of a fix, where some fix has a cost: as in Fix.
	Cost       *float64 `json:"cost,omitempty"`
	PerCost    *float64 `json:"gain_per_cost,omitempty"`
	RankByCost int      `json:"rank_by_cost,omitempty"`
}

// Rule is a rule with how it went.
type Rule struct {
	msp.RuleInfo
	Judged Judgement `json:"judged"`
}
