// SPDX-License-Identifier: Apache-2.0

// Command waits has goroutines that wait for channels for known times, each kind in a function of its own, and
// goroutines that nobody ever wakes, some of them parked already before the start signal. It prints how long
// each function was blocked, as measured around the operation, and who is blocked still.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"reflect"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"chanscope.test/gate"
)

var checks gate.Checks

// milliseconds that a partner stays away
var waits = []int{1, 2, 5, 10, 20, 50, 100, 200, 500}

type waitTruth struct {
	Function  string `json:"function"`
	Kind      string `json:"kind"`
	Count     int64  `json:"count"`
	BlockedNS int64  `json:"blocked_ns"`
	ShortNS   int64  `json:"shortest_ns"`
	LongNS    int64  `json:"longest_ns"`
	Channel   string `json:"channel"`
	Goroutine uint64 `json:"goroutine"`
}

// What a waiting function does: repeat the operation on c, timed by timed; the partner answers.
type kind struct {
	function, kind string
	capacity       int
	wait           func(c chan int, timed func(func()))
	answer         func(c chan int)
}

// how the runtime calls what a kind does
var states = map[string]string{"send": "chan send", "receive": "chan receive", "select": "select"}

func receive(c chan int) { <-c }
func send(c chan int)    { c <- 1 }

//go:noinline
func waitSend(c chan int, timed func(func())) { timed(func() { c <- 1 }) }

//go:noinline
func waitSendFull(c chan int, timed func(func())) {
	if len(c) == 0 {
		c <- 0
	}
	timed(func() { c <- 1 })
}

//go:noinline
func waitReceive(c chan int, timed func(func())) { timed(func() { <-c }) }

//go:noinline
func waitReceiveOk(c chan int, timed func(func())) {
	timed(func() {
		if _, ok := <-c; !ok {
			panic("closed")
		}
	})
}

//go:noinline
func waitSelectReceive(c chan int, timed func(func())) {
	timed(func() {
		select {
		case <-c:
		case <-never:
		}
	})
}

//go:noinline
func waitSelectSend(c chan int, timed func(func())) {
	timed(func() {
		select {
		case c <- 1:
		case <-never:
		case never <- 1:
		}
	})
}

//go:noinline
func waitReflectReceive(c chan int, timed func(func())) {
	v := reflect.ValueOf(c)
	timed(func() { v.Recv() })
}

//go:noinline
func waitReflectSend(c chan int, timed func(func())) {
	v, one := reflect.ValueOf(c), reflect.ValueOf(1)
	timed(func() { v.Send(one) })
}

var never chan int // nil: a case that cannot happen

var kinds = []kind{
	{"main.waitSend", "send", 0, waitSend, receive},
	{"main.waitSendFull", "send", 1, waitSendFull, receive},
	{"main.waitReceive", "receive", 0, waitReceive, send},
	{"main.waitReceiveOk", "receive", 0, waitReceiveOk, send},
	{"main.waitSelectReceive", "select", 0, waitSelectReceive, send},
	{"main.waitSelectSend", "select", 0, waitSelectSend, receive},
	{"main.waitReflectReceive", "receive", 0, waitReflectReceive, send},
	{"main.waitReflectSend", "send", 0, waitReflectSend, receive},
}

// one lets one goroutine wait for every time of waits, and the caller be its partner.
func one(k kind, rounds int) *waitTruth {
	var id, turns uint64
	var done sync.WaitGroup
	c := make(chan int, k.capacity)
	truth := &waitTruth{Function: k.function, Kind: k.kind, Channel: fmt.Sprintf("%p", c), ShortNS: 1 << 62}
	timed := func(f func()) {
		atomic.AddUint64(&turns, 1)
		start := time.Now()
		f()
		ns := time.Since(start).Nanoseconds()
		truth.Count++
		truth.BlockedNS += ns
		if ns < truth.ShortNS {
			truth.ShortNS = ns
		}
		if ns > truth.LongNS {
			truth.LongNS = ns
		}
	}
	total := rounds * len(waits)
	done.Add(1)
	go func() {
		atomic.StoreUint64(&id, gate.GoID())
		for i := 0; i < total; i++ {
			k.wait(c, timed)
		}
		done.Done()
	}()
	for i := 0; i < total; i++ {
		for atomic.LoadUint64(&turns) <= uint64(i) {
			time.Sleep(100 * time.Microsecond)
		}
		gate.WaitParked(&id, states[k.kind])
		time.Sleep(time.Duration(waits[i%len(waits)]) * time.Millisecond)
		k.answer(c)
	}
	done.Wait()
	truth.Goroutine = id
	return truth
}

func rangeOfWaits(rounds int) (sum int64) {
	for _, ms := range waits {
		sum += int64(ms) * 1000000 * int64(rounds)
	}
	return sum
}

func main() {
	now := flag.Bool("now", false, "do not wait for the start signal")
	rounds := flag.Int("n", 1, "how often every wait time is waited for")
	crowd := flag.Int("crowd", 0, "as many more goroutines that are never woken, before the start signal")
	hold := flag.Bool("hold", false, "after printing, stay until SIGTERM")
	flag.Parse()
	early := leak(true)
	startCrowd(*crowd)
	gate.Wait(*now)

	var all sync.WaitGroup
	truths := make([]*waitTruth, len(kinds))
	late := leak(false)
	for i := range kinds {
		all.Add(1)
		go func(i int) {
			truths[i] = one(kinds[i], *rounds)
			all.Done()
		}(i)
	}
	all.Wait()
	for _, t := range truths {
		checks.That(t.BlockedNS >= rangeOfWaits(*rounds), "%s: blocked for %d ns only", t.Function, t.BlockedNS)
		checks.That(t.Count == int64(*rounds*len(waits)), "%s: %d waits", t.Function, t.Count)
	}
	checks.Print("waits", map[string]interface{}{
		"waits":         truths,
		"still_blocked": append(early, late...),
		"crowd":         *crowd,
	})
	if *hold {
		term := make(chan os.Signal, 1)
		signal.Notify(term, syscall.SIGTERM)
		<-term
	}
	checks.Exit()
}
