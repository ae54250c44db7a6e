package msp

// AccessKind says what a door is.
type AccessKind string

// The access kinds of the inventory.
const (
	DomainAdmin    AccessKind = "domain_admin"
	RMMAgent       AccessKind = "rmm_agent"
	SoftwareUpdate AccessKind = "software_update"
	BackupAdmin    AccessKind = "backup_admin"
	RemoteSupport  AccessKind = "remote_support"
	RDP            AccessKind = "rdp"
	SSH            AccessKind = "ssh"
	VPN            AccessKind = "vpn"
	API            AccessKind = "api"
	Physical       AccessKind = "physical"
	DataCustody    AccessKind = "data_custody"
	AccessDNS      AccessKind = "dns"
	AccessMail     AccessKind = "mail"
	AccessHosting  AccessKind = "hosting"
	AccessSaaS     AccessKind = "saas"
	AccessInternal AccessKind = "internal"
)

// AccessKinds lists the access kinds in the order of the contract.
func AccessKinds() []AccessKind {
	return []AccessKind{
		DomainAdmin, RMMAgent, SoftwareUpdate, BackupAdmin, RemoteSupport, RDP, SSH, VPN,
		API, Physical, DataCustody, AccessDNS, AccessMail, AccessHosting, AccessSaaS, AccessInternal,
	}
}

// Level is what holding a node means: reading it or controlling it.
type Level int

// The levels; Control implies Read.
const (
	Read Level = iota + 1
	FullControl
)

// String gives "read" or "control".
func (l Level) String() string {
	if l == FullControl {
		return "control"
	}
	return "read"
}

// Level gives what an access of this kind grants: mail, saas and data_custody
// grant read, every other kind control.
func (k AccessKind) Level() Level {
	switch k {
	case AccessMail, AccessSaaS, DataCustody:
		return Read
	}
	return FullControl
}

// ProviderKinds lists the kinds of a provider.
func ProviderKinds() []string {
	return []string{"msp", "mssp", "cloud", "saas", "telecom", "software", "hosting", "other"}
}

// AssetKinds lists the kinds of an asset.
func AssetKinds() []string {
	return []string{"identity", "application", "data", "network", "device", "service", "other"}
}

// Criticalities lists the criticalities of an asset, worst first.
func Criticalities() []string { return []string{"critical", "high", "medium", "low"} }

// AssessmentKinds lists the kinds of a provider's security assessment.
func AssessmentKinds() []string {
	return []string{"irap", "iso27001", "soc2", "essential_eight", "other"}
}

// DNSServices lists what a relationship may say that DNS should show.
func DNSServices() []string { return []string{"mail", "dns", "web"} }

// RiskRatings lists the risk ratings of a provider.
func RiskRatings() []string { return []string{"critical", "high", "medium", "low"} }

// IncidentKinds lists what an incident notice may cover.
func IncidentKinds() []string { return []string{"confirmed", "suspected", "admin_network"} }

// AnswerKeys lists the yes/no questions put to a provider.
func AnswerKeys() []string {
	return []string{"indicator_sweep", "client_isolation", "credential_abuse_detection"}
}

// Trust says what a DNS dependency lets the other party do.
type Trust string

// The trust types of a dependency.
const (
	TrustControl      Trust = "control"       // name servers: may rewrite every answer
	TrustReceive      Trust = "receive"       // MX: reads the mail
	TrustSend         Trust = "send"          // SPF, DKIM: speaks as the domain
	TrustServe        Trust = "serve"         // CNAME, addresses: answers for the host
	TrustReport       Trust = "report"        // DMARC rua/ruf, TLS-RPT: sees mail telemetry
	TrustIssue        Trust = "issue"         // CAA: issues certificates
	TrustVerify       Trust = "verify"        // TXT token: a past or present account
	TrustRemoteAccess Trust = "remote_access" // RMM or remote access product
)

// Trusts lists the trust types in the order of the contract.
func Trusts() []Trust {
	return []Trust{TrustControl, TrustReceive, TrustSend, TrustServe, TrustReport, TrustIssue, TrustVerify, TrustRemoteAccess}
}
