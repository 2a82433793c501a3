// SPDX-License-Identifier: Apache-2.0

// Command stacks tells for each of its channel operations what the runtime itself says about the call stack at
// that line: the answer that a symbolizer has to give. Operation and channel together are unique.
package main

import (
	"flag"
	"fmt"
	"reflect"
	"runtime"
	"sync"

	"chanscope.test/gate"
)

var checks gate.Checks

type frame struct {
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	Inlined  bool   `json:"inlined"` // into the next frame
}

type operation struct {
	Op      string  `json:"op"` // make, send, receive, select, close
	Key     string  `json:"key"`
	Channel string  `json:"channel"`
	Via     string  `json:"via"` // "reflect": frames of package reflect come before
	Frames  []frame `json:"frames"`
}

var (
	mutex sync.Mutex
	// all channels stay alive, so no address is used twice
	operations []operation
	alive      []interface{}
)

// callers are the frames from the caller of the caller on, innermost first; its line moved down by further.
//
//go:noinline
func callers(further int) []frame {
	var pcs [512]uintptr
	var all []frame

	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		f, more := frames.Next()
		all = append(all, frame{f.Function, f.File, f.Line, f.Func == nil})
		if !more {
			break
		}
	}
	all[0].Line += further
	return all
}

func add(op, key, via string, channel interface{}, frames []frame) {
	mutex.Lock()
	operations = append(operations, operation{op, key, fmt.Sprintf("%p", channel), via, frames})
	alive = append(alive, channel)
	mutex.Unlock()
}

// noted notes an operation of the line that it is called in, and hands c through.
//
//go:noinline
func noted(op, key string, c chan int) chan int {
	add(op, key, "", c, callers(0))
	return c
}

// notedMake is for a make whose channel is not known yet: see made.
//
//go:noinline
func notedMake(frames *[]frame) int {
	*frames = callers(0)
	return 2
}

// made makes a channel and notes where.
//
//go:noinline
func made(key string) chan int {
	var frames []frame

	c := make(chan int, notedMake(&frames))
	add("make", key, "", c, frames)
	return c
}

// use does one of each on a channel of its own: a place for a stack to end in.
func use(key string) {
	c := made(key)
	noted("send", key, c) <- 1
	<-noted("receive", key, c)
	close(noted("close", key, c))
}

//go:noinline
func plain() { use("plain") }

// Small enough to be inlined, in two levels.
func inlined1(key string, c chan int) { inlined2(key, c) }
func inlined2(key string, c chan int) {
	noted("send", key, c) <- 2
}

//go:noinline
func inlined() {
	c := made("inlined")
	inlined1("inlined", c)
}

type number interface{ ~int | ~int64 }

type box[T number] struct {
	c    chan int
	last T
}

//go:noinline
func (b *box[T]) put(key string, v T) {
	noted("send", key, b.c) <- int(v)
	b.last = v
}

//go:noinline
func generic[T number](key string, v T) {
	b := &box[T]{c: made(key)}
	b.put(key, v)
	<-noted("receive", key, b.c)
}

type worker struct{ c chan int }

func (w worker) work()   { noted("send", "method value", w.c) <- 1 }
func (w *worker) check() { <-noted("receive", "method value", w.c) }

type doer interface{ do() }

type embedded struct{ worker }

func (w worker) do() { noted("send", "interface", w.c) <- 1 }

//go:noinline
func call(f func()) { f() }

func methods() {
	w := worker{made("method value")}
	call(w.work)
	call((&w).check)
	e := embedded{worker{made("interface")}}
	var d doer = &e // calls through a compiler-made wrapper
	d.do()
}

func closures() {
	c := made("closure")
	func() {
		call(func() {
			func() {
				noted("send", "closure", c) <- 1
			}()
		})
	}()
	defer func() {
		<-noted("receive", "closure", c)
	}()
}

//go:noinline
func deep(n int, f func()) int {
	if n == 0 {
		f()
		return 0
	}
	return deep(n-1, f) + 1
}

func selects() {
	var none chan int

	c := made("select")
	add("select", "select", "", c, callers2())
	select {
	case c <- 1:
	case <-none:
	}
}

// callers2 are the frames of its caller, on the line below.
//
//go:noinline
func callers2() []frame {
	frames := callers(0)
	frames[0].Line++
	return frames
}

func nonblocking() {
	c := made("non-blocking")
	select {
	case noted("send", "non-blocking", c) <- 1:
	default:
	}
}

func reflected() {
	var frames []frame

	c := made("reflect")
	v, value := reflect.ValueOf(c), reflect.ValueOf(1)
	frames = callers2()
	v.Send(value)
	add("send", "reflect", "reflect", c, frames)
	frames = callers2()
	v.Recv()
	add("receive", "reflect", "reflect", c, frames)
}

func main() {
	now := flag.Bool("now", false, "do not wait for the start signal")
	flag.Parse()
	gate.Wait(*now)

	plain()
	inlined()
	generic("generic int", 1)
	generic("generic int64", int64(1))
	methods()
	closures()
	for _, n := range []int{1, 10, 50, 100} {
		n := n
		deep(n, func() { use(fmt.Sprint("deep ", n)) })
	}
	selects()
	nonblocking()
	reflected()
	var all sync.WaitGroup
	all.Add(2)
	go func() {
		use("goroutine")
		all.Done()
	}()
	go func(key string) { // an argument: started through a wrapper
		use(key)
		all.Done()
	}("goroutine with argument")
	all.Wait()

	seen := map[string]bool{}
	inlinedFrames := 0
	for _, o := range operations {
		checks.That(!seen[o.Op+o.Channel], "%s: two operations %s on one channel", o.Key, o.Op)
		checks.That(len(o.Frames) >= 2, "%s: %d frames", o.Key, len(o.Frames))
		seen[o.Op+o.Channel] = true
		for _, f := range o.Frames {
			if f.Inlined {
				inlinedFrames++
			}
		}
	}
	checks.That(inlinedFrames > 0, "nothing was inlined")
	checks.Print("stacks", map[string]interface{}{"operations": operations})
	checks.Exit()
}
