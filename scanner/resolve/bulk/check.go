package bulk

import (
	"bytes"
	"net/netip"
	"slices"
)

// What a datagram is to a query.
type status int

const (
	mismatch  status = iota // not the answer to it
	malformed               // for it, and not readable
	truncated               // TC: to be asked over TCP
	noEDNS                  // the server does not take the OPT record
	failed                  // an rcode that is no answer
	doubt                   // a denial without proof: to be asked over TCP
	answered
)

const (
	rcodeFormErr  = 1
	rcodeServFail = 2
	rcodeNXDomain = 3
	rcodeNotImp   = 4
	rcodeRefused  = 5
	rcodeBadVers  = 16

	optionEDE = 15 // RFC 8914 section 2

	maxHops = 11 // CNAME hops, as the strict client
)

// asked is the query that a message is held against.
type asked struct {
	name    []byte // labels, lower case
	qtype   uint16
	recurse bool
	edns    bool
	tcp     bool
	bare    bool // the resolver leaves the SOA out of its denials
}

// record is where a resource record lies in a message.
type record struct {
	owner, rdata, size int // offsets, length of the rdata
	rtype, class       int
	section            int // 1 answer, 2 authority, 3 additional
}

// reader reads replies. It keeps its memory from one to the next.
type reader struct {
	msg     []byte
	records []record
	end     [maxName]byte // the name where the chain stands
	endLen  int
	next    [maxName]byte
	addrs   []netip.Addr

	aa, ra   bool
	rcode    int
	soa      int  // offset of the owner of the SOA that backs a denial; 0 = none
	moved    bool // an alias was followed
	referral bool
	policy   bool // the sender says that it answers by a policy of its own
	outcome  verdict
}

// verdict is what a reply says, as Answer has it.
type verdict struct {
	present, absent, broken bool
	reason                  string
	replied                 bool // there is a reply to show
}

// read holds msg against q. The id was used to find q and is not looked at.
func (r *reader) read(msg []byte, q asked) status {
	r.msg, r.records, r.addrs = msg, r.records[:0], r.addrs[:0]
	r.soa, r.moved, r.referral, r.policy, r.outcome = 0, false, false, false, verdict{}
	if len(msg) < headerSize || msg[2]&0xf8 != 0x80 { // QR set, opcode QUERY
		return mismatch
	}
	r.aa, r.ra, r.rcode = msg[2]&4 != 0, msg[3]&0x80 != 0, int(msg[3]&0x0f)
	if bareError(msg, q) {
		return noEDNS
	}
	at, ok := sameQuestion(msg, q)
	if !ok {
		return mismatch
	}
	if msg[2]&2 != 0 {
		return truncated
	}
	if !r.skim(at) {
		return malformed
	}
	return r.judge(q)
}

// bareError reports whether msg is a lone header with FORMERR or NOTIMP: old
// servers answer so to an OPT record (RFC 6891 section 7).
func bareError(msg []byte, q asked) bool {
	rcode := msg[3] & 0x0f
	return q.edns && len(msg) == headerSize && [8]byte(msg[4:12]) == [8]byte{} && (rcode == rcodeFormErr || rcode == rcodeNotImp)
}

// sameQuestion reports whether msg repeats the question of q, letter case apart,
// and where it ends.
func sameQuestion(msg []byte, q asked) (int, bool) {
	end := headerSize + len(q.name)
	if be16(msg, 4) != 1 || len(msg) < end+4 {
		return 0, false
	}
	if be16(msg, end) != int(q.qtype) || be16(msg, end+2) != classIN {
		return 0, false
	}
	return end + 4, foldEqual(msg[headerSize:end], q.name)
}

// foldEqual compares a with b, which is in lower case. The octets that give the
// length of labels are below 64 and so no letters.
func foldEqual(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	for i, c := range a {
		if c != b[i] && lower(c) != b[i] {
			return false
		}
	}
	return true
}

// skim finds the records; false if the message is not what its counts and lengths
// say (RFC 9267), or has more than one OPT record or one out of its place
// (RFC 6891 section 6.1.1).
func (r *reader) skim(at int) bool {
	opts := 0
	for section := 1; section <= 3; section++ {
		for n := be16(r.msg, 4+2*section); n > 0; n-- {
			rec, next, ok := r.recordAt(at, section)
			if !ok {
				return false
			}
			if rec.rtype == typeOPT {
				opts++
				if section != 3 || opts > 1 {
					return false
				}
				r.rcode |= int(r.msg[rec.rdata-6]) << 4 // RFC 6891 section 6.1.3
				r.policy = byPolicy(r.msg[rec.rdata:next])
			}
			r.records = append(r.records, rec)
			at = next
		}
	}
	return at == len(r.msg)
}

