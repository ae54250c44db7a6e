package main

import (
	"github.com/spf13/cobra"

	"mspscan/cmd/mspscan/internal/pipeline"
)

func discoverCommand() *cobra.Command {
	var cfg pipeline.Config
	var f shared
	var file string
	c := &cobra.Command{
		Use:   "discover DOMAIN...",
		Short: "Draft an inventory from what DNS shows of your own domains",
		Long: `Draft an inventory from what DNS shows of your own domains: who serves your zones,
takes and sends your mail, hosts your sites and issues your certificates, with the
records that show it as comments, and the questions that DNS cannot answer. Access
is unknown throughout. A file that exists is never overwritten.`,
		Example: `  mspscan discover acme.example -o inventory.yaml
  mspscan discover ridgeline.example --zones testdata/ridgeline/zones`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.color = "auto"
			cfg.Version, cfg.Confine = version, confiner(cmd)
			return fromPipeline(pipeline.Discover(cmd.Context(), cfg, f.streams(cmd), args, file))
		},
	}
	flags := c.Flags()
	flags.StringVarP(&file, "output", "o", "", "write the draft to `FILE`, which must not exist; default: stdout")
	flags.StringArrayVar(&cfg.Resolvers, "resolver", nil, "recursive resolver `ADDR[:PORT]` (repeatable); default: the system's")
	flags.StringVar(&cfg.Zones, "zones", "", "serve the zone files of `DIR` from an embedded server and ask those, offline")
	flags.BoolVar(&cfg.Passive, "passive", false, "ask the recursive resolvers only, no name server directly")
	flags.BoolVar(&cfg.AllowPrivate, "allow-private", false, "let packets go to private addresses that DNS names")
	flags.IntVar(&cfg.Ranks, "ranks", 2, "how many ranks of dependencies to follow")
	flags.BoolVarP(&cfg.Quiet, "quiet", "q", false, "no summary")
	flags.BoolVar(&cfg.NoProgress, "no-progress", false, "no progress bar on a terminal")
	return c
}
