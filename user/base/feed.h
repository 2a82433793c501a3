/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a capture delivers, and the only thing that an analysis needs: processes, stacks, events,
 * totals, losses. A live run and a recording both speak it, so everything behind it is one code.
 * Calls come from one thread. A process is announced before its first event, a stack before the
 * first event that names it.
 */
#ifndef CHANSCOPE_BASE_FEED_H
#define CHANSCOPE_BASE_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "loss.h"
#include "site.h"

enum capture_mode { CAPTURE_ALL = 0, CAPTURE_WAIT = 1 };

struct feed_start {
	uint64_t wall_ns; /* Unix epoch, at mono_ns */
	uint64_t mono_ns; /* CLOCK_MONOTONIC: event times become epoch times by adding wall_ns - mono_ns */
	enum capture_mode mode;
};

struct feed_process {
	uint32_t pid;
	uint64_t started_at_ns;	 /* process start, CLOCK_BOOTTIME ns: tells a reused PID apart */
	uint64_t attached_at_ns; /* CLOCK_MONOTONIC: events are complete from here on */
	const char *comm;
	const char *exe;		/* path as the process sees it */
	const char *build_id;		/* hex or Go build id text, "" if none */
	const char *go_version;		/* "go1.19.8" */
	const char *layout_source;	/* "dwarf", "table", "nearest" */
	uint32_t ptr_bias_known;	/* 1: load_bias is valid */
	uint64_t load_bias;		/* address in the process - address in the file */
	const struct cs_layout *layout; /* of Go's structures in it; NULL: not told */
};

/* The machine and the tool that captured. Strings are "" if unknown. */
struct feed_host {
	const char *tool_version;
	const char *kernel_release, *machine, *hostname; /* as uname(2) has them */
	const char *boot_id; /* of /proc/sys/kernel/random: tells whose monotonic clock it is */
	uint32_t nr_cpus;    /* online */
	uint32_t page_sz;    /* bytes */
	uint64_t memory_sz;  /* bytes of RAM */
};

/* A source frame of a program counter. */
struct feed_frame {
	const char *function; /* as Go's traceback names it */
	const char *file;     /* "" if unknown */
	uint32_t line;	      /* 0 if unknown */
	bool inlined;	      /* into the next frame */
};

enum process_end { PROCESS_EXITED = 1, PROCESS_EXECED = 2 };

struct feed_ops {
	/* All may be NULL. Strings and arrays are borrowed for the call. */
	void (*start)(void *ctx, const struct feed_start *s);
	void (*process)(void *ctx, const struct feed_process *p);
	void (*process_end)(void *ctx, uint32_t pid, uint64_t time_ns, enum process_end why);
	void (*stack)(void *ctx, uint64_t id, const uint64_t *pcs, uint32_t nr);
	void (*event)(void *ctx, const struct cs_event *e);
	/* counts of events that were lost, by channel; at the end, once per channel */
	void (*overflow)(void *ctx, uint32_t pid, uint64_t chan, const uint64_t nr[CS_NR_KINDS]);
	/* hits of probes in a process that made an event or were not counted; at the end */
	void (*traps)(void *ctx, uint32_t pid, uint64_t nr);
	/* at the end: every reason with its count */
	void (*losses)(void *ctx, const uint64_t nr[CS_NR_LOSSES]);
	void (*end)(void *ctx, uint64_t mono_ns);
	/* that is all for the moment: write out what should be seen live */
	void (*pause)(void *ctx);
	/* after the start, once */
	void (*host)(void *ctx, const struct feed_host *h);
	/*
	 * What a recording knows in place of the binary; not from live captures. The frames of a program counter of a
	 * process, innermost first, and the name of the type whose descriptor is at va: each once, before the first
	 * event that needs it. nr may be 0: nothing of it is to be shown. A counter that is not told has no symbol.
	 */
	void (*frames)(void *ctx, uint32_t pid, uint64_t pc, bool is_return_address, const struct feed_frame *f,
		       uint32_t nr);
	void (*type_name)(void *ctx, uint32_t pid, uint64_t va, const char *name);
};

struct feed {
	const struct feed_ops *ops;
	void *ctx;
};

#endif
