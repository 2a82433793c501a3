// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"chanscope.test/gate"
)

// Two goroutines that meet on one unbuffered channel, by every form of send and receive.
type unbuffered struct {
	c chan int
}

func newUnbuffered(t *tally) *unbuffered {
	c, at := make(chan int), gate.Here()
	t.made(siteUnbuffered, 0, "int", at)
	return &unbuffered{c}
}

func (u *unbuffered) send(t *tally, n int) {
	for i := 0; i < n; i++ {
		maybeDeep(i, func() {
			if i%2 == 0 {
				u.c <- i
				return
			}
			select {
			case u.c <- i:
			}
		})
		t.sent(siteUnbuffered)
	}
	close(u.c)
	t.sites[siteUnbuffered].Closes++
}

func (u *unbuffered) receive(t *tally, n int) {
	var got, ok = 0, true

	for i := 0; i < n; i++ {
		maybeDeep(i+128, func() {
			switch i % 4 {
			case 0:
				got = <-u.c
			case 1:
				got, ok = <-u.c
			case 2:
				select {
				case got = <-u.c:
				}
			case 3:
				<-u.c
				got = i
			}
		})
		t.received(siteUnbuffered)
		if got != i || !ok {
			checks.That(false, "unbuffered: got %d, %v instead of %d", got, ok, i)
			return
		}
	}
	_, ok = <-u.c
	t.sites[siteUnbuffered].ClosedReceives++
	checks.That(!ok, "unbuffered: not closed")
}

// One goroutine that sends channels over a channel, and values over those, and one that ranges over them.
type ranged struct {
	carrier chan chan string
}

const valuesPerRange = 1000

func newRanged(t *tally) *ranged {
	c, at := make(chan chan string, 1), gate.Here()
	t.made(siteCarrier, 1, "chan string", at)
	return &ranged{c}
}

func (r *ranged) send(t *tally, n int) {
	for i := 0; i < n; i++ {
		c, at := make(chan string, 16), gate.Here()
		t.made(siteRanged, 16, "string", at)
		r.carrier <- c
		t.sent(siteCarrier)
		for v := 0; v < valuesPerRange; v++ {
			maybeDeep(v, func() { c <- "value" })
			t.sent(siteRanged)
		}
		close(c)
		t.sites[siteRanged].Closes++
	}
}

func (r *ranged) receive(t *tally, n int) {
	for i := 0; i < n; i++ {
		values := 0
		c := <-r.carrier
		t.received(siteCarrier)
		for v := range c {
			values++
			t.received(siteRanged)
			if v != "value" {
				checks.That(false, "ranged: got %q", v)
			}
		}
		t.sites[siteRanged].ClosedReceives++ // that ended the range
		checks.That(values == valuesPerRange, "ranged: %d values", values)
	}
}

// One goroutine that selects over unbuffered channels, and one that serves one case after another.
type selected struct {
	c [8]chan uint64
}

func newSelected(t *tally) *selected {
	var s selected
	var at string

	s.c[0], at = make(chan uint64), gate.Here()
	t.made(siteSelect0, 0, "uint64", at)
	s.c[1], at = make(chan uint64), gate.Here()
	t.made(siteSelect1, 0, "uint64", at)
	s.c[2], at = make(chan uint64), gate.Here()
	t.made(siteSelect2, 0, "uint64", at)
	s.c[3], at = make(chan uint64), gate.Here()
	t.made(siteSelect3, 0, "uint64", at)
	s.c[4], at = make(chan uint64), gate.Here()
	t.made(siteSelect4, 0, "uint64", at)
	s.c[5], at = make(chan uint64), gate.Here()
	t.made(siteSelect5, 0, "uint64", at)
	s.c[6], at = make(chan uint64), gate.Here()
	t.made(siteSelect6, 0, "uint64", at)
	s.c[7], at = make(chan uint64), gate.Here()
	t.made(siteSelect7, 0, "uint64", at)
	return &s
}

// Even channels carry values from the selects to the server, odd ones back.
func (s *selected) serve(t *tally, n int) {
	x := uint64(1)
	for pass := 0; pass < 2; pass++ {
		for cases := 2; cases <= 8; cases++ {
			for i := 0; i < n; i++ {
				x = x*6364136223846793005 + 1442695040888963407
				k := int(x>>33) % cases
				id := siteSelect0 + siteID(k)
				if k%2 == 1 {
					s.c[k] <- x
					t.sent(id)
					continue
				}
				v := <-s.c[k]
				t.received(id)
				if v != uint64(k) {
					checks.That(false, "select: %d came over channel %d", v, k)
				}
			}
		}
	}
}

func (s *selected) selects(t *tally, n int) {
	blocking := [](func(*selected, *tally)){do2, do3, do4, do5, do6, do7, do8}
	for _, one := range blocking {
		for i := 0; i < n; i++ {
			maybeDeep(i, func() { one(s, t) })
		}
	}
	trying := [](func(*selected, *tally) bool){try2, try3, try4, try5, try6, try7, try8}
	for _, one := range trying {
		for moved, i := 0, 0; moved < n; i++ {
			maybeDeep(i, func() {
				if one(s, t) {
					moved++
				}
			})
		}
	}
	for i := sel2; i <= sel8Default; i++ {
		checks.That(t.selects[i].count-t.selects[i].defaults == int64(n), "select: %s moved %d of %d values",
			fmt.Sprint(i), t.selects[i].count-t.selects[i].defaults, n)
	}
}
