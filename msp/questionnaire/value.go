package questionnaire

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"mspscan/msp"
)

// Value is an answer as an inventory holds it: a reply, a list or one text.
type Value struct {
	Reply   *msp.Reply
	List    []string
	IsList  bool // List counts, empty too
	Text    string
	Missing bool // no answer: blank or unknown
	Details bool // there is some, and what has to be written by hand
	Record  bool // a text without a place in the inventory
}

// Problem is what is wrong with a filled-in cell.
type Problem struct {
	Column     int
	What, Want string
}

// Answers lists the answers of a drop-down; nil where any text may stand.
func (f Field) Answers() []string {
	switch f.Form {
	case FormReply:
		return []string{"yes", "no", "unknown", "na"}
	case FormExists:
		return []string{"yes", "no", "unknown"}
	case FormWord:
		return f.Words
	}
	return nil
}

// Open reports whether the question has a use for a column of answers.
func (f Field) Open(column int) bool {
	switch column {
	case ColumnAnswer:
		return true
	case ColumnComment:
		return f.Form == FormReply || f.Form == FormExists
	case ColumnEvidence, ColumnDate:
		return f.Form == FormReply
	}
	return false
}

// Guidance says how to answer.
func (f Field) Guidance() string {
	none := ""
	if f.None {
		none = ", or none"
	}
	switch f.Form {
	case FormReply:
		return "yes, no, unknown or na (does not apply: say why). Attested: you say so. Verified: a record shows it: give its day and where it lies."
	case FormExists:
		return "yes, no or unknown. If yes, describe it in the last column; a person enters the details."
	case FormCount:
		return fmt.Sprintf("a whole number from 0 to %d%s", f.Most, none)
	case FormDate:
		return "a day as YYYY-MM-DD; leave it blank if there was none or you do not know"
	case FormWord:
		return "one of " + strings.Join(f.Words, ", ")
	case FormWords:
		return "one or more of " + strings.Join(f.Words, ", ") + ", with commas between" + none
	case FormList:
		return "with commas between" + none
	case FormRecord:
		return "in your own words; kept in this questionnaire as the record"
	}
	return "a short text"
}

// Read gives the value of an answer, or what is wrong with it.
func (f Field) Read(a Answer) (Value, *Problem) {
	text := strings.TrimSpace(a.Answer)
	if p := f.extras(a, text); p != nil {
		return Value{}, p
	}
	lower := strings.ToLower(text)
	if text == "" || text == "?" || lower == "unknown" {
		return Value{Missing: true}, nil
	}
	if strings.ContainsFunc(text, unicode.IsControl) && f.Form != FormRecord {
		return Value{}, &Problem{ColumnAnswer, "the answer holds a line end or control character", "write it on one line"}
	}
	if f.None && lower == "none" {
		return Value{IsList: f.Form != FormCount, Text: "none"}, nil
	}
	switch f.Form {
	case FormReply:
		return f.reply(a, lower)
	case FormExists:
		return f.exists(lower)
	case FormCount:
		return f.count(text)
	case FormDate:
		return f.date(ColumnAnswer, text)
	case FormWord:
		return f.word(lower)
	case FormWords, FormList:
		return f.list(text)
	}
	return Value{Text: text, Record: f.Form == FormRecord}, nil
}

// extras refuses evidence where there is no place for it, and evidence without
// an answer.
func (f Field) extras(a Answer, text string) *Problem {
	if f.Form != FormReply {
		for i, s := range []string{a.Evidence, a.Date, a.Comment} {
			if strings.TrimSpace(s) != "" && !f.Open(ColumnEvidence+i) {
				return &Problem{ColumnEvidence + i, "this question takes an answer only", "clear the cell"}
			}
		}
		return nil
	}
	if text == "" && !a.Blank() {
		return &Problem{ColumnAnswer, "evidence without an answer", "write yes, no, unknown or na"}
	}
	return nil
}

