package pipeline

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
)

// TestSealed holds that every recipient can decrypt what is written, nobody
// else, and that without recipients the bytes are plain.
func TestSealed(t *testing.T) {
	first, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	second, err := age.GenerateHybridIdentity()
	require.NoError(t, err)
	stranger, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	write := func(_ Output, w io.Writer) error {
		_, err := io.WriteString(w, "the report")
		return err
	}
	file := filepath.Join(t.TempDir(), "report.json")
	var stdout bytes.Buffer

	require.NoError(t, writeAll([]Output{{"json", file}, {"md", "-"}}, &stdout, Config{}.sealed(write)))
	plain, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "the report", string(plain))

	for _, to := range [][]string{{first.Recipient().String()}, {second.Recipient().String()}} {
		stdout.Reset()
		cfg := Config{EncryptTo: to}
		require.NoError(t, cfg.validateSharing())
		require.NoError(t, writeAll([]Output{{"json", file}, {"md", "-"}}, &stdout, cfg.sealed(write)))
		sealed, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, data := range [][]byte{sealed, stdout.Bytes()} {
			require.NotContains(t, string(data), "the report")
			r, err := age.Decrypt(bytes.NewReader(data), first, second)
			require.NoError(t, err)
			text, err := io.ReadAll(r)
			require.NoError(t, err)
			require.Equal(t, "the report", string(text))
			_, err = age.Decrypt(bytes.NewReader(data), stranger)
			require.Error(t, err)
		}
	}

	broken := func(Output, io.Writer) error { return io.ErrUnexpectedEOF }
	require.ErrorIs(t, writeAll([]Output{{"json", file}}, &stdout, Config{EncryptTo: []string{first.Recipient().String()}}.sealed(broken)), io.ErrUnexpectedEOF)
}

// TestSealedForSeveral holds that each of several recipients can decrypt alone.
func TestSealedForSeveral(t *testing.T) {
	var to []string
	var identities []*age.X25519Identity
	for range 3 {
		id, err := age.GenerateX25519Identity()
		require.NoError(t, err)
		to, identities = append(to, id.Recipient().String()), append(identities, id)
	}
	var sealed bytes.Buffer
	require.NoError(t, Config{EncryptTo: to}.sealed(func(_ Output, w io.Writer) error {
		_, err := io.WriteString(w, "the report")
		return err
	})(Output{}, &sealed))
	for _, id := range identities {
		r, err := age.Decrypt(bytes.NewReader(sealed.Bytes()), id)
		require.NoError(t, err)
		text, err := io.ReadAll(r)
		require.NoError(t, err)
		require.Equal(t, "the report", string(text))
	}
}

func TestRecipients(t *testing.T) {
	secret, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	for _, bad := range []string{"", "age1", "age1nonsense", "ssh-ed25519 AAAA", secret.String()} {
		err := Config{EncryptTo: []string{bad}}.validateSharing()
		var e *Error
		require.ErrorAs(t, err, &e, bad)
		require.Equal(t, CodeUsage, e.Code)
		require.NotContains(t, err.Error(), secret.String())
	}
	require.NoError(t, Config{}.validateSharing())
	require.ErrorContains(t, Config{Redact: "public", Outputs: []Output{{"json", "x"}, {"svg", "y"}}}.validateSharing(), "svg draws the graph as it is")
	require.NoError(t, Config{Redact: "none", Outputs: []Output{{"svg", "y"}}}.validateSharing())
	require.ErrorContains(t, Config{Redact: "all"}.validateSharing(), "known: none, client, provider, public")
}
