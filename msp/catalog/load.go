package catalog

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"mspscan/msp"
)

// ErrTable is the cause of every error of Load.
var ErrTable = errors.New("not a provider catalogue")

// maxTable bounds what Load reads.
const maxTable = 8 << 20

// Load reads a table: one YAML document without anchors, aliases and tags,
//
//	version: 1
//	entries:
//	  - id: example-dns
//	    name: Example DNS
//	    kinds: [dns_host]
//	    suffixes: [ns.example.net, "*.tenant.example.net", "ns{01..16}.example.org"]
//	    source: published table, read 2026-11-25
//
// "*." in front of a suffix means names below it only, {a..b} stands for that
// many suffixes. Every fault is reported with its line, all of them at once.
func Load(r io.Reader) (*Catalog, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxTable+1))
	if err != nil {
		return nil, fmt.Errorf("read catalogue: %w", err)
	}
	if len(raw) > maxTable {
		return nil, fmt.Errorf("%w: over %d bytes", ErrTable, maxTable)
	}
	root, err := document(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTable, err)
	}
	d := &decoder{seen: map[string]int{}}
	entries := d.table(root)
	if len(d.errs) > 0 {
		return nil, fmt.Errorf("%w: %w", ErrTable, errors.Join(d.errs...))
	}
	return build(entries), nil
}

// document gives the mapping at the top of the only document of raw.
func document(raw []byte) (*yaml.Node, error) {
	dec := yaml.NewDecoder(strings.NewReader(string(raw)))
	var doc, second yaml.Node
	if err := dec.Decode(&doc); err != nil {
		return nil, err
	}
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one document")
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return nil, errors.New("no document")
	}
	return doc.Content[0], nil
}

// decoder reads the node tree and collects every fault.
type decoder struct {
	errs []error
	seen map[string]int // "suffix x", "id x" … -> line
}

func (d *decoder) fault(n *yaml.Node, format string, args ...any) {
	d.errs = append(d.errs, fmt.Errorf("line %d: "+format, append([]any{n.Line}, args...)...))
}

// once notes that the table holds key of a sort and faults a second one.
func (d *decoder) once(n *yaml.Node, sort, key string) {
	id := sort + " " + strings.ToLower(key)
	if line, ok := d.seen[id]; ok {
		d.fault(n, "%s %q stands at line %d already", sort, key, line)
		return
	}
	d.seen[id] = n.Line
}

func (d *decoder) table(root *yaml.Node) []Entry {
	var entries []Entry
	f := d.fields(root, "version", "entries")
	if v := d.text(f["version"]); v != "1" {
		d.fault(root, "version is %q, known is 1", v)
	}
	for _, n := range d.list(f["entries"]) {
		entries = append(entries, d.entry(n))
	}
	if len(entries) == 0 {
		d.fault(root, "no entries")
	}
	return entries
}

func (d *decoder) entry(n *yaml.Node) Entry {
	f := d.fields(n, "id", "name", "kinds", "suffixes", "tokens", "dkim_selectors", "aliases", "claimable", "source")
	e := Entry{
		ID: d.text(f["id"]), Name: d.text(f["name"]), Kinds: d.kinds(f["kinds"]),
		Claimable: d.flag(f["claimable"]), Source: d.text(f["source"]),
		Tokens: d.texts(f["tokens"]), DKIMSelectors: d.texts(f["dkim_selectors"]),
	}
	for _, s := range d.list(f["suffixes"]) {
		e.Suffixes = append(e.Suffixes, d.suffix(s, e.Claimable)...)
	}
	for _, a := range d.list(f["aliases"]) {
		e.Aliases = append(e.Aliases, d.alias(a))
	}
	for _, t := range d.list(f["tokens"]) {
		d.token(t)
	}
	d.whole(n, e)
	return e
}

// whole checks what an entry must have.
func (d *decoder) whole(n *yaml.Node, e Entry) {
	if !isID(e.ID) {
		d.fault(n, "id %q is not ^[a-z0-9][a-z0-9-]*$", e.ID)
	}
	d.once(n, "id", e.ID)
	for _, need := range []struct {
		key     string
		missing bool
	}{
		{"name", e.Name == ""},
		{"source", e.Source == ""},
		{"kinds", len(e.Kinds) == 0},
		{"suffixes, tokens or aliases", len(e.Suffixes)+len(e.Tokens)+len(e.Aliases) == 0},
	} {
		if need.missing {
			d.fault(n, "entry %q has no %s", e.ID, need.key)
		}
	}
}

func isID(s string) bool {
	return s != "" && s[0] != '-' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// suffix reads a name or a mapping {suffix, kinds, claimable}.
func (d *decoder) suffix(n *yaml.Node, claimable bool) []Suffix {
	s, at := Suffix{Claimable: claimable}, n
	if n.Kind == yaml.MappingNode {
		f := d.fields(n, "suffix", "kinds", "claimable")
		if at = f["suffix"]; at == nil {
			d.fault(n, "no suffix")
			return nil
		}
		if f["kinds"] != nil {
			s.Kinds = d.kinds(f["kinds"])
		}
		if f["claimable"] != nil {
			s.Claimable = d.flag(f["claimable"])
		}
	}
	text := d.text(at)
	if text == "" {
		return nil
	}
	text, s.Below = strings.CutPrefix(text, "*.")
	var list []Suffix
	for _, one := range d.expand(at, text) {
		s.Name = d.name(at, one)
		d.once(at, "suffix", one)
		list = append(list, s)
	}
	return list
}

// expand turns "ns{01..03}.example" into three names.
func (d *decoder) expand(n *yaml.Node, s string) []string {
	open, end := strings.IndexByte(s, '{'), strings.IndexByte(s, '}')
	if open < 0 && end < 0 {
		return []string{s}
	}
	var from, to string
	ok := open >= 0 && end > open
	if ok {
		from, to, ok = strings.Cut(s[open+1:end], "..")
	}
	a, errA := strconv.ParseUint(from, 10, 16)
	b, errB := strconv.ParseUint(to, 10, 16)
	if !ok || errA != nil || errB != nil || a > b || b-a > 999 || len(from) > 4 {
		d.fault(n, "suffix %q: a range is {first..last} of at most 1000 numbers", s)
		return nil
	}
	var list []string
	for i := a; i <= b; i++ {
		list = append(list, fmt.Sprintf("%s%0*d%s", s[:open], len(from), i, s[end+1:]))
	}
	return list
}

func (d *decoder) alias(n *yaml.Node) msp.Name {
	s := d.text(n)
	name := d.name(n, s)
	d.once(n, "alias", s)
	return name
}

func (d *decoder) kinds(n *yaml.Node) []string {
	list := d.texts(n)
	for i, k := range list {
		if !slices.Contains(Kinds(), k) {
			d.fault(n, "kind %q is not known; known: %s", k, strings.Join(Kinds(), ", "))
		}
		if slices.Contains(list[:i], k) {
			d.fault(n, "kind %q stands twice", k)
		}
	}
	return list
}
