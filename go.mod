module mspscan

go 1.26
