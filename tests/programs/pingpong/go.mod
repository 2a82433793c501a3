module chanscope.test/pingpong

go 1.17
