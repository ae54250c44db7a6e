package fact

import (
	"net"

	"mspscan/msp"
)

// The probes, by the name that tasks carry.
const (
	ProbeDelegation = "delegation" // Data: Delegation
	ProbeHosts      = "hosts"      // Data: Hosts
	ProbeMX         = "mx"         // Data: MX
	ProbeSPF        = "spf"        // Data: SPF
	ProbeDMARC      = "dmarc"      // Data: DMARC
	ProbeCAA        = "caa"        // Data: CAA
	ProbeDNSSEC     = "dnssec"     // Data: DNSSEC
	ProbeTokens     = "tokens"     // Data: Tokens
	ProbeRegistered = "registered" // Data: Registered
	ProbeCDN        = "cdn"        // Data: CDN
	ProbeSecond     = "second"     // Data: Second
	ProbeDKIM       = "dkim"       // Data: DKIM
	ProbeMTASTS     = "mtasts"     // Data: MTASTS
	ProbeTLSRPT     = "tlsrpt"     // Data: TLSRPT
	ProbeDANE       = "dane"       // Data: DANE
	ProbeWildcard   = "wildcard"   // Data: Wildcard
	ProbeTransfer   = "transfer"   // Data: Transfer
	ProbeRecursion  = "recursion"  // Data: Recursion
	ProbePreflight  = "preflight"  // Data: Preflight
	ProbeAgree      = "agree"      // Data: Agree
	ProbeVersion    = "version"    // Data: Version
)

// Delegation is what the parent, the zone and each of its servers say of who
// serves the zone (RFC 1034 section 4.2.1, RFC 9499).
type Delegation struct {
	Zone          msp.Name           `json:"zone"`
	Parent        msp.Name           `json:"parent,omitempty"`    // zone that delegates
	ParentNS      []msp.Name         `json:"parent_ns,omitempty"` // sorted
	ParentKnown   bool               `json:"parent_known"`        // the parent answered
	ChildNS       []msp.Name         `json:"child_ns,omitempty"`  // union of what authoritative servers say
	ChildKnown    bool               `json:"child_known"`
	Glue          []Glue             `json:"glue,omitempty"`
	Addresses     []Glue             `json:"addresses,omitempty"`      // of the delegated hosts as the resolver gives them, sorted
	Servers       []DelegationServer `json:"servers,omitempty"`        // sorted by host, address
	Serials       []uint32           `json:"serials,omitempty"`        // distinct SOA serials, sorted
	SecondSerials []uint32           `json:"second_serials,omitempty"` // of the second look, if the first differed
}

// Glue is an address the parent gave for a name server below the zone.
type Glue struct {
	Host    msp.Name `json:"host"`
	Address string   `json:"address"`
}

// The states of a DelegationServer.
const (
	ServerAuthoritative = "authoritative"     // AA answer with the zone's SOA
	ServerRefused       = "refused"           // REFUSED over UDP and TCP
	ServerServfail      = "servfail"          // SERVFAIL over UDP and TCP
	ServerReferral      = "referral"          // answered with a referral, not authoritative
	ServerNotAuth       = "not_authoritative" // answered without AA
	ServerNXDomain      = "nxdomain"          // AA NXDOMAIN for the zone's own name
	ServerSilent        = "silent"            // no answer at all: unknown
	ServerNoAddress     = "no_address"        // the host has no address (proved)
	ServerHostUnknown   = "host_unknown"      // the host's address could not be asked
	ServerSkipped       = "skipped"           // not asked: private address, budget, passive
)

// DelegationServer is one address of one delegated name server.
type DelegationServer struct {
	Host    msp.Name   `json:"host"`
	Address string     `json:"address,omitempty"`
	State   string     `json:"state"`
	Rcode   string     `json:"rcode,omitempty"`
	Serial  uint32     `json:"serial,omitempty"`
	MName   msp.Name   `json:"mname,omitempty"` // primary server in this server's SOA
	NS      []msp.Name `json:"ns,omitempty"`    // the zone's NS set as this server gives it
	Reason  string     `json:"reason,omitempty"`
	Parent  bool       `json:"parent"` // named by the parent
	Child   bool       `json:"child"`  // named by the zone itself
}

