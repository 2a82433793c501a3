module chanscope.test/pipeline

go 1.17
