package pipeline

import (
	"fmt"
	"io"
	"slices"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/domain"
	"mspscan/msp/graph"
	"mspscan/msp/indicator"
	"mspscan/msp/inventory"
	"mspscan/msp/journal"
	"mspscan/reports"
)

// askedSets takes the embedded set and those in files.
func (j *judge) askedSets(files []string) error {
	own, err := indicator.APT10()
	if err != nil {
		return coded(CodeInternal, err)
	}
	j.addSet(own)
	for _, name := range files {
		data, err := readUpTo(name, indicator.MaxFile)
		if err != nil {
			return usage("read indicators: %w", err)
		}
		if err := j.readSet(name, data); err != nil {
			return err
		}
		j.setFiles = append(j.setFiles, inventory.File{Name: name, Data: data})
	}
	return nil
}

// recordedSets takes the sets that a run was made with.
func (j *judge) recordedSets(h journal.Header) error {
	for _, f := range h.Indicators {
		data, err := f.Bytes()
		if err != nil {
			return usage("read the journal's indicators %s: %w", f.Name, err)
		}
		if err := j.readSet(f.Name, data); err != nil {
			return err
		}
	}
	return nil
}

func (j *judge) readSet(name string, data []byte) error {
	s, err := indicator.Load(name, data)
	if err != nil {
		return usage("read indicators: %w", err)
	}
	j.addSet(s)
	return nil
}

// addSet takes a set once, without the names that a service gives to anybody.
func (j *judge) addSet(s indicator.Set) {
	if slices.ContainsFunc(j.sets, func(o indicator.Set) bool { return o.SHA256 == s.SHA256 }) {
		return
	}
	j.sets = append(j.sets, s.Without(func(n msp.Name) bool { return givenToAnybody(j.catalog, n) }))
}

// givenToAnybody reports whether n is a suffix of the catalogue below which
// anybody creates names: a dynamic-DNS service, shared hosting.
func givenToAnybody(cat *catalog.Catalog, n msp.Name) bool {
	m, ok := cat.Match(n)
	return ok && m.Suffix.Name == n && (m.Suffix.Claimable || m.Entry.Claimable || slices.Contains(m.Kinds, catalog.DynamicDNS))
}

// warnSets names the indicators that cannot be used.
func (j *judge) warnSets(w io.Writer, quiet bool) {
	if quiet {
		return
	}
	for _, s := range j.sets {
		for _, p := range s.Why {
			fmt.Fprintf(w, "%s; left out\n", reports.TerminalText(p.String()))
		}
		if more := s.Unfit - len(s.Why); more > 0 {
			fmt.Fprintf(w, "%s: %d more indicators are left out\n", msp.Visible(s.Name), more)
		}
	}
}

// setNotes says which sets were used, for every format.
func (j *judge) setNotes() []string {
	var notes []string
	for _, s := range j.sets {
		note := fmt.Sprintf("Indicators of %s (%s): %d in force", s.Name, s.Format, s.Live())
		if s.Off > 0 {
			note += fmt.Sprintf(", %d off", s.Off)
		}
		if s.Unfit > 0 {
			note += fmt.Sprintf(", %d that could not be used", s.Unfit)
		}
		notes = append(notes, note+".")
	}
	return notes
}

func (j *judge) setPacks() []reports.Pack {
	packs := make([]reports.Pack, len(j.sets))
	for i, s := range j.sets {
		packs[i] = reports.Pack{Name: "indicators " + s.Name, Hash: s.SHA256}
	}
	return packs
}

// concerning gives each hit the watched names that it concerns. A hit about a
// name that nobody watches, such as the zone of a name server's host, concerns
// those whose records led there.
func concerning(g *graph.Graph, hits []indicator.Hit) []indicator.Hit {
	if len(hits) == 0 {
		return nil
	}
	watched := map[msp.Name]bool{}
	for _, w := range g.Watched() {
		watched[w.Name] = true
	}
	var led map[msp.Name][]msp.Name
	var out []indicator.Hit
	for _, h := range hits {
		if watched[h.Host] {
			out = append(out, h)
			continue
		}
		if led == nil {
			led = ledBy(g)
		}
		for _, name := range leadingTo(h.Host, led, watched) {
			h.Host = name
			out = append(out, h)
		}
	}
	return out
}

// ledBy gives for each name, and for the domain that somebody registered for it,
// the names whose records mention it.
func ledBy(g *graph.Graph) map[msp.Name][]msp.Name {
	led := map[msp.Name][]msp.Name{}
	for _, f := range g.Facts() {
		for _, n := range indicator.Names(f) {
			led[n] = append(led[n], f.Task.Name)
			if reg, ok := domain.Registrable(n); ok && reg != n {
				led[reg] = append(led[reg], f.Task.Name)
			}
		}
	}
	return led
}

// leadingTo walks back from a name to the watched ones, sorted.
func leadingTo(n msp.Name, led map[msp.Name][]msp.Name, watched map[msp.Name]bool) []msp.Name {
	var out []msp.Name
	seen := map[msp.Name]bool{n: true}
	for queue := []msp.Name{n}; len(queue) > 0; queue = queue[1:] {
		for _, from := range led[queue[0]] {
			switch {
			case seen[from]:
				continue
			case watched[from]:
				out = append(out, from)
			default:
				queue = append(queue, from)
			}
			seen[from] = true
		}
	}
	slices.Sort(out)
	return out
}
