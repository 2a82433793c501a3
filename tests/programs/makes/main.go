// SPDX-License-Identifier: Apache-2.0

// Command makes makes and drops short-lived channels, millions of them, on a few lines.
package main

import (
	"flag"
	"time"

	"chanscope.test/gate"
)

var checks gate.Checks

type site struct {
	MadeBy      string `json:"made_by"`
	ElementType string `json:"element_type"`
	Capacity    int    `json:"capacity"`
	Channels    int64  `json:"channels"`
	Sends       int64  `json:"sends"`
	Receives    int64  `json:"receives"`
	Closes      int64  `json:"closes"`
}

// sink keeps the channels on the heap.
var sink interface{}

func justMade(s *site) {
	c, at := make(chan int), here(s)
	sink = c
	s.MadeBy = at
	s.Channels++
}

func passed(s *site) {
	c, at := make(chan [4]uint64, 2), here(s)
	s.MadeBy = at
	c <- [4]uint64{1}
	v := <-c
	checks.That(v[0] == 1, "passed: wrong value")
	s.Channels++
	s.Sends++
	s.Receives++
}

func closed(s *site) {
	c, at := make(chan struct{}, 1), here(s)
	s.MadeBy = at
	c <- struct{}{}
	close(c)
	s.Channels++
	s.Sends++
	s.Closes++
}

// here is gate.Here of the caller, looked up once for a site.
func here(s *site) string {
	if s.MadeBy != "" {
		return s.MadeBy
	}
	return gate.Caller(2)
}

func main() {
	now := flag.Bool("now", false, "do not wait for the start signal")
	n := flag.Int("n", 3000000, "channels")
	flag.Parse()
	gate.Wait(*now)

	start := time.Now()
	sites := []*site{{ElementType: "int"}, {ElementType: "[4]uint64", Capacity: 2},
		{ElementType: "struct {}", Capacity: 1}}
	for i := 0; i < *n; i++ {
		[]func(*site){justMade, passed, closed}[i%3](sites[i%3])
	}
	sink = nil
	checks.Print("makes", map[string]interface{}{
		"channels": *n, "sites": sites, "ns": time.Since(start).Nanoseconds(),
	})
	checks.Exit()
}
