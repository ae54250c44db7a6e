package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version, commit and date (RFC 3339, of the commit: never of the clock, or two
// builds would differ) are set by the linker in a release.
var version, commit, date = "dev", "", ""

// build is what a binary knows of its own making.
type build struct{ version, commit, date, toolchain, platform string }

// thisBuild gives what the linker set, else what the Go toolchain noted of the
// checkout, else "unknown".
func thisBuild() build {
	b := build{version, commit, date, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		b = b.filled(info.Settings)
	}
	b.commit, b.date = cmp.Or(b.commit, "unknown"), cmp.Or(b.date, "unknown")
	return b
}

// filled adds the commit and its date from the settings of a build in a checkout.
func (b build) filled(settings []debug.BuildSetting) build {
	if b.commit != "" {
		return b
	}
	changed := ""
	for _, s := range settings {
		switch s.Key {
		case "vcs.revision":
			b.commit = s.Value
		case "vcs.time":
			b.date = cmp.Or(b.date, s.Value)
		case "vcs.modified":
			if s.Value == "true" {
				changed = " with changes"
			}
		}
	}
	if b.commit != "" {
		b.commit += changed
	}
	return b
}

// String gives the lines of `mspscan version`; the first is `mspscan VERSION`.
func (b build) String() string {
	return fmt.Sprintf("mspscan %s\n  commit    %s\n  built as  %s\n  with      %s for %s\n", b.version, b.commit, b.date, b.toolchain, b.platform)
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print version, commit, date of the commit, Go version and platform",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(cmd.OutOrStdout(), thisBuild())
			return err
		},
	}
}
