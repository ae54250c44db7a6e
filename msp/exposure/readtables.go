package exposure

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"

	yaml3 "go.yaml.in/yaml/v3"

	"mspscan/msp"
	"mspscan/msp/strict"
)

const (
	maxTables = 1 << 20 // bytes of a file of tables
	maxValue  = 1e15    // an amount, as in the inventory
	notStated = "not_stated"
)

// versionText is what a version of tables looks like.
const versionText = `^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$`

var versionPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(versionText) })

// ReadTables reads a YAML or JSON file of the numbers that differ from doors/v1.
// The version must be another one: a report says which tables it was made with. A
// control that is named is replaced whole. The error is strict.Problems: all of
// them, each with its place in the file and what would be right.
func ReadTables(file string, data []byte) (Tables, error) {
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		data = bytes.ReplaceAll(data, []byte("\t"), []byte(" ")) // JSON allows them between values, YAML does not
	}
	r, top := strict.Read(file, data, maxTables)
	if err := r.Err(); err != nil {
		return Tables{}, err
	}
	if top == nil {
		top = &yaml3.Node{Kind: yaml3.MappingNode, Line: 1, Column: 1}
	}
	t := DefaultTables()
	tablesReader{r, &t}.read(top)
	if err := r.Err(); err != nil {
		return Tables{}, err
	}
	if err := t.Validate(); err != nil {
		return Tables{}, fmt.Errorf("read tables: %w", err)
	}
	return t, nil
}

// tableKeys lists the keys of the file.
func tableKeys() []string {
	return []string{"version", "base", "controls", "verified", "attested", "expired", "values", "exact_doors", "trials", "seed"}
}

// tablesReader reads the parts of a file into t.
type tablesReader struct {
	*strict.Reader
	t *Tables
}

func (f tablesReader) read(top *yaml3.Node) {
	fields := f.Fields(top, "the file", tableKeys())
	if top.Kind != yaml3.MappingNode {
		return
	}
	f.version(top, fields["version"])
	for kind, v := range f.shares(fields["base"], "base") {
		f.t.Base[kind] = v
	}
	f.controls(fields["controls"])
	f.share(fields["verified"], "verified", &f.t.Verified)
	f.share(fields["attested"], "attested", &f.t.Attested)
	f.share(fields["expired"], "expired", &f.t.Expired)
	f.values(fields["values"])
	f.whole(fields["exact_doors"], "exact_doors", 0, 30, func(v uint64) { f.t.ExactDoors = int(v) })
	f.whole(fields["trials"], "trials", 64, 1<<24, func(v uint64) { f.t.Trials = int(v) })
	f.whole(fields["seed"], "seed", 0, math.MaxUint32, func(v uint64) { f.t.Seed = v })
}

func (f tablesReader) version(top, n *yaml3.Node) {
	const want = "give changed tables a name of their own, such as acme/v1"
	if n == nil {
		f.Errorf(top, "add version: a name of your own, such as acme/v1", "the tables have no version")
		return
	}
	switch s := f.Text(n, "version", 64, false); {
	case s == TablesV1:
		f.Errorf(n, want, "version %s is that of the built-in tables", s)
	case !versionPattern().MatchString(s):
		f.Errorf(n, want, "version %q is no name of letters, digits, dots, slashes and hyphens", s)
	default:
		f.t.Version = s
	}
}

// shares reads a mapping of access kinds to shares.
func (f tablesReader) shares(n *yaml3.Node, what string) map[msp.AccessKind]float64 {
	out := map[msp.AccessKind]float64{}
	for kind, value := range f.Fields(n, what, words(msp.AccessKinds())) {
		v := 0.0
		if f.share(value, what+" of "+kind, &v) {
			out[msp.AccessKind(kind)] = v
		}
	}
	return out
}

func words[S ~string](list []S) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

// controls reads the list of controls, each of which replaces the built-in one.
func (f tablesReader) controls(n *yaml3.Node) {
	if n != nil && n.Kind != yaml3.SequenceNode {
		f.Errorf(n, "write a list: - {control: mfa, family: auth, r: 0.5}", "controls is no list")
		return
	}
	seen := map[msp.Control]int{}
	var changed []Safeguard
	for _, item := range f.Items(n, "a control") {
		fields := f.Fields(item, "a control", []string{"control", "family", "r", "by_kind"})
		for _, key := range []string{"control", "family", "r"} {
			if fields[key] == nil {
				f.Errorf(item, "add it: a control that is named replaces the built-in one whole", "a control has no %s", key)
			}
		}
		s := Safeguard{
			Control: msp.Control(f.Word(fields["control"], "control", words(msp.AllControls()))),
			Family:  Family(f.Word(fields["family"], "family", words(families()))),
		}
		f.share(fields["r"], "r", &s.R)
		if by := f.shares(fields["by_kind"], "by_kind"); len(by) > 0 {
			s.ByKind = by
		}
		if line, twice := seen[s.Control]; twice && s.Control != "" {
			f.Errorf(item, "keep one", "control %s stands twice, first on line %d", s.Control, line)
			continue
		}
		seen[s.Control] = item.Line
		changed = append(changed, s)
	}
	f.t.Controls = overlay(f.t.Controls, changed)
}

// values reads what an asset without a value counts, by criticality.
func (f tablesReader) values(n *yaml3.Node) {
	for name, value := range f.Fields(n, "values", append(msp.Criticalities(), notStated)) {
		v := 0.0
		if f.number(value, "the value of "+name, maxValue, "write a plain number of the currency's units, such as 300000", &v) {
			f.t.Values[strings.TrimSuffix(name, notStated)] = v
		}
	}
}

func (f tablesReader) share(n *yaml3.Node, what string, at *float64) bool {
	return f.number(n, what, 1, "write a share from 0 to 1, such as 0.7", at)
}

var plainNumber = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([0-9]{1,16}(\.[0-9]{1,17})?|\.[0-9]{1,17})([eE][+-]?[0-9]{1,2})?$`)
})

// number reads a number from 0 to most; false if there is none.
func (f tablesReader) number(n *yaml3.Node, what string, most float64, want string, at *float64) bool {
	if n == nil {
		return false
	}
	v, err := strconv.ParseFloat(n.Value, 64)
	if n.Kind != yaml3.ScalarNode || !plainNumber().MatchString(n.Value) || err != nil || v > most {
		f.Errorf(n, want, "%s is %s", what, shown(n))
		return false
	}
	*at = v
	return true
}

func (f tablesReader) whole(n *yaml3.Node, what string, least, most uint64, set func(uint64)) {
	if n == nil {
		return
	}
	v, err := strconv.ParseUint(n.Value, 10, 64)
	if n.Kind != yaml3.ScalarNode || err != nil || v < least || v > most {
		f.Errorf(n, fmt.Sprintf("write a whole number from %d to %d", least, most), "%s is %s", what, shown(n))
		return
	}
	set(v)
}

// shown gives a value for a message.
func shown(n *yaml3.Node) string {
	switch {
	case n.Kind == yaml3.MappingNode:
		return "a mapping"
	case n.Kind == yaml3.SequenceNode:
		return "a list"
	case n.Tag == "!!null":
		return "blank"
	}
	return strconv.Quote(n.Value[:min(len(n.Value), 60)])
}
