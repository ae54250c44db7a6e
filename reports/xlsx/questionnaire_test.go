package xlsx_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"mspscan/msp"
	"mspscan/msp/inventory"
	"mspscan/msp/questionnaire"
	"mspscan/reports/xlsx"
)

// questions is a sheet with a question of each form and hostile texts.
func questions() questionnaire.Sheet {
	s := questionnaire.Sheet{
		Organisation: "=Acme & \u202eSons", Party: "north", PartyName: "+North <Pty>", Prepared: msp.Date{Year: 2026, Month: 6, Day: 1}, Due: msp.Date{Year: 2026, Month: 7, Day: 1},
	}
	seen := map[questionnaire.Form]int{}
	for _, f := range questionnaire.Fields() {
		if seen[f.Form]++; seen[f.Form] > 3 {
			continue
		}
		key := questionnaire.Target{Party: "north", Kind: f.Kind, Subject: "n-1", Field: f.Key}.String()
		about := fmt.Sprintf("=cmd|' /C calc'!A0 number %d \u00a0 _x0041_ \x07", seen[f.Form])
		s.Rows = append(s.Rows, questionnaire.Row{
			Key: key, Check: questionnaire.Check(key, about, f.Question), About: about, Question: f.Question,
			Why: strings.Repeat("because ", 30), Source: "@source", Guidance: f.Guidance(), Field: f,
		})
	}
	return s
}

func renderQuestions(t *testing.T) []byte {
	var b bytes.Buffer
	require.NoError(t, xlsx.Questionnaire{}.Render(&b, questions()))
	return b.Bytes()
}

func TestQuestionnaireIsReproducible(t *testing.T) {
	first := renderQuestions(t)
	for range 3 {
		require.True(t, bytes.Equal(first, renderQuestions(t)))
	}
}

func TestQuestionnaireLocksAllButAnswers(t *testing.T) {
	f, err := excelize.OpenReader(bytes.NewReader(renderQuestions(t)))
	require.NoError(t, err)
	defer f.Close()
	require.Equal(t, []string{"Start here", "Questions"}, f.GetSheetList())
	for _, sheet := range f.GetSheetList() {
		p, err := f.GetSheetProtection(sheet)
		require.NoError(t, err)
		require.False(t, p.InsertRows || p.DeleteRows || p.InsertColumns || p.DeleteColumns || p.Sort || p.FormatCells, sheet)
	}
	for _, column := range []string{"A", "B"} {
		visible, err := f.GetColVisible("Questions", column)
		require.NoError(t, err)
		require.False(t, visible)
	}
	for i, r := range questions().Rows {
		for c := range questionnaire.Columns {
			cell, err := excelize.CoordinatesToCellName(c+1, i+2)
			require.NoError(t, err)
			id, err := f.GetCellStyle("Questions", cell)
			require.NoError(t, err)
			style, err := f.GetStyle(id)
			require.NoError(t, err)
			open := style.Protection != nil && !style.Protection.Locked
			require.Equal(t, r.Field.Open(c), open, "%s %s", cell, r.Field.Key)
			formula, err := f.GetCellFormula("Questions", cell)
			require.NoError(t, err)
			require.Empty(t, formula)
		}
	}
	v, err := f.GetDataValidations("Questions")
	require.NoError(t, err)
	require.NotEmpty(t, v)
	require.Equal(t, `"yes,no,unknown,na"`, v[0].Formula1)
}

// fillIn answers the workbook as a person does and gives what was answered, by
// key.
func fillIn(t *testing.T, path string) map[string]questionnaire.Answer {
	f, err := excelize.OpenReader(bytes.NewReader(renderQuestions(t)))
	require.NoError(t, err)
	defer f.Close()
	want := map[string]questionnaire.Answer{}
	set := func(column, row int, v any) {
		cell, err := excelize.CoordinatesToCellName(column+1, row)
		require.NoError(t, err)
		require.NoError(t, f.SetCellValue("Questions", cell, v))
	}
	for i, r := range questions().Rows {
		a := questionnaire.Answer{Key: r.Key}
		switch r.Field.Form {
		case questionnaire.FormReply:
			a.Answer, a.Evidence, a.Date, a.Comment = "yes", "verified", "2026-03-01", "SIEM rule 214, Grüße"
			set(questionnaire.ColumnEvidence, i+2, a.Evidence)
			set(questionnaire.ColumnDate, i+2, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
			set(questionnaire.ColumnComment, i+2, a.Comment)
			set(questionnaire.ColumnAnswer, i+2, a.Answer)
		case questionnaire.FormDate:
			a.Answer = "2025-12-31"
			set(questionnaire.ColumnAnswer, i+2, time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC))
		case questionnaire.FormCount:
			a.Answer = "3"
			set(questionnaire.ColumnAnswer, i+2, 3)
		case questionnaire.FormText:
			a.Answer = "+61 2 5550 0100"
			set(questionnaire.ColumnAnswer, i+2, a.Answer)
		}
		want[r.Key] = a
	}
	require.NoError(t, f.SaveAs(path))
	return want
}

