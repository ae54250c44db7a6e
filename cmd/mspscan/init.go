package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"mspscan/msp"
	"mspscan/msp/inventory"
)

func initCommand() *cobra.Command {
	var sample, xlsx bool
	cmd := &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a starter inventory with comments",
		Long: `Write inventory.yaml, commented for a first reading, and the JSON Schema that makes
editors complete and check it. With --xlsx it is inventory.xlsx instead, a workbook
with drop-downs. With --sample the inventory is the worked example.
A file that exists is never overwritten.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) > 0 {
				dir = args[0]
			}
			files, err := starterFiles(sample, xlsx)
			if err != nil {
				return err
			}
			if err := writeNew(dir, files); err != nil {
				return err
			}
			_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "wrote %s; next: mspscan validate %s\n",
				msp.Visible(filepath.Join(dir, files[0].Name)), msp.Visible(filepath.Join(dir, files[0].Name)))
			return nil
		},
	}
	cmd.Flags().BoolVar(&sample, "sample", false, "write the worked example instead of the starter")
	cmd.Flags().BoolVar(&xlsx, "xlsx", false, "write a workbook instead of YAML")
	return cmd
}

// starterFiles gives the inventory, with the schema beside it if it is YAML.
func starterFiles(sample, xlsx bool) ([]inventory.File, error) {
	text := inventory.Starter()
	if sample {
		text = inventory.Sample()
	}
	if xlsx {
		book, err := inventory.Workbook(inventory.File{Name: "inventory.yaml", Data: text})
		return []inventory.File{{Name: "inventory.xlsx", Data: book}}, err
	}
	schema, err := inventory.Schema()
	if err != nil {
		return nil, err
	}
	return []inventory.File{{Name: "inventory.yaml", Data: text}, {Name: inventory.SchemaFile, Data: schema}}, nil
}

// writeNew writes all files into dir, or none if one of them exists.
func writeNew(dir string, files []inventory.File) error {
	for _, f := range files {
		name := filepath.Join(dir, f.Name)
		if _, err := os.Lstat(name); err == nil {
			return usageError("%s exists; nothing was written", name)
		} else if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrInvalid) {
			return usageError("look at %s: %w", name, err)
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return exitWith(exitInternal, fmt.Errorf("make folder: %w", err))
	}
	for _, f := range files {
		if err := createFile(filepath.Join(dir, f.Name), f.Data); err != nil {
			return err
		}
	}
	return nil
}

// createFile writes a file that must not exist yet, readable by its owner only.
func createFile(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return usageError("%s exists; it was not overwritten", name)
	}
	if err != nil {
		return exitWith(exitInternal, fmt.Errorf("create file: %w", err))
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		err = errors.Join(err, os.Remove(name))
		return exitWith(exitInternal, fmt.Errorf("write %s: %w", name, err))
	}
	return nil
}