// Hop is one step of a CNAME chain.
type Hop struct {
	From msp.Name `json:"from"`
	To   msp.Name `json:"to"`
}

// Hosts is where a name leads: the CNAME chain and the addresses at its end.
type Hosts struct {
	Name      msp.Name `json:"name"`
	Chain     []Hop    `json:"chain,omitempty"`
	Addresses []string `json:"addresses,omitempty"` // sorted
	End       msp.Name `json:"end"`                 // last name of the chain
	EndRcode  string   `json:"end_rcode,omitempty"` // NOERROR or NXDOMAIN at the end; "" unknown
	Loop      bool     `json:"loop,omitempty"`
}

// MX is a domain's mail exchangers (RFC 5321 section 5, RFC 7505).
type MX struct {
	Domain      msp.Name `json:"domain"`
	Null        bool     `json:"null,omitempty"`          // a null MX stands in the set
	NullNonZero bool     `json:"null_non_zero,omitempty"` // one of a preference that is not 0 (RFC 7505 section 3 wants 0)
	Hosts       []MXHost `json:"hosts,omitempty"`         // sorted by preference, name; without the null MX
}

// MXHost is one exchanger and whether it can receive mail.
type MXHost struct {
	Preference int      `json:"preference"`
	Host       msp.Name `json:"host"`
	IsCNAME    bool     `json:"is_cname,omitempty"`
	CNAME      msp.Name `json:"cname,omitempty"`
	Addresses  []string `json:"addresses,omitempty"`
	Outcome    Outcome  `json:"outcome"` // of its addresses: Present, Absent or Unknown
	Rcode      string   `json:"rcode,omitempty"`
	Reason     string   `json:"reason,omitempty"`
}

// SPF is the walk of a domain's SPF record and all it includes (RFC 7208),
// past the limits so that the whole tree is seen.
type SPF struct {
	Domain    msp.Name `json:"domain"`
	Records   []string `json:"records,omitempty"` // TXT that begin with v=spf1, printable
	Result    string   `json:"result"`            // none, ok, permerror, temperror
	Errors    []string `json:"errors,omitempty"`  // why permerror or temperror, sorted by place
	All       string   `json:"all,omitempty"`     // qualifier of the effective all: + - ~ ?; "" = none
	Redirect  msp.Name `json:"redirect,omitempty"`
	Lookups   int      `json:"lookups"` // terms with look-ups (limit 10, section 4.6.4)
	Voids     int      `json:"voids"`   // void look-ups (limit 2)
	IPv4      float64  `json:"ipv4"`    // addresses permitted by ip4 terms with +, and by a and mx with a prefix length
	IPv6      float64  `json:"ipv6"`    // the same of IPv6
	UsesPTR   bool     `json:"uses_ptr,omitempty"`
	PassAll   bool     `json:"pass_all,omitempty"`  // +all at the top or inside an include
	Unbounded []string `json:"unbounded,omitempty"` // terms with sender macros or exists
	Tree      *SPFNode `json:"tree,omitempty"`
	Truncated bool     `json:"truncated,omitempty"` // our own bound ended the walk
}

// SPFNode is one record of the include tree.
type SPFNode struct {
	Domain  msp.Name  `json:"domain"`
	Record  string    `json:"record,omitempty"`
	Outcome Outcome   `json:"outcome"`
	Reason  string    `json:"reason,omitempty"`
	Terms   []SPFTerm `json:"terms,omitempty"`
}

// SPFTerm is one term of a record with what it costs.
type SPFTerm struct {
	Text      string   `json:"text"`
	Mechanism string   `json:"mechanism"`           // all include a mx ptr ip4 ip6 exists redirect exp modifier
	Qualifier string   `json:"qualifier,omitempty"` // + - ~ ?
	Target    msp.Name `json:"target,omitempty"`
	Lookups   int      `json:"lookups,omitempty"` // own cost and that of the tree below
	Voids     int      `json:"voids,omitempty"`
	Rcode     string   `json:"rcode,omitempty"` // of the target
	Node      *SPFNode `json:"node,omitempty"`
	Error     string   `json:"error,omitempty"`
}

