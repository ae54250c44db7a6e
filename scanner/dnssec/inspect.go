package dnssec

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// The bounds of the signature checks over one record set: a zone with colliding
// key tags must not cost more (CVE-2023-50387).
const (
	maxKeys       = 4 // tried for one signature
	maxSignatures = 4 // checked over one set
)

// The states of fact.RRSIG.
const (
	stateValid     = "valid"
	stateExpired   = "expired"
	stateFuture    = "future"
	stateBad       = "bad"
	stateUnchecked = "unchecked"
)

// chain is what was fetched of a zone's chain of trust.
type chain struct {
	zone msp.Name
	now  time.Time
	ds   []fact.DS
	keys []Key
	// both sets with their signatures
	keySet, soaSet set
}

// set is a record set in canonical rdata with its signatures.
type set struct {
	covers     string
	rdata      [][]byte
	signatures []Signature
}

// signaturesOver picks the signatures over a type at the zone's own name.
func signaturesOver(zone msp.Name, covers string, records []scanner.Record) []Signature {
	var list []Signature
	for _, r := range records {
		if r.Name != zone || len(r.Fields) == 0 || r.Fields[0] != covers {
			continue
		}
		if s, err := ParseSignature(r); err == nil {
			list = append(list, s)
		}
	}
	return list
}

func keySet(zone msp.Name, a scanner.Answer) ([]Key, set) {
	s := set{covers: "DNSKEY", signatures: signaturesOver(zone, "DNSKEY", a.Signatures)}
	var keys []Key
	for _, r := range a.Records {
		if k, err := ParseKey(r); err == nil && r.Name == zone {
			keys = append(keys, k)
			s.rdata = append(s.rdata, k.Rdata)
		}
	}
	return keys, s
}

func soaSet(zone msp.Name, a scanner.Answer) set {
	s := set{covers: "SOA", signatures: signaturesOver(zone, "SOA", a.Signatures)}
	for _, r := range a.Records {
		if rd, err := soaRdata(r); err == nil && r.Name == zone {
			s.rdata = append(s.rdata, rd)
		}
	}
	return s
}

// trusted gives the keys that a DS record names (RFC 4035 section 5.2).
func (c chain) trusted() []Key {
	var keys []Key
	for _, k := range c.keys {
		if k.Usable() && slices.ContainsFunc(c.ds, func(d fact.DS) bool { return matches(c.zone, d, k) }) {
			keys = append(keys, k)
		}
	}
	return keys
}

// judgeable reports whether a DS record could be used here: digest type and
// algorithm known. If none can, validators take the zone as unsigned.
func (c chain) judgeable() bool {
	return slices.ContainsFunc(c.ds, func(d fact.DS) bool {
		return supported(d.Algorithm) && (d.DigestType == 1 || d.DigestType == 2 || d.DigestType == 4)
	})
}

// state checks one signature over a set with the keys that may have made it.
func (c chain) state(s set, sig Signature, keys []Key) string {
	switch {
	case c.now.After(sig.Expires):
		return stateExpired
	case c.now.Before(sig.Inception):
		return stateFuture
	case sig.Signer != c.zone || sig.Labels != len(c.zone.Labels()):
		return stateBad // RFC 4035 section 5.3.1
	}
	tried, state := 0, stateUnchecked
	for _, k := range keys {
		if k.Tag != sig.KeyTag || k.Algorithm != sig.Algorithm || !k.Usable() {
			continue
		}
		if tried++; tried > maxKeys {
			return stateUnchecked
		}
		err := verify(c.zone, sig, k, s.rdata)
		if err == nil {
			return stateValid
		}
		if !errors.Is(err, errUnsupported) {
			state = stateBad
		}
	}
	if tried == 0 {
		return stateBad // no key of the zone made it
	}
	return state
}

