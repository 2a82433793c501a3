// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"reflect"
	"sync/atomic"

	"chanscope.test/gate"
)

// A goroutine that nobody wakes.
type leakTruth struct {
	Function    string      `json:"function"`
	Kind        string      `json:"kind"`         // as the runtime tells it
	BeforeStart bool        `json:"before_start"` // parked before "ready"
	Goroutine   uint64      `json:"goroutine"`
	Channel     string      `json:"channel"` // "0x0": a nil channel or none
	Length      int         `json:"length"`
	Capacity    int         `json:"capacity"`
	Cases       []leakCase  `json:"cases"` // of a select: those that are not nil
	MadeBy      string      `json:"made_by"`
	keep        interface{} // the channel lives as long as the truth
}

type leakCase struct {
	Channel   string `json:"channel"`
	Direction string `json:"direction"`
}

//go:noinline
func leakSend(c, _ chan int) { c <- 1 }

//go:noinline
func leakReceive(c, _ chan int) { <-c }

//go:noinline
func leakRange(c, _ chan int) {
	for range c {
	}
}

//go:noinline
func leakSelect(c, d chan int) {
	select {
	case c <- 1:
	case <-d:
	case <-never:
	}
}

//go:noinline
func leakSelectBoth(c, _ chan int) {
	select {
	case c <- 1:
	case <-c:
	}
}

//go:noinline
func leakSelectNil(_, _ chan int) {
	select {
	case never <- 1:
	case <-never:
	}
}

//go:noinline
func leakSelectEmpty(_, _ chan int) { select {} }

//go:noinline
func leakSendNil(_, _ chan int) { never <- 1 }

//go:noinline
func leakReceiveNil(_, _ chan int) { <-never }

//go:noinline
func leakReflect(c, _ chan int) { reflect.ValueOf(c).Recv() }

var leaks = []struct {
	function, kind string
	capacity       int
	nrChannels     int
	f              func(c, d chan int)
}{
	{"main.leakSend", "chan send", 0, 1, leakSend},
	{"main.leakSend", "chan send", 3, 1, leakSend}, // filled before
	{"main.leakReceive", "chan receive", 0, 1, leakReceive},
	{"main.leakReceive", "chan receive", 5, 1, leakReceive},
	{"main.leakRange", "chan receive", 0, 1, leakRange},
	{"main.leakSelect", "select", 0, 2, leakSelect},
	{"main.leakSelectBoth", "select", 0, 1, leakSelectBoth},
	{"main.leakSelectNil", "select", 0, 0, leakSelectNil},
	{"main.leakSelectEmpty", "select (no cases)", 0, 0, leakSelectEmpty},
	{"main.leakSendNil", "chan send (nil chan)", 0, 0, leakSendNil},
	{"main.leakReceiveNil", "chan receive (nil chan)", 0, 0, leakReceiveNil},
	{"main.leakReflect", "chan receive", 0, 1, leakReflect},
}

// leak starts one goroutine of every kind and returns when all are parked.
func leak(beforeStart bool) []*leakTruth {
	var all []*leakTruth
	for _, l := range leaks {
		var id uint64

		c, madeBy := make(chan int, l.capacity), gate.Here()
		d := make(chan int)
		if l.kind == "chan send" {
			for len(c) < cap(c) {
				c <- 7
			}
		}
		f := l.f
		go func() {
			atomic.StoreUint64(&id, gate.GoID())
			f(c, d)
			panic("woken")
		}()
		gate.WaitParked(&id, l.kind)
		truth := &leakTruth{Function: l.function, Kind: l.kind, BeforeStart: beforeStart, Goroutine: id,
			Channel: "0x0", Cases: []leakCase{}, keep: []chan int{c, d}}
		if l.nrChannels > 0 {
			truth.Channel, truth.MadeBy = fmt.Sprintf("%p", c), madeBy
			truth.Length, truth.Capacity = len(c), cap(c)
		}
		switch l.function {
		case "main.leakSelect":
			truth.Cases = []leakCase{{truth.Channel, "send"}, {fmt.Sprintf("%p", d), "receive"}}
		case "main.leakSelectBoth":
			truth.Cases = []leakCase{{truth.Channel, "send"}, {truth.Channel, "receive"}}
		}
		all = append(all, truth)
	}
	return all
}

//go:noinline
func crowded(c, quit chan int) {
	select {
	case <-c:
	case <-quit:
	}
}

// startCrowd is what a server with a great many idle connections looks like: all wait for one channel, and each
// for one of its own.
func startCrowd(n int) {
	quit := make(chan int)
	for i := 0; i < n; i++ {
		go crowded(make(chan int), quit)
	}
}
