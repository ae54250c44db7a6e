package inventory

import (
	"bytes"
	"fmt"

	yaml "go.yaml.in/yaml/v3"
)

// YAML gives a CSV or XLSX inventory as YAML text that reads the same. The error
// is Diagnostics where the files are no sound inventory.
func YAML(files []File) ([]byte, error) {
	d, diags := decodeAll(files)
	if err := diags.Err(); err != nil {
		return nil, err
	}
	if len(d.joined.entries) == 0 {
		return nil, fmt.Errorf("write YAML: %s is no CSV or XLSX inventory", files[0].Name)
	}
	root := &yaml.Node{Kind: yaml.MappingNode}
	for _, e := range d.joined.entries {
		root.Content = append(root.Content, yamlOf(e.key, 0), yamlOf(e.value, 1))
	}
	var out bytes.Buffer
	out.WriteString("# yaml-language-server: $schema=" + SchemaFile + "\n\n")
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(root); err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	if err := enc.Close(); err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	return out.Bytes(), nil
}

// yamlOf turns a node into one of the YAML library: lists of words and short
// mappings deep inside on one line, the rest in blocks.
func yamlOf(n node, depth int) *yaml.Node {
	y := &yaml.Node{}
	switch n.kind {
	case mapping:
		y.Kind = yaml.MappingNode
		if depth > 4 {
			y.Style = yaml.FlowStyle
		}
	case list:
		y.Kind = yaml.SequenceNode
		if len(n.kids) == 0 || n.kids[0].kind == scalar {
			y.Style = yaml.FlowStyle
		}
	default:
		y.Kind, y.Value = yaml.ScalarNode, n.text
		if n.quoted || n.null() && n.text != "" || n.text == "?" {
			y.Style = yaml.DoubleQuotedStyle
		}
	}
	for _, k := range n.kids {
		y.Content = append(y.Content, yamlOf(k, depth+1))
	}
	return y
}
