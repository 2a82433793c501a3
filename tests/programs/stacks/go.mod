module chanscope.test/stacks

go 1.18

require chanscope.test/gate v0.0.0

replace chanscope.test/gate => ../gate
