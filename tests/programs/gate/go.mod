module chanscope.test/gate

go 1.17
