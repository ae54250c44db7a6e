package queue

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
)

var epoch = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

func testKey(t testing.TB, word string) Key {
	k, err := ParseKey([]byte(strings.Repeat(word, 32)))
	require.NoError(t, err)
	return k
}

func testUnit() Unit {
	tasks := []fact.Task{{Probe: fact.ProbeCAA, Name: "a.example"}, {Probe: fact.ProbeMX, Name: "a.example"}}
	return Unit{
		Protocol: protocol, Header: Header{Run: "run1", Group: "run1", Tool: "mspscan 1", Started: epoch, Ranks: 2}, ID: unitID("run1", "a.example", tasks),
		Name: "a.example", Tasks: tasks, Issued: epoch,
	}
}

func testAnswer() Answer {
	f := fact.Fact{Task: testUnit().Tasks[0], Outcome: fact.Present, Data: json.RawMessage(`{"domain":"a.example"}`), At: epoch}
	f.Seal()
	return Answer{Protocol: protocol, Run: "run1", Unit: testUnit().ID, Worker: "w", Delivery: 1, Fact: f}
}

func TestUnitMessages(t *testing.T) {
	k := testKey(t, "k")
	tests := []struct {
		name   string
		change func(u *Unit)
		use    string
		key    Key
		spoil  func(body []byte, sig string) ([]byte, string)
		at     time.Time
		want   error
	}{
		{name: "as it was made"},
		{name: "by another key", key: testKey(t, "x"), want: errSigned},
		{name: "by an empty key", key: Key{secret: []byte{}}, want: errSigned},
		{name: "a fact's signature", use: useFact, want: errSigned},
		{name: "one byte changed", spoil: func(b []byte, s string) ([]byte, string) { b[len(b)/2] ^= 1; return b, s }, want: errSigned},
		{name: "a byte added", spoil: func(b []byte, s string) ([]byte, string) { return append(b, ' '), s }, want: errSigned},
		{name: "no signature", spoil: func(b []byte, _ string) ([]byte, string) { return b, "" }, want: errSigned},
		{name: "signature no hex", spoil: func(b []byte, _ string) ([]byte, string) { return b, "zz" }, want: errSigned},
		{name: "another protocol", change: func(u *Unit) { u.Protocol = 2 }, want: errProtocol},
		{name: "too old", at: epoch.Add(maxAge + time.Second), want: errStale},
		{name: "from the future", at: epoch.Add(-maxAge - time.Second), want: errStale},
		{name: "of no task", change: func(u *Unit) { u.Tasks = nil }, want: errContent},
		{name: "a task of another name", change: func(u *Unit) {
			u.Tasks = append(u.Tasks, fact.Task{Probe: fact.ProbeMX, Name: "b.example"})
			u.ID = unitID("run1", u.Name, u.Tasks)
		}, want: errContent},
		{name: "another id", change: func(u *Unit) { u.ID = "0123" }, want: errContent},
		{name: "run id no token", change: func(u *Unit) { u.Header.Run = "a.b" }, want: errContent},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u, use, key, at := testUnit(), useTask, k, epoch
			if tt.change != nil {
				tt.change(&u)
			}
			if tt.use != "" {
				use = tt.use
			}
			if tt.key.secret != nil {
				key = tt.key
			}
			if !tt.at.IsZero() {
				at = tt.at
			}
			body, sig, err := seal(key, use, u)
			require.NoError(t, err)
			if tt.spoil != nil {
				body, sig = tt.spoil(body, sig)
			}
			got, err := openUnit(k, body, sig, at)
			require.ErrorIs(t, err, tt.want)
			if tt.want == nil {
				require.Equal(t, u, got)
			}
		})
	}
}

func TestAnswerMessages(t *testing.T) {
	k := testKey(t, "k")
	tests := []struct {
		name   string
		change func(a *Answer)
		run    string
		want   error
	}{
		{name: "as it was made", run: "run1"},
		{name: "of another run", run: "run2", want: errRun},
		{name: "of another protocol", run: "run1", change: func(a *Answer) { a.Protocol = 9 }, want: errProtocol},
		{name: "outcome changed, id kept", run: "run1", change: func(a *Answer) { a.Fact.Outcome = fact.Absent }, want: errContent},
		{name: "data changed, id kept", run: "run1", change: func(a *Answer) { a.Fact.Data = json.RawMessage(`{}`) }, want: errContent},
		{name: "no id", run: "run1", change: func(a *Answer) { a.Fact.ID = "" }, want: errContent},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := testAnswer()
			if tt.change != nil {
				tt.change(&a)
			}
			body, sig, err := seal(k, useFact, a)
			require.NoError(t, err)
			got, err := openAnswer(k, tt.run, body, sig)
			require.ErrorIs(t, err, tt.want)
			if tt.want == nil {
				require.Equal(t, a, got)
			}
		})
	}
	large := make([]byte, maxMessage+1)
	_, err := openAnswer(k, "run1", large, k.sign(useFact, large))
	require.ErrorIs(t, err, errSize, "a signature does not make it small")
	_, _, err = seal(k, useFact, Answer{Fact: fact.Fact{Reason: strings.Repeat("x", maxMessage)}})
	require.ErrorIs(t, err, errSize)
}

