// Package catalog says who stands behind a DNS name or a verification record:
// a curated table of the third parties that matter to a customer of managed
// service providers, embedded as providers.yaml. Names match by whole labels
// from the right (RFC 1034 section 3.1), never by substring.
package catalog

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // providers.yaml
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"mspscan/msp"
	"mspscan/msp/domain"
)

//go:embed providers.yaml
var embedded []byte

// The kinds of an entry.
const (
	DNSHost      = "dns_host"      // serves zones
	Mail         = "mail"          // holds mailboxes
	MailSecurity = "mail_security" // filters mail on its way
	MailSender   = "mail_sender"   // sends mail in the customer's name
	Hosting      = "hosting"       // serves sites, machines or storage
	CDN          = "cdn"           // caches in front of a site
	WAF          = "waf"           // filters web traffic
	SaaS         = "saas"          // an application run by the vendor
	RMM          = "rmm"           // remote monitoring and management
	RemoteAccess = "remote_access" // remote support, VPN and desktop gateways, tunnels
	DynamicDNS   = "dynamic_dns"   // gives names to hosts of anybody
	Identity     = "identity"      // signs users in
	CA           = "ca"            // issues certificates
)

// Kinds lists the kinds of an entry.
func Kinds() []string {
	return []string{DNSHost, Mail, MailSecurity, MailSender, Hosting, CDN, WAF, SaaS, RMM, RemoteAccess, DynamicDNS, Identity, CA}
}

// Entry is one third party. Slices are shared: read only.
type Entry struct {
	ID            string     `json:"id"` // ^[a-z0-9][a-z0-9-]*$
	Name          string     `json:"name"`
	Kinds         []string   `json:"kinds"`
	Suffixes      []Suffix   `json:"suffixes,omitempty"`
	Tokens        []string   `json:"tokens,omitempty"`         // see Catalog.Token
	DKIMSelectors []string   `json:"dkim_selectors,omitempty"` // selectors it tells its customers to publish
	Aliases       []msp.Name `json:"aliases,omitempty"`        // its own domains: who it is, not what a customer uses
	Claimable     bool       `json:"claimable,omitempty"`      // anyone can create a name or zone below its suffixes
	Source        string     `json:"source"`                   // where the facts come from
}

// Suffix is a zone below which the names of a service lie.
type Suffix struct {
	Name      msp.Name `json:"name"`
	Kinds     []string `json:"kinds,omitempty"`     // of this service; empty = the entry's
	Below     bool     `json:"below,omitempty"`     // only names below it count, not the suffix itself nor its www: the vendor's own
	Claimable bool     `json:"claimable,omitempty"` // anyone can create a name or zone here
}

// Match is the answer of Catalog.Match. Kinds are those of the suffix, or of the
// entry where the suffix has none.
type Match struct {
	Entry  Entry
	Suffix Suffix
	Kinds  []string
}

// Catalog is a table of third parties. It is not changed once made, so that
// several goroutines may use it.
type Catalog struct {
	entries []Entry // sorted by id
	byID    map[string]int
	suffix  map[msp.Name]place
	alias   map[msp.Name]int
	tokens  []token // the longest first
	owners  func() map[msp.Name]string
	hash    func() string
}

// place is where a suffix stands.
type place struct{ entry, suffix int }

// Default gives the embedded table.
func Default() (*Catalog, error) {
	c, err := Load(bytes.NewReader(embedded))
	if err != nil {
		return nil, fmt.Errorf("read embedded catalogue: %w", err)
	}
	return c, nil
}

// build makes the indices over entries that were checked.
func build(entries []Entry) *Catalog {
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.ID, b.ID) })
	c := &Catalog{
		entries: entries, byID: make(map[string]int, len(entries)),
		suffix: map[msp.Name]place{}, alias: map[msp.Name]int{},
	}
	for i, e := range entries {
		c.byID[e.ID] = i
		for j, s := range e.Suffixes {
			c.suffix[s.Name] = place{i, j}
		}
		for _, a := range e.Aliases {
			c.alias[a] = i
		}
		for _, t := range e.Tokens {
			c.tokens = append(c.tokens, newToken(t, i))
		}
	}
	slices.SortStableFunc(c.tokens, func(a, b token) int { return len(b.text) - len(a.text) })
	c.owners = sync.OnceValue(func() map[msp.Name]string { return ownersOf(entries) })
	c.hash = sync.OnceValue(func() string { return hashOf(entries) })
	return c
}

