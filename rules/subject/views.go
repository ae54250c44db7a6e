package subject

import "mspscan/msp/fact"

// Number is a whole number that may be unknown, or stated as none.
type Number struct {
	Value int64 `json:"value"`
	Known bool  `json:"known"` // a number, or none
	None  bool  `json:"none"`
}

// Organisation is the customer whose exposure is asked for.
type Organisation struct {
	ID              string         `json:"id"`
	Name            string         `json:"name"`
	Undeclared      []*Undeclared  `json:"undeclared"`       // third parties seen in DNS and not declared
	SharedOperators []*SharedParty `json:"shared_operators"` // operators behind direct providers, sorted
	DirectProviders int64          `json:"direct_providers"`

	src organisationSource
}

// Provider is a declared provider of any rank.
type Provider struct {
	ID                   string         `json:"id"`
	Name                 string         `json:"name"`
	Kind                 string         `json:"kind"`
	Rank                 int64          `json:"rank"`
	Live                 bool           `json:"live"` // a relationship of it is not over
	Material             string         `json:"material"`
	RiskRating           string         `json:"risk_rating"` // "" = not stated
	AssessmentsKnown     bool           `json:"assessments_known"`
	LastAssessment       string         `json:"last_assessment"`  // latest on or before the run's date
	ReachesCritical      string         `json:"reaches_critical"` // yes, no; unknown where access or criticality is not stated
	CriticalAssets       []string       `json:"critical_assets"`  // ids of the critical assets that it reaches
	Answers              *Answers       `json:"answers"`
	EssentialEightTarget int64          `json:"essential_eight_target"`
	Score                *Score         `json:"score"`
	Concentration        *Concentration `json:"concentration"`
	NotSeen              []string       `json:"not_seen"`         // declared DNS services that no fact shows
	NotSeenUnknown       []string       `json:"not_seen_unknown"` // declared DNS services that could not be looked at
	Lookalikes           *Sweep         `json:"lookalikes"`       // registered names that could be taken for its domains
	BrandNames           *Sweep         `json:"brand_names"`      // its labels under dynamic-DNS suffixes

	src providerSource
}

// Sweep is what a sweep found of one party.
type Sweep struct {
	Asked   bool     `json:"asked"`   // the sweep was run
	Found   []*Swept `json:"found"`   // sorted by name, each once
	Unknown int64    `json:"unknown"` // names without a clean answer, or under a wildcard
	Left    int64    `json:"left"`    // names that the budget left out
	Total   int64    `json:"total"`   // names asked for
	Why     string   `json:"why"`     // of Unknown: reasons with their numbers

	facts   []*fact.Fact
	reasons map[string]int
}

// Swept is a name that a sweep found.
type Swept struct {
	Name      string   `json:"name"`
	Of        string   `json:"of"` // the domains that it could be taken for
	How       string   `json:"how"`
	Likeness  int64    `json:"likeness"`   // of a look-alike, 1 to 99
	Delegated bool     `json:"delegated"`  // its parent delegates it; else it resolves
	Mail      bool     `json:"mail"`       // it has exchangers
	MailState string   `json:"mail_state"` // unknown where the MX set was not answered
	Seen      []string `json:"seen"`       // name servers, or addresses

	facts []*fact.Fact
}

// Evidence gives the fact that found the name.
func (s *Swept) Evidence() []*fact.Fact { return s.facts }

// Concerns leaves the provider to the subject.
func (s *Swept) Concerns() (string, bool) { return "", false }

// Answers are a provider's replies to the questionnaire.
type Answers struct {
	IndicatorSweep           string  `json:"indicator_sweep"`
	ClientIsolation          string  `json:"client_isolation"`
	CredentialAbuseDetection string  `json:"credential_abuse_detection"`
	EssentialEightLevel      *Number `json:"essential_eight_level"`
}

// Score is the exposure score, 0 to 100: hi counts unknown answers as no, lo as
// yes.
type Score struct {
	Known bool    `json:"known"`
	Hi    float64 `json:"hi"`
	Lo    float64 `json:"lo"`
}

// Concentration says how much hangs on a provider.
type Concentration struct {
	Critical      int64   `json:"critical"`       // critical assets that it, or something through it, reaches
	CriticalTotal int64   `json:"critical_total"` // critical assets in all
	Direct        int64   `json:"direct"`         // direct providers that depend on it
	DirectTotal   int64   `json:"direct_total"`   // direct providers in all
	C             float64 `json:"c"`              // share of the direct providers
	I             float64 `json:"i"`              // share of the critical assets
}

