package inventory

import (
	"bytes"
	_ "embed" // for the two inventories that init writes
)

//go:embed starter.yaml
var starter []byte

//go:embed sample.yaml
var sample []byte

// Starter gives the commented inventory that a newcomer fills in.
func Starter() []byte { return bytes.Clone(starter) }

// Sample gives the worked example.
func Sample() []byte { return bytes.Clone(sample) }
