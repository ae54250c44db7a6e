package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"mspscan/msp"
	"mspscan/msp/inventory"
	"mspscan/rules"
)

// The exit codes (contract section 3).
const (
	exitOK          = 0
	exitGate        = 1   // ran to the end; the gate failed
	exitUsage       = 2   // usage, configuration, rule or inventory error
	exitIncomplete  = 3   // more checks unknown than allowed
	exitInternal    = 4   // internal error, or an output could not be written
	exitInterrupted = 130 // SIGINT or SIGTERM
)

// exitError is an error with the exit code that it ends the program with.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// exitWith gives err an exit code; nil stays nil.
func exitWith(code int, err error) error {
	if err == nil {
		return nil
	}
	return &exitError{code, err}
}

// usageError is exitWith(exitUsage, …) with a format.
func usageError(format string, args ...any) error {
	return exitWith(exitUsage, fmt.Errorf(format, args...))
}

// exitCode gives the code of an error that a command returned: its own if it
// has one, 130 for an interruption, else internal.
func exitCode(err error) int {
	var e *exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &e):
		return e.code
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	return exitInternal
}

// printError writes an error for a person: diagnostics one a line, anything
// else on one line. Text from outside is made visible.
func printError(w io.Writer, err error) {
	var diags inventory.Diagnostics
	if errors.As(err, &diags) {
		_, _ = fmt.Fprintln(w, diags.Error())
		return
	}
	var problems rules.Problems
	if errors.As(err, &problems) {
		for _, p := range problems {
			_, _ = fmt.Fprintln(w, msp.Visible(p.String()))
		}
		return
	}
	if errors.Is(err, errSaid) {
		return
	}
	_, _ = fmt.Fprintln(w, "mspscan: "+msp.Visible(strings.TrimSpace(err.Error())))
}
