// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"

	"chanscope.test/gate"
)

// Select statements of two to eight cases, without default (do) and with (try; false: it was taken). Sends
// and receives mix in the source, which the compiler sorts apart.

func do2(s *selected, t *tally) {
	t.selects[sel2].at = gate.Next()
	select {
	case s.c[0] <- 0:
		t.chose(sel2, 0, "send", siteSelect0)
	case <-s.c[1]:
		t.chose(sel2, 1, "receive", siteSelect1)
	}
}

func do3(s *selected, t *tally) {
	t.selects[sel3].at = gate.Next()
	select {
	case s.c[0] <- 0:
		t.chose(sel3, 0, "send", siteSelect0)
	case <-s.c[1]:
		t.chose(sel3, 1, "receive", siteSelect1)
	case s.c[2] <- 2:
		t.chose(sel3, 2, "send", siteSelect2)
	}
}

func do4(s *selected, t *tally) {
	t.selects[sel4].at = gate.Next()
	select {
	case s.c[0] <- 0:
		t.chose(sel4, 0, "send", siteSelect0)
	case <-s.c[1]:
		t.chose(sel4, 1, "receive", siteSelect1)
	case s.c[2] <- 2:
		t.chose(sel4, 2, "send", siteSelect2)
	case <-s.c[3]:
		t.chose(sel4, 3, "receive", siteSelect3)
	}
}

func do5(s *selected, t *tally) {
	t.selects[sel5].at = gate.Next()
	select {
	case s.c[0] <- 0:
		t.chose(sel5, 0, "send", siteSelect0)
	case <-s.c[1]:
		t.chose(sel5, 1, "receive", siteSelect1)
	case s.c[2] <- 2:
		t.chose(sel5, 2, "send", siteSelect2)
	case <-s.c[3]:
		t.chose(sel5, 3, "receive", siteSelect3)
	case s.c[4] <- 4:
		t.chose(sel5, 4, "send", siteSelect4)
	}
}

func do6(s *selected, t *tally) {
	t.selects[sel6].at = gate.Next()
	select {
	case s.c[0] <- 0:
		t.chose(sel6, 0, "send", siteSelect0)
	case <-s.c[1]:
		t.chose(sel6, 1, "receive", siteSelect1)
	case s.c[2] <- 2:
		t.chose(sel6, 2, "send", siteSelect2)
	case <-s.c[3]:
		t.chose(sel6, 3, "receive", siteSelect3)
	case s.c[4] <- 4:
		t.chose(sel6, 4, "send", siteSelect4)
	case <-s.c[5]:
		t.chose(sel6, 5, "receive", siteSelect5)
	}
}

func do7(s *selected, t *tally) {
	t.selects[sel7].at = gate.Next()
	select {
	case s.c[0] <- 0:
		t.chose(sel7, 0, "send", siteSelect0)
	case <-s.c[1]:
		t.chose(sel7, 1, "receive", siteSelect1)
	case s.c[2] <- 2:
		t.chose(sel7, 2, "send", siteSelect2)
	case <-s.c[3]:
		t.chose(sel7, 3, "receive", siteSelect3)
	case s.c[4] <- 4:
		t.chose(sel7, 4, "send", siteSelect4)
	case <-s.c[5]:
		t.chose(sel7, 5, "receive", siteSelect5)
	case s.c[6] <- 6:
		t.chose(sel7, 6, "send", siteSelect6)
	}
}

func do8(s *selected, t *tally) {
	t.selects[sel8].at = gate.Next()
	select {
	case s.c[0] <- 0:
		t.chose(sel8, 0, "send", siteSelect0)
	case <-s.c[1]:
		t.chose(sel8, 1, "receive", siteSelect1)
	case s.c[2] <- 2:
		t.chose(sel8, 2, "send", siteSelect2)
	case <-s.c[3]:
		t.chose(sel8, 3, "receive", siteSelect3)
	case s.c[4] <- 4:
		t.chose(sel8, 4, "send", siteSelect4)
	case <-s.c[5]:
		t.chose(sel8, 5, "receive", siteSelect5)
	case s.c[6] <- 6:
		t.chose(sel8, 6, "send", siteSelect6)
	case <-s.c[7]:
		t.chose(sel8, 7, "receive", siteSelect7)
	}
}

func try2(s *selected, t *tally) bool {
	t.selects[sel2Default].at = gate.Next()
	select {
	case s.c[0] <- 0:
		t.chose(sel2Default, 0, "send", siteSelect0)
	case <-s.c[1]:
		t.chose(sel2Default, 1, "receive", siteSelect1)
	default:
		t.defaulted(sel2Default)
		runtime.Gosched()
		return false
	}
	return true
}

