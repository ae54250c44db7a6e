package msp

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Severity ranks findings. The zero Severity is Info.
type Severity int

// The severities, least first.
const (
	Info Severity = iota
	Low
	Medium
	High
	Critical
)

// Severities lists all severities, worst first.
func Severities() []Severity { return []Severity{Critical, High, Medium, Low, Info} }

// String gives the word used in rules, reports and flags.
func (s Severity) String() string {
	names := [...]string{"info", "low", "medium", "high", "critical"}
	if s < 0 || int(s) >= len(names) {
		return fmt.Sprintf("severity(%d)", int(s))
	}
	return names[s]
}

// ParseSeverity reads a severity's word.
func ParseSeverity(s string) (Severity, error) {
	for _, v := range Severities() {
		if strings.EqualFold(s, v.String()) {
			return v, nil
		}
	}
	return Info, fmt.Errorf("unknown severity %q; known: critical, high, medium, low, info", s)
}

// MarshalJSON writes the word.
func (s Severity) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// UnmarshalJSON reads the word.
func (s *Severity) UnmarshalJSON(b []byte) error {
	var word string
	if err := json.Unmarshal(b, &word); err != nil {
		return fmt.Errorf("read severity: %w", err)
	}
	v, err := ParseSeverity(word)
	if err != nil {
		return err
	}
	*s = v
	return nil
}

// Confidence says how sure a finding is.
type Confidence string

// The confidences: Confirmed was seen twice by independent paths (or declared
// by the organisation itself), Firm was seen once, Possible is a lead.
const (
	Confirmed Confidence = "confirmed"
	Firm      Confidence = "firm"
	Possible  Confidence = "possible"
)