// byPolicy looks among the options of an OPT record for an extended error that
// says so: forged, blocked, censored, filtered, prohibited (RFC 8914 sections 4.5
// and 4.16 to 4.19).
func byPolicy(options []byte) bool {
	for len(options) >= 4 {
		code, size := be16(options, 0), be16(options, 2)
		options = options[4:]
		if size > len(options) {
			return false
		}
		if size >= 2 && code == optionEDE {
			switch be16(options, 0) {
			case 4, 15, 16, 17, 18:
				return true
			}
		}
		options = options[size:]
	}
	return false
}

func (r *reader) recordAt(at, section int) (record, int, bool) {
	head, ok := skipName(r.msg, at)
	if !ok || head+10 > len(r.msg) {
		return record{}, 0, false
	}
	rec := record{
		owner: at, rdata: head + 10, size: be16(r.msg, head+8),
		rtype: be16(r.msg, head), class: be16(r.msg, head+2), section: section,
	}
	end := rec.rdata + rec.size
	return rec, end, end <= len(r.msg) && r.soundRdata(rec)
}

// soundRdata checks the rdata of the types that decide something: the length, and
// that names end where the rdata does.
func (r *reader) soundRdata(rec record) bool {
	end, at := rec.rdata+rec.size, rec.rdata
	switch uint16(rec.rtype) {
	case TypeA:
		return rec.size == 4
	case TypeAAAA:
		return rec.size == 16
	case TypeMX:
		at += 2
	case TypeSOA:
		var ok bool
		if at, ok = skipName(r.msg[:end], at); !ok {
			return false
		}
		end -= 20
	case TypeNS, TypeCNAME:
	default:
		return true
	}
	if at >= end {
		return false
	}
	last, ok := skipName(r.msg[:end], at)
	return ok && last == end
}

// skipName gives where the name at msg[at] ends.
func skipName(msg []byte, at int) (int, bool) {
	for at < len(msg) {
		c := int(msg[at])
		switch {
		case c == 0:
			return at + 1, true
		case c&0xc0 == 0xc0:
			return at + 2, at+2 <= len(msg)
		case c&0xc0 != 0: // RFC 6891 section 5: extended labels are gone
			return 0, false
		}
		at += 1 + c
	}
	return 0, false
}

// nameIs reports whether the name at off, compressed or not, is want (labels,
// lower case).
func nameIs(msg []byte, off int, want []byte) bool {
	at := 0
	for hops := 0; off < len(msg); {
		c := int(msg[off])
		if c&0xc0 == 0xc0 {
			if off+1 >= len(msg) || hops > 63 {
				return false
			}
			off, hops = (c&0x3f)<<8|int(msg[off+1]), hops+1
			continue
		}
		if c > 63 || at >= len(want) || int(want[at]) != c {
			return false
		}
		if c == 0 {
			return at+1 == len(want)
		}
		if off+1+c > len(msg) || !foldEqual(msg[off+1:off+1+c], want[at+1:at+1+c]) {
			return false
		}
		off, at = off+1+c, at+1+c
	}
	return false
}

// expand writes the name at off to buf as labels in lower case and gives its
// length; 0 if it cannot be read.
func expand(msg []byte, off int, buf *[maxName]byte) int {
	n := 0
	for hops := 0; off < len(msg); {
		c := int(msg[off])
		if c&0xc0 == 0xc0 {
			if off+1 >= len(msg) || hops > 63 {
				return 0
			}
			off, hops = (c&0x3f)<<8|int(msg[off+1]), hops+1
			continue
		}
		if c > 63 || off+1+c > len(msg) || n+1+c > maxName {
			return 0
		}
		buf[n] = byte(c)
		for i, b := range msg[off+1 : off+1+c] {
			buf[n+1+i] = lower(b)
		}
		n, off = n+1+c, off+1+c
		if c == 0 {
			return n
		}
	}
	return 0
}

// holds reports whether the name at off is name or above it.
func holds(msg []byte, off int, name []byte) bool {
	for at := 0; at < len(name); at += 1 + int(name[at]) {
		if nameIs(msg, off, name[at:]) {
			return true
		}
	}
	return false
}

// judge decides what a message that can be read says.
func (r *reader) judge(q asked) status {
	switch {
	case q.edns && (r.rcode == rcodeFormErr || r.rcode == rcodeNotImp || r.rcode == rcodeBadVers):
		return noEDNS
	case r.rcode != 0 && r.rcode != rcodeNXDomain:
		return failed
	case r.policy:
		r.outcome = verdict{reason: "filtered"}
		return answered
	}
	r.endLen = copy(r.end[:], q.name)
	if reason := r.follow(q); reason != "" {
		r.outcome = verdict{broken: reason != "budget", reason: reason}
		return answered
	}
	if n := r.collect(q); n > 0 {
		if r.rcode == rcodeNXDomain {
			return malformed // it denies what it shows
		}
		r.outcome.present = true
		return answered
	}
	return r.deny(q)
}

