/* SPDX-License-Identifier: Apache-2.0 */
/* A small program's channels as events, with one of everything that a report can say. */
#ifndef CHANSCOPE_TESTS_SINK_DEMO_H
#define CHANSCOPE_TESTS_SINK_DEMO_H

#include "unit/sink_fixture.h"

#define JOBS UINT64_C(0xc000010000)  /* pool.Job, 4: full, and its sender parked to the end */
#define DONE UINT64_C(0xc000020000)  /* struct {}, 0: three receivers parked to the end */
#define BATCH UINT64_C(0xc000030000) /* int, 1: closed by main.stop, then sent to */
#define OLDER UINT64_C(0xc000040000) /* made before attach */

#define SUBMIT STACK(0x100, 0x201, 0x200)
#define WORKER STACK(0, 0x101, 0x202)
#define MERGE STACK(0x101, 0x204, 0x200)

static void demo_make(struct fixture *f)
{
	feed_event(f, 1, 1,
		   (struct cs_event){
			   .kind = CS_MAKE, .chan = JOBS, .cap = 4, .aux = 0x11, .stack = STACK(0x103, 0x203, 0x200) });
	feed_event(
		f, 2, 1,
		(struct cs_event){ .kind = CS_MAKE, .chan = DONE, .aux = 0x12, .stack = STACK(0x103, 0x206, 0x200) });
	feed_event(
		f, 2, 1,
		(struct cs_event){
			.kind = CS_MAKE, .chan = BATCH, .cap = 1, .aux = 0x10, .stack = STACK(0x103, 0x204, 0x200) });
}

static void demo_jobs(struct fixture *f)
{
	feed_event(f, 3, 10,
		   (struct cs_event){ .kind = CS_PARK_RECV, .chan = JOBS, .cap = 4, .aux = 0x11, .stack = WORKER });
	feed_event(f, 5, 1,
		   (struct cs_event){ .kind = CS_SEND_DIRECT, .chan = JOBS, .cap = 4, .aux = 10, .stack = SUBMIT });
	feed_event(
		f, 5.1, 10,
		(struct cs_event){ .kind = CS_WAKE_RECV, .chan = JOBS, .cap = 4, .flags = CS_F_OK, .stack = WORKER });
	for (__u32 n = 1; n <= 4; n++)
		feed_event(f, 5 + n, 1,
			   (struct cs_event){ .kind = CS_SEND_BUFFERED,
					      .chan = JOBS,
					      .cap = 4,
					      .len = n,
					      .aux = 0x11,
					      .stack = SUBMIT });
	feed_event(f, 10, 1,
		   (struct cs_event){
			   .kind = CS_PARK_SEND, .chan = JOBS, .cap = 4, .len = 4, .aux = 0x11, .stack = SUBMIT });
	feed_event(f, 30, 10,
		   (struct cs_event){
			   .kind = CS_RECV_DIRECT, .chan = JOBS, .cap = 4, .len = 4, .aux = 1, .stack = WORKER });
	feed_event(f, 30.1, 1,
		   (struct cs_event){
			   .kind = CS_WAKE_SEND, .chan = JOBS, .cap = 4, .len = 4, .flags = CS_F_OK, .stack = SUBMIT });
	feed_event(f, 31, 1,
		   (struct cs_event){
			   .kind = CS_PARK_SEND, .chan = JOBS, .cap = 4, .len = 4, .aux = 0x11, .stack = SUBMIT });
}

static void demo_done(struct fixture *f)
{
	feed_event(
		f, 0, 22,
		(struct cs_event){
			.kind = CS_PARK_RECV, .chan = DONE + 0x60, .flags = CS_F_WALKED, .aux = 0x12, .stack = MERGE });
	feed_event(f, 32, 20, (struct cs_event){ .kind = CS_PARK_RECV, .chan = DONE, .aux = 0x12, .stack = MERGE });
	feed_event(f, 33, 21, (struct cs_event){ .kind = CS_PARK_RECV, .chan = DONE, .aux = 0x12, .stack = MERGE });
}

static void demo_selects(struct fixture *f)
{
	__u64 at = STACK(0x102, 0x204, 0x200);

	feed_event(f, 34, 31, (struct cs_event){ .kind = CS_SELECT_DEFAULT, .stack = at });
	feed_event(f, 34, 31,
		   (struct cs_event){ .kind = CS_SEND_BUFFERED,
				      .chan = BATCH,
				      .cap = 1,
				      .len = 1,
				      .aux = 0x10,
				      .stack = at,
				      .flags = CS_F_SELECT,
				      .select_case = 1 });
	feed_event(f, 35, 30, (struct cs_event){ .kind = CS_PARK_SELECT, .aux = 2, .stack = at });
	feed_event(f, 35, 30, (struct cs_event){ .kind = CS_SELECT_CASE, .chan = DONE, .aux = 0x12, .select_case = 1 });
	feed_event(f, 35, 30,
		   (struct cs_event){ .kind = CS_SELECT_CASE,
				      .chan = JOBS,
				      .cap = 4,
				      .len = 4,
				      .aux = 0x11,
				      .flags = CS_F_DIR_SEND | CS_F_SELECT,
				      .select_case = 0 });
}

static void demo_batch(struct fixture *f)
{
	feed_event(f, 36, 3,
		   (struct cs_event){ .kind = CS_RECV_BUFFERED, .chan = BATCH, .cap = 1, .aux = 0x10, .stack = MERGE });
	feed_event(f, 37, 4,
		   (struct cs_event){ .kind = CS_CLOSE,
				      .chan = BATCH,
				      .cap = 1,
				      .aux = 0x10,
				      .stack = STACK(0x105, 0x205, 0x200),
				      .flags = CS_F_CLOSED });
	feed_event(f, 38, 3,
		   (struct cs_event){ .kind = CS_RECV_CLOSED,
				      .chan = BATCH,
				      .cap = 1,
				      .aux = 0x10,
				      .stack = MERGE,
				      .flags = CS_F_CLOSED });
	feed_event(f, 39, 5,
		   (struct cs_event){
			   .kind = CS_SEND_PANIC, .chan = BATCH, .cap = 1, .stack = SUBMIT, .flags = CS_F_CLOSED });
}

static void demo_rest(struct fixture *f)
{
	feed_event(f, 40, 6,
		   (struct cs_event){ .kind = CS_RECV_FAILED, .chan = OLDER, .cap = 8, .aux = 0x10, .stack = MERGE });
	feed_event(f, 41, 40, (struct cs_event){ .kind = CS_PARK_RECV, .stack = MERGE });
	feed_event(f, 42, 41, (struct cs_event){ .kind = CS_PARK_SELECT, .stack = STACK(0, 0x102, 0x200) });
	feed_event(f, 43, 42, (struct cs_event){ .kind = CS_CLOSE_PANIC, .stack = STACK(0x105, 0x205, 0x200) });
}

/* The events, for a fixture that has begun. */
static inline void demo_feed(struct fixture *f)
{
	feed_process(f, THE_PID, "server");
	demo_make(f);
	demo_jobs(f);
	demo_done(f);
	demo_selects(f);
	demo_batch(f);
	demo_rest(f);
	f->feed.ops->traps(f->feed.ctx, THE_PID, 12345);
}

static inline void demo_begin(struct fixture *f)
{
	fixture_begin(f, CAPTURE_ALL);
	demo_feed(f);
}

#endif
