// Package version asks the servers of a zone which software they run: the TXT
// records version.bind and version.server in class CH (RFC 4892 section 2 names
// the practice). What they say helps whoever looks for a known weakness, so the
// question is put only with the owner's consent.
package version

import (
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// names are what servers answer to of themselves.
func names() []msp.Name { return []msp.Name{"version.bind", "version.server"} }

// fromAnswers joins the answers of one server. One text is enough for Present;
// a refusal, a denial and an empty text hide the software; silence says nothing.
func fromAnswers(s scanner.Server, answers []scanner.Answer) fact.VersionServer {
	out := fact.VersionServer{Host: s.Host, Address: s.Address.String(), Outcome: fact.Absent}
	for _, a := range answers {
		out.WrongClass = out.WrongClass || slices.Contains(a.Notes, "wrong_class")
		out.Texts = append(out.Texts, texts(a.Records)...)
		if !hides(a) && out.Outcome == fact.Absent {
			out.Outcome, out.Reason = fact.Unknown, a.Reason
		}
	}
	slices.Sort(out.Texts)
	out.Texts = slices.Compact(out.Texts)
	if len(out.Texts) > 0 {
		out.Outcome, out.Reason = fact.Present, ""
	}
	return out
}

func texts(records []scanner.Record) []string {
	var list []string
	for _, r := range records {
		if text := strings.Trim(strings.Join(r.Fields, ""), " \t"); r.Type == "TXT" && text != "" {
			list = append(list, scanner.Printable(text))
		}
	}
	return list
}

// hides reports whether an answer came that names no software: none of these
// questions has to be answered, so every rcode but SERVFAIL is a clean no.
func hides(a scanner.Answer) bool {
	switch a.Reason {
	case "timeout", "truncated", "malformed":
		return false
	}
	return a.Rcode != "" && a.Rcode != "SERVFAIL"
}
