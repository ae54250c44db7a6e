package dmarc

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// Asker asks one question; scanner.Trace has it.
type Asker interface {
	Look(ctx context.Context, name msp.Name, qtype string) scanner.Answer
}

// maxLabels is what a name of eight labels or more is cut to after the first
// query, so that no walk takes more than eight (RFC 9989 section 4.10).
const maxLabels = 7

// Discovery is what the tree walk found for a domain.
type Discovery struct {
	Domain    msp.Name
	Steps     []fact.DMARCStep
	Record    *Record  // that applies; nil = none
	Text      string   // of the record
	At        msp.Name // where it stands
	OrgDomain msp.Name // "" if the walk could not be finished
	Several   []msp.Name
	Errors    []string // texts that were meant to be records
	Unknown   string   // reason of the step that was not answered
}

type found struct {
	at     msp.Name
	text   string
	record Record
}

// Discover walks the tree from the domain up and picks the record that applies:
// the domain's own, else that of the organisational domain, else that of the
// public suffix domain (RFC 9989 sections 4.10 and 4.10.1).
//
// Several records at one name are discarded. Where that name is the domain
// itself no record of a parent is taken in their place: RFC 7489 section 6.6.3
// ended there, and receivers differ, so that the parent's policy is nothing to
// rely on.
func Discover(ctx context.Context, ask Asker, domain msp.Name) Discovery {
	d := Discovery{Domain: domain}
	var list []found
	for _, name := range targets(domain) {
		step, records, errors := query(ctx, ask, name)
		d.Steps, d.Errors = append(d.Steps, step), append(d.Errors, errors...)
		if step.Outcome != fact.Present && step.Outcome != fact.Absent {
			d.Unknown = cmp.Or(step.Reason, "broken")
			break
		}
		if len(records) > 1 {
			d.Several = append(d.Several, name)
		}
		if len(records) != 1 {
			continue
		}
		list = append(list, records[0])
		if records[0].record.PSD != "u" {
			break
		}
	}
	d.pick(list)
	return d
}

// targets gives the names of the walk, without _dmarc.
func targets(domain msp.Name) []msp.Name {
	labels := domain.Labels()
	var list []msp.Name
	for len(labels) > 0 {
		list = append(list, msp.Name(strings.Join(labels, ".")))
		if len(labels) > maxLabels {
			labels = labels[len(labels)-maxLabels:]
		} else {
			labels = labels[1:]
		}
	}
	return list
}

// query asks for the records at one name. A name that is too long for the DNS
// has none.
func query(ctx context.Context, ask Asker, at msp.Name) (fact.DMARCStep, []found, []string) {
	step := fact.DMARCStep{Name: at}
	name, err := msp.ParseName("_dmarc." + string(at))
	if err != nil {
		step.Outcome, step.Reason = fact.Absent, "name too long"
		return step, nil, nil
	}
	a := ask.Look(ctx, name, "TXT")
	step.Outcome, step.Rcode, step.Reason = a.Outcome, a.Rcode, a.Reason
	var list []found
	var errors []string
	for _, r := range a.Records {
		text := strings.Join(r.Fields, "")
		rec, ok := Parse(text)
		if ok {
			step.Records = append(step.Records, scanner.Printable(text))
			list = append(list, found{at, text, rec})
		} else if looksLike(text) {
			errors = append(errors, fmt.Sprintf("%s: %q is no DMARC record, it has to begin with v=DMARC1", name, scanner.Printable(text)))
		}
	}
	if len(list) == 0 && step.Outcome == fact.Present {
		step.Outcome = fact.Absent
	}
	return step, list, errors
}

// looksLike reports whether somebody meant the text to be a DMARC record.
func looksLike(text string) bool {
	squeezed := strings.NewReplacer(" ", "", "\t", "", `"`, "").Replace(strings.ToLower(text))
	return strings.Contains(squeezed, "v=dmarc1")
}

func (d *Discovery) pick(list []found) {
	if d.Unknown == "" {
		d.OrgDomain = orgDomain(d.Domain, list)
	}
	if len(d.Several) > 0 && d.Several[0] == d.Domain {
		return
	}
	if len(list) == 0 {
		return
	}
	if list[0].at == d.Domain {
		d.take(list[0])
		return
	}
	if d.Unknown != "" {
		return
	}
	for _, f := range list {
		if f.at == d.OrgDomain {
			d.take(f)
			return
		}
	}
	if last := list[len(list)-1]; last.record.PSD == "y" {
		d.take(last)
	}
}

func (d *Discovery) take(f found) { d.Record, d.Text, d.At = &f.record, f.text, f.at }

// orgDomain picks the organisational domain from the records of a whole walk,
// longest name first (section 4.10.2).
func orgDomain(start msp.Name, list []found) msp.Name {
	org := start
	for _, f := range list {
		switch {
		case f.record.PSD == "n":
			return f.at
		case f.record.PSD == "y" && f.at != start:
			return below(start, f.at)
		}
		org = f.at // the fewest labels so far
	}
	return org
}

// below gives the name one label below zone on the way to name.
func below(name, zone msp.Name) msp.Name {
	for parent := name.Parent(); parent != zone && parent != msp.Root; parent = name.Parent() {
		name = parent
	}
	return name
}
