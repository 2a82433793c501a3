// SPDX-License-Identifier: Apache-2.0

package main

// What the program counts about itself. Every goroutine has a tally of its own, so counting synchronizes
// nothing; they are added up at the end.

type siteID int

// One for each line that makes channels.
const (
	siteUnbuffered siteID = iota
	siteCarrier
	siteRanged
	siteSelect0
	siteSelect1
	siteSelect2
	siteSelect3
	siteSelect4
	siteSelect5
	siteSelect6
	siteSelect7
	siteNonblock
	siteShort
	siteSelectBuffered0
	siteSelectBuffered1
	siteClosed
	siteReflect
	siteReflectOther
	siteReflectShort
	siteReflectMade
	siteHandSend
	siteHandRecv
	siteHandClose
	siteHandPanic
	siteHandFull
	siteHandSelect0
	siteHandSelect1
	nrSites
)

// Sites where the program knows how many operations blocked, because it watched them park.
func blockedIsKnown(id siteID) bool {
	return id >= siteHandSend || id == siteNonblock || id == siteShort || id == siteClosed ||
		id >= siteReflect && id <= siteReflectMade
}

type counts struct {
	Channels        int64 `json:"channels"`
	Sends           int64 `json:"sends"`
	Receives        int64 `json:"receives"`
	ClosedReceives  int64 `json:"closed_receives"`
	SendsFailed     int64 `json:"sends_failed"`
	ReceivesFailed  int64 `json:"receives_failed"`
	Closes          int64 `json:"closes"`
	SendPanics      int64 `json:"send_panics"`
	ClosePanics     int64 `json:"close_panics"`
	sendsBlocked    int64
	receivesBlocked int64
}

type site struct {
	counts
	madeBy, via string
	elem        string
	capacity    int
}

type selectID int

// One for each select statement of several cases, and reflect.Select.
const (
	sel2 selectID = iota
	sel3
	sel4
	sel5
	sel6
	sel7
	sel8
	sel2Default
	sel3Default
	sel4Default
	sel5Default
	sel6Default
	sel7Default
	sel8Default
	selBufferedA
	selBufferedB
	selClosed
	selPanic
	selReflect
	selReflectDefault
	selHand
	selTimer
	nrSelects
)

const maxCases = 8

type selection struct {
	at, via        string
	count          int64 // completed
	defaults       int64
	closedReceives int64
	panics         int64
	blocked        int64
	taken          [maxCases]int64
	channel        [maxCases]siteID
	direction      [maxCases]string // "" where there is no such case
}

type panics struct {
	SendOnClosed  int64 `json:"send_on_closed"`
	CloseOfClosed int64 `json:"close_of_closed"`
	CloseOfNil    int64 `json:"close_of_nil"`
}

type tally struct {
	sites   [nrSites]site
	selects [nrSelects]selection
	panics  panics
	// non-blocking operations on nil channels
	nilSendsFailed, nilReceivesFailed int64
	// receives from channels that package time made
	timers, tickers, timerReceives, tickerReceives int64
}

func (t *tally) made(id siteID, capacity int, elem, at string) {
	s := &t.sites[id]
	s.madeBy, s.capacity, s.elem = at, capacity, elem
	s.Channels++
}

func (t *tally) sent(id siteID)     { t.sites[id].Sends++ }
func (t *tally) received(id siteID) { t.sites[id].Receives++ }

// chose notes that a case of a select was taken: the value moved counts for its channel too.
func (t *tally) chose(sel selectID, index int, direction string, id siteID) {
	s := &t.selects[sel]
	s.count++
	s.taken[index]++
	s.channel[index] = id
	s.direction[index] = direction
	if direction == "send" {
		t.sent(id)
	} else {
		t.received(id)
	}
}

// choseClosed notes that a receive case was taken because its channel is closed.
func (t *tally) choseClosed(sel selectID, index int, id siteID) {
	t.chose(sel, index, "receive", id)
	t.sites[id].Receives--
	t.sites[id].ClosedReceives++
	t.selects[sel].closedReceives++
}

func (t *tally) defaulted(sel selectID) {
	t.selects[sel].count++
	t.selects[sel].defaults++
}

