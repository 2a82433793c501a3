// SPDX-License-Identifier: Apache-2.0
/*
 * proc/process: the identity of a process and every way in which a PID can be wrong, the load bias of
 * position-independent and other programs, and reading memory whose edges are not readable. Runs as any
 * user; what needs root is skipped without.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/cleanup.h"
#include "proc/process.h"
#include "proc/process_memory.h"
#include "unit/go_target.h"

#define SKIPPED_EXIT 77

static void assert_fails(pid_t pid, int err, enum exit_status status, const char *what)
{
	struct process p;
	struct diag d = { 0 };

	assert_int_equal(process_read(pid, &p, &d), err);
	assert_int_equal(d.err, err);
	assert_int_equal(d.status, status);
	if (!strstr(d.what, what))
		fail_msg("'%s' does not say '%s'", d.what, what);
}

static void reads_this_process(void **state)
{
	struct process p;
	struct diag d = { 0 };
	char comm[16], exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	struct timespec now;

	(void)state;
	assert_true(n > 0);
	exe[n] = '\0';
	prctl(PR_SET_NAME, "a) (b S 1 2", 0, 0, 0); /* what a parser of stat has to survive */
	assert_int_equal(process_read(getpid(), &p, &d), 0);
	assert_int_equal(prctl(PR_GET_NAME, comm, 0, 0, 0), 0);
	assert_string_equal(p.comm, comm);
	assert_string_equal(p.exe, exe);
	assert_int_equal(p.pid, getpid());
	clock_gettime(CLOCK_BOOTTIME, &now);
	/* started before now, but not hours ago */
	assert_true(p.started_at_ns / 1000000000 <= (uint64_t)now.tv_sec);
	assert_true(p.started_at_ns / 1000000000 + 3600 > (uint64_t)now.tv_sec);
	assert_true(process_same(&p));
	p.started_at_ns += 1000000000;
	assert_false(process_same(&p));
}

static void refuses_numbers_that_are_no_pid(void **state)
{
	(void)state;
	assert_fails(0, -EINVAL, EXIT_USAGE, "positive");
	assert_fails(-5, -EINVAL, EXIT_USAGE, "positive");
}

static void tells_that_a_process_does_not_exist(void **state)
{
	struct process p;
	siginfo_t ended;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		pause();
		_exit(0);
	}
	assert_int_equal(process_read(pid, &p, NULL), 0);
	assert_true(process_same(&p));
	kill(pid, SIGKILL);
	/* a zombie as long as nobody reaps it */
	assert_int_equal(waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT), 0);
	assert_false(process_same(&p));
	assert_fails(pid, -ESRCH, EXIT_FAILED, "zombie");
	waitpid(pid, NULL, 0);
	assert_fails(pid, -ESRCH, EXIT_FAILED, "no such process");
	assert_false(process_same(&p));
}

static void tells_a_kernel_thread(void **state)
{
	char comm[32] = "";
	auto_file FILE *f = fopen("/proc/2/comm", "re");

	(void)state;
	if (!f || !fgets(comm, sizeof(comm), f) || strcmp(comm, "kthreadd\n") != 0) {
		print_message("skipped: process 2 is no kernel thread here (a container?)\n");
		skip();
	}
	assert_fails(2, -EINVAL, EXIT_FAILED, "kernel thread");
}

struct thread_gate {
	pthread_mutex_t lock;
	pid_t tid;
};

