// SPDX-License-Identifier: Apache-2.0

// Command truth does more than a million channel operations of every kind in eight goroutines, counts each
// by the line that made the channel, and prints the counts: what a tracer has to find, exactly. The garbage
// collector runs all the time, and stacks grow and shrink under the operations.
package main

import (
	"flag"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"chanscope.test/gate"
)

var checks gate.Checks

// deep calls f under so many frames of 200 bytes and more, so that the stack has to grow on the way.
//
//go:noinline
func deep(frames int, f func()) byte {
	var room [200]byte

	if frames == 0 {
		f()
		return room[0]
	}
	room[frames%len(room)] = byte(frames)
	return deep(frames-1, f) + room[frames%len(room)]
}

// now and then an operation happens on a deep stack
func maybeDeep(i int, f func()) {
	if i%256 == 0 {
		deep(1+i%140, f)
	} else {
		f()
	}
}

func collectGarbage(stop *int32) {
	for atomic.LoadInt32(stop) == 0 {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
}

func main() {
	now := flag.Bool("now", false, "do not wait for the start signal")
	scale := flag.Int("n", 100, "amount of work, in percent of the usual")
	flag.Parse()
	gate.Wait(*now)

	var all sync.WaitGroup
	var tallies [8]tally
	var stop int32
	run := func(i int, f func(*tally, int), amount int) {
		all.Add(1)
		go func() {
			f(&tallies[i], amount**scale/100)
			all.Done()
		}()
	}
	unbuffered, carried, met := newUnbuffered(&tallies[0]), newRanged(&tallies[2]), newSelected(&tallies[4])
	run(0, unbuffered.send, 160000)
	run(1, unbuffered.receive, 160000)
	run(2, carried.send, 160)
	run(3, carried.receive, 160)
	run(4, met.selects, 8000)
	run(5, met.serve, 8000)
	run(6, alone, 20000)
	run(7, reflectAndHandshakes, 20000)
	go collectGarbage(&stop)
	all.Wait()
	atomic.StoreInt32(&stop, 1)

	var sum tally
	for i := range tallies {
		sum.add(&tallies[i])
	}
	operations := sum.operations()
	checks.That(*scale < 100 || operations >= 1000000, "only %d operations", operations)
	checks.Print("truth", map[string]interface{}{
		"operations":           operations,
		"channels":             sum.siteTruths(),
		"selects":              sum.selectTruths(),
		"panics":               sum.panics,
		"nil_sends_failed":     sum.nilSendsFailed,
		"nil_receives_failed":  sum.nilReceivesFailed,
		"timers":               sum.timers,
		"timer_receives":       sum.timerReceives,
		"tickers":              sum.tickers,
		"ticker_receives":      sum.tickerReceives,
		"reflect_select_in":    "reflect.Select",
		"reflect_make_in":      "reflect.MakeChan",
		"timer_made_in":        "time.NewTimer",
		"ticker_made_in":       "time.NewTicker",
		"goroutines_of_work":   len(tallies),
		"handshakes_of_a_kind": handshakes,
	})
	checks.Exit()
}
