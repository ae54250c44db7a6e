package main

import (
	"strings"

	"github.com/spf13/cobra"

	"mspscan/cmd/mspscan/internal/pipeline"
)

func registerCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "register",
		Short: "Write the registers of providers that rules ask for, begin from one",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(registerExport(), registerImport())
	return c
}

func registerExport() *cobra.Command {
	var x pipeline.Register
	c := &cobra.Command{
		Use:   "export INVENTORY|JOURNAL",
		Short: "Write a register as CSV",
		Long: `Write a register of providers as CSV from what the inventory says. What it does not
say stays blank and is named.

  ism1737  managed service register of the Australian ISM, all eight fields
  dora     B_02.02, B_05.01, B_05.02 with true ranks and B_07.01 of the EU register of
           information, a file each (NAME-b_02.02.csv …); blank, duplicate and dangling
           keys are named, and give exit code 1
  cps230   material service providers for APRA CPS 230; our own columns

From a journal, parties that only DNS shows are named too.`,
		Example: `  mspscan register export inventory.yaml --format ism1737 -o managed-services.csv
  mspscan register export run.ndjson --format dora --lei 5493001KJTIIGC8Y1R12 -o dora.csv`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			x.File = args[0]
			return fromPipeline(x.Export(pipeline.Streams{Out: cmd.OutOrStdout(), Err: cmd.ErrOrStderr()}))
		},
	}
	flags := c.Flags()
	flags.StringVar(&x.Format, "format", "", "`FORMAT` of the register: "+strings.Join(pipeline.RegisterFormats(), ", "))
	flags.StringVarP(&x.Out, "output", "o", "", "write to `FILE`; default: stdout")
	flags.StringVar(&x.LEI, "lei", "", "`LEI` of the organisation, for dora")
	flags.BoolVar(&x.Raw, "csv-raw", false, "cells as they are, for machines: without the apostrophe that guards against formulas")
	return c
}

func registerImport() *cobra.Command {
	var org, out string
	c := &cobra.Command{
		Use:   "import REGISTER.csv",
		Short: "Turn a managed service register (ISM-1737) into a draft inventory",
		Long: `Turn the CSV of a managed service register, with the eight columns of ISM-1737 by
the titles that export writes, into a draft of an inventory. Access is unknown in
it: no register asks how a provider gets in. An existing file is never overwritten.`,
		Example: `  mspscan register import managed-services.csv --organisation acme -o inventory.yaml`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return fromPipeline(pipeline.ImportRegister(args[0], org, out, pipeline.Streams{Out: cmd.OutOrStdout(), Err: cmd.ErrOrStderr()}))
		},
	}
	c.Flags().StringVar(&org, "organisation", "organisation", "`ID` of the organisation in the draft")
	c.Flags().StringVarP(&out, "output", "o", "", "write to `FILE`; default: stdout")
	return c
}
