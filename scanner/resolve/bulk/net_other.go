//go:build !linux

package bulk

// newBatchNet gives nil: this system has no calls that send or receive many
// datagrams at once.
func newBatchNet() network { return nil }
