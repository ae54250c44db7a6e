package msp

// Inventory is what an organisation says of itself and of its providers
// (contract version 1). Lists keep the order of the file; ids are unique within
// their list, access ids over the whole inventory.
type Inventory struct {
	Version       int
	Organisation  Organisation
	Assets        []Asset
	Providers     []Provider
	Relationships []Relationship
	Internal      []Internal
	Src           Source
}

// Organisation is the customer whose exposure is asked for.
type Organisation struct {
	ID                   string
	Name                 string
	Currency             string // ISO 4217, such as AUD
	Domains              []Name
	Hosts                []Name
	DefensiveDomains     []Name // look-alikes that it registered itself
	EssentialEightTarget int    // 0 to 3; default 2
	Consent              Consent
	Frequency            Frequency // of the compromise of any provider that has none of its own
	FixCosts             FixCosts  // wherever nothing nearer gives one
	Src                  Source
}

// Asset is something of value to the organisation.
type Asset struct {
	ID          string
	Name        string
	Kind        string
	Criticality string // "" = not stated
	Value       Money
	Src         Source
}

// Money is an amount in the organisation's currency as a PERT triple; a single
// number has Min = Likely = Max.
type Money struct {
	Min, Likely, Max float64
	Known            bool
}

// Mean gives the PERT mean (min + 4 likely + max) / 6; a plain number is itself,
// to the last bit.
func (m Money) Mean() float64 { return pertMean(m.Min, m.Likely, m.Max) }

func pertMean(least, likely, most float64) float64 {
	if least == likely && likely == most {
		return likely
	}
	return (least + 4*likely + most) / 6
}

// Frequency is how many times a year a provider is expected to be compromised,
// as a PERT triple; a single number has Min = Likely = Max.
type Frequency struct {
	Min, Likely, Max float64
	Known            bool
}

// Mean gives the PERT mean.
func (f Frequency) Mean() float64 { return pertMean(f.Min, f.Likely, f.Max) }

// FixClose is the key of FixCosts for closing a door; the others are controls.
const FixClose = "close"

// FixCosts says what a fix costs: by the id of the control that it puts in place,
// or FixClose. An absent key is not known.
type FixCosts map[string]Money

// Provider is a party that serves the organisation or another provider.
type Provider struct {
	ID               string
	Name             string
	Kind             string
	Domains          []Name
	Hosts            []Name
	DefensiveDomains []Name // look-alikes that it registered itself
	LegalID          LegalID
	Country          string // ISO 3166-1 alpha-2, upper case
	Contacts         Contacts
	Material         Reply
	RiskRating       string // "" = not stated
	Assessments      []Assessment
	Answers          Answers
	Consent          Consent
	Frequency        Frequency
	Src              Source
}

// LegalID identifies a legal entity, such as scheme ABN or LEI.
type LegalID struct {
	Scheme, Value string
	Src           Source
}

// Contacts says whom to reach: Users in office hours, Always at any time.
type Contacts struct {
	Users, Always string
	Src           Source
}

// Assessment is a security assessment of a provider and its day.
type Assessment struct {
	Kind string
	Date Date
	Src  Source
}

// Answers are a provider's replies to the questionnaire.
type Answers struct {
	IndicatorSweep           Reply
	ClientIsolation          Reply
	CredentialAbuseDetection Reply
	EssentialEightLevel      OptInt // 0 to 3
	Src                      Source
}

// OptInt is a whole number that may be unknown, or stated as none.
type OptInt struct {
	Value int
	Known bool
	None  bool // stated: there is none
	Src   Source
}

// Consent is a provider's written permission for active probes.
type Consent struct {
	ActiveProbes  Reply
	By, Reference string
	Until         Date
	Src           Source
}

// Relationship says that Provider serves Customer (the organisation's id or a
// provider's).
type Relationship struct {
	Provider        string
	Customer        string
	Service         string
	Purpose         string
	DataSensitivity string
	DNSServices     []string
	Contract        Contract
	Logging         LogTerms
	NextAssessment  Date
	Contacts        Contacts
	Alternatives    OptList           // ids of providers, or names
	Egress          Reply             // customer traffic leaves through the provider
	Controls        map[Control]Reply // egress_filtering only
	FixCosts        FixCosts          // of its access items that give none of their own
	Access          []Access
	AccessStated    bool // false = the key is absent: unknown access
	Src             Source
}

// OptList is a list that may be unknown, or stated as empty.
type OptList struct {
	Values []string
	Known  bool // written at all; known and empty = stated none
	Src    Source
}

// Contract is the written agreement behind a relationship.
type Contract struct {
	Stated               bool // the key stands in the file
	None                 bool // contract: none
	Ref                  string
	Starts, Ends         Date
	Scope                OptList // asset ids
	IncidentNoticeHours  OptInt
	IncidentNoticeCovers OptList
	AuditRight           Reply
	LastAudit            Date
	SubcontractorNotice  OptInt // days
	BreakClause          Reply
	ExitPlan             Reply
	Locations            OptList
	SharedResponsibility Reply
	FlowDown             Reply
	Src                  Source
}

// LogTerms says what of the provider's logs the customer gets.
type LogTerms struct {
	RetentionMonths OptInt
	CustomerAccess  Reply
	Src             Source
}

// Access is one door into the customer: one credential, agent or tunnel.
type Access struct {
	ID       string
	Kind     AccessKind
	Reaches  []string // asset ids; empty = the customer itself
	Controls map[Control]Reply
	Reviewed Date
	LastUsed Date
	Ended    Date
	Shares   string // label of a credential shared with other doors
	FixCosts FixCosts
	Src      Source
}

// Internal is trust between the organisation's own assets, or from an asset to
// a provider that it reaches.
type Internal struct {
	ID       string
	From     string // asset id
	Reaches  []string
	Kind     AccessKind
	Controls map[Control]Reply
	Shares   string
	FixCosts FixCosts
	Src      Source
}

// Live reports whether the access is still open on day.
func (a Access) Live(day Date) bool { return !a.Ended.Known() || day.Before(a.Ended) }