// inspect looks at both sets. The faults are those that break the chain; an
// extra signature that has expired beside a good one is none. sure is false if
// something could not be checked that may have made the difference.
func (c chain) inspect() (sigs []fact.RRSIG, faults []string, sure bool) {
	trusted := c.trusted()
	keyFaults, keySigs, keySure := c.inspectSet(c.keySet, trusted)
	soaFaults, soaSigs, soaSure := c.inspectSet(c.soaSet, c.keys)
	sigs = append(keySigs, soaSigs...)
	switch {
	case len(c.keys) == 0:
		faults = []string{"a DS record stands at the parent, and the zone has no DNSKEY"}
		return sigs, faults, true
	case !c.judgeable():
		return sigs, nil, false
	case len(trusted) == 0:
		return sigs, []string{"no DNSKEY of the zone matches a DS record at the parent"}, true
	}
	faults = append(keyFaults, soaFaults...)
	return sigs, faults, (keySure && soaSure) || len(faults) > 0
}

// inspectSet checks the signatures over one set: one that is valid is enough.
func (c chain) inspectSet(s set, keys []Key) (faults []string, sigs []fact.RRSIG, sure bool) {
	good, open := false, false
	for i, sig := range s.signatures {
		state := stateUnchecked
		if i < maxSignatures {
			state = c.state(s, sig, keys)
		}
		good = good || state == stateValid
		open = open || state == stateUnchecked
		sigs = append(sigs, fact.RRSIG{
			Covers: sig.Covers, Algorithm: sig.Algorithm, KeyTag: sig.KeyTag,
			Inception: sig.inceptions, Expires: sig.expires, State: state,
		})
		if f := faultOf(sig, state); f != "" {
			faults = append(faults, f)
		}
	}
	switch {
	case good:
		return nil, sigs, true
	case open:
		return nil, sigs, false
	case len(s.signatures) == 0:
		return []string{"no signature over " + s.covers}, nil, true
	}
	slices.Sort(faults)
	return slices.Compact(faults), sigs, true
}

// faultOf says in words what is wrong with a signature.
func faultOf(s Signature, state string) string {
	day := func(t time.Time) string { return t.Format("2006-01-02 15:04:05") + " UTC" }
	switch state {
	case stateExpired:
		return fmt.Sprintf("signature over %s by key %d expired on %s", s.Covers, s.KeyTag, day(s.Expires))
	case stateFuture:
		return fmt.Sprintf("signature over %s by key %d is not valid before %s", s.Covers, s.KeyTag, day(s.Inception))
	case stateBad:
		return fmt.Sprintf("bad signature over %s by key %d", s.Covers, s.KeyTag)
	}
	return ""
}

// keyFacts gives the keys as facts, sorted by tag and algorithm.
func (c chain) keyFacts() []fact.DNSKEY {
	trusted := c.trusted()
	var list []fact.DNSKEY
	for _, k := range c.keys {
		named := slices.ContainsFunc(trusted, func(t Key) bool { return string(t.Rdata) == string(k.Rdata) })
		list = append(list, fact.DNSKEY{KeyTag: k.Tag, Flags: k.Flags, Algorithm: k.Algorithm, Bits: rsaBits(k), MatchesDS: named})
	}
	slices.SortStableFunc(list, func(a, b fact.DNSKEY) int {
		if a.KeyTag != b.KeyTag {
			return a.KeyTag - b.KeyTag
		}
		return a.Algorithm - b.Algorithm
	})
	return list
}

// dsFacts reads a DS set, sorted; what cannot be read is left out.
func dsFacts(zone msp.Name, records []scanner.Record) []fact.DS {
	var list []fact.DS
	for _, r := range records {
		if d, err := ParseDS(r); err == nil && r.Name == zone {
			list = append(list, d)
		}
	}
	slices.SortFunc(list, func(a, b fact.DS) int {
		switch {
		case a.KeyTag != b.KeyTag:
			return a.KeyTag - b.KeyTag
		case a.Algorithm != b.Algorithm:
			return a.Algorithm - b.Algorithm
		case a.DigestType != b.DigestType:
			return a.DigestType - b.DigestType
		}
		return strings.Compare(a.Digest, b.Digest)
	})
	return list
}
