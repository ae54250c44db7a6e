// Package questionnaire turns what an inventory does not know into questions to
// send, one sheet a party, and says how their answers are to be read. It knows
// no file format but CSV, and nothing here reads a clock.
package questionnaire

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"mspscan/msp"
)

// Form says what an answer is.
type Form string

// The forms.
const (
	FormReply  Form = "reply"  // yes, no, unknown, na; with evidence, date and where it lies
	FormExists Form = "exists" // is there any: no can be written down, yes needs the details
	FormCount  Form = "count"  // a whole number
	FormDate   Form = "date"
	FormWord   Form = "word"  // one of Words
	FormWords  Form = "words" // some of Words
	FormList   Form = "list"  // texts with commas between
	FormText   Form = "text"
	FormRecord Form = "record" // a text that has no place in an inventory
)

// Field is a question that can be put to a subject of its kind.
type Field struct {
	Kind     msp.SubjectKind
	Key      string // path below the subject in the inventory, such as controls.mfa
	Form     Form
	Question string
	Rule     string   // id of the rule that judges the answer; "" = none
	Source   string   // who asks for it, where no rule says
	Words    []string // FormWord and FormWords
	Most     int      // FormCount
	None     bool     // FormCount, FormWords and FormList: none can be stated
	Own      bool     // the organisation answers it, not the provider
	Always   bool     // asked whenever it is not known, whether or not a rule waits for it
}

// Row is one question of a sheet.
type Row struct {
	Key      string // names the question for good: party:kind/subject#field
	Check    string // ties the texts to the key, so that rows mixed up by sorting are found
	About    string
	Question string
	Why      string
	Source   string
	Guidance string
	Expired  bool // there was an answer, and its evidence is too old
	Field    Field

	worth    float64
	severity msp.Severity
}

// Sheet is what is sent to one party: a provider, or the organisation itself for
// what only it can say.
type Sheet struct {
	Organisation string // name of who asks
	Party        string // id
	PartyName    string
	Own          bool // the party is the organisation itself
	Prepared     msp.Date
	Due          msp.Date
	Rows         []Row // by what the answer is worth
}

// Answer is a filled-in row as it was read. Pos is the place of the row.
type Answer struct {
	Key      string
	Answer   string
	Evidence string
	Date     string
	Comment  string
	Pos      msp.Pos
}

// The sheets of a workbook.
const (
	SheetStart     = "Start here"
	SheetQuestions = "Questions"
)

// The columns of a sheet, in order, in every format.
const (
	ColumnKey = iota
	ColumnCheck
	ColumnNumber
	ColumnAbout
	ColumnQuestion
	ColumnWhy
	ColumnSource
	ColumnGuidance
	ColumnAnswer
	ColumnEvidence
	ColumnDate
	ColumnComment
	Columns // how many there are
)

// Titles gives the headers of the columns.
func Titles() []string {
	return []string{
		"Key", "Check", "No.", "About", "Question", "Why we ask", "Source", "How to answer",
		"Answer", "Evidence", "Date of evidence", "Where it lies, or why na",
	}
}

// Cell gives the place of a column of the answer's row.
func (a Answer) Cell(column int) msp.Pos {
	p := a.Pos
	p.Column = column + 1
	return p
}

// Blank reports whether nothing was filled in.
func (a Answer) Blank() bool {
	return strings.TrimSpace(a.Answer+a.Evidence+a.Date+a.Comment) == ""
}

// Target is what a key names.
type Target struct {
	Party   string
	Kind    msp.SubjectKind
	Subject string
	Field   string
}

// ParseKey takes a key apart.
func ParseKey(key string) (Target, bool) {
	party, rest, ok1 := strings.Cut(key, ":")
	kind, rest, ok2 := strings.Cut(rest, "/")
	at := strings.LastIndexByte(rest, '#')
	if !ok1 || !ok2 || at < 0 {
		return Target{}, false
	}
	return Target{Party: party, Kind: msp.SubjectKind(kind), Subject: rest[:at], Field: rest[at+1:]}, true
}

// String gives the key.
func (t Target) String() string {
	return t.Party + ":" + string(t.Kind) + "/" + t.Subject + "#" + t.Field
}

// Check gives the mark that ties the texts of a row to its key.
func Check(key, about, question string) string {
	sum := sha256.Sum256([]byte(key + "\x00" + flat(about) + "\x00" + flat(question)))
	return hex.EncodeToString(sum[:4])
}

// flat gives a text as every format brings it back: visible, and with single
// blanks.
func flat(s string) string { return strings.Join(strings.Fields(msp.Visible(s)), " ") }

// RelationshipID gives the subject id of a relationship (contract section 7).
func RelationshipID(r *msp.Relationship) string {
	return msp.RelationshipID(r.Provider, r.Customer, r.Service)
}
