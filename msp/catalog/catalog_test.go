package catalog

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDefault(t *testing.T) {
	c, err := Default()
	require.NoError(t, err)
	require.Greater(t, len(c.Entries()), 100)
}
