package pipeline

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"filippo.io/age"

	"mspscan/reports"
	"mspscan/reports/graphout"
)

// validateSharing refuses a level or a recipient that is none, and a format that
// could not keep to the level, before anything is sent.
func (c Config) validateSharing() error {
	if _, err := reports.ParseRedaction(c.Redact); err != nil {
		return usage("--redact: %w", err)
	}
	for _, o := range c.Outputs {
		if c.redacts() && drawnWhole(o.Format) {
			return usage("--redact: %s draws the graph as it is; dot and mermaid can be redacted", o.Format)
		}
	}
	_, err := recipients(c.EncryptTo)
	return err
}

// drawnWhole reports whether a format draws names that no redaction reaches.
func drawnWhole(format string) bool {
	return slices.ContainsFunc(graphout.Formats(), func(f graphout.Format) bool { return f.Name == format })
}

// recipients reads age recipients (age1…). The parser's own message may hold
// the text: it is not ours to print a secret key that was pasted by mistake.
func recipients(list []string) ([]age.Recipient, error) {
	var all []age.Recipient
	for _, s := range list {
		if strings.HasPrefix(strings.ToUpper(strings.TrimSpace(s)), "AGE-SECRET-KEY-") {
			return nil, usage("--encrypt-to: that is a secret key; give the recipient that belongs to it, age1…")
		}
		parsed, err := age.ParseRecipients(strings.NewReader(s))
		if err != nil {
			return nil, usage("--encrypt-to %q: no age recipient; want age1…, as age-keygen prints it", s)
		}
		all = append(all, parsed...)
	}
	return all, nil
}

// sealed encrypts what render writes to every recipient of the configuration, in
// the age format (age-encryption.org/v1); without recipients it changes nothing.
// Encryption draws randomness: the bytes differ from run to run.
func (c Config) sealed(render func(Output, io.Writer) error) func(Output, io.Writer) error {
	if len(c.EncryptTo) == 0 {
		return render
	}
	return func(o Output, w io.Writer) error {
		to, err := recipients(c.EncryptTo)
		if err != nil {
			return err
		}
		sealed, err := age.Encrypt(w, to...)
		if err != nil {
			return fmt.Errorf("encrypt: %w", err)
		}
		if err := render(o, sealed); err != nil {
			return err
		}
		if err := sealed.Close(); err != nil {
			return fmt.Errorf("encrypt: %w", err)
		}
		return nil
	}
}
