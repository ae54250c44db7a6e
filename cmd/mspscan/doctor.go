package main

import (
	"github.com/spf13/cobra"

	"mspscan/cmd/mspscan/internal/pipeline"
)

func doctorCommand() *cobra.Command {
	cfg := pipeline.Config{Ranks: 1}
	var f shared
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Say what of the environment will limit a scan",
		Long: `Say what of the environment will limit a scan: whether each resolver answers,
tells the truth of names that do not exist, validates DNSSEC, speaks TCP and EDNS,
and whether name servers can be asked directly; and whether the sandbox is in force. Only the root zone and random
names under invalid. are asked for. Exit code 3 if no scan can be trusted.`,
		Example: "  mspscan doctor --resolver 192.0.2.53",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.color = "auto"
			cfg.Version, cfg.Confine = version, confiner(cmd)
			return fromPipeline(pipeline.Doctor(cmd.Context(), cfg, f.streams(cmd)))
		},
	}
	flags := c.Flags()
	flags.StringArrayVar(&cfg.Resolvers, "resolver", nil, "recursive resolver `ADDR[:PORT]` (repeatable); default: the system's")
	flags.StringVar(&cfg.Zones, "zones", "", "serve the zone files of `DIR` from an embedded server and look at that, offline")
	flags.BoolVarP(&cfg.Quiet, "quiet", "q", false, "no warnings about the zone files")
	return c
}
