package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// commands lists the sub-commands in the order of the help.
func commands() []*cobra.Command {
	return []*cobra.Command{
		initCommand(),
		discoverCommand(),
		doctorCommand(),
		validateCommand(),
		scanCommand(),
		reportCommand(),
		diffCommand(),
		graphCommand(),
		whatIfCommand(),
		historyCommand(),
		questionnaireCommand(),
		registerCommand(),
		reviewCommand(),
		rulesCommand(),
		schemaCommand(schemas()),
		workerCommand(),
		versionCommand(),
		generateCommand(),
	}
}

// run is the whole program but for the end of the process: it reads and writes
// only what it is given and returns the exit code. A panic is an internal error.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	defer func() {
		if p := recover(); p != nil {
			printError(stderr, fmt.Errorf("internal error: %v; please report it", p))
			code = exitInternal
		}
	}()
	root := rootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err != nil && ctx.Err() != nil && exitCode(err) == exitInternal {
		err = exitWith(exitInterrupted, errors.New("interrupted"))
	}
	if err != nil {
		printError(stderr, err)
	}
	return exitCode(err)
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "mspscan",
		Short: "Audit the managed service providers that hold keys to you",
		Long: `mspscan audits the managed service providers of an organisation: who holds keys to
it, directly or through others, what their DNS exposes, what is reached if one of
them falls, and which few fixes cut most of it.

Begin with:  mspscan init --sample DIR`,
		SilenceErrors:              true,
		SilenceUsage:               true,
		DisableSuggestions:         true,
		SuggestionsMinimumDistance: 2,
		Args:                       unknownCommand,
		Version:                    thisBuild().String(),
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetVersionTemplate("{{.Version}}")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError("%w; see %s --help", err, cmd.CommandPath())
	})
	addNoSandbox(root)
	for _, c := range commands() {
		prepare(c)
		root.AddCommand(c)
	}
	return root
}

// unknownCommand refuses what is no command and names the nearest.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	want := "see mspscan --help"
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		want = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return usageError("unknown command %q; %s", args[0], want)
}

// prepare makes a wrong number of arguments a usage error, for a command and
// those below it.
func prepare(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(cmd *cobra.Command, args []string) error {
			err := check(cmd, args)
			if e := (*exitError)(nil); errors.As(err, &e) {
				return err
			}
			if err != nil {
				return usageError("%s given; the form is: %s; see %s --help", arguments(len(args)), cmd.UseLine(), cmd.CommandPath())
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		prepare(sub)
	}
}

func arguments(n int) string {
	switch n {
	case 0:
		return "no argument"
	case 1:
		return "1 argument"
	}
	return fmt.Sprintf("%d arguments", n)
}
