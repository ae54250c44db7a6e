package sweep

import (
	"context"
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/domain"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// BrandNames asks for the label that somebody registered for the task's name, and
// for that label with a word, under each dynamic-DNS suffix of the catalogue: command
// hosts of Operation Cloud Hopper carried the names of those whom they were to
// fool. The task's type says for which of the names, see Places. Where a random
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

// brandLabels gives the labels that stand for a brand: itself and without hyphens,
// then with a word for updates or support, as the campaign's hosts were called.
func brandLabels(brand string) (plain, worded []string) {
	plain = []string{brand}
	if strings.HasPrefix(brand, "xn--") {
		return plain, nil
	}
	joined := strings.ReplaceAll(brand, "-", "")
	if joined != brand {
		plain = append(plain, joined)
	}
	for _, w := range []string{"update", "support"} {
		worded = append(worded, joined+w, brand+"-"+w)
	}
	return plain, worded
}

// BrandCandidates gives the names to ask for and the suffix of each: those of the
// brand alone first.
func BrandCandidates(brand string, suffixes []msp.Name) (names, under []msp.Name) {
	plain, worded := brandLabels(brand)
	seen := map[msp.Name]bool{}
	for _, labels := range [][]string{plain, worded} {
		for _, s := range suffixes {
			for _, label := range labels {
				name, err := msp.ParseName(label + "." + string(s))
				if err != nil || seen[name] { // too long to exist, or another suffix's
					continue
				}
				seen[name] = true
				names, under = append(names, name), append(under, s)
			}
		}
	}
	return names, under
}

func brandNames(ctx context.Context, env scanner.Env, t fact.Task, suffixes []msp.Name) fact.Fact {
	trace := scanner.NewTrace(env.Resolver)
	data := fact.BrandNames{Domain: t.Name}
	brand, ok := Brand(t.Name)
	from, to, _, err := ReadPlaces(t.Type)
	if !ok || err != nil || to-from >= Slice {
		return trace.Fact(t, fact.Unknown, "bad_question", data)
	}
	names, under := BrandCandidates(brand, suffixes)
	data.Brand, data.Made, data.From, data.To = brand, len(names), from, to
	names, under = names[min(from-1, len(names)):min(to, len(names))], under[min(from-1, len(names)):]
	found := make([]fact.BrandName, len(names))
	verdicts := sift(ctx, env, names, "A", inUse, func(i int) (v verdict) {
		found[i], v = brandName(ctx, env, names[i], under[i])
		return v
	})
	data.Swept = count(trace, verdicts)
	for i, f := range found {
		if verdicts[i].outcome == fact.Present {
			data.Found = append(data.Found, f)
		}
	}
	slices.SortFunc(data.Found, func(a, b fact.BrandName) int { return strings.Compare(string(a.Name), string(b.Name)) })
	o, reason := outcome(data.Swept, len(data.Found))
	return trace.Fact(t, o, reason, data)
}

// inUse reports whether a clean glance at the addresses of a name leaves it to be
// looked at: it is there, be it without an address of IPv4.
func inUse(_ msp.Name, g scanner.Glance) bool {
	return g.Outcome == fact.Present || g.Rcode != "NXDOMAIN"
}

func brandName(ctx context.Context, env scanner.Env, name, suffix msp.Name) (fact.BrandName, verdict) {
	out := fact.BrandName{Name: name, Suffix: suffix}
	p, v := stands(ctx, env, scanner.NewTrace(env.Resolver), name, suffix)
	out.Addresses = p.addresses
	return out, v
}
