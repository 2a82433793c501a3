// SPDX-License-Identifier: Apache-2.0

package main

import (
	"reflect"
	"runtime"
	"time"

	"chanscope.test/gate"
)

func reflectAndHandshakes(t *tally, n int) {
	c, at := make(chan int, 2), gate.Here()
	t.made(siteReflect, 2, "int", at)
	other, at := make(chan string, 1), gate.Here()
	t.made(siteReflectOther, 1, "string", at)
	for i := 0; i < n; i++ {
		maybeDeep(i, func() { reflected(t, c) })
		if i%4 == 0 {
			reflectSelect(t, c, other)
			reflectShort(t)
		}
		if i%64 == 0 {
			reflectMade(t)
		}
		if i%1024 == 0 {
			shakeHands(t)
			timers(t)
		}
	}
}

func reflected(t *tally, c chan int) {
	s := &t.sites[siteReflect]
	v := reflect.ValueOf(c)
	v.Send(reflect.ValueOf(1))
	ok := v.TrySend(reflect.ValueOf(2))
	s.Sends += 2
	ok = ok && !v.TrySend(reflect.ValueOf(3))
	s.SendsFailed++
	got, ok1 := v.Recv()
	got2, ok2 := v.TryRecv()
	s.Receives += 2
	ok = ok && ok1 && ok2 && got.Int() == 1 && got2.Int() == 2
	none, ok3 := v.TryRecv()
	s.ReceivesFailed++
	if !ok || ok3 || none.IsValid() {
		checks.That(false, "reflect: wrong outcome")
	}
}

func reflectSelect(t *tally, c chan int, other chan string) {
	cases := []reflect.SelectCase{
		{Dir: reflect.SelectSend, Chan: reflect.ValueOf(c), Send: reflect.ValueOf(7)},
		{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(other)},
	}
	sel := &t.selects[selReflect]
	sel.via = "reflect"
	sel.at = gate.Next()
	chosen, _, _ := reflect.Select(cases)
	t.chose(selReflect, 0, "send", siteReflect)

	sel = &t.selects[selReflectDefault]
	sel.via = "reflect"
	cases = []reflect.SelectCase{
		{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(other)},
		{Dir: reflect.SelectDefault},
		{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(c)},
	}
	for want := 2; want >= 1; want-- { // the value of above, then nothing
		sel.at = gate.Next()
		got, value, ok := reflect.Select(cases)
		if want == 2 {
			t.chose(selReflectDefault, 1, "receive", siteReflect)
		} else {
			t.defaulted(selReflectDefault)
		}
		if chosen != 0 || got != want || ok != (want == 2) || ok && value.Int() != 7 {
			checks.That(false, "reflect: select chose %d, %d", chosen, got)
		}
	}
}

func reflectShort(t *tally) {
	c, at := make(chan uint8, 1), gate.Here()
	t.made(siteReflectShort, 1, "uint8", at)
	s := &t.sites[siteReflectShort]
	v := reflect.ValueOf(c)
	v.Close()
	s.Closes++
	_, ok := v.Recv()
	_, ok2 := v.TryRecv()
	s.ClosedReceives += 2
	recovers("send on closed channel", func() { v.Send(reflect.ValueOf(uint8(1))) })
	s.SendPanics++
	t.panics.SendOnClosed++
	recovers("close of closed channel", v.Close)
	s.ClosePanics++
	t.panics.CloseOfClosed++
	if ok || ok2 {
		checks.That(false, "reflect: a value from a closed channel")
	}
}

func reflectMade(t *tally) {
	kind := reflect.TypeOf((chan int16)(nil))
	at := gate.Next()
	v := reflect.MakeChan(kind, 3)
	t.made(siteReflectMade, 3, "int16", at)
	t.sites[siteReflectMade].via = "reflect"
	c := v.Interface().(chan int16)
	c <- 5
	t.sent(siteReflectMade)
	if <-c != 5 {
		checks.That(false, "reflect: another value")
	}
	t.received(siteReflectMade)
}

// Package time makes these channels, and its own code sends to them: only the receives are ours to count.
func timers(t *tally) {
	var none chan int

	for i := 0; i < 3; i++ {
		<-time.After(200 * time.Microsecond)
		t.timers++
		t.timerReceives++
	}
	t.selects[selTimer].at = gate.Next()
	select {
	case <-none:
	case <-time.After(100 * time.Microsecond):
		t.selects[selTimer].count++
	}
	t.timers++
	t.timerReceives++
	tick := time.NewTicker(300 * time.Microsecond)
	t.tickers++
	for i := 0; i < 3; i++ {
		<-tick.C
		t.tickerReceives++
	}
	tick.Stop()
	runtime.KeepAlive(tick)
}
