package queue

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"mspscan/msp"
	"mspscan/msp/fact"
)

// The bounds of messages.
const (
	maxMessage = 900 << 10      // bytes; the broker's own limit is 1 MiB by default
	maxTasks   = 64             // tasks in a unit
	maxAge     = 24 * time.Hour // of a unit, from its issue: an old one is not run, but published again if it is still wanted
	protocol   = 1
)

// Header is what a worker must know of a run to ask as the coordinator would. It
// goes with every unit, under its signature.
type Header struct {
	Run           string    `json:"run"`
	Group         string    `json:"group"` // of the runs of a portfolio, which share a rate and what a worker has ready; else the run
	Tool          string    `json:"tool"`  // "mspscan 1.2.3"; a worker of another version is another kind
	Started       time.Time `json:"started"`
	Resolvers     []string  `json:"resolvers,omitempty"` // ADDR:PORT; none with Zones
	Zones         string    `json:"zones,omitempty"`     // SHA-256 of the zone files that the worker serves itself
	Passive       bool      `json:"passive,omitempty"`
	Active        bool      `json:"active,omitempty"`
	AllowPrivate  bool      `json:"allow_private,omitempty"`
	Ranks         int       `json:"ranks"`
	Rate          float64   `json:"rate"`            // queries a second of the whole run; negative = no limit
	RatePerServer float64   `json:"rate_per_server"` // to one authoritative server, over all workers; negative = no limit
	InFlight      int       `json:"in_flight"`       // queries at once to one authoritative server, over all workers
	Catalogue     string    `json:"catalogue"`       // its hash: selectors and parties come from it
	Vantage       string    `json:"vantage"`         // whose eyes, for the facts
}

// Consent is the part of an owner's consent that a worker acts on.
type Consent struct {
	Refusal   string   `json:"refusal,omitempty"` // why there is none; "" = there is
	By        string   `json:"by,omitempty"`
	Reference string   `json:"reference,omitempty"`
	Until     msp.Date `json:"until,omitzero"` // zero = no end
}

// Unit is one message of the task queue: what a round asks about one name.
type Unit struct {
	Protocol int         `json:"protocol"`
	Header   Header      `json:"header"`
	ID       string      `json:"id"`
	Name     msp.Name    `json:"name"` // the scope that the queries are counted against
	Tasks    []fact.Task `json:"tasks"`
	Spent    int         `json:"spent,omitempty"`   // queries of the scope's budget used by earlier units
	Consent  *Consent    `json:"consent,omitempty"` // of an active run; nil = the name is no party's
	Issued   time.Time   `json:"issued"`
}

// Answer is one message of the fact queue.
type Answer struct {
	Protocol int       `json:"protocol"`
	Run      string    `json:"run"`
	Unit     string    `json:"unit"`
	Worker   string    `json:"worker"`
	Delivery uint64    `json:"delivery"`        // how often the unit was handed out so far
	Spent    int       `json:"spent,omitempty"` // queries of the scope's budget used so far
	Fact     fact.Fact `json:"fact"`
}

// unitID names a unit by what it asks: the same tasks of the same run have the
// same id, whoever publishes them and however often.
func unitID(run string, name msp.Name, tasks []fact.Task) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%q %q\n", run, name)
	for _, t := range tasks {
		fmt.Fprintf(sum, "%q %q %q %q\n", t.Probe, t.Name, t.Type, t.Server)
	}
	return hex.EncodeToString(sum.Sum(nil)[:12])
}

// Kind is what a worker and a coordinator must have in common: units go to
// workers of their own kind only.
func Kind(k Key, tool, zones, catalogue string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %q %q %q %s", protocol, tool, zones, catalogue, k.ID()))
	return hex.EncodeToString(sum[:8])
}

