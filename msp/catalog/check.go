package catalog

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"mspscan/msp"
	"mspscan/msp/domain"
)

// name reads a suffix or alias and refuses what would match strangers: single
// labels and zones under which others register domains.
func (d *decoder) name(n *yaml.Node, s string) msp.Name {
	name, err := domain.Parse(s)
	switch {
	case err != nil:
		d.fault(n, "%v", err)
	case string(name) != s:
		d.fault(n, "name %q has to be written %q", s, name)
	case domain.Suffix(name) == name:
		d.fault(n, "name %q is a public suffix", s)
	}
	return name
}

// minToken is the shortest token that tells one vendor: "ms=".
const minToken = 3

// token checks a verification text.
func (d *decoder) token(n *yaml.Node) {
	s := d.text(n)
	d.once(n, "token", s)
	switch {
	case len(strings.ReplaceAll(s, "*", "")) < minToken:
		d.fault(n, "token %q is too short to tell a vendor", s)
	case strings.Contains(s, "**"):
		d.fault(n, "token %q: one star is enough", s)
	case strings.HasPrefix(strings.ToLower(s), "v="):
		d.fault(n, "token %q: v= begins the records of protocols", s)
	}
}

// fields gives the values of a mapping by key; unknown and double keys are
// faults.
func (d *decoder) fields(n *yaml.Node, keys ...string) map[string]*yaml.Node {
	out := map[string]*yaml.Node{}
	if n.Kind != yaml.MappingNode {
		d.fault(n, "not a mapping of %s", strings.Join(keys, ", "))
		return out
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch word := d.text(key); {
		case !slices.Contains(keys, word):
			d.fault(key, "key %q is not known; known: %s", word, strings.Join(keys, ", "))
		case out[word] != nil:
			d.fault(key, "key %q stands twice", word)
		default:
			out[word] = n.Content[i+1]
		}
	}
	return out
}

// list gives the items of a sequence; none for a key that is absent.
func (d *decoder) list(n *yaml.Node) []*yaml.Node {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		d.fault(n, "not a list")
		return nil
	}
	return n.Content
}

func (d *decoder) texts(n *yaml.Node) []string {
	var out []string
	for _, item := range d.list(n) {
		out = append(out, d.text(item))
	}
	return out
}

// text gives a plain scalar; "" for a key that is absent.
func (d *decoder) text(n *yaml.Node) string {
	switch {
	case n == nil:
		return ""
	case n.Kind != yaml.ScalarNode || n.Anchor != "" || n.Style&yaml.TaggedStyle != 0:
		d.fault(n, "not a plain text")
		return ""
	case n.Value == "" || n.Value != strings.TrimSpace(n.Value) || strings.ContainsFunc(n.Value, func(r rune) bool { return r < ' ' || r == 0x7f }):
		d.fault(n, "text %q is empty or holds blanks around it or control characters", n.Value)
		return ""
	}
	return n.Value
}

func (d *decoder) flag(n *yaml.Node) bool {
	switch s := d.text(n); {
	case n == nil || s == "":
		return false
	case s == "true" || s == "yes":
		return true
	case s != "false" && s != "no":
		d.fault(n, "%q is neither true nor false", s)
	}
	return false
}
