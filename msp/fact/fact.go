// Package fact holds the questions a scan asks (Task) and what came back
// (Fact): plain data that probes write, the journal keeps and rules read.
package fact

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"mspscan/msp"
)

// Outcome says how a question ended. Unknown is the zero value, and nothing but
// proof turns it into Absent.
type Outcome int

// The four outcomes.
const (
	Unknown Outcome = iota // no clean answer; Reason says why
	Present                // the records are there
	Absent                 // proved by NXDOMAIN or NODATA
	Broken                 // an answer came, and what it says cannot work
)

var outcomeWords = [...]string{"unknown", "present", "absent", "broken"}

// String gives the word used in journals and reports.
func (o Outcome) String() string {
	if o < 0 || int(o) >= len(outcomeWords) {
		return outcomeWords[0]
	}
	return outcomeWords[o]
}

// MarshalText writes the word.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads the word.
func (o *Outcome) UnmarshalText(b []byte) error {
	for i, w := range outcomeWords {
		if w == string(b) {
			*o = Outcome(i)
			return nil
		}
	}
	return fmt.Errorf("unknown outcome %q; known: unknown, present, absent, broken", b)
}

// Task is one question of the plan: which probe, about which name. Type and
// Server narrow it for the probes that need them.
type Task struct {
	Probe  string   `json:"probe"`
	Name   msp.Name `json:"name"`
	Type   string   `json:"type,omitempty"`
	Server string   `json:"server,omitempty"`
}

// Less orders tasks by probe, name, type and server.
func (t Task) Less(o Task) bool {
	if t.Probe != o.Probe {
		return t.Probe < o.Probe
	}
	if t.Name != o.Name {
		return t.Name < o.Name
	}
	if t.Type != o.Type {
		return t.Type < o.Type
	}
	return t.Server < o.Server
}

// Query is one exchange with a server, kept as evidence.
type Query struct {
	Server   string  `json:"server"`   // address:port
	Proto    string  `json:"proto"`    // udp or tcp
	Question string  `json:"question"` // "name TYPE" in presentation form, name with final dot
	Rcode    string  `json:"rcode"`    // NOERROR, NXDOMAIN, …; "" if no answer came
	Flags    string  `json:"flags"`    // of the answer, such as "qr aa rd"
	Millis   float64 `json:"millis"`
	Error    string  `json:"error,omitempty"`   // why no answer counts: timeout, mismatch, …
	Options  string  `json:"options,omitempty"` // dig options that repeat it: "+norec", "+dnssec +cd", …
}

// Dig gives the command line that repeats the query.
func (q Query) Dig() string {
	host, port := splitServer(q.Server)
	line := "dig @" + host
	if port != "" && port != "53" {
		line += " -p " + port
	}
	if q.Proto == "tcp" {
		line += " +tcp"
	}
	if q.Options != "" {
		line += " " + q.Options
	}
	return line + " " + q.Question
}

// Observation is a record set as a recursive resolver gave it: what the second
// opinion asks again.
type Observation struct {
	Name   msp.Name `json:"name"`
	Type   string   `json:"type"`
	Rcode  string   `json:"rcode"`
	Values []string `json:"values,omitempty"` // sorted, presentation form
}

// Fact is the answer to a task. Data is the probe's own struct (see Kinds).
type Fact struct {
	ID       string          `json:"id"`
	Task     Task            `json:"task"`
	Outcome  Outcome         `json:"outcome"`
	Reason   string          `json:"reason,omitempty"` // for Unknown and Broken: timeout, servfail, refused, truncated, budget, …
	Data     json.RawMessage `json:"data,omitempty"`
	Observed []Observation   `json:"observed,omitempty"`
	Vantage  string          `json:"vantage,omitempty"` // whose eyes: resolver addresses, or "authoritative"
	At       time.Time       `json:"at"`
	Queries  []Query         `json:"queries,omitempty"`
}

// New makes a fact of data and gives it its id.
func New(t Task, o Outcome, reason string, data any) (Fact, error) {
	raw, err := json.Marshal(data)
	if err != nil {
		return Fact{}, fmt.Errorf("encode fact of %s %s: %w", t.Probe, t.Name, err)
	}
	return Fact{Task: t, Outcome: o, Reason: reason, Data: raw}, nil
}

// Seal sets the id from everything the fact says, when and from where.
func (f *Fact) Seal() {
	f.ID = ""
	queries := f.Queries
	f.Queries = nil
	raw, _ := json.Marshal(f)
	f.Queries = queries
	sum := sha256.Sum256(raw)
	f.ID = hex.EncodeToString(sum[:8])
}

// Decode reads the fact's data into v, a pointer to the probe's struct.
func (f Fact) Decode(v any) error {
	if len(f.Data) == 0 {
		return fmt.Errorf("fact %s (%s %s) has no data", f.ID, f.Task.Probe, f.Task.Name)
	}
	if err := json.Unmarshal(f.Data, v); err != nil {
		return fmt.Errorf("decode fact %s (%s %s): %w", f.ID, f.Task.Probe, f.Task.Name, err)
	}
	return nil
}
