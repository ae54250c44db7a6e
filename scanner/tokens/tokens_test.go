package tokens

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/internal/fakedns"
)

func txt(fields ...string) scanner.Record {
	return scanner.Record{Name: "acme.test", Type: "TXT", Fields: fields}
}

func TestProbe(t *testing.T) {
	present := scanner.Answer{Outcome: fact.Present, Rcode: "NOERROR", Records: []scanner.Record{
		txt("v=spf1 ", "-all"), txt("b\"\x00"), txt("b\"\x00"), txt(),
	}}
	tests := []struct {
		name   string
		answer scanner.Answer
		texts  []string
	}{
		{"joined, printable, sorted, once", present, []string{"", `b\"\000`, "v=spf1 -all"}},
		{"none", fakedns.None("NOERROR", "acme.test"), nil},
		{"not known", fakedns.Unknown("truncated"), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &fakedns.Resolver{Table: map[string]scanner.Answer{"acme.test TXT": tt.answer}}
			f := Probe().Run(context.Background(), scanner.Env{Resolver: r}, fact.Task{Name: "acme.test"})
			var d fact.Tokens
			require.NoError(t, f.Decode(&d))
			require.Equal(t, fact.Tokens{Domain: "acme.test", Texts: tt.texts}, d)
			require.Equal(t, tt.answer.Outcome, f.Outcome)
			require.Equal(t, tt.answer.Reason, f.Reason)
			require.Len(t, f.Queries, 1)
		})
	}
}

func FuzzTexts(f *testing.F) {
	seeds := [][2]string{{"v=spf1 ", "-all"}, {"\x00\xff", `"\`}, {"", ""}}
	require.NotEmpty(f, seeds)
	for _, s := range seeds {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		texts := Texts([]scanner.Record{txt(a, b), txt(b), txt(a)})
		require.NotEmpty(t, texts)
		require.True(t, slices.IsSorted(texts))
		for _, text := range texts {
			for _, c := range []byte(text) {
				require.True(t, c >= ' ' && c <= '~')
			}
		}
	})
}
