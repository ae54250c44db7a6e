package pipeline

import (
	"fmt"
	"io/fs"
	"os"

	"mspscan/rules"
)

// LoadRules reads the embedded rules, those of the folders and the thresholds of
// a file ("" = none).
func LoadRules(dirs []string, params string) (*rules.Set, error) {
	var o rules.Options
	if params != "" {
		raw, err := os.ReadFile(params)
		if err != nil {
			return nil, usage("read thresholds: %w", err)
		}
		if o.Overrides, err = rules.ParseOverrides(params, raw); err != nil {
			return nil, coded(CodeUsage, fmt.Errorf("read thresholds: %w", err))
		}
	}
	packs := []fs.FS{rules.Embedded()}
	for _, dir := range dirs {
		packs = append(packs, rules.Dir(dir))
	}
	set, err := rules.LoadWith(o, packs...)
	return set, coded(CodeUsage, err)
}
