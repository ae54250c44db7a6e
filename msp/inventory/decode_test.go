package inventory

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTry(t *testing.T) {
	for _, f := range []string{"v001.yaml", "v002.yaml", "v157.yaml", "v005.yaml", "v008.json", "v103.yaml", "v030.yaml", "v031.yaml"} {
		data, err := os.ReadFile("../../../shared/badinputs/" + f)
		require.NoError(t, err)
		inv, diags := Decode([]File{{f, data}})
		t.Logf("%s %v\n%v", f, inv != nil, diags.Error())
	}
}
