// SPDX-License-Identifier: Apache-2.0

// Command exits ends, or becomes something else, in the middle of channel operations. -how:
//
//	exit      os.Exit(0) while goroutines send and receive
//	status    the same with os.Exit(7)
//	exec      executes itself anew with -how=execed, which operates on and exits with 0
//	killed    sends SIGKILL to itself
//	fork      starts children all the time, then ends with its own checks
//	deadlock  everything blocks: the runtime ends it with status 2
//	panic     sends on a closed channel: the runtime ends it with status 2
//	thread    the main thread exits by runtime.Goexit, the others operate on, then exit(0)
//
// What it did is printed before the end, as far as it can know.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"chanscope.test/gate"
)

var (
	checks gate.Checks
	passed int64
)

// operate passes numbers between two goroutines until the end of the process.
func operate(capacity int) {
	c := make(chan int, capacity)
	go func() {
		for i := 0; ; i++ {
			c <- i
		}
	}()
	go func() {
		for want := 0; ; want++ {
			if got := <-c; got != want {
				fmt.Fprintf(os.Stderr, "failed: got %d instead of %d\n", got, want)
				os.Exit(1)
			}
			atomic.AddInt64(&passed, 1)
		}
	}()
}

func print(how string, more map[string]interface{}) {
	more["how"] = how
	more["passed_at_least"] = atomic.LoadInt64(&passed)
	checks.Print("exits", more)
}

func execSelf() {
	exe, err := os.Executable()
	if err == nil {
		err = syscall.Exec(exe, []string{exe, "-now", "-how=execed"}, os.Environ())
	}
	fmt.Fprintln(os.Stderr, "failed: exec:", err)
	os.Exit(1)
}

func fork(children int) {
	for i := 0; i < children; i++ {
		out, err := exec.Command("/bin/echo", "child", fmt.Sprint(i)).Output()
		checks.That(err == nil && string(out) == fmt.Sprintf("child %d\n", i), "child %d: %q, %v", i, out, err)
	}
	print("fork", map[string]interface{}{"children": children})
	checks.Exit()
}

// deadlock needs a process without timers and without a goroutine that waits for signals or input.
func deadlock() {
	c, d := make(chan int), make(chan int, 1)
	print("deadlock", map[string]interface{}{"channel": fmt.Sprintf("%p", c), "capacity": cap(c)})
	go func() { d <- <-c }()
	<-d
}

func panicking() {
	c := make(chan int, 1)
	close(c)
	print("panic", map[string]interface{}{"channel": fmt.Sprintf("%p", c)})
	c <- 1
}

func main() {
	now := flag.Bool("now", false, "do not wait for the start signal")
	how := flag.String("how", "exit", "exit, status, exec, killed, fork, deadlock, panic, thread")
	children := flag.Int("n", 50, "children of fork")
	after := flag.Duration("d", 300*time.Millisecond, "time of operation before the end")
	flag.Parse()
	gate.WaitLine(*now)

	if *how == "deadlock" {
		deadlock()
	}
	for _, capacity := range []int{0, 1, 64} {
		operate(capacity)
	}
	time.Sleep(*after)
	switch *how {
	case "exit", "execed":
		print(*how, map[string]interface{}{})
		os.Exit(0)
	case "status":
		print(*how, map[string]interface{}{})
		os.Exit(7)
	case "exec":
		print(*how, map[string]interface{}{})
		execSelf()
	case "killed":
		print(*how, map[string]interface{}{})
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "fork":
		fork(*children)
	case "panic":
		panicking()
	case "thread":
		go func() {
			time.Sleep(*after)
			print(*how, map[string]interface{}{})
			os.Exit(0)
		}()
		runtime.LockOSThread() // so that Goexit ends the main thread itself
		runtime.Goexit()
	}
	fmt.Fprintln(os.Stderr, "failed: unknown -how", *how)
	os.Exit(2)
}
