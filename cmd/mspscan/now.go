package main

import (
	"os"
	"strconv"
	"time"

	"mspscan/cmd/mspscan/internal/pipeline"
)

// judgeAs gives the time of --now, else that of SOURCE_DATE_EPOCH (seconds since
// 1970, as reproducible builds set it), else none: the start of the run.
func judgeAs(flag string) (time.Time, error) {
	epoch := os.Getenv("SOURCE_DATE_EPOCH")
	if flag != "" || epoch == "" {
		return pipeline.ParseNow(flag)
	}
	n, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil || n < 0 || n > 253402300799 { // the year 9999
		return time.Time{}, usageError("SOURCE_DATE_EPOCH %q: seconds since 1970, such as 1780272000", epoch)
	}
	return time.Unix(n, 0).UTC(), nil
}
