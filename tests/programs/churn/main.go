// SPDX-License-Identifier: Apache-2.0

// Command churn is a busy program to attach to and detach from again and again: pairs of goroutines pass
// numbers in every form, while stacks grow and shrink, goroutines come and go and the garbage collector runs
// without a pause. All sums are checked. It runs until SIGTERM, or for -d.
package main

import (
	"flag"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"chanscope.test/gate"
)

var (
	checks     gate.Checks
	mutex      sync.Mutex // of checks
	stop       int32
	operations int64
	rounds     int64
)

func check(ok bool, format string, args ...interface{}) {
	mutex.Lock()
	checks.That(ok, format, args...)
	mutex.Unlock()
}

//go:noinline
func deep(frames int, f func()) byte {
	var room [300]byte

	if frames == 0 {
		f()
		return room[0]
	}
	room[frames%len(room)] = byte(frames)
	return deep(frames-1, f) + room[frames%len(room)]
}

const valuesPerRound = 500

// checksum adds up what came; order matters.
func checksum(sum uint64, v int) uint64 { return sum*31 + uint64(v) }

func wantedSum() (sum uint64) {
	for v := 0; v < valuesPerRound; v++ {
		sum = checksum(sum, v)
	}
	return sum
}

// pair passes values once, with the forms that the number of the round selects.
func pair(round, capacity int) {
	c, quit := make(chan int, capacity), make(chan struct{})
	var all sync.WaitGroup
	all.Add(1)
	go func() {
		deep(round%120, func() {
			for v := 0; v < valuesPerRound; v++ {
				if round%2 == 0 {
					c <- v
					continue
				}
				select {
				case c <- v:
				case <-quit:
					check(false, "quit early")
				}
			}
		})
		close(c)
		all.Done()
	}()
	var sum uint64
	deep((round*7)%90, func() { sum = collect(c, quit, round) })
	all.Wait()
	close(quit)
	check(sum == wantedSum(), "round %d: wrong sum", round)
	atomic.AddInt64(&operations, 2*valuesPerRound+2)
}

func collect(c chan int, quit chan struct{}, round int) (sum uint64) {
	switch round % 3 {
	case 0:
		for v := range c {
			sum = checksum(sum, v)
		}
	case 1:
		for {
			select {
			case v, ok := <-c:
				if !ok {
					return sum
				}
				sum = checksum(sum, v)
			case <-quit:
			}
		}
	default:
		for i := 0; i < valuesPerRound; {
			select {
			case v := <-c:
				sum = checksum(sum, v)
				i++
			default:
				runtime.Gosched()
			}
		}
	}
	return sum
}

func panics() {
	defer func() {
		check(recover() != nil, "no panic")
	}()
	c := make(chan int, 1)
	close(c)
	c <- 1
}

func work(number int, all *sync.WaitGroup) {
	for round := number; atomic.LoadInt32(&stop) == 0; round++ {
		pair(round, []int{0, 1, 16, 128}[round%4])
		panics()
		atomic.AddInt64(&rounds, 1)
	}
	all.Done()
}

func main() {
	now := flag.Bool("now", false, "do not wait for the start signal")
	workers := flag.Int("n", 4, "pairs of goroutines")
	duration := flag.Duration("d", 0, "end by itself after this time")
	flag.Parse()
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	gate.Wait(*now)

	var all sync.WaitGroup
	start := time.Now()
	for i := 0; i < *workers; i++ {
		all.Add(1)
		go work(i*5, &all)
	}
	cycles := 0
	for len(term) == 0 && (*duration == 0 || time.Since(start) < *duration) {
		runtime.GC()
		cycles++
		time.Sleep(2 * time.Millisecond)
	}
	atomic.StoreInt32(&stop, 1)
	all.Wait()
	checks.That(rounds > 0, "no round")
	checks.Print("churn", map[string]interface{}{
		"operations": operations, "rounds": rounds, "gc_cycles": cycles, "ns": time.Since(start).Nanoseconds(),
	})
	checks.Exit()
}
