// SPDX-License-Identifier: Apache-2.0

// Prints what the Go runtime itself knows about this program: the address of main.main, stacks as pcs and as
// frames, function, file and line at many pcs, names and sizes of types with their descriptors'
// addresses. tests/unit/test_pclntab.c and test_rtype.c compare chanscope's reading of the file with it.
package main

import (
	"fmt"
	"os"
	"reflect"
	"runtime"
	"sync"
	"time"
	"unsafe"

	dotted "example.com/frames/v1.2"
)

type job struct {
	id   int
	done chan struct{}
}

type runner interface{ run(name string) }

func (j job) run(name string)     { report(name) }
func (j *job) runPtr(name string) { report(name) }

//go:noinline
func report(name string) {
	pcs := make([]uintptr, 64)
	pcs = pcs[:runtime.Callers(0, pcs)]
	fmt.Println("stack", name)
	for _, pc := range pcs {
		fmt.Printf("pc %x\n", pc)
	}
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		fmt.Printf("frame %d %s\t%s\n", f.Line, f.Function, f.File)
		if !more {
			break
		}
	}
	fmt.Println("end")
}

func inlineA(name string) { inlineB(name) }
func inlineB(name string) { inlineC(name) }
func inlineC(name string) { report(name) }

//go:noinline
func generic[T any](v T, name string) T {
	report(name)
	return v
}

type list[T any] struct{ items []T }

//go:noinline
func (l *list[T]) each(f func(T)) {
	for _, v := range l.items {
		f(v)
	}
}

func inlinedGeneric[K comparable, V any](m map[K]V, name string) { inlineC(name) }

func stacks() {
	report("plain")
	inlineA("inlined")
	generic(1, "generic int")
	generic(map[string][]job{}, "generic map")
	inlinedGeneric(map[string]int{}, "generic inlined")
	func() {
		defer func() { inlineB("deferred closure") }()
		func(s string) { inlineA(s) }("closure")
	}()
	(&list[string]{[]string{"generic method"}}).each(report)
	(&list[string]{[]string{"generic method, closure"}}).each(func(s string) { inlineC(s) })
	method := job{id: 1}.run
	method("method value")
	ptr := (&job{id: 2}).runPtr
	ptr("pointer method value")
	var r runner = &job{id: 3}
	r.run("interface, through a wrapper")
	dotted.Call(func() { inlineC("package with a dot") })
	var wait sync.WaitGroup
	wait.Add(1)
	go goroutine("goroutine with arguments", &wait)
	wait.Wait()
	var once sync.Once
	once.Do(func() { report("once") })
}

func goroutine(name string, wait *sync.WaitGroup) {
	defer wait.Done()
	inlineC(name)
}

func panics() {
	defer func() {
		recover()
		inlineC("recovered")
	}()
	var p *job
	fmt.Println(p.id)
}

// pcs of Go's text, from its start as far as main.main, at odd steps
func places() {
	main := reflect.ValueOf(main).Pointer()
	low := main
	for misses := 0; misses < 16; {
		low -= 4096
		if runtime.FuncForPC(low) == nil {
			misses++
		} else {
			misses = 0
		}
	}
	n := 0
	for pc := low; pc < main && n < 20000; pc += 61 {
		f := runtime.FuncForPC(pc)
		if f == nil {
			continue
		}
		file, line := f.FileLine(pc)
		fmt.Printf("at %x %d %s\t%s\n", pc, line, orNone(f.Name()), orNone(file))
		n++
	}
}

func orNone(s string) string {
	if s == "" {
		return "?"
	}
	return s
}

func types() {
	for _, v := range []any{
		0, "", 1.5, job{}, &job{}, struct{}{}, []job{}, map[string]*job{}, make(chan job), make(chan struct{}),
		make(<-chan []string), time.Time{}, new(time.Duration), [3]job{}, func(int) error { return nil },
		list[int]{}, &list[map[string]job]{}, struct {
			A int `json:"a"`
			b string
		}{}, (*runner)(nil), new(any), new(error), complex(1, 2), uintptr(0), unsafe.Pointer(nil),
	} {
		t := reflect.TypeOf(v)
		fmt.Printf("type %x %d %s\n", (*[2]uintptr)(unsafe.Pointer(&t))[1], t.Size(), t)
	}
}

func main() {
	fmt.Println("version", runtime.Version())
	fmt.Printf("main %x\n", reflect.ValueOf(main).Pointer())
	stacks()
	panics()
	types()
	if len(os.Args) > 1 {
		places()
	}
}
