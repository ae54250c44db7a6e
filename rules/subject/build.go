package subject

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/msp/graph"
	"mspscan/msp/indicator"
)

// Ground is what subjects are built from.
type Ground struct {
	Graph     *graph.Graph
	Now       time.Time
	Exposures []msp.Exposure     // for scores
	Paths     []msp.PathExposure // for the path subjects
	Previous  *graph.Graph       // of the run before; nil = there is none
	Sets      int                // indicator sets that were held against the facts
	Hits      []indicator.Hit    // what they found, each with the watched name that it concerns
}

// Set is every subject of a run.
type Set struct {
	Views []View   // by kind in the order of Kinds, then by id
	Cut   []string // what a bound left out, for people
}

// builder holds what the views share.
type builder struct {
	g     *graph.Graph
	inv   *msp.Inventory
	day   msp.Date
	today string

	facts      []fact.Fact
	byTask     map[fact.Task]*fact.Fact
	byID       map[string]*fact.Fact
	byPrevious map[fact.Task]*fact.Fact
	previous   bool
	sets       int
	hits       map[msp.Name][]indicator.Hit

	providers map[string]*msp.Provider
	assets    map[string]*msp.Asset
	allAssets []string // ids, in the order of the file
	identity  []string // ids of the identity assets
	served    map[string][]int32
	keys      map[msp.Name][]*fact.Fact // DKIM facts by domain
	proven    map[[2]string]bool        // (name, vendor) of tokens whose vendor is declared
	reach     *reach
	scores    map[string]msp.Exposure
	views     []View
	cut       []string
}

// Build makes the views of everything that the graph holds. Access that ended on
// or before now's day is left out.
func Build(in Ground) (*Set, error) {
	if in.Graph == nil {
		return nil, fmt.Errorf("build subjects: no graph")
	}
	b := newBuilder(in)
	b.organisation()
	b.providerViews()
	b.relationshipViews()
	b.accessViews()
	b.assetViews()
	b.domainViews()
	b.hostViews()
	b.pathViews(in.Paths)
	return &Set{Views: b.views, Cut: b.cut}, nil
}

func newBuilder(in Ground) *builder {
	b := &builder{
		g: in.Graph, inv: in.Graph.Inventory(), day: msp.DateOf(in.Now), facts: in.Graph.Facts(),
		providers: map[string]*msp.Provider{}, assets: map[string]*msp.Asset{}, served: map[string][]int32{},
		scores: map[string]msp.Exposure{}, sets: in.Sets, hits: map[msp.Name][]indicator.Hit{},
	}
	for _, h := range in.Hits {
		b.hits[h.Host] = append(b.hits[h.Host], h)
	}
	b.today = b.day.String()
	b.byTask, b.byID = indexFacts(b.facts)
	if in.Previous != nil {
		b.previous = true
		b.byPrevious, _ = indexFacts(in.Previous.Facts())
	}
	for i := range b.inv.Providers {
		b.providers[b.inv.Providers[i].ID] = &b.inv.Providers[i]
	}
	for i := range b.inv.Assets {
		a := &b.inv.Assets[i]
		b.assets[a.ID] = a
		b.allAssets = append(b.allAssets, a.ID)
		if a.Kind == "identity" {
			b.identity = append(b.identity, a.ID)
		}
	}
	for i := range b.inv.Relationships {
		p := b.inv.Relationships[i].Provider
		b.served[p] = append(b.served[p], int32(i))
	}
	for _, e := range in.Exposures {
		b.scores[e.Provider] = e
	}
	b.reach = newReach(b.g, b.day)
	b.index()
	return b
}

// index finds what single domains ask for again and again.
func (b *builder) index() {
	b.keys, b.proven = map[msp.Name][]*fact.Fact{}, map[[2]string]bool{}
	for i := range b.facts {
		if f := &b.facts[i]; f.Task.Probe == fact.ProbeDKIM {
			b.keys[f.Task.Name] = append(b.keys[f.Task.Name], f)
		}
	}
	for _, d := range b.g.Dependencies() {
		if d.Trust != msp.TrustVerify || !d.Declared || len(b.served[d.To]) == 0 {
			continue
		}
		for _, n := range d.Domains {
			b.proven[[2]string{string(n), d.Party}] = true
		}
	}
}

func indexFacts(list []fact.Fact) (map[fact.Task]*fact.Fact, map[string]*fact.Fact) {
	byTask, byID := make(map[fact.Task]*fact.Fact, len(list)), make(map[string]*fact.Fact, len(list))
	for i := range list {
		byTask[list[i].Task], byID[list[i].ID] = &list[i], &list[i]
	}
	return byTask, byID
}

// fact gives the fact of a probe about a name, nil if it was not asked.
func (b *builder) fact(probe string, name msp.Name) *fact.Fact {
	return b.byTask[fact.Task{Probe: probe, Name: name}]
}

// add takes the views of one kind, sorted by id.
func (b *builder) add(list []View) {
	sort.SliceStable(list, func(i, j int) bool { return list[i].Ref().ID < list[j].Ref().ID })
	b.views = append(b.views, list...)
}

// bound cuts a list at MaxList and says so.
func bound[T any](b *builder, what string, list []T) []T {
	if len(list) <= MaxList {
		return list
	}
	b.cut = append(b.cut, fmt.Sprintf("%s: %d entries, only the first %d are judged", what, len(list), MaxList))
	return list[:MaxList]
}

// clip cuts a text at MaxText bytes, at the edge of a character.
func clip(s string) string {
	if len(s) <= MaxText {
		return s
	}
	return strings.ToValidUTF8(s[:MaxText], "")
}

func words(names []msp.Name) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = string(n)
	}
	return out
}

// unique sorts a list and leaves each value once.
func unique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

func number(o msp.OptInt) *Number {
	return &Number{Value: int64(o.Value), Known: o.Known || o.None, None: o.None}
}

func (b *builder) critical(id string) bool {
	a := b.assets[id]
	return a != nil && a.Criticality == "critical"
}

// ownerOf gives the declared provider behind an owner of names, "" for the
// organisation.
func (b *builder) ownerOf(id string) string {
	if id == b.inv.Organisation.ID {
		return ""
	}
	return id
}

// over reports whether a relationship has ended: its contract ran out and no
// access of it is open any more.
func (b *builder) over(r *msp.Relationship) bool {
	return r.Contract.Ends.Before(b.day) && r.AccessStated && !b.anyLive(r)
}

func (b *builder) anyLive(r *msp.Relationship) bool {
	return slices.ContainsFunc(r.Access, func(a msp.Access) bool { return a.Live(b.day) })
}
