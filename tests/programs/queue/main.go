// SPDX-License-Identifier: Apache-2.0

// Command queue sends values that carry the time of their send through buffered channels, so that it knows
// how long each lay in the buffer. Producer and consumer look at len first: neither ever blocks, so the time
// in the queue is all there is.
package main

import (
	"flag"
	"fmt"
	"sync"
	"time"

	"chanscope.test/gate"
)

var checks gate.Checks

type stamped struct {
	number int
	sentAt time.Time
}

type truth struct {
	Channel    string `json:"channel"`
	Capacity   int    `json:"capacity"`
	MadeBy     string `json:"made_by"`
	Count      int64  `json:"count"`
	SumNS      int64  `json:"sum_ns"`
	MaxNS      int64  `json:"max_ns"`
	LengthMax  int    `json:"length_max"`
	InOrder    bool   `json:"in_order"`
	keepsAlive chan stamped
}

// produce sends n values in bursts that fit, with pauses between.
func produce(c chan stamped, n int, pause time.Duration) {
	for i := 0; i < n; {
		for i < n && len(c) < cap(c) {
			c <- stamped{i, time.Now()}
			i++
		}
		time.Sleep(pause)
	}
}

func consume(t *truth, c chan stamped, n int, pause time.Duration) {
	for i := 0; i < n; {
		if length := len(c); length > t.LengthMax {
			t.LengthMax = length
		}
		for len(c) > 0 {
			v := <-c
			ns := time.Since(v.sentAt).Nanoseconds()
			t.Count++
			t.SumNS += ns
			if ns > t.MaxNS {
				t.MaxNS = ns
			}
			t.InOrder = t.InOrder && v.number == i
			i++
		}
		time.Sleep(pause)
	}
}

func main() {
	now := flag.Bool("now", false, "do not wait for the start signal")
	bursts := flag.Int("n", 100, "how often each channel is filled, about")
	flag.Parse()
	gate.Wait(*now)

	var all sync.WaitGroup
	truths := []*truth{}
	for _, capacity := range []int{1, 2, 7, 64, 1024} {
		c, at := make(chan stamped, capacity), gate.Here()
		t := &truth{Channel: fmt.Sprintf("%p", c), Capacity: capacity, MadeBy: at, InOrder: true, keepsAlive: c}
		truths = append(truths, t)
		n := capacity * *bursts
		all.Add(2)
		go func() {
			produce(c, n, 3*time.Millisecond)
			all.Done()
		}()
		go func() {
			consume(t, c, n, 2*time.Millisecond)
			all.Done()
		}()
	}
	all.Wait()
	for _, t := range truths {
		checks.That(t.InOrder, "capacity %d: out of order", t.Capacity)
		checks.That(t.Count == int64(t.Capacity**bursts), "capacity %d: %d values", t.Capacity, t.Count)
	}
	checks.Print("queue", map[string]interface{}{"channels": truths})
	checks.Exit()
}
