package fact

import "mspscan/msp"

// The probes of the sweeps, which run only where they were asked for. They ask
// for many names and keep what exists; of the rest they keep numbers.
const (
	ProbeLookalikes = "lookalikes"  // Data: Lookalikes; Type = the places in the order of likeness, "1-2000"
	ProbeBrandNames = "brand_names" // Data: BrandNames; Type as of ProbeLookalikes
	ProbeHostSweep  = "host_sweep"  // Data: HostSweep
)

// Swept is how many names a sweep asked for and how they ended.
type Swept struct {
	Asked   int            `json:"asked"`
	Absent  int            `json:"absent"`            // proved not to be there
	Unknown int            `json:"unknown"`           // no clean answer, or a wildcard
	Reasons map[string]int `json:"reasons,omitempty"` // of the unknown
}

// Lookalikes is which look-alikes of a domain are registered: the parent
// delegates them.
type Lookalikes struct {
	Domain msp.Name `json:"domain"`
	Swept
	Made  int         `json:"made"` // candidates of the domain in all, asked or not
	From  int         `json:"from"` // first and last place asked, the likest being 1
	To    int         `json:"to"`
	Found []Lookalike `json:"found,omitempty"` // the likest first
}

// Lookalike is a registered name that could be taken for another.
type Lookalike struct {
	Name      msp.Name   `json:"name"`
	Family    string     `json:"family"`              // how it differs
	Likeness  int        `json:"likeness"`            // 1 to 99
	Delegated bool       `json:"delegated,omitempty"` // false = it resolves below a domain that somebody holds
	NS        []msp.Name `json:"ns,omitempty"`
	Addresses []string   `json:"addresses,omitempty"` // of one that is not delegated
	MX        []msp.Name `json:"mx,omitempty"`        // exchangers; empty for a null MX too
	MXReason  string     `json:"mx_reason,omitempty"`
}

// BrandNames is which dynamic-DNS suffixes have a host with the label of a
// domain.
type BrandNames struct {
	Domain msp.Name `json:"domain"`
	Brand  string   `json:"brand"`
	Swept
	Made  int         `json:"made"` // names in all, asked or not
	From  int         `json:"from"` // first and last place asked, the brand alone before the brand with a word
	To    int         `json:"to"`
	Found []BrandName `json:"found,omitempty"` // sorted by name
}

// BrandName is a name of a brand under a dynamic-DNS suffix at which a random
// label does not resolve.
type BrandName struct {
	Name      msp.Name `json:"name"`
	Suffix    msp.Name `json:"suffix"`
	Addresses []string `json:"addresses,omitempty"`
}

// HostSweep is which names that remote access usually has exist below a domain.
type HostSweep struct {
	Domain msp.Name `json:"domain"`
	Swept
	Found []SweptHost `json:"found,omitempty"` // sorted by name
}

// SweptHost is a name that a sweep found.
type SweptHost struct {
	Name    msp.Name `json:"name"`
	Product string   `json:"product"` // what such a name usually is
}
