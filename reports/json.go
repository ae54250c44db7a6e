package reports

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// Renderer writes a report in one format.
type Renderer interface {
	Render(w io.Writer, r *Report) error
}

// JSON writes the report as JSON, schema mspscan/report/v1, indented by two
// blanks, with a final line end. Text from outside is escaped by JSON itself;
// < > & and the line separators U+2028 and U+2029 are written as \u escapes, so
// that a page may embed it.
type JSON struct{}

// Render implements Renderer. The bytes are those of a json.Encoder, row by row: as
// a whole a report of 100,000 checks would stand in memory three times.
func (JSON) Render(w io.Writer, r *Report) error {
	out := bufio.NewWriter(w)
	err := renderFields(out, reflect.ValueOf(r).Elem())
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return fmt.Errorf("write json: %w", err)
	}
	return nil
}

// renderFields writes a struct whose fields are all written, under the names in
// their tags.
func renderFields(w *bufio.Writer, v reflect.Value) error {
	for i := range v.NumField() {
		lead := ",\n  "
		if i == 0 {
			lead = "{\n  "
		}
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		fmt.Fprintf(w, "%s%q: ", lead, name) // an error stays with w until it is flushed
		if err := renderRows(w, v.Field(i)); err != nil {
			return err
		}
	}
	_, err := w.WriteString("\n}\n")
	return err
}

// renderRows writes a field, a list by its rows. Addresses are taken, as methods of
// pointers may say how a value is written.
func renderRows(w *bufio.Writer, v reflect.Value) error {
	if v.Kind() != reflect.Slice || v.Len() == 0 {
		return renderValue(w, v, "  ")
	}
	for i := range v.Len() {
		lead := ",\n    "
		if i == 0 {
			lead = "[\n    "
		}
		_, _ = w.WriteString(lead) // an error stays with w until it is flushed
		if err := renderValue(w, v.Index(i), "    "); err != nil {
			return err
		}
	}
	_, err := w.WriteString("\n  ]")
	return err
}

func renderValue(w *bufio.Writer, v reflect.Value, prefix string) error {
	text, err := json.MarshalIndent(v.Addr().Interface(), prefix, "  ")
	if err == nil {
		_, err = w.Write(text)
	}
	return err
}
