// SPDX-License-Identifier: Apache-2.0

// Command pingpong measures what channel operations cost, in rounds that another program orders, so that a
// probe can come and go between them:
//
//	pingpong [-n OPS] KIND
//
// It says "ready PID" on stderr, does one round for every line on stdin, and answers each by one line of JSON on
// stdout. At the end of stdin it exits. Kinds:
//
//	unbuffered   one goroutine sends, one answers; an op is a value passed
//	buffered     one sends, one receives, capacity 128; an op is a value passed
//	many         four send, four receive, capacity 128; an op is a value passed
//	select2      one selects over 2 unbuffered channels, one serves them; an op is a select
//	select8      the same with 8
//	nonblocking  select with default over one channel, in turn an empty and a full one; an op is a select
//	default2     select with default over both, the default taken; an op is a select
//	makeclose    make and close; an op is both
//	solo         send and receive by one goroutine, capacity 1: nothing ever blocks; an op is both
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sort"
	"sync"
	"time"
)

type bench struct {
	defaultOps int
	chanOps    int // channel operations that one op consists of
	run        func(n int)
}

var benches = map[string]bench{
	"unbuffered":  {200000, 2, unbuffered},
	"buffered":    {1000000, 2, func(n int) { buffered(n, 1) }},
	"many":        {1000000, 2, func(n int) { buffered(n, 4) }},
	"select2":     {200000, 2, select2},
	"select8":     {200000, 2, select8},
	"nonblocking": {2000000, 1, nonblocking},
	"default2":    {2000000, 1, default2},
	"makeclose":   {1000000, 2, makeClose},
	"solo":        {2000000, 2, solo},
}

func unbuffered(n int) {
	there, back := make(chan int), make(chan int)
	go func() {
		for v := range there {
			back <- v
		}
		close(back)
	}()
	for i := 0; i < n/2; i++ {
		there <- i
		if got := <-back; got != i {
			panic("another value came back")
		}
	}
	close(there)
	<-back
}

func buffered(n, width int) {
	var senders, receivers sync.WaitGroup

	c := make(chan int, 128)
	counts := make([]int, width)
	for w := 0; w < width; w++ {
		w := w
		senders.Add(1)
		receivers.Add(1)
		go func() {
			for i := 0; i < n/width; i++ {
				c <- i
			}
			senders.Done()
		}()
		go func() {
			for range c {
				counts[w]++
			}
			receivers.Done()
		}()
	}
	senders.Wait()
	close(c)
	receivers.Wait()
	sum := 0
	for _, n := range counts {
		sum += n
	}
	if sum != n/width*width {
		panic("values got lost")
	}
}

func select2(n int) {
	a, b := make(chan int), make(chan int)
	go func() {
		for i := 0; i < n; i++ {
			if i%2 == 0 {
				a <- i
			} else {
				<-b
			}
		}
	}()
	for i := 0; i < n; i++ {
		select {
		case <-a:
		case b <- i:
		}
	}
}

func select8(n int) {
	var c [8]chan int

	for i := range c {
		c[i] = make(chan int)
	}
	go func() {
		for i := 0; i < n; i++ {
			if i%8 < 4 {
				c[i%8] <- i
			} else {
				<-c[i%8]
			}
		}
	}()
	for i := 0; i < n; i++ {
		select {
		case <-c[0]:
		case <-c[1]:
		case <-c[2]:
		case <-c[3]:
		case c[4] <- i:
		case c[5] <- i:
		case c[6] <- i:
		case c[7] <- i:
		}
	}
}

func nonblocking(n int) {
	empty, full := make(chan int), make(chan int, 1)
	full <- 1
	for i := 0; i < n; i += 2 {
		select {
		case <-empty:
		default:
		}
		select {
		case full <- i:
		default:
		}
	}
}

func default2(n int) {
	empty, full := make(chan int), make(chan int, 1)
	full <- 1
	for i := 0; i < n; i++ {
		select {
		case <-empty:
			panic("nobody sends")
		case full <- i:
			panic("there is no room")
		default:
		}
	}
}

var sink chan int

func makeClose(n int) {
	for i := 0; i < n; i++ {
		sink = make(chan int, 1)
		close(sink)
	}
}

func solo(n int) {
	c := make(chan int, 1)
	for i := 0; i < n; i++ {
		c <- i
		<-c
	}
}

func usage() {
	var kinds []string
	for kind := range benches {
		kinds = append(kinds, kind)
	}
	sort.Strings(kinds)
	fmt.Fprintln(os.Stderr, "usage: pingpong [-n OPS] KIND, KIND one of", kinds)
	os.Exit(2)
}

func main() {
	ops := flag.Int("n", 0, "ops of a round; 0: what takes some tenths of a second")
	flag.Parse()
	b, ok := benches[flag.Arg(0)]
	if !ok || flag.NArg() != 1 {
		usage()
	}
	n := *ops
	if n <= 0 {
		n = b.defaultOps
	}
	out := json.NewEncoder(os.Stdout)
	in := bufio.NewScanner(os.Stdin)
	fmt.Fprintln(os.Stderr, "ready", os.Getpid())
	for round := 0; in.Scan(); round++ {
		start := time.Now()
		b.run(n)
		ns := time.Since(start).Nanoseconds()
		err := out.Encode(map[string]interface{}{
			"program": "pingpong", "kind": flag.Arg(0), "round": round, "ops": n, "ns": ns,
			"ns_per_op": float64(ns) / float64(n), "channel_operations": n * b.chanOps,
		})
		if err != nil {
			panic(err)
		}
	}
}
