// SPDX-License-Identifier: Apache-2.0
/*
 * What one hit of a probe costs on this machine: probes on instructions of its own code, with an empty program
 * (the floor, by the kind of instruction) and with chanscope's program, record and stack included. Prints one
 * JSON object. Needs root; touches no other process.
 *
 * The Go structures for the real program are made up here: a g whose stack is the end of this thread's, and a
 * channel.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "attach/attach.h"
#include "attach/features.h"
#include "attach/perf_uprobe.h"
#include "attach/uprobe_multi.h"
#include "base/cleanup.h"
#include "stream/stream.h"

/*
 * Each function has one instruction to probe, at the label. floor_chan does what a Go function does that sends:
 * frame pointer set, g in r14, the channel in rax.
 */
asm(".text\n"
    "floor_ret: ret\n"
    "floor_call: push %rbp; mov %rsp,%rbp\n"
    "floor_call_at: call floor_ret\n"
    "	pop %rbp; ret\n"
    "floor_jcc: cmp %eax,%eax\n"
    "floor_jcc_at: jne floor_ret\n"
    "	ret\n"
    "floor_nop:\n"
    "floor_nop_at: .byte 0x0f,0x1f,0x44,0x00,0x00\n"
    "	ret\n"
    "floor_step:\n"
    "floor_step_at: cmp %rax,%rbx\n"
    "	ret\n"
    "floor_chan: push %rbp; mov %rsp,%rbp; push %r14; push %r14\n"
    "	mov %rdi,%rax; mov %rsi,%r14\n"
    "floor_chan_at: call floor_ret\n"
    "	pop %r14; pop %r14; pop %rbp; ret\n");

typedef void (*floor_fn)(const void *chan, const void *g);
#define SITE(name)                                  \
	void name(const void *chan, const void *g); \
	extern const char name##_at[]
SITE(floor_call);
SITE(floor_jcc);
SITE(floor_nop);
SITE(floor_step);
SITE(floor_chan);

/* go1.26's offsets, as far as the program reads them. */
static const struct cs_layout layout = {
	.hchan_dataqsiz = 8,
	.hchan_elemsize = 24,
	.hchan_closed = 28,
	.hchan_timer = 32,
	.hchan_elemtype = 40,
	.g_goid = 152,
	.g_waiting = 320,
	.g_stack_hi = 8,
	.sudog_success = 61,
	.sudog_waitlink = 72,
	.scase_size = 16,
};

static uint64_t fake_chan[16] = { 1, 16 };
static uint64_t fake_g[64];

#define ROUNDS 100
#define FRAMES 3

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static double time_calls(floor_fn fn, unsigned int nr)
{
	double start = now_ns();

	for (unsigned int i = 0; i < nr; i++)
		fn(fake_chan, fake_g);
	return (now_ns() - start) / nr;
}

/* The same from some frames further down, as in a program; not a tail call. */
static __attribute__((noinline)) double time_deep(floor_fn fn, unsigned int nr, unsigned int frames)
{
	double ns = frames ? time_deep(fn, nr, frames - 1) : time_calls(fn, nr);

	asm volatile("" : "+m"(fake_g));
	return ns;
}

/* The fastest of many short rounds: what disturbs only ever adds, and rarely spares every one of them. */
static double measure(floor_fn fn, unsigned int nr)
{
	double best = 1e18;

	nr = nr / ROUNDS + 1;
	fake_g[1] = (uintptr_t)__builtin_frame_address(0) + 16;
	for (int i = 0; i < ROUNDS; i++) {
		double ns = time_deep(fn, nr, FRAMES);

		best = ns < best ? ns : best;
	}
	return best;
}

/* Finds the file offset of an address of this program, and the end of this thread's stack. */
static int find_self(uintptr_t addr, uint64_t *ret_off, uint64_t *ret_stack_hi)
{
	auto_file FILE *f = fopen("/proc/self/maps", "re");
	unsigned long lo, hi, off, here = (unsigned long)&addr;
	char line[512];
	int found = 0;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx %*s %lx", &lo, &hi, &off) != 3)
			continue;
		if (addr >= lo && addr < hi) {
			*ret_off = addr - lo + off;
			found |= 1;
		}
		if (here >= lo && here < hi) {
			*ret_stack_hi = hi;
			found |= 2;
		}
	}
	return found == 3 ? 0 : -ENOENT;
}

static int load_empty(bool multi)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts);

	if (multi)
		opts.expected_attach_type = UPROBE_MULTI_ATTACH_TYPE;
	return bpf_prog_load(BPF_PROG_TYPE_KPROBE, "floor", "GPL", insns, 2, &opts);
}

/* Nanoseconds per hit of the empty program at a site; negative: an errno. */
static double measure_empty(floor_fn fn, const char *at, bool multi, unsigned int nr)
{
	auto_fd int prog = load_empty(multi);
	auto_fd int link = -1;
	struct perf_uprobe perf = { -1, -1 };
	uint64_t off, hi, cookie = 0;
	double bare, ns;
	int err;

	if (prog < 0)
		return -errno;
	err = find_self((uintptr_t)at, &off, &hi);
	if (err)
		return err;
	bare = measure(fn, nr);
	if (multi) {
		struct uprobe_multi m = { .prog_fd = prog,
					  .path = "/proc/self/exe",
					  .offsets = &off,
					  .cookies = &cookie,
					  .nr = 1,
					  .pid = getpid() };

		link = uprobe_multi_link(&m);
		err = link < 0 ? link : 0;
	} else {
		err = perf_uprobe__open(&perf, prog, "/proc/self/exe", off, cookie, getpid());
	}
	if (err)
		return err;
	ns = measure(fn, nr) - bare;
	perf_uprobe__close(&perf);
	return ns;
}