static void *wait_at_gate(void *arg)
{
	struct thread_gate *gate = arg;

	__atomic_store_n(&gate->tid, (pid_t)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
	pthread_mutex_lock(&gate->lock);
	pthread_mutex_unlock(&gate->lock);
	return NULL;
}

static void tells_a_thread_from_a_process(void **state)
{
	struct thread_gate gate = { .lock = PTHREAD_MUTEX_INITIALIZER };
	char hint[32];
	struct process p;
	struct diag d = { 0 };
	pthread_t thread;

	(void)state;
	pthread_mutex_lock(&gate.lock);
	assert_int_equal(pthread_create(&thread, NULL, wait_at_gate, &gate), 0);
	while (!__atomic_load_n(&gate.tid, __ATOMIC_SEQ_CST))
		usleep(1000);
	assert_int_equal(process_read(gate.tid, &p, &d), -EINVAL);
	assert_non_null(strstr(d.what, "a thread of process"));
	snprintf(hint, sizeof(hint), "-p %d", getpid());
	assert_non_null(strstr(d.hint, hint));
	pthread_mutex_unlock(&gate.lock);
	pthread_join(thread, NULL);
}

/* In a child without privileges: is what process_read says about its parent right? */
static int look_without_privileges(pid_t pid)
{
	struct process p;
	struct diag d = { 0 };

	if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
		return SKIPPED_EXIT;
	if (process_read(pid, &p, &d) != -EPERM || d.status != EXIT_MACHINE)
		return 1;
	return strstr(d.what, "not permitted") && strstr(d.hint, "root") ? 0 : 2;
}

static void tells_what_is_not_permitted(void **state)
{
	pid_t target = geteuid() == 0 ? getpid() : 1;
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0)
		_exit(look_without_privileges(target));
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == SKIPPED_EXIT) {
		print_message("skipped: cannot become another user\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void sees_an_exec(void **state)
{
	struct process p;
	int go[2], on_exec[2];
	char byte = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(go), 0);
	assert_int_equal(pipe2(on_exec, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		if (read(go[0], &byte, 1) == 1)
			execl("/bin/sleep", "sleep", "100", NULL);
		_exit(1);
	}
	close(on_exec[1]);
	assert_int_equal(process_read(pid, &p, NULL), 0);
	assert_true(process_same(&p));
	assert_int_equal(write(go[1], &byte, 1), 1);
	assert_int_equal(read(on_exec[0], &byte, 1), 0); /* closed: the exec is done */
	assert_false(process_same(&p));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(go[0]);
	close(go[1]);
	close(on_exec[0]);
}

static int first_object(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	*(uint64_t *)arg = info->dlpi_addr;
	return 1; /* the program itself comes first */
}

static void finds_its_own_load_bias(void **state)
{
	struct process p;
	struct image *img = NULL;
	struct diag d = { 0 };
	uint64_t bias = 1, wanted = 2;

	(void)state;
	dl_iterate_phdr(first_object, &wanted);
	assert_int_equal(process_read(getpid(), &p, &d), 0);
	assert_int_equal(image__open(p.exe_path, &img, &d), 0);
	assert_int_equal(process_load_bias(&p, img, &bias, &d), 0);
	assert_int_equal(bias, wanted);
	image__free(img);
}

/* What the file has at an address is what the process has at that address plus the bias. */
static void assert_bias_of_go(const char *form, bool pie)
{
	char path[4096], *argv[] = { path, NULL };
	struct go_target t = { 0 };
	struct process p;
	struct image *img = NULL;
	struct diag d = { 0 };
	struct image_section text = { 0 };
	uint64_t bias = 1;
	uint8_t bytes[64];

	switch (go_target_build("waits", "debian", form, path, sizeof(path))) {
	case GO_SKIPPED:
		print_message("skipped: no Go toolchain\n");
		skip();
		return;
	case GO_FAILED:
		fail_msg("cannot build waits");
		return;
	case GO_BUILT:
		break;
	}
	assert_true(go_target_start(&t, argv));
	assert_int_equal(process_read(t.pid, &p, &d), 0);
	assert_int_equal(image__open(p.exe_path, &img, &d), 0);
	assert_int_equal(image__is_pie(img), pie);
	assert_int_equal(process_load_bias(&p, img, &bias, &d), 0);
	assert_true(pie ? bias != 0 : bias == 0);
	assert_non_null(image__section(img, ".text"));
	text = *image__section(img, ".text");
	assert_int_equal(process_read_memory(t.pid, text.va + bias, bytes, sizeof(bytes)), 0);
	assert_memory_equal(bytes, image__at(img, text.va, sizeof(bytes)), sizeof(bytes));
	image__free(img);
	go_target_kill(&t);
}

static void finds_the_bias_of_go_programs(void **state)
{
	(void)state;
	assert_bias_of_go("plain", false);
	assert_bias_of_go("pie", true);
}

static void refuses_a_bias_for_another_binary(void **state)
{
	struct process p, other;
	struct image *img = NULL;
	struct diag d = { 0 };
	uint64_t bias = 77;

	(void)state;
	assert_int_equal(process_read(getpid(), &p, &d), 0);
	assert_int_equal(image__open(p.exe_path, &img, &d), 0);
	other = p;
	other.ino++;
	snprintf(other.exe, sizeof(other.exe), "/nowhere");
	assert_int_equal(process_load_bias(&other, img, &bias, &d), -ENOENT);
	assert_non_null(strstr(d.what, "/nowhere"));
	assert_int_equal(bias, 77);
	/* device and inode differ on some filesystems: then the path counts */
	other = p;
	other.dev ^= 1;
	assert_int_equal(process_load_bias(&other, img, &bias, NULL), 0);
	other.pid = 0x7ffffff0;
	assert_int_not_equal(process_load_bias(&other, img, &bias, NULL), 0);
	image__free(img);
}

/* Two readable pages, then one that is not. */
static uint8_t *pages_with_an_edge(size_t page)
{
	uint8_t *p = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	for (size_t i = 0; i < 2 * page; i++)
		p[i] = (uint8_t)(i * 7);
	assert_int_equal(munmap(p + 2 * page, page), 0);
	return p;
}

static void reads_memory_up_to_an_edge(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *p = pages_with_an_edge(page), buf[256];
	uint64_t edge = (uint64_t)(uintptr_t)p + 2 * page;

	(void)state;
	assert_int_equal(process_read_memory(getpid(), edge - 256, buf, 256), 0);
	assert_memory_equal(buf, p + 2 * page - 256, 256);
	assert_int_equal(process_read_memory(getpid(), edge - 255, buf, 256), -EFAULT);
	assert_int_equal(process_read_memory(getpid(), 0, buf, 8), -EFAULT);
	assert_int_equal(process_read_memory(getpid(), UINT64_MAX - 3, buf, 8), -EFAULT);
	assert_int_equal(process_read_memory(0x7ffffff0, edge - 8, buf, 8), -ESRCH);
	munmap(p, 2 * page);
}

static void reads_many_pieces_and_tells_which_failed(void **state)
{
	enum { NR = 1500 };
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *p = pages_with_an_edge(page);
	auto_free struct memory_read *reads = calloc(NR, sizeof(*reads));
	auto_free uint8_t *buf = calloc(NR, 24);
	uint64_t base = (uint64_t)(uintptr_t)p;

	(void)state;
	for (size_t i = 0; i < NR; i++) {
		/* every third fails: at once, or in its middle, or two in a row */
		uint64_t bad = i % 9 == 0 ? 8 : i % 9 == 3 ? base + 2 * page - 12 : base + 2 * page + 5;

		reads[i] = (struct memory_read){ .addr = i % 3 == 0 || i % 9 == 7 ? bad : base + i,
						 .buf = buf + i * 24,
						 .size = 24 };
	}
	assert_int_equal(process_read_many(getpid(), reads, NR), 0);
	for (size_t i = 0; i < NR; i++) {
		assert_int_equal(reads[i].ok, !(i % 3 == 0 || i % 9 == 7));
		if (reads[i].ok)
			assert_memory_equal(buf + i * 24, p + i, 24);
	}
	assert_int_equal(process_read_many(getpid(), reads, 0), 0);
	assert_int_equal(process_read_many(0x7ffffff0, reads, 3), -ESRCH);
	munmap(p, 2 * page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_this_process),
		cmocka_unit_test(refuses_numbers_that_are_no_pid),
		cmocka_unit_test(tells_that_a_process_does_not_exist),
		cmocka_unit_test(tells_a_kernel_thread),
		cmocka_unit_test(tells_a_thread_from_a_process),
		cmocka_unit_test(tells_what_is_not_permitted),
		cmocka_unit_test(sees_an_exec),
		cmocka_unit_test(finds_its_own_load_bias),
		cmocka_unit_test(finds_the_bias_of_go_programs),
		cmocka_unit_test(refuses_a_bias_for_another_binary),
		cmocka_unit_test(reads_memory_up_to_an_edge),
		cmocka_unit_test(reads_many_pieces_and_tells_which_failed),
	};

	return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}