func (c *counts) add(o *counts) {
	c.Channels += o.Channels
	c.Sends += o.Sends
	c.Receives += o.Receives
	c.ClosedReceives += o.ClosedReceives
	c.SendsFailed += o.SendsFailed
	c.ReceivesFailed += o.ReceivesFailed
	c.Closes += o.Closes
	c.SendPanics += o.SendPanics
	c.ClosePanics += o.ClosePanics
	c.sendsBlocked += o.sendsBlocked
	c.receivesBlocked += o.receivesBlocked
}

func (c *counts) operations() int64 {
	return c.Channels + c.Sends + c.Receives + c.ClosedReceives + c.SendsFailed + c.ReceivesFailed + c.Closes +
		c.SendPanics + c.ClosePanics
}

func (s *selection) add(o *selection) {
	if o.at != "" {
		s.at, s.via = o.at, o.via
	}
	s.count += o.count
	s.defaults += o.defaults
	s.closedReceives += o.closedReceives
	s.panics += o.panics
	s.blocked += o.blocked
	for i := range s.taken {
		s.taken[i] += o.taken[i]
		if o.direction[i] != "" {
			s.channel[i], s.direction[i] = o.channel[i], o.direction[i]
		}
	}
}

func (t *tally) add(o *tally) {
	for i := range t.sites {
		t.sites[i].add(&o.sites[i].counts)
		if s := &o.sites[i]; s.madeBy != "" {
			t.sites[i].madeBy, t.sites[i].via = s.madeBy, s.via
			t.sites[i].elem, t.sites[i].capacity = s.elem, s.capacity
		}
	}
	for i := range t.selects {
		t.selects[i].add(&o.selects[i])
	}
	t.panics.SendOnClosed += o.panics.SendOnClosed
	t.panics.CloseOfClosed += o.panics.CloseOfClosed
	t.panics.CloseOfNil += o.panics.CloseOfNil
	t.nilSendsFailed += o.nilSendsFailed
	t.nilReceivesFailed += o.nilReceivesFailed
	t.timers += o.timers
	t.tickers += o.tickers
	t.timerReceives += o.timerReceives
	t.tickerReceives += o.tickerReceives
}

func (t *tally) operations() int64 {
	n := t.nilSendsFailed + t.nilReceivesFailed + t.timerReceives + t.tickerReceives
	for i := range t.sites {
		n += t.sites[i].operations()
	}
	for i := range t.selects {
		n += t.selects[i].defaults
	}
	return n
}

type caseTruth struct {
	MadeBy    string `json:"made_by"`
	Direction string `json:"direction"`
	Taken     int64  `json:"taken"`
}

type selectTruth struct {
	At             string      `json:"at"`
	Via            string      `json:"via"`
	Count          int64       `json:"count"`
	DefaultTaken   int64       `json:"default_taken"`
	ClosedReceives int64       `json:"closed_receives"`
	Panics         int64       `json:"panics"`
	Blocked        *int64      `json:"blocked"`
	Cases          []caseTruth `json:"cases"`
}

type siteTruth struct {
	MadeBy      string `json:"made_by"`
	Via         string `json:"via"`
	ElementType string `json:"element_type"`
	Capacity    int    `json:"capacity"`
	counts
	SendsBlocked    *int64 `json:"sends_blocked"`
	ReceivesBlocked *int64 `json:"receives_blocked"`
}

func (t *tally) siteTruths() []siteTruth {
	var all []siteTruth
	for i := range t.sites {
		s := &t.sites[i]
		truth := siteTruth{MadeBy: s.madeBy, Via: s.via, ElementType: s.elem, Capacity: s.capacity,
			counts: s.counts}
		if blockedIsKnown(siteID(i)) {
			truth.SendsBlocked, truth.ReceivesBlocked = &s.sendsBlocked, &s.receivesBlocked
		}
		all = append(all, truth)
	}
	return all
}

func (t *tally) selectTruths() []selectTruth {
	var all []selectTruth
	for i := range t.selects {
		s := &t.selects[i]
		truth := selectTruth{At: s.at, Via: s.via, Count: s.count, DefaultTaken: s.defaults,
			ClosedReceives: s.closedReceives, Panics: s.panics, Cases: []caseTruth{}}
		if selectID(i) == selHand || s.defaults > 0 {
			truth.Blocked = &s.blocked
		}
		for c, direction := range s.direction {
			if direction != "" {
				madeBy := t.sites[s.channel[c]].madeBy
				truth.Cases = append(truth.Cases, caseTruth{madeBy, direction, s.taken[c]})
			}
		}
		all = append(all, truth)
	}
	return all
}
