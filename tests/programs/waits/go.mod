module chanscope.test/waits

go 1.17

require chanscope.test/gate v0.0.0

replace chanscope.test/gate => ../gate