// Relationship says that a provider serves a customer.
type Relationship struct {
	ID              string    `json:"id"`
	Provider        string    `json:"provider"`
	ProviderName    string    `json:"provider_name"`
	Customer        string    `json:"customer"`
	ToOrganisation  bool      `json:"to_organisation"`
	Service         string    `json:"service"`
	AccessStated    bool      `json:"access_stated"`
	LiveAccess      []string  `json:"live_access"` // ids of access items that are not over
	Contract        *Contract `json:"contract"`
	Logging         *Logging  `json:"logging"`
	Missing         []string  `json:"missing"` // fields of ISM-1737 that are empty
	Egress          string    `json:"egress"`
	EgressFiltering string    `json:"egress_filtering"`
	TwoWay          []string  `json:"two_way"` // doors of the customer into the provider at control, if the provider has one too

	src relationshipSource
}

// Contract is the agreement behind a relationship.
type Contract struct {
	Stated                    bool     `json:"stated"` // the key was written
	None                      bool     `json:"none"`   // there is no contract
	Starts                    string   `json:"starts"`
	Ends                      string   `json:"ends"`
	IncidentNoticeHours       *Number  `json:"incident_notice_hours"`
	IncidentNoticeCovers      []string `json:"incident_notice_covers"`
	IncidentNoticeCoversKnown bool     `json:"incident_notice_covers_known"`
	AuditRight                string   `json:"audit_right"`
	LastAudit                 string   `json:"last_audit"`
	SubcontractorNoticeDays   *Number  `json:"subcontractor_notice_days"`
	BreakClause               string   `json:"break_clause"`
	ExitPlan                  string   `json:"exit_plan"`
	Locations                 []string `json:"locations"`
	LocationsKnown            bool     `json:"locations_known"`
	SharedResponsibility      string   `json:"shared_responsibility"`
	FlowDown                  string   `json:"flow_down"`
}

// Logging says what of the provider's logs the customer gets.
type Logging struct {
	RetentionMonths *Number `json:"retention_months"`
	CustomerAccess  string  `json:"customer_access"`
}

// Access is one door into a customer that is not over.
type Access struct {
	ID              string    `json:"id"`
	Kind            string    `json:"kind"`
	Level           string    `json:"level"` // read or control
	Provider        string    `json:"provider"`
	Customer        string    `json:"customer"`
	Service         string    `json:"service"`
	WholeCustomer   bool      `json:"whole_customer"`   // names no asset: the customer itself
	ReachesIdentity bool      `json:"reaches_identity"` // an asset of kind identity is reached
	Controls        *Controls `json:"controls"`
	Reviewed        string    `json:"reviewed"`
	LastUsed        string    `json:"last_used"`
	ScopeApplies    bool      `json:"scope_applies"` // there are assets and a contract to compare
	ScopeKnown      bool      `json:"scope_known"`
	OutOfScope      []string  `json:"out_of_scope"` // assets reached that the contract's scope does not list

	src accessSource
}

// Controls are the answers on a door, as words.
type Controls struct {
	MFA                  string `json:"mfa"`
	PhishingResistantMFA string `json:"phishing_resistant_mfa"`
	JITPAM               string `json:"jit_pam"`
	JumpHost             string `json:"jump_host"`
	AllowList            string `json:"allow_list"`
	DedicatedPath        string `json:"dedicated_path"`
	Segmentation         string `json:"segmentation"`
	NamedAccounts        string `json:"named_accounts"`
	CredentialsDedicated string `json:"credentials_dedicated"`
	Logging              string `json:"logging"`
	Monitored            string `json:"monitored"`
	EgressFiltering      string `json:"egress_filtering"`
}

// Asset is something of value to the organisation.
type Asset struct {
	ID                string   `json:"id"`
	Name              string   `json:"name"`
	Kind              string   `json:"kind"`
	Criticality       string   `json:"criticality"` // "" = not stated
	Providers         []string `json:"providers"`   // ids of those it depends on
	ProvidersUnknown  bool     `json:"providers_unknown"`
	Alternatives      []string `json:"alternatives"`
	AlternativesKnown bool     `json:"alternatives_known"`

	src assetSource
}

// Path is one way from a provider to an asset.
type Path struct {
	ID          string   `json:"id"`
	Provider    string   `json:"provider"`
	Asset       string   `json:"asset"`
	Criticality string   `json:"criticality"` // of the asset; "" = not stated
	Doors       []string `json:"doors"`
	Yes         []string `json:"yes"`     // controls on the way answered yes, as door.control
	Unknown     []string `json:"unknown"` // controls on the way that were not answered

	src pathSource
}