struct reader {
	struct stream *stream;
	uint64_t stack; /* of the last record */
	atomic_bool stop;
	uint64_t nr;
};

static void count(void *ctx, const struct cs_event *e)
{
	struct reader *r = ctx;

	r->stack = e->stack;
	r->nr++;
}

static void *read_ring(void *arg)
{
	struct reader *r = arg;

	while (!atomic_load(&r->stop))
		stream__poll(r->stream, 20);
	stream__drain(r->stream);
	return NULL;
}

/* The plan with the one site; the channel is told by rax. */
static int begin_real(struct attach **ret, bool multi, struct diag *d)
{
	struct plan_site site = { .site = { .meaning = CS_SITE_SEND_BUFFERED,
					    .cond = CS_COND_NONE,
					    .chan = { .kind = CS_LOC_REG, .reg = CS_RAX } } };
	struct plan plan = { .sites = &site, .nr_sites = 1 };
	struct attach_opts opts = { .method = multi ? ATTACH_MULTI : ATTACH_PERF };
	uint64_t hi;
	int err;

	err = find_self((uintptr_t)floor_chan_at, &site.off, &hi);
	if (err)
		return diag_fail(d, err, "can't find this program in its own memory map");
	fake_g[0] = hi - (64u << 10);
	fake_g[19] = 7;
	err = attach__new(&opts, ret, d);
	if (!err)
		err = attach__add_target(*ret, getpid(), "/proc/self/exe", &plan, &layout, d);
	if (!err)
		err = attach__load(*ret, d);
	return err;
}

static int measure_real(bool multi, unsigned int nr, json_t *out, struct diag *d)
{
	struct reader r = { 0 };
	struct attach *a = NULL;
	uint64_t losses[CS_NR_LOSSES], lost = 0;
	double bare = measure(floor_chan, nr), off_ns, ns;
	struct cs_stack stack;
	pthread_t thread;
	int err;

	err = begin_real(&a, multi, d);
	if (!err)
		err = stream__new(attach__ring_fd(a), count, &r, &r.stream, d);
	if (!err)
		err = attach__attach(a, d);
	if (!err && pthread_create(&thread, NULL, read_ring, &r))
		err = diag_fail(d, -EAGAIN, "can't start the reader");
	if (err)
		return err;
	off_ns = measure(floor_chan, nr) - bare;
	attach__activate(a, true);
	ns = measure(floor_chan, nr) - bare;
	attach__activate(a, false);
	atomic_store(&r.stop, true);
	pthread_join(thread, NULL);
	attach__losses(a, losses);
	for (int i = 0; i < CS_NR_LOSSES; i++)
		lost += losses[i];
	json_object_set_new(out, "call_not_active_ns", json_real(off_ns));
	json_object_set_new(out, "call_record_and_stack_ns", json_real(ns));
	json_object_set_new(out, "hits", json_integer((json_int_t)attach__traps(a, getpid())));
	json_object_set_new(out, "records", json_integer((json_int_t)r.nr));
	if (!attach__stack(a, r.stack, &stack))
		json_object_set_new(out, "frames", json_integer(stack.nr));
	json_object_set_new(out, "losses", json_integer((json_int_t)lost));
	stream__free(r.stream);
	attach__free(a);
	return 0;
}

static int measure_all(json_t *out, bool multi, unsigned int nr, struct diag *d)
{
	const struct {
		const char *name;
		floor_fn fn;
		const char *at;
		unsigned int share; /* of nr: single-stepping is slow */
	} sites[] = {
		{ "call_empty_ns", floor_call, floor_call_at, 1 },
		{ "jcc_empty_ns", floor_jcc, floor_jcc_at, 1 },
		{ "nop5_empty_ns", floor_nop, floor_nop_at, 1 },
		{ "single_step_empty_ns", floor_step, floor_step_at, 10 },
	};

	json_object_set_new(out, "method", json_string(multi ? "uprobe_multi" : "perf_event"));
	for (size_t i = 0; i < sizeof(sites) / sizeof(sites[0]); i++) {
		double ns = measure_empty(sites[i].fn, sites[i].at, multi, nr / sites[i].share);

		if (ns < 0)
			return diag_fail(d, (int)ns, "%s: %s", sites[i].name, strerror(-(int)ns));
		json_object_set_new(out, sites[i].name, json_real(ns));
	}
	return measure_real(multi, nr, out, d);
}

int main(int argc, char **argv)
{
	unsigned int nr = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10) : 200000;
	bool perf = argc > 2 && !strcmp(argv[2], "perf");
	struct kernel_features features;
	struct diag d = { 0 };
	struct utsname u;
	json_t *out = json_object();
	int err;

	uname(&u);
	json_object_set_new(out, "schema", json_string("chanscope.floor/1"));
	json_object_set_new(out, "kernel", json_string(u.release));
	err = features_probe(&features, &d);
	if (!err && nr < 10)
		err = diag_fail(&d, -EINVAL, "usage: floor [HITS [perf]]");
	if (!err)
		err = measure_all(out, features.uprobe_multi && !perf, nr, &d);
	if (err) {
		fprintf(stderr, "floor: %s\n", d.what);
		return d.status ? (int)d.status : 1;
	}
	json_dumpf(out, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	putchar('\n');
	json_decref(out);
	return 0;
}