// The names on the broker.
const (
	streamTasks  = "MSPSCAN_TASKS"
	streamFacts  = "MSPSCAN_FACTS"
	streamDead   = "MSPSCAN_DEAD"
	bucketRates  = "MSPSCAN_RATES"
	subjectTasks = "mspscan.v1.tasks"
	subjectFacts = "mspscan.v1.facts"
	subjectWho   = "mspscan.v1.who"
	signature    = "Mspscan-Signature"
	subjectDead  = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES." + streamTasks + "."
)

func taskSubject(kind, run, unit string) string {
	return strings.Join([]string{subjectTasks, kind, run, unit}, ".")
}

func factSubject(run string) string { return subjectFacts + "." + run }

// unitOf gives the id of the unit in the subject of a task message.
func unitOf(subject string) string { return subject[strings.LastIndexByte(subject, '.')+1:] }

// The reasons why a message is refused.
var (
	errSigned   = errors.New("signature")    // not by a holder of the run key
	errSize     = errors.New("size")         // over maxMessage
	errContent  = errors.New("content")      // does not parse, or is not what it says
	errProtocol = errors.New("protocol")     // of another version of this package
	errRun      = errors.New("run")          // of another run
	errTask     = errors.New("task")         // was not asked
	errStale    = errors.New("issue date")   // issued too long ago, or in the future
	errVersion  = errors.New("tool version") // of another version of the tool
)

// seal gives the bytes of a message and their signature.
func seal(k Key, use string, v any) ([]byte, string, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, "", fmt.Errorf("encode message: %w", err)
	}
	if len(body) > maxMessage {
		return nil, "", fmt.Errorf("encode message: %w: %d bytes", errSize, len(body))
	}
	return body, k.sign(use, body), nil
}

// open verifies the very bytes that it then reads, and reads nothing of a message
// whose signature does not hold.
func open(k Key, use string, body []byte, sig string, v any) error {
	switch {
	case len(body) > maxMessage:
		return errSize
	case !k.verify(use, body, sig):
		return errSigned
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil || d.More() {
		return errContent
	}
	return nil
}

// openUnit reads a task message as a worker at now does.
func openUnit(k Key, body []byte, sig string, now time.Time) (Unit, error) {
	var u Unit
	if err := open(k, useTask, body, sig, &u); err != nil {
		return Unit{}, err
	}
	if u.Protocol != protocol {
		return Unit{}, errProtocol
	}
	if age := now.Sub(u.Issued); age > maxAge || age < -maxAge {
		return Unit{}, errStale
	}
	if len(u.Tasks) == 0 || len(u.Tasks) > maxTasks || !token(u.Header.Run) || !token(u.Header.Group) || u.ID != unitID(u.Header.Run, u.Name, u.Tasks) {
		return Unit{}, errContent
	}
	for _, t := range u.Tasks {
		if t.Name != u.Name {
			return Unit{}, errContent // a consent and a budget are those of one name
		}
	}
	return u, nil
}

// openAnswer reads a fact message; whether its task was asked is for the caller.
func openAnswer(k Key, run string, body []byte, sig string) (Answer, error) {
	var a Answer
	if err := open(k, useFact, body, sig, &a); err != nil {
		return Answer{}, err
	}
	switch {
	case a.Protocol != protocol:
		return Answer{}, errProtocol
	case a.Run != run:
		return Answer{}, errRun
	}
	sealed := a.Fact
	sealed.Seal()
	if sealed.ID != a.Fact.ID {
		return Answer{}, errContent
	}
	return a, nil
}

// token reports whether s may be a part of a subject: letters, digits, - and _.
func token(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// Forbids gives why the owner of a unit's name does not let it be probed actively
// on the day of now, "" if the consent is live. A nil one never is.
func (c *Consent) Forbids(now time.Time) string {
	switch {
	case c == nil:
		return "nobody consented to active probes of it"
	case c.Refusal != "":
		return c.Refusal
	case c.Until.Known() && c.Until.Before(msp.DateOf(now)):
		return fmt.Sprintf("the consent to active probes ended on %s", c.Until)
	}
	return ""
}
