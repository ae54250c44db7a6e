// Package fakedns answers the questions of probe tests from a table.
package fakedns

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// Resolver answers from a table; a question that is not in it times out. The
// keys are "name TYPE" for the recursive resolver and "name TYPE @address" for
// one server ("name CH TYPE @address" in another class than IN), with " +cd", " +rd" or " +do" appended if the bit is set and " #2"
// for a second look. A key without +do and #2 answers for those with them too.
type Resolver struct {
	Table map[string]scanner.Answer

	mu    sync.Mutex
	asked []string
}

// Resolve looks the question up.
func (r *Resolver) Resolve(_ context.Context, q scanner.Question) scanner.Answer {
	key := keyOf(q)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, key)
	a, ok := r.Table[key]
	if !ok {
		first, _, _ := strings.Cut(key, " #")
		a, ok = r.Table[strings.Replace(first, " +do", "", 1)]
	}
	if !ok {
		a = Unknown("timeout")
	}
	query := fact.Query{Server: "198.51.100.53:53", Proto: "udp", Question: q.Name.FQDN() + " " + q.Type, Rcode: a.Rcode}
	if q.Server.IsValid() {
		query.Server = netip.AddrPortFrom(q.Server, 53).String()
	}
	a.Queries = []fact.Query{query}
	return a
}

// Asked gives the keys of all questions so far, sorted.
func (r *Resolver) Asked() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(slices.Values(r.asked))
}

func keyOf(q scanner.Question) string {
	key := string(q.Name) + " " + q.Type
	if q.Class != "" {
		key = string(q.Name) + " " + q.Class + " " + q.Type
	}
	if q.Server.IsValid() {
		key += " @" + q.Server.String()
	}
	for _, bit := range []struct {
		set  bool
		word string
	}{{q.RD, " +rd"}, {q.CD, " +cd"}, {q.DO, " +do"}, {q.Look > 0, " #" + string(rune('0'+min(q.Look+1, 9)))}} {
		if bit.set {
			key += bit.word
		}
	}
	return key
}

// Record makes a record from "name TYPE field field …"; fields end at blanks.
func Record(line string) scanner.Record {
	f := strings.Fields(line)
	return scanner.Record{Name: msp.Name(f[0]), Type: f[1], TTL: 300, Fields: f[2:]}
}

// Records makes one record of each line.
func Records(lines ...string) []scanner.Record {
	var list []scanner.Record
	for _, line := range lines {
		list = append(list, Record(line))
	}
	return list
}

// Found is a positive answer of a recursive resolver.
func Found(lines ...string) scanner.Answer {
	return scanner.Answer{Outcome: fact.Present, Rcode: "NOERROR", RA: true, Records: Records(lines...)}
}

// Auth is a positive answer of an authoritative server.
func Auth(lines ...string) scanner.Answer {
	return scanner.Answer{Outcome: fact.Present, Rcode: "NOERROR", AA: true, Records: Records(lines...)}
}

// None is a proved denial, NXDOMAIN or NOERROR without data, with the SOA of
// zone; a recursive resolver's has no AA, so set it for a server's.
func None(rcode string, zone msp.Name) scanner.Answer {
	return scanner.Answer{
		Outcome: fact.Absent, Rcode: rcode, RA: true,
		Authority: Records(string(zone) + " SOA ns." + string(zone) + " host." + string(zone) + " 1 2 3 4 5"),
	}
}

// AuthNone is a denial by an authoritative server.
func AuthNone(rcode string, zone msp.Name) scanner.Answer {
	a := None(rcode, zone)
	a.AA, a.RA = true, false
	return a
}

// Referral is a server's referral; NS lines go to the authority section, others
// to the additional section.
func Referral(lines ...string) scanner.Answer {
	a := scanner.Answer{Outcome: fact.Unknown, Reason: "lame", Rcode: "NOERROR"}
	for _, rec := range Records(lines...) {
		if rec.Type == "NS" {
			a.Authority = append(a.Authority, rec)
		} else {
			a.Additional = append(a.Additional, rec)
		}
	}
	return a
}

// Unknown is no clean answer; refused, servfail and the like set the rcode.
func Unknown(reason string) scanner.Answer {
	a := scanner.Answer{Outcome: fact.Unknown, Reason: reason}
	switch reason {
	case "refused", "servfail":
		a.Rcode = strings.ToUpper(reason)
	}
	return a
}

// Alias puts a CNAME chain in front of an answer.
func Alias(a scanner.Answer, names ...msp.Name) scanner.Answer {
	for i := 1; i < len(names); i++ {
		a.Chain = append(a.Chain, fact.Hop{From: names[i-1], To: names[i]})
	}
	return a
}