// follow goes along the CNAME records from the name asked; a word says why the
// chain cannot be followed.
func (r *reader) follow(q asked) string {
	for hops := 0; q.qtype != TypeCNAME; hops++ {
		target, n := r.alias()
		switch {
		case n == 0:
			return ""
		case n > 1: // RFC 2181 section 10.1: one CNAME at a name
			return "cname_multiple"
		case hops >= maxHops:
			return r.loops()
		}
		size := expand(r.msg, target, &r.next)
		if size == 0 {
			return "cname_malformed"
		}
		r.endLen, r.moved = copy(r.end[:], r.next[:size]), true
	}
	return ""
}

// loops tells a chain that comes back to where it was from one that is too long:
// it walks on as often as there are records.
func (r *reader) loops() string {
	var was [maxName]byte
	n := copy(was[:], r.end[:r.endLen])
	for range r.records {
		target, found := r.alias()
		if found != 1 {
			break
		}
		size := expand(r.msg, target, &r.next)
		if size == 0 {
			break
		}
		r.endLen = copy(r.end[:], r.next[:size])
		if slices.Equal(r.end[:r.endLen], was[:n]) {
			return "cname_loop"
		}
	}
	return "budget"
}

// alias gives where in the message the target of the CNAME at the end of the
// chain stands, and how many different ones there are.
func (r *reader) alias() (target, n int) {
	for _, rec := range r.records {
		if rec.section != 1 || rec.rtype != int(TypeCNAME) || rec.class != classIN || !nameIs(r.msg, rec.owner, r.end[:r.endLen]) {
			continue
		}
		if n == 0 {
			target, n = rec.rdata, 1
			continue
		}
		size := expand(r.msg, target, &r.next)
		if !nameIs(r.msg, rec.rdata, r.next[:size]) {
			n++
		}
	}
	return target, n
}

// collect counts the records asked for at the end of the chain and takes their
// addresses.
func (r *reader) collect(q asked) int {
	n := 0
	for _, rec := range r.records {
		if rec.section != 1 || rec.rtype != int(q.qtype) || rec.class != classIN || !nameIs(r.msg, rec.owner, r.end[:r.endLen]) {
			continue
		}
		n++
		if q.qtype == TypeA || q.qtype == TypeAAAA {
			a, _ := netip.AddrFromSlice(r.msg[rec.rdata : rec.rdata+rec.size])
			r.addrs = append(r.addrs, a)
		}
	}
	return n
}

// deny decides whether a reply without the records asked for proves that there
// are none (RFC 2308 sections 2 and 3).
func (r *reader) deny(q asked) status {
	denied := r.rcode == rcodeNXDomain
	authority, ns := r.authority(q)
	switch {
	case r.moved && r.soa == 0:
		return r.unsure("incomplete", q)
	case !denied && r.soa == 0 && ns >= 0:
		return r.refer(q, ns)
	case !r.aa && (!r.ra || !q.recurse):
		return r.unsure("lame", q)
	case !r.moved && r.answers() > 0:
		return r.unsure("mismatch", q) // records, but none that was asked for
	case authority > 0 && r.soa == 0:
		return r.unsure("malformed", q) // authority, but not over this name
	}
	if r.soa == 0 && !q.tcp && !q.bare {
		return doubt
	}
	r.outcome = verdict{absent: true}
	if r.soa == 0 && !q.bare {
		r.outcome = verdict{reason: "no_soa"}
	}
	return answered
}

// unsure ends a reply that answers nothing: over UDP it is asked again over TCP.
func (r *reader) unsure(reason string, q asked) status {
	r.outcome = verdict{reason: reason}
	if q.tcp {
		return answered
	}
	return doubt
}

// refer reads a referral (RFC 1034 section 4.3.2): to a question about the name
// servers of a name, put to a server of its parent, the delegation is the answer.
func (r *reader) refer(q asked, ns int) status {
	r.outcome.reason = "referral"
	if !q.recurse && q.qtype == TypeNS && nameIs(r.msg, ns, q.name) {
		r.outcome, r.referral = verdict{present: true}, true
	}
	return answered
}

// authority counts the records of the authority section, gives the owner of the
// first NS record there (-1 = none) and keeps that of the SOA over the end of the
// chain, unless the records that are denied stand beside it.
func (r *reader) authority(q asked) (n, ns int) {
	ns = -1
	contradicted := false
	for _, rec := range r.records {
		if rec.section != 2 || rec.class != classIN {
			continue
		}
		n++
		switch {
		case rec.rtype == int(TypeNS) && ns < 0:
			ns = rec.owner
		case rec.rtype == int(TypeSOA) && holds(r.msg, rec.owner, r.end[:r.endLen]):
			r.soa = rec.owner
		}
		contradicted = contradicted || rec.rtype == int(q.qtype) && nameIs(r.msg, rec.owner, r.end[:r.endLen])
	}
	if contradicted {
		r.soa = 0
	}
	return n, ns
}

func (r *reader) answers() int {
	n := 0
	for _, rec := range r.records {
		if rec.section == 1 {
			n++
		}
	}
	return n
}