func try3(s *selected, t *tally) bool {
	t.selects[sel3Default].at = gate.Next()
	select {
	case s.c[0] <- 0:
		t.chose(sel3Default, 0, "send", siteSelect0)
	case <-s.c[1]:
		t.chose(sel3Default, 1, "receive", siteSelect1)
	case s.c[2] <- 2:
		t.chose(sel3Default, 2, "send", siteSelect2)
	default:
		t.defaulted(sel3Default)
		runtime.Gosched()
		return false
	}
	return true
}

func try4(s *selected, t *tally) bool {
	t.selects[sel4Default].at = gate.Next()
	select {
	case s.c[0] <- 0:
		t.chose(sel4Default, 0, "send", siteSelect0)
	case <-s.c[1]:
		t.chose(sel4Default, 1, "receive", siteSelect1)
	case s.c[2] <- 2:
		t.chose(sel4Default, 2, "send", siteSelect2)
	case <-s.c[3]:
		t.chose(sel4Default, 3, "receive", siteSelect3)
	default:
		t.defaulted(sel4Default)
		runtime.Gosched()
		return false
	}
	return true
}

func try5(s *selected, t *tally) bool {
	t.selects[sel5Default].at = gate.Next()
	select {
	case s.c[0] <- 0:
		t.chose(sel5Default, 0, "send", siteSelect0)
	case <-s.c[1]:
		t.chose(sel5Default, 1, "receive", siteSelect1)
	case s.c[2] <- 2:
		t.chose(sel5Default, 2, "send", siteSelect2)
	case <-s.c[3]:
		t.chose(sel5Default, 3, "receive", siteSelect3)
	case s.c[4] <- 4:
		t.chose(sel5Default, 4, "send", siteSelect4)
	default:
		t.defaulted(sel5Default)
		runtime.Gosched()
		return false
	}
	return true
}

func try6(s *selected, t *tally) bool {
	t.selects[sel6Default].at = gate.Next()
	select {
	case s.c[0] <- 0:
		t.chose(sel6Default, 0, "send", siteSelect0)
	case <-s.c[1]:
		t.chose(sel6Default, 1, "receive", siteSelect1)
	case s.c[2] <- 2:
		t.chose(sel6Default, 2, "send", siteSelect2)
	case <-s.c[3]:
		t.chose(sel6Default, 3, "receive", siteSelect3)
	case s.c[4] <- 4:
		t.chose(sel6Default, 4, "send", siteSelect4)
	case <-s.c[5]:
		t.chose(sel6Default, 5, "receive", siteSelect5)
	default:
		t.defaulted(sel6Default)
		runtime.Gosched()
		return false
	}
	return true
}

func try7(s *selected, t *tally) bool {
	t.selects[sel7Default].at = gate.Next()
	select {
	case s.c[0] <- 0:
		t.chose(sel7Default, 0, "send", siteSelect0)
	case <-s.c[1]:
		t.chose(sel7Default, 1, "receive", siteSelect1)
	case s.c[2] <- 2:
		t.chose(sel7Default, 2, "send", siteSelect2)
	case <-s.c[3]:
		t.chose(sel7Default, 3, "receive", siteSelect3)
	case s.c[4] <- 4:
		t.chose(sel7Default, 4, "send", siteSelect4)
	case <-s.c[5]:
		t.chose(sel7Default, 5, "receive", siteSelect5)
	case s.c[6] <- 6:
		t.chose(sel7Default, 6, "send", siteSelect6)
	default:
		t.defaulted(sel7Default)
		runtime.Gosched()
		return false
	}
	return true
}

func try8(s *selected, t *tally) bool {
	t.selects[sel8Default].at = gate.Next()
	select {
	case s.c[0] <- 0:
		t.chose(sel8Default, 0, "send", siteSelect0)
	case <-s.c[1]:
		t.chose(sel8Default, 1, "receive", siteSelect1)
	case s.c[2] <- 2:
		t.chose(sel8Default, 2, "send", siteSelect2)
	case <-s.c[3]:
		t.chose(sel8Default, 3, "receive", siteSelect3)
	case s.c[4] <- 4:
		t.chose(sel8Default, 4, "send", siteSelect4)
	case <-s.c[5]:
		t.chose(sel8Default, 5, "receive", siteSelect5)
	case s.c[6] <- 6:
		t.chose(sel8Default, 6, "send", siteSelect6)
	case <-s.c[7]:
		t.chose(sel8Default, 7, "receive", siteSelect7)
	default:
		t.defaulted(sel8Default)
		runtime.Gosched()
		return false
	}
	return true
}
