package inventory

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const ismRegister = "Managed service provider;Managed service;Purpose;Sensitivity or classification of data;Due date of next security assessment;Contractual arrangements;Point of contact for users;24/7 contact details;Our notes\r\n" +
	"North MSP Pty Ltd;managed desktop;run the fleet;PROTECTED;2026-09-30;C-17 from 2024-07-01 until 2027-06-30;help@north.example;'+61 2 5550 0100;x\r\n" +
	"north msp pty ltd;backup;;;;none;;;\r\n;;;;;;;;\r\n" +
	"\"North: MSP, Pty Ltd\";\"a: b, {c} # d\";;;;in writing;;;\r\nÜ;s;;;;see folder 7 until further notice;;;\r\nAcme;own;;;;until 2027-01-01;;;\r\n"

func TestDraftOfISM1737(t *testing.T) {
	data, err := DraftOfISM1737(File{Name: "r.csv", Data: []byte(ismRegister)}, "acme")
	require.NoError(t, err)
	inv, diags := Decode([]File{{Name: "d.yaml", Data: data}})
	require.NoError(t, diags.Err())
	var ids, contracts []string
	for _, p := range inv.Providers {
		ids = append(ids, p.ID)
	}
	require.Equal(t, []string{"north-msp-pty-ltd", "north-msp-pty-ltd-2", "provider", "acme-provider"}, ids)
	require.Len(t, inv.Relationships, 5)
	for _, r := range inv.Relationships {
		require.False(t, r.AccessStated)
		contracts = append(contracts, r.Contract.Ref+"|"+r.Contract.Starts.String()+"|"+r.Contract.Ends.String())
	}
	require.Equal(t, []string{"C-17|2024-07-01|2027-06-30", "||", "||", "see folder 7 until further notice||", "||2027-01-01"}, contracts)
	r := inv.Relationships[0]
	require.Equal(t, "PROTECTED", r.DataSensitivity)
	require.Equal(t, "2026-09-30", r.NextAssessment.String())
	require.Equal(t, "+61 2 5550 0100", r.Contacts.Always)
	require.True(t, inv.Relationships[1].Contract.None)
	require.True(t, inv.Relationships[2].Contract.Stated)
	require.Equal(t, "a: b, {c} # d", inv.Relationships[2].Service)
}

func TestDraftOfISM1737Refuses(t *testing.T) {
	for want, text := range map[string]string{
		`r.csv:1:1: the register has no column "Purpose"; give its eight columns`: strings.Replace(ismRegister, "Purpose", "Aim", 1),
		`r.csv:3:1: a row without a provider`:                                     strings.Replace(ismRegister, "north msp pty ltd", "", 1),
		`the due date "30.9.2026" is not a date; write the day as YYYY-MM-DD`:     strings.Replace(ismRegister, "2026-09-30", "30.9.2026", 1),
	} {
		_, err := DraftOfISM1737(File{Name: "r.csv", Data: []byte(text)}, "acme")
		require.ErrorContains(t, err, want)
	}
	_, err := DraftOfISM1737(File{Name: "r.csv", Data: []byte(ismRegister)}, "Acme Ltd")
	require.ErrorContains(t, err, `"Acme Ltd" is not an id for the organisation`)
}

func FuzzDraftOfISM1737(f *testing.F) {
	seeds := []string{ismRegister, strings.ReplaceAll(ismRegister, ";", ","), strings.Join(ISMColumns(), ",") + "\n\"a\\u202e\",\"yes\",\"- x\",\"|\",2026-01-01,\"from 2026-01-01 until 2025-01-01\",\"~\",\"!!x\"\n"}
	require.NotEmpty(f, seeds)
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := DraftOfISM1737(File{Name: "r.csv", Data: data}, "acme")
		if err != nil {
			for _, line := range strings.Split(err.Error(), "\n") {
				require.True(t, strings.HasPrefix(line, "r.csv:"), "the draft can always be read: %s", line)
			}
			return
		}
		require.NotEmpty(t, got)
	})
}
