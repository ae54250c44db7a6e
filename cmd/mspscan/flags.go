package main

import (
	"errors"

	"github.com/spf13/pflag"

	"mspscan/scanner/queue"
)

// errSaid stands for an error that was explained on the way.
var errSaid = errors.New("")

// visitInto appends each flag that was set as it can be typed again.
func visitInto(line *[]string) func(*pflag.Flag) {
	return func(f *pflag.Flag) {
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, v := range values {
			if f.Name == natsFlag {
				v = queue.Redacted(v)
			}
			if f.Value.Type() == "bool" && v == "true" {
				*line = append(*line, "--"+f.Name)
				continue
			}
			*line = append(*line, "--"+f.Name, v)
		}
	}
}