// DMARC is the policy that applies to a domain's mail (RFC 9989).
type DMARC struct {
	Domain      msp.Name      `json:"domain"`
	Result      string        `json:"result"`       // none, ok, invalid, multiple, temperror
	At          msp.Name      `json:"at,omitempty"` // where the record that applies stands, without _dmarc
	OrgDomain   msp.Name      `json:"org_domain,omitempty"`
	Record      string        `json:"record,omitempty"`
	Errors      []string      `json:"errors,omitempty"`
	Policy      string        `json:"policy,omitempty"`       // p
	Subdomain   string        `json:"subdomain,omitempty"`    // sp, as in force
	NonExistent string        `json:"non_existent,omitempty"` // np, as in force
	PSD         string        `json:"psd,omitempty"`
	Testing     bool          `json:"testing,omitempty"`   // t=y
	Effective   string        `json:"effective,omitempty"` // policy for this very domain: none quarantine reject
	Reports     []DMARCReport `json:"reports,omitempty"`
	Walk        []DMARCStep   `json:"walk,omitempty"`
}

// DMARCStep is one query of the tree walk.
type DMARCStep struct {
	Name    msp.Name `json:"name"`
	Outcome Outcome  `json:"outcome"`
	Rcode   string   `json:"rcode,omitempty"`
	Reason  string   `json:"reason,omitempty"`
	Records []string `json:"records,omitempty"`
}

// DMARCReport is a receiver of reports.
type DMARCReport struct {
	Tag        string   `json:"tag"` // rua or ruf
	URI        string   `json:"uri"`
	Domain     msp.Name `json:"domain"`
	External   bool     `json:"external,omitempty"` // another organisational domain
	Authorised Outcome  `json:"authorised"`         // of the _report._dmarc record; Present if not external
	Reason     string   `json:"reason,omitempty"`
	Rcode      string   `json:"rcode,omitempty"` // of the receiver's domain
}

// CAA is the record set that applies by the climb of RFC 8659 section 3.
type CAA struct {
	Domain          msp.Name    `json:"domain"`
	At              msp.Name    `json:"at,omitempty"` // where it was found
	Records         []CAARecord `json:"records,omitempty"`
	UnknownCritical []string    `json:"unknown_critical,omitempty"` // tags
	Climb           []CAAStep   `json:"climb,omitempty"`
}

// CAARecord is one property.
type CAARecord struct {
	Flags  int      `json:"flags"`
	Tag    string   `json:"tag"`
	Value  string   `json:"value"`
	Issuer msp.Name `json:"issuer,omitempty"` // of issue, issuewild, issuemail
	Error  string   `json:"error,omitempty"`  // why the property cannot be read
}

// CAAStep is one query of the climb.
type CAAStep struct {
	Name    msp.Name `json:"name"`
	Outcome Outcome  `json:"outcome"`
	Reason  string   `json:"reason,omitempty"`
}

// DNSSEC is the chain at a zone cut: DS at the parent, DNSKEY and RRSIG in the
// zone, and what the resolver's validator made of it.
type DNSSEC struct {
	Zone        msp.Name `json:"zone"`
	DS          []DS     `json:"ds,omitempty"`
	DSOutcome   Outcome  `json:"ds_outcome"`
	Keys        []DNSKEY `json:"keys,omitempty"`
	KeysOutcome Outcome  `json:"keys_outcome"`
	Signatures  []RRSIG  `json:"signatures,omitempty"`
	Validation  string   `json:"validation"`          // secure (AD), bogus (SERVFAIL, answers with CD), insecure, indeterminate
	Validator   string   `json:"validator,omitempty"` // resolver whose AD it was
	Faults      []string `json:"faults,omitempty"`    // expired signature, no matching key, bad signature, no signature
	Checked     bool     `json:"checked"`             // the chain was fetched and looked at
}

// DS is a delegation signer record.
type DS struct {
	KeyTag     int    `json:"key_tag"`
	Algorithm  int    `json:"algorithm"`
	DigestType int    `json:"digest_type"`
	Digest     string `json:"digest"`
}

