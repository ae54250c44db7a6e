// Package inventory reads what an organisation says of its providers (contract
// section 1) into msp.Inventory, with the place of every value kept, and refuses
// what it cannot read for certain. All problems of a file come in one run.
//
//	bytes ─► lexical check ─► nodes ─► typed walk by the field tables ─► ids and references ─► msp.Inventory
//
// YAML, JSON, CSV and workbooks meet in the nodes; the walk, the JSON Schema, the
// columns of a sheet and the suggestions for misspelt keys all come from the same
// field tables. Nothing here reads a clock or the network.
package inventory
