package exposure

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"mspscan/msp"
)

// TestSinglePoints: a door of a path is a single point if and only if its closing
// leaves the asset out of the provider's reach.
func TestSinglePoints(t *testing.T) {
	t.Parallel()
	hold(t, func(inv *msp.Inventory, _ *rand.Rand) error {
		m, err := exactly().model(inv)
		if err != nil {
			return err
		}
		for _, path := range m.Paths(2) {
			for _, d := range path.Doors {
				shut, err := m.Close(d)
				if err != nil {
					return err
				}
				v := shut.look(m.s.index[path.Provider], shut.hi)
				gone := v.p[m.s.nodes[m.s.index[path.Asset]].asset] == 0
				if gone != slices.Contains(path.Single, d) {
					return fmt.Errorf("path %v: %s is a single point: %v, listed: %v", path.Doors, d, gone, path.Single)
				}
			}
		}
		return nil
	})
}
