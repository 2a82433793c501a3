// SPDX-License-Identifier: Apache-2.0

// Package gate is what the target programs share: they wait until a tracer is attached, tell where in the
// source they are, watch other goroutines park, and print their own truth. None of it uses a channel
// after the start.
package gate

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

// Wait says "ready PID" on stderr and returns at SIGUSR1 or after a line on stdin; at once if now is set.
func Wait(now bool) {
	var started int32

	usr1 := make(chan os.Signal, 1)
	signal.Notify(usr1, syscall.SIGUSR1)
	go func() {
		if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err == nil {
			atomic.StoreInt32(&started, 1)
		}
	}()
	fmt.Fprintln(os.Stderr, "ready", os.Getpid())
	for !now && atomic.LoadInt32(&started) == 0 && len(usr1) == 0 {
		time.Sleep(time.Millisecond)
	}
	signal.Stop(usr1)
}

// WaitLine is Wait without a signal and without a goroutine: the runtime's deadlock detector works behind it.
func WaitLine(now bool) {
	fmt.Fprintln(os.Stderr, "ready", os.Getpid())
	if now {
		return
	}
	one := make([]byte, 1)
	for {
		n, err := os.Stdin.Read(one)
		if err != nil || n == 1 && one[0] == '\n' {
			return
		}
	}
}

// place is FILE:LINE of a function further up, some lines further down.
func place(skip, further int) string {
	_, file, line, _ := runtime.Caller(skip)
	return fmt.Sprintf("%s:%d", file, line+further)
}

// Here is FILE:LINE of its call, as the runtime tells it.
//
//go:noinline
func Here() string { return place(2, 0) }

// Next is FILE:LINE of the line below its call.
//
//go:noinline
func Next() string { return place(2, 1) }

// Caller is FILE:LINE of a call: 1 is that of Caller itself, 2 that of the function which calls it.
//
//go:noinline
func Caller(up int) string { return place(up+1, 0) }

// GoID is the number of the calling goroutine.
func GoID() uint64 {
	var buf [64]byte

	fields := bytes.Fields(buf[:runtime.Stack(buf[:], false)])
	id, err := strconv.ParseUint(string(fields[1]), 10, 64)
	if err != nil {
		panic(err)
	}
	return id
}

// state is what the runtime says about a goroutine, as "chan send"; "" if there is none.
func state(id uint64) string {
	size := 1 << 16
	for {
		buf := make([]byte, size)
		n := runtime.Stack(buf, true)
		head := []byte(fmt.Sprintf("goroutine %d ", id))
		for _, line := range bytes.Split(buf[:n], []byte("\n")) {
			open, end := bytes.IndexByte(line, '['), bytes.IndexAny(line, ",]")
			if bytes.HasPrefix(line, head) && open >= 0 && end > open {
				return string(line[open+1 : end])
			}
		}
		if n < size {
			return ""
		}
		size *= 2
	}
}

// WaitParked returns when goroutine *id (0: not started yet) is parked as told, as in "chan receive".
func WaitParked(id *uint64, want string) {
	for {
		if n := atomic.LoadUint64(id); n != 0 && state(n) == want {
			return
		}
		time.Sleep(100 * time.Microsecond)
	}
}

// Checks collects what a program finds wrong with itself.
type Checks struct{ failed []string }

// That notes a failure unless ok.
func (c *Checks) That(ok bool, format string, args ...interface{}) {
	if !ok {
		c.failed = append(c.failed, fmt.Sprintf(format, args...))
	}
}

// Print writes truth as one line of JSON, together with what all programs tell.
func (c *Checks) Print(program string, truth map[string]interface{}) {
	truth["program"] = program
	truth["pid"] = os.Getpid()
	truth["go_version"] = runtime.Version()
	truth["failed"] = append([]string{}, c.failed...)
	if err := json.NewEncoder(os.Stdout).Encode(truth); err != nil {
		panic(err)
	}
}

// Exit ends the program: status 0 if all checks hold.
func (c *Checks) Exit() {
	for _, f := range c.failed {
		fmt.Fprintln(os.Stderr, "failed:", f)
	}
	if len(c.failed) > 0 {
		os.Exit(1)
	}
	os.Exit(0)
}