// DNSKEY is a zone key; Bits is the size of an RSA modulus, else 0.
type DNSKEY struct {
	KeyTag    int  `json:"key_tag"`
	Flags     int  `json:"flags"`
	Algorithm int  `json:"algorithm"`
	Bits      int  `json:"bits,omitempty"`
	MatchesDS bool `json:"matches_ds,omitempty"`
}

// RRSIG is a signature over a record set; times are RFC 4034 YYYYMMDDHHmmSS.
type RRSIG struct {
	Covers    string `json:"covers"`
	Algorithm int    `json:"algorithm"`
	KeyTag    int    `json:"key_tag"`
	Inception string `json:"inception"`
	Expires   string `json:"expires"`
	State     string `json:"state"` // valid, expired, future, bad, unchecked
}

// Tokens is the TXT set at a name, with the verification tokens found in it.
type Tokens struct {
	Domain msp.Name `json:"domain"`
	Texts  []string `json:"texts,omitempty"` // printable, sorted
	Tokens []Token  `json:"tokens,omitempty"`
}

// Token is a verification record that a vendor asked for.
type Token struct {
	Text   string `json:"text"`
	Vendor string `json:"vendor,omitempty"` // catalogue id
}

// Registered says whether a registrable domain is delegated by its parent.
type Registered struct {
	Domain        msp.Name `json:"domain"`
	Parent        msp.Name `json:"parent"`
	Rcode         string   `json:"rcode,omitempty"` // as answered by the parent
	Authoritative bool     `json:"authoritative"`   // the parent's own servers answered
}

// CDN is what the addresses and the CNAME chain of a name say of who hosts it.
type CDN struct {
	Name  msp.Name  `json:"name"`
	Items []CDNItem `json:"items,omitempty"`
}

// CDNItem is one classified address or CNAME target.
type CDNItem struct {
	Value    string `json:"value"`
	Kind     string `json:"kind"` // cdn, waf, cloud
	Provider string `json:"provider"`
}

// Second is the second opinion on one record set, asked through another library
// over every configured resolver.
type Second struct {
	Name    msp.Name       `json:"name"`
	Type    string         `json:"type"`
	Answers []SecondAnswer `json:"answers"`
}

// SecondAnswer is what one resolver said.
type SecondAnswer struct {
	Resolver string   `json:"resolver"`
	Rcode    string   `json:"rcode,omitempty"` // "" = no answer
	Values   []string `json:"values,omitempty"`
	Error    string   `json:"error,omitempty"`
}

// Wildcard says whether random labels under a zone resolve.
type Wildcard struct {
	Zone     msp.Name `json:"zone"`
	Resolved int      `json:"resolved"` // of two random labels
	Targets  []string `json:"targets,omitempty"`
}

// DKIM is the key at one selector (RFC 6376, RFC 8301, RFC 8463).
type DKIM struct {
	Domain   msp.Name `json:"domain"`
	Selector string   `json:"selector"`
	Vendor   string   `json:"vendor,omitempty"`
	Record   string   `json:"record,omitempty"`
	KeyType  string   `json:"key_type,omitempty"`
	Bits     int      `json:"bits,omitempty"`
	Revoked  bool     `json:"revoked,omitempty"`
	Testing  bool     `json:"testing,omitempty"`
	Errors   []string `json:"errors,omitempty"`
}

// MTASTS is a domain's MTA-STS record and, if it was fetched, its policy
// (RFC 8461).
type MTASTS struct {
	Domain       msp.Name `json:"domain"`
	Record       string   `json:"record,omitempty"`
	ID           string   `json:"id,omitempty"`
	Errors       []string `json:"errors,omitempty"`
	Policy       Outcome  `json:"policy"` // Unknown = not fetched or fetch failed
	PolicyReason string   `json:"policy_reason,omitempty"`
	Mode         string   `json:"mode,omitempty"`
	MX           []string `json:"mx,omitempty"`
	MaxAge       int      `json:"max_age,omitempty"`
}

// TLSRPT is a domain's SMTP TLS reporting record (RFC 8460).
type TLSRPT struct {
	Domain msp.Name `json:"domain"`
	Record string   `json:"record,omitempty"`
	URIs   []string `json:"uris,omitempty"`
	Errors []string `json:"errors,omitempty"`
}

