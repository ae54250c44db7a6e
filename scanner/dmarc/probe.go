package dmarc

import (
	"cmp"
	"context"
	"fmt"

	"mspscan/msp"
	"mspscan/msp/domain"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// The results of fact.DMARC.
const (
	ResultNone      = "none"      // no record applies
	ResultOK        = "ok"        // a policy is in force
	ResultInvalid   = "invalid"   // the record that applies is void
	ResultMultiple  = "multiple"  // several records, all discarded
	ResultTemperror = "temperror" // a step that decides was not answered
)

// maxReports bounds the receivers whose authorisation is asked for.
const maxReports = 10

// Probe looks for the DMARC policy that applies to the task's name. Data is
// fact.DMARC: Present = a policy is in force, Broken = invalid or several
// records, Absent = none, Unknown = a step that decides was not answered. A
// domain's own record decides even if a name above it was not answered.
func Probe() scanner.Probe {
	return scanner.Probe{
		Name: fact.ProbeDMARC,
		Doc:  "the DMARC policy in force by the tree walk, and who gets reports (RFC 9989, RFC 9990)",
		Run:  run,
	}
}

func run(ctx context.Context, env scanner.Env, t fact.Task) fact.Fact {
	trace := scanner.NewTrace(env.Resolver)
	d := Discover(ctx, trace, t.Name)
	data := fact.DMARC{Domain: t.Name, OrgDomain: d.OrgDomain, Walk: d.Steps, Errors: d.Errors}
	for _, name := range d.Several {
		data.Errors = append(data.Errors, fmt.Sprintf("_dmarc.%s: several records, all are discarded (RFC 9989 section 4.10)", name))
	}
	if d.Record == nil {
		outcome, reason := without(&data, d)
		return trace.Fact(t, outcome, reason, data)
	}
	describe(&data, d)
	policies, ok := d.Record.Policies()
	if !ok {
		data.Result = ResultInvalid
		return trace.Fact(t, fact.Broken, ResultInvalid, data)
	}
	data.Result = ResultOK
	data.Policy, data.Subdomain, data.NonExistent = policies.Domain, policies.Subdomain, policies.NonExistent
	effective, reason := inForce(ctx, trace, d, policies)
	data.Reports = reports(ctx, trace, d)
	if reason != "" {
		data.Result = ResultTemperror
		return trace.Fact(t, fact.Unknown, reason, data)
	}
	data.Effective = effective
	return trace.Fact(t, fact.Present, "", data)
}

// without says why no record applies.
func without(data *fact.DMARC, d Discovery) (fact.Outcome, string) {
	own := len(d.Several) > 0 && d.Several[0] == d.Domain
	switch {
	case d.Unknown != "" && !own:
		data.Result = ResultTemperror
		return fact.Unknown, d.Unknown
	case len(d.Several) > 0:
		data.Result = ResultMultiple
		return fact.Broken, ResultMultiple
	}
	data.Result = ResultNone
	return fact.Absent, ""
}

func describe(data *fact.DMARC, d Discovery) {
	data.At, data.Record = d.At, scanner.Printable(d.Text)
	data.PSD, data.Testing = d.Record.PSD, d.Record.Testing
	for _, e := range d.Record.Errors {
		data.Errors = append(data.Errors, fmt.Sprintf("_dmarc.%s: %s", d.At, e))
	}
}

// inForce gives the policy for the very domain asked: p at its own record, sp or
// np below another's, by whether the domain exists (RFC 9989 section 4.10.1).
// Only NXDOMAIN says that it doesn't (section 3.2.13). The reason is why it could
// not be told.
func inForce(ctx context.Context, trace Asker, d Discovery, p Policies) (policy, reason string) {
	policy = p.Domain
	if d.At != d.Domain {
		policy = p.Subdomain
		if p.NonExistent != p.Subdomain {
			a := trace.Look(ctx, d.Domain, "A")
			switch {
			case a.Outcome == fact.Absent && a.Rcode == "NXDOMAIN":
				policy = p.NonExistent
			case a.Outcome != fact.Present && a.Outcome != fact.Absent:
				return "", cmp.Or(a.Reason, "broken")
			}
		}
	}
	if d.Record.Testing {
		policy = Lowered(policy)
	}
	return policy, ""
}

// reports lists the receivers. One outside the organisation has to say that it
// takes the reports (RFC 9990 section 4, RFC 9991 section 5).
func reports(ctx context.Context, trace *scanner.Trace, d Discovery) []fact.DMARCReport {
	var list []fact.DMARCReport
	add := func(tag string, uris []URI) {
		for _, u := range uris {
			r := fact.DMARCReport{Tag: tag, URI: scanner.Printable(u.Text), Domain: u.Domain, Authorised: fact.Present}
			if u.Domain != "" {
				external(ctx, trace, d, &r, len(list))
			}
			list = append(list, r)
		}
	}
	add("rua", d.Record.RUA)
	add("ruf", d.Record.RUF)
	return list
}

func external(ctx context.Context, trace *scanner.Trace, d Discovery, r *fact.DMARCReport, nth int) {
	if sameOrganisation(ctx, trace, d, r.Domain) {
		return
	}
	r.External, r.Authorised = true, fact.Unknown
	if nth >= maxReports {
		r.Reason = "budget"
		return
	}
	r.Rcode = trace.Look(ctx, r.Domain, "MX").Rcode
	name, err := msp.ParseName(string(d.At) + "._report._dmarc." + string(r.Domain))
	if err != nil {
		r.Authorised, r.Reason = fact.Absent, "name too long"
		return
	}
	a := trace.Look(ctx, name, "TXT")
	r.Authorised, r.Reason = a.Outcome, a.Reason
	if a.Outcome == fact.Present && !authorises(a) {
		r.Authorised = fact.Absent
	}
}

func authorises(a scanner.Answer) bool {
	for _, rec := range a.Records {
		text := ""
		for _, f := range rec.Fields {
			text += f
		}
		if IsRecord(text) {
			return true
		}
	}
	return false
}

// sameOrganisation compares the organisational domains. Names that do not even
// share a registrable domain are not walked. Where the walk could not be
// finished, the registrable domain decides.
func sameOrganisation(ctx context.Context, trace *scanner.Trace, d Discovery, receiver msp.Name) bool {
	if receiver == d.Domain || receiver == d.At || receiver == d.OrgDomain {
		return true
	}
	own, ok := domain.Registrable(d.Domain)
	other, ok2 := domain.Registrable(receiver)
	if !ok || !ok2 || own != other {
		return false
	}
	org := Discover(ctx, trace, receiver).OrgDomain
	return org == "" || d.OrgDomain == "" || org == d.OrgDomain
}
