// SPDX-License-Identifier: Apache-2.0

// Command pipeline is a small log shipper with real trouble in it, to try chanscope on. It passes all its
// tests, it never crashes, and it gets slower and larger by the hour. Lines go through four stages over
// bounded channels:
//
//	readLines -> parse (2 workers) -> enrich (1 worker) -> ship
//
// What is wrong with it, and what shows it:
//
//  1. enrich looks every line up in a service, one after the other. The channel in front of it is full all
//     the time, the one behind it empty; so everything in front waits to send (report: saturation of
//     "parsed" near 1; flame: the senders' stacks are wide).
//  2. lookup gives up after a timeout, but the goroutine that asked is left behind: it sends its late answer
//     to an unbuffered channel that nobody reads any more, for ever. One goroutine and one channel leak for
//     every slow answer (doctor: goroutines blocked in send with no receiver in sight, more and more).
//  3. ship flushes by a ticker in the same select that takes lines. That one is all right: a select that
//     waits is no trouble as such.
//
// Run it for a while with -d; the totals on its last line tell what it did.
package main

import (
	"errors"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

type record struct {
	number int
	level  string
	text   string
	owner  string // filled in by enrich
}

var errTimeout = errors.New("lookup timed out")

// Totals for the last line.
var read, shipped, timedOut, flushes int64

// readLines is the source: it would read from a file or a socket.
func readLines(lines chan<- string, until time.Time) {
	defer close(lines)
	for i := 0; time.Now().Before(until); i++ {
		lines <- fmt.Sprintf("%d INFO request %d served", i, i%97)
		atomic.AddInt64(&read, 1)
		if i%16 == 0 {
			time.Sleep(time.Millisecond) // lines come in bursts
		}
	}
}

func parse(lines <-chan string, parsed chan<- record) {
	for line := range lines {
		var r record
		if _, err := fmt.Sscanf(line, "%d %s", &r.number, &r.level); err != nil {
			continue
		}
		r.text = line[strings.Index(line, r.level)+len(r.level)+1:]
		parsed <- r
	}
}

// askService stands for a call over the network: mostly fast, sometimes very slow.
func askService(r record) string {
	delay := 500 * time.Microsecond
	if rand.Intn(40) == 0 {
		delay = 60 * time.Millisecond
	}
	time.Sleep(delay)
	return fmt.Sprint("team-", r.number%7)
}

// lookup asks the service, but not for longer than 20 ms.
//
// The leak: after the timeout nobody receives from answer, and the goroutine is parked in its send for the
// rest of the program. One character mends it, a capacity: make(chan string, 1).
func lookup(r record) (string, error) {
	answer := make(chan string)
	go func() {
		answer <- askService(r)
	}()
	select {
	case owner := <-answer:
		return owner, nil
	case <-time.After(20 * time.Millisecond):
		return "", errTimeout
	}
}

// enrich is the bottleneck. Several of it, as of parse, would mend that.
func enrich(parsed <-chan record, enriched chan<- record) {
	defer close(enriched)
	for r := range parsed {
		owner, err := lookup(r)
		if err != nil {
			atomic.AddInt64(&timedOut, 1)
			owner = "unknown"
		}
		r.owner = owner
		enriched <- r
	}
}

// ship sends batches on, when one is full or at the latest at the next tick.
func ship(enriched <-chan record, done chan<- struct{}) {
	defer close(done)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	var batch []record
	flush := func() {
		atomic.AddInt64(&shipped, int64(len(batch)))
		atomic.AddInt64(&flushes, 1)
		batch = batch[:0]
	}
	for {
		select {
		case r, ok := <-enriched:
			if !ok {
				flush()
				return
			}
			if batch = append(batch, r); len(batch) == 64 {
				flush()
			}
		case <-tick.C:
			flush()
		}
	}
}

func main() {
	duration := flag.Duration("d", 10*time.Second, "how long lines come in")
	flag.Parse()
	fmt.Fprintln(os.Stderr, "ready", os.Getpid())

	lines := make(chan string, 64)
	parsed := make(chan record, 32)
	enriched := make(chan record, 32)
	done := make(chan struct{})

	var parsers sync.WaitGroup
	go readLines(lines, time.Now().Add(*duration))
	for i := 0; i < 2; i++ {
		parsers.Add(1)
		go func() {
			parse(lines, parsed)
			parsers.Done()
		}()
	}
	go func() {
		parsers.Wait()
		close(parsed)
	}()
	go enrich(parsed, enriched)
	go ship(enriched, done)
	<-done

	fmt.Printf("{\"program\":\"pipeline\",\"read\":%d,\"shipped\":%d,\"leaked\":%d,\"flushes\":%d}\n",
		read, shipped, timedOut, flushes)
	if read != shipped {
		os.Exit(1)
	}
}
