// Package subject turns a graph with its facts into what rules look at: one flat
// view for each organisation, provider, relationship, access item, asset,
// domain, host and path. It judges nothing. Answers, states and dates are
// words, so that a rule compares them as it would write them; "" is a date that
// is not known, and an answer that was not given is "unknown".
package subject

import (
	"reflect"

	"mspscan/msp"
	"mspscan/msp/fact"
)

// View is what a rule is judged on.
type View interface {
	// Ref names the subject as findings do.
	Ref() msp.Subject
	// Owner gives the id of the declared provider concerned, "" for the
	// organisation's own.
	Owner() string
	// Input says what stands behind an input of a rule; see Inputs.
	Input(key string) Input
}

// Input is one thing that a rule looked at: a declared key, or facts.
type Input struct {
	Key     string
	Text    string // its value in words
	Unknown bool   // not answered, or not observed
	Why     string // for unknown: unanswered, timeout, …
	Pos     msp.Pos
	Facts   []*fact.Fact // sorted by task
}

// Item is an element of a list that a rule makes one finding of each of. What
// it says goes before what the subject says.
type Item interface {
	Evidence() []*fact.Fact // nil = the subject's
	Concerns() (provider string, ok bool)
}

// Placed is an item that has a place in the inventory of its own.
type Placed interface{ Place() msp.Pos }

// Kind describes a kind of subject: the variable that rules name it by, the type
// of its view and the inputs that rules may list.
type Kind struct {
	Name   msp.SubjectKind
	Type   reflect.Type
	Inputs []string
	Facts  bool // the inputs are observations, not answers
	// Neutral gives a view that no rule finds fault with: samples are laid over it.
	Neutral func() View
}

// Kinds lists the kinds of subjects.
func Kinds() []Kind {
	return []Kind{
		{msp.SubjectOrganisation, reflect.TypeFor[*Organisation](), organisationInputs(), true, func() View { return neutralOrganisation() }},
		{msp.SubjectProvider, reflect.TypeFor[*Provider](), providerInputs(), false, func() View { return neutralProvider() }},
		{msp.SubjectRelationship, reflect.TypeFor[*Relationship](), relationshipInputs(), false, func() View { return neutralRelationship() }},
		{msp.SubjectAccess, reflect.TypeFor[*Access](), accessInputs(), false, func() View { return neutralAccess() }},
		{msp.SubjectAsset, reflect.TypeFor[*Asset](), assetInputs(), false, func() View { return neutralAsset() }},
		{msp.SubjectDomain, reflect.TypeFor[*Domain](), domainInputs(), true, func() View { return neutralDomain() }},
		{msp.SubjectHost, reflect.TypeFor[*Host](), hostInputs(), true, func() View { return neutralHost() }},
		{msp.SubjectPath, reflect.TypeFor[*Path](), pathInputs(), false, func() View { return neutralPath() }},
	}
}

// KindOf finds a kind by its name.
func KindOf(name msp.SubjectKind) (Kind, bool) {
	for _, k := range Kinds() {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}

// The bounds of a view, so that no expression over it can stall a run.
const (
	MaxList = 5000
	MaxText = 16 << 10
)

// answered gives the input of a reply.
func answered(key string, r msp.Reply, at msp.Pos) Input {
	if r.Src.Pos.Known() {
		at = r.Src.Pos
	}
	in := Input{Key: key, Text: key + ": " + r.Answer.String(), Pos: at}
	switch r.Answer {
	case msp.Unknown:
		in.Unknown, in.Why, in.Text = true, "unanswered", key+": not answered"
	case msp.NA:
		in.Text += " (" + r.Reason + ")"
	default:
		in.Text += " (" + r.Evidence.String()
		if r.From != "" {
			in.Text += ", " + r.From
		}
		if r.Date.Known() {
			in.Text += ", " + r.Date.String()
		}
		in.Text += ")"
	}
	return in
}

// told gives the input of a plain value; "" is not answered.
func told(key, value string, at msp.Pos) Input {
	if value == "" {
		return Input{Key: key, Text: key + ": not answered", Unknown: true, Why: "unanswered", Pos: at}
	}
	return Input{Key: key, Text: key + ": " + value, Pos: at}
}

// stated gives the input of something that is known either way.
func stated(key, value string, at msp.Pos) Input {
	return Input{Key: key, Text: key + ": " + value, Pos: at}
}