func TestKeys(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), mode))
		require.NoError(t, os.Chmod(path, mode))
		return path
	}
	good := strings.Repeat("0123456789abcdef", 2)
	k, shared, err := LoadKey(file("good", good+"\n", 0o600))
	require.NoError(t, err)
	require.False(t, shared)
	same, err := ParseKey([]byte("  " + good + "\r\n"))
	require.NoError(t, err)
	require.Equal(t, k.ID(), same.ID(), "blanks around it do not count")
	other, err := ParseKey([]byte(good + "x"))
	require.NoError(t, err)
	require.NotEqual(t, k.ID(), other.ID())
	_, shared, err = LoadKey(file("open", good, 0o644))
	require.NoError(t, err)
	require.True(t, shared)
	for name, path := range map[string]string{
		"short": file("short", "secret", 0o600), "long": file("long", strings.Repeat("x", maxKey+1), 0o600),
		"a folder": dir, "missing": filepath.Join(dir, "none"),
	} {
		_, _, err := LoadKey(path)
		require.Error(t, err, name)
	}
	require.False(t, Key{}.verify(useTask, []byte("x"), Key{}.sign(useTask, []byte("x"))), "the zero key verifies nothing")
}

func TestKinds(t *testing.T) {
	k := testKey(t, "k")
	base := Kind(k, "mspscan 1", "", "cat")
	require.Equal(t, base, Kind(k, "mspscan 1", "", "cat"))
	for name, other := range map[string]string{
		"version": Kind(k, "mspscan 2", "", "cat"), "zones": Kind(k, "mspscan 1", "z", "cat"),
		"catalogue": Kind(k, "mspscan 1", "", "dog"), "key": Kind(testKey(t, "x"), "mspscan 1", "", "cat"),
	} {
		require.NotEqual(t, base, other, name)
		require.True(t, token(other))
	}
}

func TestConsent(t *testing.T) {
	day := func(s string) msp.Date {
		d, err := msp.ParseDate(s)
		require.NoError(t, err)
		return d
	}
	require.NotEmpty(t, (*Consent)(nil).Forbids(epoch))
	require.Empty(t, (&Consent{}).Forbids(epoch))
	require.Empty(t, (&Consent{Until: day("2026-06-01")}).Forbids(epoch), "the last day counts")
	require.Contains(t, (&Consent{Until: day("2026-05-31")}).Forbids(epoch), "2026-05-31")
	require.Equal(t, "no", (&Consent{Refusal: "no"}).Forbids(epoch))
}

// FuzzMessages feeds bodies to both readers, rightly and wrongly signed: neither
// panics, and nothing without its signature is read.
func FuzzMessages(f *testing.F) {
	k := testKey(f, "k")
	for _, v := range []any{testUnit(), testAnswer()} {
		body, err := json.Marshal(v)
		require.NoError(f, err)
		f.Add(body)
	}
	f.Add([]byte(`{"protocol":1,"tasks":[{}]} {}`))
	f.Add([]byte(`[[[[`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if u, err := openUnit(k, body, k.sign(useTask, body), epoch); err == nil {
			require.NotEmpty(t, u.Tasks)
			require.Equal(t, unitID(u.Header.Run, u.Name, u.Tasks), u.ID)
		}
		if a, err := openAnswer(k, "run1", body, k.sign(useFact, body)); err == nil {
			again := a.Fact
			again.Seal()
			require.Equal(t, a.Fact.ID, again.ID)
		}
		_, err := openUnit(k, body, k.sign(useFact, body), epoch)
		require.ErrorIs(t, err, errSigned)
		_, err = openAnswer(k, "run1", body, k.sign(useTask, body))
		require.ErrorIs(t, err, errSigned)
	})
}
