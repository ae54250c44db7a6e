package subject

import (
	"mspscan/msp"
	"mspscan/msp/fact"
)

// Look says how a look into DNS ended: present, absent, broken or unknown. What
// was never asked is unknown, too, with Asked false.
type Look struct {
	State  string `json:"state"`
	Reason string `json:"reason"`
	Asked  bool   `json:"asked"`
}

// Domain is a zone in scope.
type Domain struct {
	Name         string          `json:"name"`
	OwnerID      string          `json:"owner"`      // organisation or provider
	Delegation   *Delegation     `json:"delegation"` // who serves the zone
	MX           *MX             `json:"mx"`
	SPF          *SPF            `json:"spf"`
	DMARC        *DMARC          `json:"dmarc"`
	CAA          *CAA            `json:"caa"`
	DNSSEC       *DNSSEC         `json:"dnssec"`
	TLSRPT       *TLSRPT         `json:"tlsrpt"`
	MTASTS       *MTASTS         `json:"mtasts"`
	Wildcard     *Wildcard       `json:"wildcard"`
	DANE         []*DANEHost     `json:"dane"` // MX hosts that were asked for TLSA
	DKIM         []*DKIMKey      `json:"dkim"` // selectors of discovered vendors
	Tokens       []*Token        `json:"tokens"`
	Transfer     []*ServerAnswer `json:"transfer"`
	Recursion    []*ServerAnswer `json:"recursion"`
	Unregistered []*Target       `json:"unregistered"` // targets whose registrable domain does not exist
	Unresolved   []string        `json:"unresolved"`   // registrable domains of targets whose parent did not say
	Unlooked     []string        `json:"unlooked"`     // record sets that could hold targets and were not answered
	Drift        []string        `json:"drift"`        // what differs from the previous run
	DriftAsked   bool            `json:"drift_asked"`  // there is a previous run that looked

	src domainSource
}

// Delegation is who serves a zone.
type Delegation struct {
	Look
	NS            []string      `json:"ns"`        // delegated hosts, sorted
	Operators     []string      `json:"operators"` // who runs them, sorted
	Servers       []*NameServer `json:"servers"`
	ParentKnown   bool          `json:"parent_known"`
	ChildKnown    bool          `json:"child_known"`
	ParentOnly    []string      `json:"parent_only"`    // hosts that only the parent names
	ChildOnly     []string      `json:"child_only"`     // hosts that only the zone names
	ChildDiffers  bool          `json:"child_differs"`  // its servers give different NS sets
	Serials       []string      `json:"serials"`        // distinct SOA serials
	SecondSerials []string      `json:"second_serials"` // of the second look
	SecondLook    bool          `json:"second_look"`    // there was one
}

// NameServer is one address of a delegated name server.
type NameServer struct {
	Host       string `json:"host"`
	Address    string `json:"address"`
	State      string `json:"state"` // as fact.DelegationServer
	Rcode      string `json:"rcode"`
	Reason     string `json:"reason"`
	Answered   bool   `json:"answered"`    // something came back, or the lack of an address is proved
	PublicHost bool   `json:"public_host"` // a DNS host of the catalogue that anyone can be a customer of
	Operator   string `json:"operator"`
}

// MX is a domain's mail exchangers.
type MX struct {
	Look
	HasMX     bool     `json:"has_mx"`    // takes mail: a null MX alone does not
	NullOnly  bool     `json:"null_only"` // says that it takes no mail (RFC 7505)
	Null      bool     `json:"null_mx"`
	Hosts     []string `json:"hosts"`
	CNAMEs    []string `json:"cnames"`     // hosts that are aliases
	NoAddress []string `json:"no_address"` // hosts that have none
	Private   []string `json:"private"`    // hosts with private addresses only
	Unknown   []string `json:"unknown"`    // hosts that were not answered
}

// SPF is a domain's sender policy.
type SPF struct {
	Look
	Result    string   `json:"result"` // none, ok, permerror, temperror
	Record    string   `json:"record"`
	All       string   `json:"all"` // qualifier of the effective all
	PassAll   bool     `json:"pass_all"`
	UsesPTR   bool     `json:"uses_ptr"`
	IPv4      float64  `json:"ipv4"`
	IPv6      float64  `json:"ipv6"`
	Lookups   int64    `json:"lookups"`
	Voids     int64    `json:"voids"`
	Errors    []string `json:"errors"`
	Unbounded []string `json:"unbounded"`
	Truncated bool     `json:"truncated"`
	Tree      string   `json:"tree"` // the include tree with costs, on one line
}

// DMARC is the policy in force for a domain.
type DMARC struct {
	Look
	Result      string    `json:"result"` // none, ok, invalid, multiple, temperror
	Record      string    `json:"record"`
	At          string    `json:"at"`
	Apex        bool      `json:"apex"` // the record stands at this domain, and it is the organisational domain
	Policy      string    `json:"policy"`
	Subdomain   string    `json:"subdomain"`
	NonExistent string    `json:"non_existent"`
	Testing     bool      `json:"testing"`
	Effective   string    `json:"effective"`
	Errors      []string  `json:"errors"`
	Reports     []*Report `json:"reports"` // external receivers, one of each domain
}

// Report is an external receiver of DMARC reports.
type Report struct {
	Tag        string `json:"tag"`
	Domain     string `json:"domain"`
	Authorised string `json:"authorised"` // present, absent, unknown
	Reason     string `json:"reason"`
	NXDomain   bool   `json:"nxdomain"`
}

// CAA is the record set that the climb of RFC 8659 finds.
type CAA struct {
	Look
	At              string   `json:"at"`
	UnknownCritical []string `json:"unknown_critical"`
}