func readBack(t *testing.T, path string, want map[string]questionnaire.Answer) {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	got, err := inventory.ReadAnswers(inventory.File{Name: "q.xlsx", Data: data})
	require.NoError(t, err)
	require.Len(t, got, len(want))
	for _, a := range got {
		require.True(t, a.Pos.Known())
		a.Pos = msp.Pos{}
		require.Equal(t, want[a.Key], a)
	}
}

func TestQuestionnaireRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "q.xlsx")
	want := fillIn(t, path)
	readBack(t, path, want)
}

// TestQuestionnaireThroughLibreOffice opens and saves the filled-in workbook by
// LibreOffice: the same answers come back.
func TestQuestionnaireThroughLibreOffice(t *testing.T) {
	office, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("LibreOffice not here: " + err.Error())
	}
	dir := t.TempDir()
	want := fillIn(t, filepath.Join(dir, "q.xlsx"))
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, office, "-env:UserInstallation=file://"+filepath.Join(dir, "profile"), "--headless", "--convert-to", "xlsx", "--outdir", filepath.Join(dir, "out"), filepath.Join(dir, "q.xlsx"))
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	readBack(t, filepath.Join(dir, "out", "q.xlsx"), want)
}

func TestReadAnswersRefuses(t *testing.T) {
	for want, spoil := range map[string]func(f *excelize.File) error{
		`q.xlsx[Questions]:1:1: column 1 is headed "Check": the column Key was moved to place 2`: func(f *excelize.File) error {
			if err := f.SetCellStr("Questions", "A1", "Check"); err != nil {
				return err
			}
			return f.SetCellStr("Questions", "B1", "Key")
		},
		`q.xlsx[Questions]:1:9: column 9 is headed "Reply", not Answer`: func(f *excelize.File) error { return f.SetCellStr("Questions", "I1", "Reply") },
		`q.xlsx[Questions]:1:13: the column "Our notes" is none of a questionnaire`: func(f *excelize.File) error {
			return f.SetCellStr("Questions", "M1", "Our notes")
		},
		`q.xlsx[Questions]:3:14: a cell beyond the last column holds "see there"`: func(f *excelize.File) error { return f.SetCellStr("Questions", "N3", "see there") },
		`q.xlsx:1:1: the sheet "Notes" is none of a questionnaire; remove it`: func(f *excelize.File) error {
			_, err := f.NewSheet("Notes")
			return err
		},
		`q.xlsx:1:1: the workbook has no sheet Questions`: func(f *excelize.File) error { return f.DeleteSheet("Questions") },
		`q.xlsx[Questions]:2:9: the cell holds a formula; write the value`: func(f *excelize.File) error {
			return f.SetCellFormula("Questions", "I2", `IF(1=1,"yes","no")`)
		},
		`q.xlsx[Questions]:2:1: the question does not belong to the key "north:access/n-1#controls.mfa"; rows were sorted in part`: func(f *excelize.File) error {
			return f.SetCellStr("Questions", "E2", "Is it all fine?")
		},
		`q.xlsx[Questions]:900:1: a row without a key; answer in the rows that were sent`: func(f *excelize.File) error { return f.SetCellStr("Questions", "I900", "yes") },
	} {
		f, err := excelize.OpenReader(bytes.NewReader(renderQuestions(t)))
		require.NoError(t, err)
		require.NoError(t, spoil(f))
		var b bytes.Buffer
		require.NoError(t, f.Write(&b))
		require.NoError(t, f.Close())
		_, err = inventory.ReadAnswers(inventory.File{Name: "q.xlsx", Data: b.Bytes()})
		require.ErrorContains(t, err, want)
	}
	_, err := inventory.ReadAnswers(inventory.File{Name: "q.xlsx", Data: []byte("not a zip")})
	require.ErrorContains(t, err, "q.xlsx:1:1: ")
	_, err = inventory.ReadAnswers(inventory.File{Name: "q.docx", Data: nil})
	require.ErrorContains(t, err, "q.docx:1:1: a questionnaire is an .xlsx or .csv file; name the file that came back")
}