// Owner gives the id of the entry that a registrable domain stands for, "" if none
// or several do: one that an entry names as its own, else one behind a suffix
// where that is one entry's only.
func (c *Catalog) Owner(registrable msp.Name) string { return c.owners()[registrable] }

func ownersOf(entries []Entry) map[msp.Name]string {
	named, behind := map[msp.Name]string{}, map[msp.Name]string{}
	for _, e := range entries {
		for _, a := range e.Aliases {
			claim(named, a, e.ID)
		}
		for _, s := range e.Suffixes {
			claim(behind, s.Name, e.ID)
		}
	}
	maps.Copy(behind, named)
	return behind
}

// claim notes that the registrable domain of n stands for id, or for nobody if
// two claim it.
func claim(of map[msp.Name]string, n msp.Name, id string) {
	reg, ok := domain.Registrable(n)
	if !ok {
		return
	}
	if old, taken := of[reg]; taken && old != id {
		id = ""
	}
	of[reg] = id
}

// Match finds the entry with the longest suffix that n is or lies below.
func (c *Catalog) Match(n msp.Name) (Match, bool) {
	for at := 0; at >= 0; at = nextLabel(n, at) {
		p, ok := c.suffix[n[at:]]
		if !ok {
			continue
		}
		e := c.entries[p.entry]
		s := e.Suffixes[p.suffix]
		if s.Below && (at == 0 || n[:at] == "www.") {
			continue
		}
		kinds := s.Kinds
		if len(kinds) == 0 {
			kinds = e.Kinds
		}
		return Match{Entry: e, Suffix: s, Kinds: kinds}, true
	}
	return Match{}, false
}

// nextLabel gives where the label after the one at i begins, -1 at the end. An
// escaped dot is part of its label (RFC 1035 section 5.1).
func nextLabel(n msp.Name, i int) int {
	for ; i < len(n); i++ {
		switch n[i] {
		case '\\':
			i++
		case '.':
			if i+1 < len(n) {
				return i + 1
			}
		}
	}
	return -1
}

// Party says who stands behind n: the entry that matches, else the entry one of
// whose own domains it lies in, else its registrable domain, which then is both
// id and name. It is false for public suffixes and the root.
func (c *Catalog) Party(n msp.Name) (id, name string, ok bool) {
	if m, ok := c.Match(n); ok {
		return m.Entry.ID, m.Entry.Name, true
	}
	reg, ok := domain.Registrable(n)
	if !ok {
		return "", "", false
	}
	if i, ok := c.alias[reg]; ok {
		return c.entries[i].ID, c.entries[i].Name, true
	}
	return string(reg), string(reg), true
}

// Entry gives the entry of an id.
func (c *Catalog) Entry(id string) (Entry, bool) {
	i, ok := c.byID[id]
	if !ok {
		return Entry{}, false
	}
	return c.entries[i], true
}

// Entries gives all entries, sorted by id.
func (c *Catalog) Entries() []Entry { return slices.Clone(c.entries) }

// Extend gives a new catalogue of c and what over says on top: an entry with
// the id of another replaces it, and a suffix, alias or token moves to the entry
// of over that names it.
func (c *Catalog) Extend(over *Catalog) *Catalog {
	entries := slices.Clone(over.entries)
	for _, e := range c.entries {
		if _, replaced := over.byID[e.ID]; replaced {
			continue
		}
		e.Suffixes = without(e.Suffixes, func(s Suffix) bool { _, taken := over.suffix[s.Name]; return taken })
		e.Aliases = without(e.Aliases, func(a msp.Name) bool { _, taken := over.alias[a]; return taken })
		e.Tokens = without(e.Tokens, over.hasToken)
		entries = append(entries, e)
	}
	return build(entries)
}

func without[T any](list []T, drop func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(list), drop)
}

// Hash gives the SHA-256 of what the table says, in hex; comments and the order
// in the file don't count.
func (c *Catalog) Hash() string {
	return c.hash()
}

func hashOf(entries []Entry) string {
	raw, _ := json.Marshal(entries) // strings and booleans only: cannot fail
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}
