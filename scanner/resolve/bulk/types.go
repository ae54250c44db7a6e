package bulk

import "strconv"

// TypeText gives a record type as the strict client takes it: "MX", or "TYPE257"
// for those that have no constant here (RFC 3597 section 5).
func TypeText(t uint16) string {
	switch t {
	case TypeA:
		return "A"
	case TypeNS:
		return "NS"
	case TypeCNAME:
		return "CNAME"
	case TypeSOA:
		return "SOA"
	case TypeMX:
		return "MX"
	case TypeTXT:
		return "TXT"
	case TypeAAAA:
		return "AAAA"
	}
	return "TYPE" + strconv.Itoa(int(t))
}
