// SPDX-License-Identifier: Apache-2.0
/* The file of a recording: who may read it, what a full disk leaves, what is there when the tool is killed. */
#include "unit/rec_fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static const struct rec_writer_opts no_opts;

static unsigned int mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

/* Also when a file that others may read is in the way, and whoever has that open sees nothing of the new one. */
static void test_for_the_owner_alone(void **state)
{
	const char *path = rec_path("mode");
	mode_t old = umask(0);
	char old_text[16];
	int fd;

	(void)state;
	record_run(path, 10, 1, NULL);
	assert_int_equal(mode_of(path), 0600);
	store_file(path, (const uint8_t *)"old", 3);
	assert_int_equal(chmod(path, 0644), 0);
	fd = open(path, O_RDONLY);
	record_run(path, 10, 1, NULL);
	assert_int_equal(mode_of(path), 0600);
	assert_int_equal(read(fd, old_text, sizeof(old_text)), 3);
	close(fd);
	unlink(path);
	umask(old);
}

static void test_no_such_folder(void **state)
{
	struct rec_writer *w;
	struct diag d = { 0 };

	(void)state;
	assert_int_equal(rec_writer__new("/nonexistent/x", &no_opts, &w, &d), -ENOENT);
	assert_non_null(strstr(d.what, "/nonexistent/x can't be written"));
}

static void on_failed(void *ctx)
{
	++*(int *)ctx;
}

static void test_full_device(void **state)
{
	struct rec_writer *w;
	struct diag d = { 0 };

	(void)state;
	assert_int_equal(rec_writer__new("/dev/full", &no_opts, &w, &d), -ENOSPC);
	assert_non_null(strstr(d.what, "/dev/full"));
}

/* The file may not grow beyond a limit: as with a full disk, a part of the last write gets through. */
static void test_full_disk_leaves_whole_blocks(void **state)
{
	const char *path = rec_path("full");
	int nr_failed = 0;
	const struct rec_writer_opts opts = { .failed = on_failed, .ctx = &nr_failed };
	struct rlimit was, limit;
	struct notes told = { 0 }, read = { 0 };
	struct rec_read result;
	struct rec_writer *w;
	struct diag d = { 0 };
	struct stat st;
	struct tee t;
	int err;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	limit = (struct rlimit){ .rlim_cur = 700001, .rlim_max = was.rlim_max };
	assert_int_equal(rec_writer__new(path, &opts, &w, &d), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	t = (struct tee){ .a = rec_writer__feed(w), .b = { .ops = &note_ops, .ctx = &told } };
	make_run(&t, 200000, 9);
	err = rec_writer__close(w, &d);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	rec_writer__free(w);
	assert_int_equal(err, -EFBIG);
	assert_non_null(strstr(d.what, path));
	assert_int_equal(nr_failed, 1);
	assert_int_equal(read_notes(path, &read, &result, &(struct diag){ 0 }), 0);
	assert_true(result.marked && !result.complete && !result.damage[0]);
	assert_true(result.nr_events > 10000 && result.nr_events < 200000);
	assert_int_equal(read.losses[CS_LOSS_RECORDING_CUT], 1);
	for (int i = 0; i < NR_CALLS; i++)
		assert_true(is_prefix(&read.calls[i], &told.calls[i]));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, (off_t)result.nr_bytes);
	notes_free(&told);
	notes_free(&read);
	unlink(path);
}

/* Killed at any moment: the blocks up to then are there, and the mark says that it did not end well. */
static void test_killed(void **state)
{
	const char *path = rec_path("killed");

	(void)state;
	for (int i = 0; i < 10; i++) {
		struct notes read = { 0 };
		struct rec_read result;
		struct stat st;
		pid_t pid = fork();

		if (!pid) {
			for (;;)
				record_run(path, 3000000, 1, NULL);
		}
		while (stat(path, &st) || st.st_size < 100000 * (i + 1))
			usleep(1000);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		assert_int_equal(read_notes(path, &read, &result, &(struct diag){ 0 }), 0);
		assert_false(result.complete);
		assert_true(result.marked);
		assert_true(read.nr_events > 1000);
		assert_int_equal(read.nr_early, 0);
		notes_free(&read);
		unlink(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_for_the_owner_alone),
		cmocka_unit_test(test_no_such_folder),
		cmocka_unit_test(test_full_device),
		cmocka_unit_test(test_full_disk_leaves_whole_blocks),
		cmocka_unit_test(test_killed),
	};

	return cmocka_run_group_tests_name("recordings: files", tests, NULL, NULL);
}
