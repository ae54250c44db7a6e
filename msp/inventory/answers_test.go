package inventory

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"mspscan/msp/questionnaire"
)

// answerRow gives a row of a questionnaire as it comes back.
func answerRow(key, answer string) []string {
	row := make([]string, questionnaire.Columns)
	row[questionnaire.ColumnKey], row[questionnaire.ColumnAbout], row[questionnaire.ColumnQuestion] = key, "=about", "Is it so?"
	row[questionnaire.ColumnCheck] = questionnaire.Check(key, "=about", "Is it so?")
	row[questionnaire.ColumnAnswer] = answer
	return row
}

func answerCSV(separator string, rows ...[]string) string {
	var b strings.Builder
	for _, r := range append([][]string{questionnaire.Titles()}, rows...) {
		for i, cell := range r {
			if i > 0 {
				b.WriteString(separator)
			}
			b.WriteString(`"` + strings.ReplaceAll(cell, `"`, `""`) + `"`)
		}
		b.WriteString("\r\n")
	}
	return b.String()
}

func answerBook(t require.TestingT, rows ...[]string) []byte {
	f := excelize.NewFile()
	defer f.Close()
	require.NoError(t, f.SetSheetName("Sheet1", questionnaire.SheetQuestions))
	for i, r := range append([][]string{questionnaire.Titles()}, rows...) {
		for k, cell := range r {
			name, err := excelize.CoordinatesToCellName(k+1, i+1)
			require.NoError(t, err)
			require.NoError(t, f.SetCellStr(questionnaire.SheetQuestions, name, cell))
		}
	}
	var b bytes.Buffer
	require.NoError(t, f.Write(&b))
	return b.Bytes()
}

func TestReadAnswersForms(t *testing.T) {
	rows := [][]string{answerRow("p:access/a#controls.mfa", "yes"), answerRow("p:access/a#controls.logging", ""), make([]string, questionnaire.Columns)}
	guarded := append([]string{}, rows[0]...)
	guarded[questionnaire.ColumnAbout] = "'=about"
	for name, f := range map[string]File{
		"comma":      {Name: "a.csv", Data: []byte(answerCSV(",", rows...))},
		"semicolon":  {Name: "a.csv", Data: []byte("\ufeff" + answerCSV(";", rows...))},
		"tab":        {Name: "a.csv", Data: []byte(answerCSV("\t", rows...))},
		"apostrophe": {Name: "a.csv", Data: []byte(answerCSV(",", guarded, rows[1]))},
		"workbook":   {Name: "a.xlsx", Data: answerBook(t, rows...)},
	} {
		got, err := ReadAnswers(f)
		require.NoError(t, err, name)
		require.Len(t, got, 2, name)
		require.Equal(t, "p:access/a#controls.mfa", got[0].Key)
		require.Equal(t, "yes", got[0].Answer)
		require.True(t, got[1].Blank())
		require.Equal(t, 3, got[1].Pos.Line)
	}
}

func FuzzReadAnswers(f *testing.F) {
	row := answerRow("p:access/a#controls.mfa", "yes")
	seeds := [][]byte{[]byte(answerCSV(",", row)), []byte(answerCSV(";", row, row)), []byte("Key\n"), answerBook(f, row), []byte("PK\x03\x04")}
	require.NotEmpty(f, seeds)
	for _, s := range seeds {
		f.Add(s, bytes.HasPrefix(s, []byte("PK")))
	}
	f.Fuzz(func(t *testing.T, data []byte, book bool) {
		name := "a.csv"
		if book {
			name = "a.xlsx"
		}
		got, err := ReadAnswers(File{Name: name, Data: data})
		if err != nil {
			require.Nil(t, got)
			for _, line := range strings.Split(err.Error(), "\n") {
				require.True(t, strings.HasPrefix(line, name), line)
			}
			return
		}
		for _, a := range got {
			require.True(t, a.Pos.Known() && a.Key != "")
		}
	})
}
