// Package journal keeps the record of a run: append-only NDJSON of a header,
// tasks, facts and an end. Reports are a function of it, so it is also what is
// resumed, merged, archived and sent with a bug report.
package journal

import (
	"encoding/base64"
	"time"
	"unicode/utf8"

	"mspscan/msp/fact"
)

// Schema names the format of the lines.
const Schema = "mspscan/journal/v1"

// Header is the first line: what was to be scanned, by what and through whom.
type Header struct {
	Kind            string    `json:"kind"` // "run"
	Schema          string    `json:"schema"`
	ID              string    `json:"id"`
	Tool            string    `json:"tool"` // "mspscan 1.2.3"
	Started         time.Time `json:"started"`
	InventorySHA256 string    `json:"inventory_sha256"`
	Resolvers       []string  `json:"resolvers"`
	Inventory       []File    `json:"inventory"`
	Ranks           int       `json:"ranks"`
	Passive         bool      `json:"passive,omitempty"`
	Active          bool      `json:"active,omitempty"`
	Sweep           string    `json:"sweep,omitempty"`          // hosts, lookalikes or all; "" = none
	SweepBudget     int       `json:"sweep_budget,omitempty"`   // names asked for in all
	SweepLikeness   int       `json:"sweep_likeness,omitempty"` // down to which look-alikes were made
	Command         []string  `json:"command,omitempty"`
	Zones           string    `json:"zones,omitempty"`      // SHA-256 over the zone files of an offline scan
	Indicators      []File    `json:"indicators,omitempty"` // the sets that were asked for, in the order of the flags
	Rules           string    `json:"rules,omitempty"`      // SHA-256 of the rules and thresholds in force: they choose what is asked twice
	Tables          string    `json:"tables,omitempty"`     // version and SHA-256 of the transmission tables; "" = those built in
	Portfolio       string    `json:"portfolio,omitempty"`  // id of the run over many organisations that this one is a part of
	Notes           []string  `json:"notes,omitempty"`      // such as a resolver that rewrites answers
}

// File is one inventory file as it was read. Data that is not UTF-8 (a
// workbook) stands in base64.
type File struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Text   string `json:"text,omitempty"`
	Base64 string `json:"base64,omitempty"`
}

// NewFile embeds data.
func NewFile(name, sha256 string, data []byte) File {
	f := File{Name: name, SHA256: sha256}
	if utf8.Valid(data) {
		f.Text = string(data)
	} else {
		f.Base64 = base64.StdEncoding.EncodeToString(data)
	}
	return f
}

// Bytes gives the file as it was read.
func (f File) Bytes() ([]byte, error) {
	if f.Base64 == "" {
		return []byte(f.Text), nil
	}
	return base64.StdEncoding.DecodeString(f.Base64)
}

// End is the last line of a run that came to its end. Complete is false if it
// was interrupted.
type End struct {
	Kind     string    `json:"kind"` // "end"
	Finished time.Time `json:"finished"`
	Complete bool      `json:"complete"`
	Errors   []string  `json:"errors,omitempty"`
}

// taskLine and factLine are the lines between.
type taskLine struct {
	Kind string    `json:"kind"` // "task"
	Task fact.Task `json:"task"`
}

type factLine struct {
	Kind string `json:"kind"` // "fact"
	fact.Fact
}

// Run is a journal that was read: facts sorted by task, each once. Torn says
// that the last line was cut and left out.
type Run struct {
	Header Header
	Tasks  []fact.Task
	Facts  []fact.Fact
	End    End // zero if the run did not come to its end
	Torn   bool
}
