// SPDX-License-Identifier: Apache-2.0

package main

import "chanscope.test/gate"

// alone does what needs no partner: buffered, non-blocking, nil and closed channels, and the panics.
func alone(t *tally, n int) {
	c, at := make(chan int, 2), gate.Here()
	t.made(siteNonblock, 2, "int", at)
	b0, at := make(chan int, 4), gate.Here()
	t.made(siteSelectBuffered0, 4, "int", at)
	b1, at := make(chan int, 4), gate.Here()
	t.made(siteSelectBuffered1, 4, "int", at)
	closed, at := make(chan int8, 1), gate.Here()
	t.made(siteClosed, 1, "int8", at)
	close(closed)
	t.sites[siteClosed].Closes++
	for i := 0; i < n; i++ {
		maybeDeep(i, func() { nonblocking(t, c) })
		maybeDeep(i+64, func() { short(t) })
		selectBuffered(t, b0, b1)
		onNil(t)
		maybeDeep(i+32, func() { onClosed(t, closed) })
		if i%16 == 0 {
			panicking(t, closed)
		}
	}
}

func trySend(t *tally, c chan int, v int) bool {
	select {
	case c <- v:
		t.sent(siteNonblock)
		return true
	default:
		t.sites[siteNonblock].SendsFailed++
		return false
	}
}

func tryReceive(t *tally, c chan int) (int, bool) {
	select {
	case v := <-c:
		t.received(siteNonblock)
		return v, true
	default:
		t.sites[siteNonblock].ReceivesFailed++
		return 0, false
	}
}

func tryReceive2(t *tally, c chan int) (int, bool) {
	select {
	case v, ok := <-c:
		t.received(siteNonblock)
		return v, ok
	default:
		t.sites[siteNonblock].ReceivesFailed++
		return 0, false
	}
}

func nonblocking(t *tally, c chan int) {
	ok := trySend(t, c, 1) && trySend(t, c, 2) && !trySend(t, c, 3)
	v, got := tryReceive(t, c)
	ok = ok && got && v == 1
	v, got = tryReceive2(t, c)
	ok = ok && got && v == 2
	_, got = tryReceive(t, c)
	_, got2 := tryReceive2(t, c)
	if !ok || got || got2 {
		checks.That(false, "nonblocking: wrong outcome")
	}
}

// A channel that lives for a moment.
func short(t *tally) {
	c, at := make(chan struct{}, 1), gate.Here()
	t.made(siteShort, 1, "struct {}", at)
	s := &t.sites[siteShort]
	c <- struct{}{}
	s.Sends++
	close(c)
	s.Closes++
	<-c // the value is still in the buffer
	s.Receives++
	_, ok := <-c
	s.ClosedReceives++
	for range c {
		ok = true
	}
	s.ClosedReceives++
	select {
	case _, ok2 := <-c:
		s.ClosedReceives++
		ok = ok || ok2
	default:
		ok = true
	}
	if ok {
		checks.That(false, "short: a value from a closed channel")
	}
}

func selectBuffered(t *tally, c0, c1 chan int) {
	t.selects[selBufferedA].at = gate.Next()
	select {
	case c0 <- 1:
		t.chose(selBufferedA, 0, "send", siteSelectBuffered0)
	case <-c1:
		t.chose(selBufferedA, 1, "receive", siteSelectBuffered1)
	default:
		t.defaulted(selBufferedA)
	}
	t.selects[selBufferedB].at = gate.Next()
	select {
	case <-c0:
		t.chose(selBufferedB, 0, "receive", siteSelectBuffered0)
	case c1 <- 2:
		t.chose(selBufferedB, 1, "send", siteSelectBuffered1)
	default:
		t.defaulted(selBufferedB)
	}
}

func onNil(t *tally) {
	var c chan int

	select {
	case c <- 1:
		checks.That(false, "nil: sent")
	default:
		t.nilSendsFailed++
	}
	select {
	case <-c:
		checks.That(false, "nil: received")
	default:
		t.nilReceivesFailed++
	}
}

func onClosed(t *tally, c chan int8) {
	var none chan int

	v, ok := <-c
	t.sites[siteClosed].ClosedReceives++
	if v != 0 || ok {
		checks.That(false, "closed: a value")
	}
	t.selects[selClosed].at = gate.Next()
	select {
	case none <- 1:
		checks.That(false, "closed: sent to nil")
	case _, ok = <-c:
		t.choseClosed(selClosed, 1, siteClosed)
	}
	if ok {
		checks.That(false, "closed: a value by select")
	}
}

// recovers calls f, which has to panic with what the runtime says about channels.
func recovers(want string, f func()) {
	defer func() {
		err, isError := recover().(error)
		if !isError || err.Error() != want {
			checks.That(false, "panic: %v instead of %q", err, want)
		}
	}()
	f()
	checks.That(false, "panic: none instead of %q", want)
}

func panicking(t *tally, closed chan int8) {
	var none chan int8
	const onSend = "send on closed channel"

	recovers(onSend, func() { closed <- 1 })
	recovers(onSend, func() {
		select {
		case closed <- 1:
		default:
		}
	})
	recovers(onSend, func() {
		t.selects[selPanic].at = gate.Next()
		select {
		case closed <- 1:
		case <-none:
		}
	})
	t.selects[selPanic].panics++
	t.sites[siteClosed].SendPanics += 3
	t.panics.SendOnClosed += 3
	recovers("close of closed channel", func() { close(closed) })
	t.sites[siteClosed].ClosePanics++
	t.panics.CloseOfClosed++
	recovers("close of nil channel", func() { close(none) })
	t.panics.CloseOfNil++
}