// DNSSEC is the chain at a zone cut.
type DNSSEC struct {
	Look
	DS         string   `json:"ds"`         // present, absent, unknown
	Validation string   `json:"validation"` // secure, bogus, insecure, indeterminate
	Checked    bool     `json:"checked"`
	Faults     []string `json:"faults"`
	Weak       []string `json:"weak"`       // what of algorithms, key sizes and digests is weak
	KeysKnown  bool     `json:"keys_known"` // the key set was answered
}

// TLSRPT is the SMTP TLS reporting record.
type TLSRPT struct {
	Look
	Errors []string `json:"errors"`
}

// MTASTS is the MTA-STS record and policy.
type MTASTS struct {
	Look
	Errors []string `json:"errors"`
	Policy string   `json:"policy"` // present, absent, broken, unknown
	Mode   string   `json:"mode"`
}

// Wildcard says whether names that nobody made resolve.
type Wildcard struct {
	Look
	Resolved int64    `json:"resolved"`
	Targets  []string `json:"targets"`
}

// DANEHost is the TLSA set of one MX host.
type DANEHost struct {
	Look
	Host   string   `json:"host"`
	Signed string   `json:"signed"` // present, absent, unknown
	Faults []string `json:"faults"` // records that cannot match
}

// DKIMKey is the key at one selector.
type DKIMKey struct {
	Look
	Selector string   `json:"selector"`
	Vendor   string   `json:"vendor"`
	KeyType  string   `json:"key_type"`
	Bits     int64    `json:"bits"`
	Revoked  bool     `json:"revoked"`
	Testing  bool     `json:"testing"`
	Errors   []string `json:"errors"`

	facts []*fact.Fact
}

// Token is a verification record.
type Token struct {
	Vendor   string `json:"vendor"` // catalogue id
	Name     string `json:"name"`
	Text     string `json:"text"`
	Declared bool   `json:"declared"`
}

// ServerAnswer is what one server made of an active probe.
type ServerAnswer struct {
	Host    string `json:"host"`
	Address string `json:"address"`
	State   string `json:"state"`
	Reason  string `json:"reason"`
	Records int64  `json:"records"`
}

// Target is a registrable domain that records of a domain lead to and that does
// not exist.
type Target struct {
	Domain string   `json:"domain"`
	From   []string `json:"from"` // the records, for people

	facts []*fact.Fact
}

// Host is a name in scope.
type Host struct {
	Look
	Name            string           `json:"name"`
	OwnerID         string           `json:"owner"`
	Chain           []string         `json:"chain"` // targets of the CNAME chain
	Addresses       []string         `json:"addresses"`
	Private         []string         `json:"private"` // addresses that are not public
	End             string           `json:"end"`
	EndRcode        string           `json:"end_rcode"`
	Claimable       string           `json:"claimable"`        // suffix below which anyone can create the end of the chain; "" = none
	Service         string           `json:"service"`          // who runs that suffix
	RemoteAccess    []*RemoteProduct `json:"remote_access"`    // products that the name shows
	TXT             *Look            `json:"txt"`              // of the verification records at the name
	DynamicDNS      []string         `json:"dynamic_dns"`      // the name or targets under a dynamic-DNS suffix
	Indicators      []*IndicatorHit  `json:"indicators"`       // what indicator sets name of it
	IndicatorsAsked bool             `json:"indicators_asked"` // a set is loaded

	src hostSource
}

// RemoteProduct is a remote-access product and what shows it.
type RemoteProduct struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	How  string `json:"how"` // name, cname, txt, or guess: a name alone
	Seen string `json:"seen"`

	facts []*fact.Fact
}

// Undeclared is a third party that one party's DNS shows and the inventory does
// not declare.
type Undeclared struct {
	Party         string   `json:"party"`
	Name          string   `json:"name"`
	Catalogued    bool     `json:"catalogued"`
	Dependent     string   `json:"dependent"`
	DependentName string   `json:"dependent_name"`
	Own           bool     `json:"own"` // the dependent is the organisation itself
	Trusts        []string `json:"trusts"`
	Chain         []string `json:"chain"`
	Listed        bool     `json:"listed"` // a provider of the inventory without any relationship

	provider string
	pos      msp.Pos // of the dependent's domains
	facts    []*fact.Fact
}

// SharedParty is an operator behind several direct providers.
type SharedParty struct {
	Party     string   `json:"party"`
	Name      string   `json:"name"`
	Layer     string   `json:"layer"` // dns, mail, remote access
	Providers []string `json:"providers"`
	Share     float64  `json:"share"`

	facts []*fact.Fact
}

// Evidence gives the facts that show the dependency.
func (u *Undeclared) Evidence() []*fact.Fact { return u.facts }

// Concerns gives the dependent, if it is a provider.
func (u *Undeclared) Concerns() (string, bool) { return u.provider, true }

// Place gives where the dependent declares its domains.
func (u *Undeclared) Place() msp.Pos { return u.pos }

// Evidence gives the facts that show the operator.
func (s *SharedParty) Evidence() []*fact.Fact { return s.facts }

// Concerns is nobody in particular.
func (s *SharedParty) Concerns() (string, bool) { return "", false }

// Evidence gives the facts whose records lead there, and the registry's answer.
func (t *Target) Evidence() []*fact.Fact { return t.facts }

// Concerns is the domain's owner.
func (t *Target) Concerns() (string, bool) { return "", false }

// Evidence gives the facts that show the product.
func (r *RemoteProduct) Evidence() []*fact.Fact { return r.facts }

// Concerns is the host's owner.
func (r *RemoteProduct) Concerns() (string, bool) { return "", false }

// Evidence gives the fact of the selector.
func (k *DKIMKey) Evidence() []*fact.Fact { return k.facts }

// Concerns is the domain's owner.
func (k *DKIMKey) Concerns() (string, bool) { return "", false }
