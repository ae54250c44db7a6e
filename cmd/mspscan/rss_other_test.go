//go:build !unix

package main

import "os"

// maxResident gives 0: this system does not tell what a child had resident.
func maxResident(*os.ProcessState) int64 { return 0 }
