//go:build !unix

package exposure

import "time"

func computed() time.Duration { return 0 }
