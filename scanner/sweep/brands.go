package sweep

import (
	"context"
	"slices"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/domain"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// BrandNames asks for the label that somebody registered for the task's name
// under each dynamic-DNS suffix of the catalogue: command hosts of Operation
// Cloud Hopper carried the names of those whom they were to fool. Where a random
// label under the suffix exists too, nothing is proved. Data is fact.BrandNames.
func BrandNames(cat *catalog.Catalog) scanner.Probe {
	suffixes := Suffixes(cat)
	return scanner.Probe{
		Name: fact.ProbeBrandNames,
		Doc:  "whether the domain's label exists under dynamic-DNS suffixes",
		Run: func(ctx context.Context, env scanner.Env, t fact.Task) fact.Fact {
			return brandNames(ctx, env, t, suffixes)
		},
	}
}

// Suffixes gives the dynamic-DNS suffixes of the catalogue, sorted.
func Suffixes(cat *catalog.Catalog) []msp.Name {
	var list []msp.Name
	if cat == nil {
		return nil
	}
	for _, e := range cat.Entries() {
		for _, s := range e.Suffixes {
			kinds := s.Kinds
			if len(kinds) == 0 {
				kinds = e.Kinds
			}
			if slices.Contains(kinds, catalog.DynamicDNS) {
				list = append(list, s.Name)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Brand gives the label that somebody registered for a name.
func Brand(n msp.Name) (string, bool) {
	reg, ok := domain.Registrable(n)
	if !ok {
		return "", false
	}
	return reg.Labels()[0], true
}

func brandNames(ctx context.Context, env scanner.Env, t fact.Task, suffixes []msp.Name) fact.Fact {
	trace := scanner.NewTrace(env.Resolver)
	data := fact.BrandNames{Domain: t.Name}
	brand, ok := Brand(t.Name)
	if !ok {
		return trace.Fact(t, fact.Unknown, "bad_question", data)
	}
	data.Brand = brand
	verdicts, found := make([]verdict, len(suffixes)), make([]fact.BrandName, len(suffixes))
	each(len(suffixes), func(i int) { found[i], verdicts[i] = under(ctx, env, brand, suffixes[i]) })
	data.Swept = count(trace, verdicts)
	for i, f := range found {
		if verdicts[i].outcome == fact.Present {
			data.Found = append(data.Found, f)
		}
	}
	o, reason := outcome(data.Swept, len(data.Found))
	return trace.Fact(t, o, reason, data)
}

// under asks for one label under one suffix.
func under(ctx context.Context, env scanner.Env, label string, suffix msp.Name) (fact.BrandName, verdict) {
	name, err := msp.ParseName(label + "." + string(suffix))
	if err != nil {
		return fact.BrandName{}, verdict{outcome: fact.Absent} // too long to exist
	}
	out := fact.BrandName{Name: name, Suffix: suffix}
	trace := scanner.NewTrace(env.Resolver)
	a, o, reason := exists(ctx, trace, name)
	if o != fact.Present {
		return out, verdict{outcome: o, reason: reason}
	}
	trace.Keep(a, name, kindOf(a))
	for _, addr := range scanner.Addresses(a.Records) {
		out.Addresses = append(out.Addresses, addr.String())
	}
	switch o, reason := random(ctx, env, trace, suffix); o {
	case fact.Present:
		return out, unsure("wildcard")
	case fact.Absent:
		return out, verdict{outcome: fact.Present, trace: trace}
	default:
		return out, unsure(reason)
	}
}

// kindOf gives the type that an answer with addresses was asked for.
func kindOf(a scanner.Answer) string {
	if len(a.Records) > 0 {
		return a.Records[0].Type
	}
	return "A"
}
