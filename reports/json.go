package reports

import (
	"encoding/json"
	"fmt"
	"io"
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

// Render implements Renderer.
func (JSON) Render(w io.Writer, r *Report) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil {
		return fmt.Errorf("write json: %w", err)
	}
	return nil
}