func choice(column int, what, text string, words []string) *Problem {
	want := "write one of " + strings.Join(words, ", ")
	if near := msp.Nearest(text, words); near != "" {
		want = "did you mean " + near + "?"
	}
	return &Problem{column, fmt.Sprintf("%s %q is not known", what, cut(text)), want}
}

func cut(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

func answerOf(s string) (msp.Answer, bool) {
	switch s {
	case "yes", "true":
		return msp.Yes, true
	case "no", "false":
		return msp.No, true
	case "na", "n/a", "not applicable":
		return msp.NA, true
	}
	return msp.Unknown, false
}

func (f Field) reply(a Answer, text string) (Value, *Problem) {
	answer, ok := answerOf(text)
	if !ok {
		return Value{}, choice(ColumnAnswer, "the answer", text, f.Answers())
	}
	r := &msp.Reply{Answer: answer}
	switch evidence := strings.ToLower(strings.TrimSpace(a.Evidence)); evidence {
	case "", "attested":
	case "verified":
		r.Evidence = msp.Verified
	default:
		return Value{}, choice(ColumnEvidence, "the evidence", evidence, []string{"attested", "verified"})
	}
	if s := strings.TrimSpace(a.Date); s != "" {
		day, p := f.date(ColumnDate, s)
		if p != nil {
			return Value{}, p
		}
		r.Date, _ = msp.ParseDate(day.Text)
	}
	comment := strings.TrimSpace(a.Comment)
	if strings.ContainsFunc(comment, unicode.IsControl) {
		return Value{}, &Problem{ColumnComment, "the text holds a line end or control character", "write it on one line"}
	}
	switch {
	case answer == msp.NA && comment == "":
		return Value{}, &Problem{ColumnComment, "na without a reason", "say why the question does not apply"}
	case answer == msp.NA:
		r.Reason = comment
	default:
		r.From = comment
	}
	return Value{Reply: r}, nil
}

func (f Field) exists(text string) (Value, *Problem) {
	switch answer, _ := answerOf(text); answer {
	case msp.Yes:
		return Value{Details: true}, nil
	case msp.No:
		return Value{IsList: f.Key == "access", Text: "none"}, nil
	}
	return Value{}, choice(ColumnAnswer, "the answer", text, f.Answers())
}

func (f Field) count(text string) (Value, *Problem) {
	n, err := strconv.Atoi(strings.TrimSuffix(text, ".0"))
	if err != nil || n < 0 || n > f.Most {
		return Value{}, &Problem{ColumnAnswer, fmt.Sprintf("the answer is %q", cut(text)), "write " + f.Guidance()}
	}
	return Value{Text: strconv.Itoa(n)}, nil
}

func (f Field) date(column int, text string) (Value, *Problem) {
	day, err := msp.ParseDate(text)
	if err != nil || !day.Known() {
		return Value{}, &Problem{column, fmt.Sprintf("%q is not a day", cut(text)), "write it as YYYY-MM-DD, such as 2026-02-28"}
	}
	return Value{Text: day.String()}, nil
}

func (f Field) word(text string) (Value, *Problem) {
	if !slices.Contains(f.Words, text) {
		return Value{}, choice(ColumnAnswer, "the answer", text, f.Words)
	}
	return Value{Text: text}, nil
}

func (f Field) list(text string) (Value, *Problem) {
	v := Value{IsList: true}
	for _, s := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' }) {
		s = strings.TrimSpace(s)
		if f.Form == FormWords {
			if s = strings.ToLower(s); !slices.Contains(f.Words, s) {
				return Value{}, choice(ColumnAnswer, "the answer", s, f.Words)
			}
		}
		if s != "" && !slices.Contains(v.List, s) {
			v.List = append(v.List, s)
		}
	}
	if len(v.List) == 0 {
		return Value{}, &Problem{ColumnAnswer, "the list holds nothing", "write " + f.Guidance()}
	}
	return v, nil
}
