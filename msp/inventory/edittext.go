package inventory

import (
	"strings"

	"mspscan/msp"
	"mspscan/msp/questionnaire"
)

// text writes a value in flow style.
func (e *editor) text(v questionnaire.Value) string {
	switch {
	case v.Reply != nil:
		return e.reply(*v.Reply)
	case v.IsList:
		items := make([]string, len(v.List))
		for i, s := range v.List {
			items[i] = e.scalar(s)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case !e.json && (wholePattern().MatchString(v.Text) || isDay(v.Text)):
		return v.Text
	case e.json && wholePattern().MatchString(v.Text):
		return v.Text
	}
	return e.scalar(v.Text)
}

func isDay(s string) bool {
	_, err := msp.ParseDate(s)
	return err == nil
}

func (e *editor) scalar(s string) string {
	if e.json {
		return jsonText(s)
	}
	return plain(s)
}

// jsonText quotes a text for JSON; control characters do not come this far.
func jsonText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func (e *editor) key(s string) string {
	if e.json {
		return jsonText(s) + ": "
	}
	return s + ": "
}

// reply writes an answer, bare where there is no evidence to it.
func (e *editor) reply(r msp.Reply) string {
	word := r.Answer.String()
	if e.json {
		word = jsonText(word)
	}
	if bareReply(r) {
		return word
	}
	parts := []string{e.key("answer") + word}
	add := func(key, value string) {
		if value != "" {
			parts = append(parts, e.key(key)+e.text(questionnaire.Value{Text: value}))
		}
	}
	if r.Evidence == msp.Verified {
		add("evidence", r.Evidence.String())
	}
	add("source", r.From)
	add("date", r.Date.String())
	add("reason", r.Reason)
	return "{" + strings.Join(parts, ", ") + "}"
}
