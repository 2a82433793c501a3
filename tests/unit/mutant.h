/* SPDX-License-Identifier: Apache-2.0 */
/* A copy of a file, changed and given a path, for tests that must not trust what a file says. */
#ifndef CHANSCOPE_TESTS_MUTANT_H
#define CHANSCOPE_TESTS_MUTANT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

struct mutant {
	uint8_t *data;
	size_t size;
	int fd;
	char path[64]; /* of what mutant_write wrote last */
};

static inline void mutant_load(struct mutant *m, const char *path)
{
	FILE *f = fopen(path, "rb");

	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	m->size = (size_t)ftell(f);
	rewind(f);
	m->data = malloc(m->size);
	assert_non_null(m->data);
	assert_int_equal(fread(m->data, 1, m->size, f), m->size);
	fclose(f);
	m->fd = memfd_create("mutant", MFD_CLOEXEC);
	assert_true(m->fd >= 0);
	snprintf(m->path, sizeof(m->path), "/proc/self/fd/%d", m->fd);
}

/* Puts the first size bytes of data behind path. */
static inline void mutant_write(struct mutant *m, size_t size)
{
	size_t done = 0;

	assert_int_equal(ftruncate(m->fd, 0), 0);
	while (done < size) {
		ssize_t n = pwrite(m->fd, m->data + done, size - done, (off_t)done);

		assert_true(n > 0);
		done += (size_t)n;
	}
}

static inline void mutant_free(struct mutant *m)
{
	free(m->data);
	close(m->fd);
}

/* Overwrites every occurrence of text by 'x's; returns how many there were. */
static inline size_t mutant_erase(struct mutant *m, const void *text, size_t n)
{
	uint8_t *p = m->data;
	size_t nr = 0;

	while ((p = memmem(p, m->size - (size_t)(p - m->data), text, n))) {
		memset(p, 'x', n);
		nr++;
	}
	return nr;
}

#endif
