// SPDX-License-Identifier: Apache-2.0

package main

import (
	"sync"
	"sync/atomic"

	"chanscope.test/gate"
)

var handshakes int

// parked runs f in a goroutine of its own, and then, when that is parked as told for sure, calls do. Both have
// ended at the return.
func parked(state string, f, do func()) {
	var id uint64
	var done sync.WaitGroup

	done.Add(1)
	go func() {
		atomic.StoreUint64(&id, gate.GoID())
		f()
		done.Done()
	}()
	gate.WaitParked(&id, state)
	do()
	done.Wait()
}

// shakeHands blocks once in every way, with a partner that comes only then: here the number of blocked
// operations is known.
func shakeHands(t *tally) {
	handshakes++
	c, at := make(chan int), gate.Here()
	t.made(siteHandSend, 0, "int", at)
	parked("chan send", func() { c <- 1 }, func() { <-c })
	t.moved(siteHandSend)
	t.sites[siteHandSend].sendsBlocked++

	c, at = make(chan int), gate.Here()
	t.made(siteHandRecv, 0, "int", at)
	parked("chan receive", func() { <-c }, func() { c <- 1 })
	t.moved(siteHandRecv)
	t.sites[siteHandRecv].receivesBlocked++

	c, at = make(chan int, 1), gate.Here()
	t.made(siteHandClose, 1, "int", at)
	parked("chan receive", func() { <-c }, func() { close(c) })
	t.sites[siteHandClose].ClosedReceives++
	t.sites[siteHandClose].receivesBlocked++
	t.sites[siteHandClose].Closes++

	c, at = make(chan int), gate.Here()
	t.made(siteHandPanic, 0, "int", at)
	parked("chan send", func() { recovers("send on closed channel", func() { c <- 1 }) }, func() { close(c) })
	t.sites[siteHandPanic].SendPanics++
	t.sites[siteHandPanic].sendsBlocked++
	t.sites[siteHandPanic].Closes++
	t.panics.SendOnClosed++

	c, at = make(chan int, 1), gate.Here()
	t.made(siteHandFull, 1, "int", at)
	c <- 1
	t.sent(siteHandFull)
	parked("chan send", func() { c <- 2 }, func() { <-c })
	t.moved(siteHandFull)
	t.sites[siteHandFull].sendsBlocked++

	selectHandshake(t)
}

func (t *tally) moved(id siteID) {
	t.sent(id)
	t.received(id)
}

// A select that parks with a send and a receive, and is woken by the one, the other, and by close. It
// blocked on the channel whose case woke it.
func selectHandshake(t *tally) {
	c0, at := make(chan int), gate.Here()
	t.made(siteHandSelect0, 0, "int", at)
	c1, at := make(chan int), gate.Here()
	t.made(siteHandSelect1, 0, "int", at)
	one := func() {
		t.selects[selHand].at = gate.Next()
		select {
		case c0 <- 1:
			t.chose(selHand, 0, "send", siteHandSelect0)
		case _, ok := <-c1:
			if ok {
				t.chose(selHand, 1, "receive", siteHandSelect1)
			} else {
				t.choseClosed(selHand, 1, siteHandSelect1)
			}
		}
	}
	parked("select", one, func() { <-c0 })
	t.received(siteHandSelect0)
	parked("select", one, func() { c1 <- 1 })
	t.sent(siteHandSelect1)
	parked("select", one, func() { close(c1) })
	t.sites[siteHandSelect1].Closes++
	t.selects[selHand].blocked += 3
	t.sites[siteHandSelect0].sendsBlocked++
	t.sites[siteHandSelect1].receivesBlocked += 2
}