// DANE is the TLSA set at an MX host's port 25 (RFC 7672).
type DANE struct {
	Host    msp.Name `json:"host"`
	Records []TLSA   `json:"records,omitempty"`
	Signed  Outcome  `json:"signed"` // Present = the zone of the TLSA set is signed
}

// TLSA is one association.
type TLSA struct {
	Usage    int      `json:"usage"`
	Selector int      `json:"selector"`
	Matching int      `json:"matching"`
	Data     string   `json:"data"`
	Errors   []string `json:"errors,omitempty"`
}

// Transfer is whether a server hands out the zone (RFC 5936). Only the first
// message is read and none of its records is kept.
type Transfer struct {
	Zone    msp.Name         `json:"zone"`
	Servers []TransferServer `json:"servers,omitempty"`
}

// TransferServer is the answer of one server; Outcome Present = zone handed out.
type TransferServer struct {
	Host    msp.Name `json:"host"`
	Address string   `json:"address,omitempty"`
	Outcome Outcome  `json:"outcome"`
	Rcode   string   `json:"rcode,omitempty"`
	Reason  string   `json:"reason,omitempty"`
	Serial  uint32   `json:"serial,omitempty"`
	Records int      `json:"records,omitempty"` // in the first message
}

// Recursion is whether a zone's server answers for names it does not serve.
type Recursion struct {
	Zone    msp.Name          `json:"zone"`
	Servers []RecursionServer `json:"servers,omitempty"`
}

// RecursionServer is the answer of one server; Outcome Present = it recursed.
type RecursionServer struct {
	Host    msp.Name `json:"host"`
	Address string   `json:"address,omitempty"`
	Outcome Outcome  `json:"outcome"`
	Rcode   string   `json:"rcode,omitempty"`
	Reason  string   `json:"reason,omitempty"`
}

// Agree is what each server of a zone says of the zone's mail: whether a sender
// gets the same MX set and the same SPF record wherever it asks.
type Agree struct {
	Zone msp.Name `json:"zone"`
	MX   AgreeSet `json:"mx"`
	SPF  AgreeSet `json:"spf"`
}

// AgreeSet is one record set over all servers. Same is Present if all servers
// gave the same set, an empty one included, Broken if two gave different sets on
// a second look too, and Unknown if they agree as far as they answered.
type AgreeSet struct {
	Same    Outcome       `json:"same"`
	Reason  string        `json:"reason,omitempty"`
	Servers []AgreeServer `json:"servers,omitempty"` // sorted by host
}

// AgreeServer is the answer of one server. Only an authoritative answer is
// Present or Absent.
type AgreeServer struct {
	Host    msp.Name `json:"host"`
	Address string   `json:"address,omitempty"`
	Outcome Outcome  `json:"outcome"`
	Rcode   string   `json:"rcode,omitempty"`
	Reason  string   `json:"reason,omitempty"`
	Values  []string `json:"values,omitempty"` // sorted; of TXT the SPF records only, in lower case
}

// Version is what each server of a zone says of its own software to the
// questions for version.bind and version.server in class CH.
type Version struct {
	Zone    msp.Name        `json:"zone"`
	Servers []VersionServer `json:"servers,omitempty"` // sorted by host
}

// VersionServer is one server; Outcome Present = it names its software, Absent =
// it does not.
type VersionServer struct {
	Host       msp.Name `json:"host"`
	Address    string   `json:"address,omitempty"`
	Outcome    Outcome  `json:"outcome"`
	Reason     string   `json:"reason,omitempty"`
	Texts      []string `json:"texts,omitempty"`       // printable, sorted
	WrongClass bool     `json:"wrong_class,omitempty"` // the text came in class IN
}

// Preflight is what a resolver made of names that cannot exist.
type Preflight struct {
	Resolver  string `json:"resolver"`
	Rewrites  bool   `json:"rewrites,omitempty"` // answers names that do not exist
	Validates bool   `json:"validates,omitempty"`
	Reachable bool   `json:"reachable"`
}

func splitServer(s string) (host, port string) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return s, ""
	}
	return host, port
}
