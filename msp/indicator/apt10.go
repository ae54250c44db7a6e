package indicator

import (
	_ "embed" // apt10.csv
	"fmt"
)

//go:embed apt10.csv
var apt10 []byte

// APT10 gives the embedded set: names of the campaign against managed service
// providers that started this tool, each with source and date. It is a small
// choice, made of public reports; names that their publisher took back are in
// it and off. No name of a dynamic-DNS service itself is in it.
func APT10() (Set, error) {
	s, err := Load("APT10 (embedded)", apt10)
	if err != nil {
		return Set{}, fmt.Errorf("read embedded indicators: %w", err)
	}
	return s, nil
}
