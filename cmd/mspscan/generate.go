package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// generateCommand is hidden: it is for those who package mspscan.
func generateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "generate DIR",
		Short: "Write man pages and shell completions into DIR, for packages",
		Long: `Write DIR/man/*.1 and DIR/completions/*. The man pages bear the date of
SOURCE_DATE_EPOCH, else of the commit that the binary was built from.`,
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			day, err := pageDate()
			if err != nil {
				return err
			}
			files, err := packageFiles(cmd.Root(), day)
			if err != nil {
				return err
			}
			for _, f := range files {
				if err := writePublic(filepath.Join(args[0], f.name), f.data); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// pageDate gives the date that man pages bear, nil for today.
func pageDate() (*time.Time, error) {
	day, err := judgeAs("")
	if err != nil {
		return nil, err
	}
	if built, err := time.Parse(time.RFC3339, thisBuild().date); err == nil && day.IsZero() {
		day = built.UTC()
	}
	if day.IsZero() {
		return nil, nil
	}
	return &day, nil
}

// packageFile is a file of a package: a man page or a completion.
type packageFile struct {
	name string
	data []byte
}

// packageFiles gives what a package holds beside the binary.
func packageFiles(root *cobra.Command, day *time.Time) ([]packageFile, error) {
	root.InitDefaultCompletionCmd()
	files, err := manPages(root, day)
	if err != nil {
		return nil, err
	}
	for _, c := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"mspscan.bash", func(w io.Writer) error { return root.GenBashCompletionV2(w, true) }},
		{"_mspscan", root.GenZshCompletion},
		{"mspscan.fish", func(w io.Writer) error { return root.GenFishCompletion(w, true) }},
		{"mspscan.ps1", root.GenPowerShellCompletionWithDesc},
	} {
		var b bytes.Buffer
		if err := c.write(&b); err != nil {
			return nil, fmt.Errorf("write completion %s: %w", c.name, err)
		}
		files = append(files, packageFile{"completions/" + c.name, b.Bytes()})
	}
	return files, nil
}

// manPages gives a page for c and for every command below it that is not hidden.
func manPages(c *cobra.Command, day *time.Time) ([]packageFile, error) {
	c.DisableAutoGenTag = true // it would bear the clock's date
	var b bytes.Buffer
	if err := doc.GenMan(c, &doc.GenManHeader{Date: day, Source: "mspscan " + version, Manual: "mspscan manual"}, &b); err != nil {
		return nil, fmt.Errorf("write man page of %s: %w", c.CommandPath(), err)
	}
	files := []packageFile{{"man/" + strings.ReplaceAll(c.CommandPath(), " ", "-") + ".1", b.Bytes()}}
	for _, sub := range c.Commands() {
		if !sub.IsAvailableCommand() || sub.IsAdditionalHelpTopicCommand() {
			continue
		}
		below, err := manPages(sub, day)
		if err != nil {
			return nil, err
		}
		files = append(files, below...)
	}
	return files, nil
}

// writePublic writes a file that everybody may read.
func writePublic(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil { //nolint:gosec // packages are for everybody
		return exitWith(exitInternal, fmt.Errorf("make folder: %w", err))
	}
	if err := os.WriteFile(name, data, 0o644); err != nil { //nolint:gosec // packages are for everybody
		return exitWith(exitInternal, fmt.Errorf("write file: %w", err))
	}
	return nil
}
