// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the mapping of a BPF ring buffer and the waiting for its data. Is given the map's file descriptor
 * (borrowed); hands out validated records and never changes or reorders them.
 */
#include "stream/stream.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "stream/ring_reader.h"

/* Producers wake us only when the ring is filling: otherwise this is how long a record may lie there. */
#define SLICE_MS 20

struct stream {
	struct ring_reader ring;
	void *consumer_page;
	void *producer_pages; /* position, then the data twice */
	size_t producer_sz;
	size_t page_sz;
	int epoll_fd;
	stream_event_fn fn;
	void *ctx;
	uint64_t nr_bad;
};

static int check_map(int fd, struct bpf_map_info *info, struct diag *d)
{
	__u32 len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	if (bpf_obj_get_info_by_fd(fd, info, &len))
		return diag_fail(d, -errno, "can't ask about the ring buffer: %s", strerror(errno));
	if (info->type != BPF_MAP_TYPE_RINGBUF || !info->max_entries || (info->max_entries & (info->max_entries - 1)))
		return diag_fail(d, -EINVAL, "BPF map %u is no ring buffer", info->id);
	return 0;
}

static int map_pages(struct stream *s, int fd, uint64_t size, struct diag *d)
{
	s->page_sz = (size_t)sysconf(_SC_PAGESIZE);
	s->producer_sz = s->page_sz + 2 * (size_t)size;
	s->consumer_page = mmap(NULL, s->page_sz, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (s->consumer_page == MAP_FAILED)
		return diag_fail(d, -errno, "can't map the ring buffer's first page: %s", strerror(errno));
	s->producer_pages = mmap(NULL, s->producer_sz, PROT_READ, MAP_SHARED, fd, (off_t)s->page_sz);
	if (s->producer_pages == MAP_FAILED)
		return diag_fail(d, -errno, "can't map the ring buffer's %zu bytes: %s", s->producer_sz,
				 strerror(errno));
	s->ring.consumer_pos = s->consumer_page;
	s->ring.producer_pos = s->producer_pages;
	s->ring.data = (const uint8_t *)s->producer_pages + s->page_sz;
	s->ring.size = size;
	return 0;
}

/*
 * Edge-triggered: a ring with data in it is always readable, but we want to sleep until a producer asks for us or
 * the slice is over.
 */
static int make_epoll(struct stream *s, int fd, struct diag *d)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };

	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll_fd < 0 || epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &ev))
		return diag_fail(d, -errno, "can't wait for the ring buffer: %s", strerror(errno));
	return 0;
}

static void cleanup_stream(struct stream **s)
{
	stream__free(*s);
}

int stream__new(int ring_fd, stream_event_fn fn, void *ctx, struct stream **ret, struct diag *d)
{
	auto_cleanup(cleanup_stream) struct stream *s = calloc(1, sizeof(*s));
	struct bpf_map_info info;
	int err;

	if (!s)
		return diag_fail(d, -ENOMEM, "out of memory");
	s->consumer_page = MAP_FAILED;
	s->producer_pages = MAP_FAILED;
	s->epoll_fd = -1;
	s->fn = fn;
	s->ctx = ctx;
	err = check_map(ring_fd, &info, d);
	if (!err)
		err = map_pages(s, ring_fd, info.max_entries, d);
	if (!err)
		err = make_epoll(s, ring_fd, d);
	if (err)
		return err;
	*ret = steal_ptr(s);
	return 0;
}

void stream__free(struct stream *s)
{
	if (!s)
		return;
	if (s->consumer_page != MAP_FAILED)
		munmap(s->consumer_page, s->page_sz);
	if (s->producer_pages != MAP_FAILED)
		munmap(s->producer_pages, s->producer_sz);
	if (s->epoll_fd >= 0)
		close(s->epoll_fd);
	free(s);
}

static void take_record(void *ctx, const void *data, uint32_t size)
{
	struct stream *s = ctx;

	if (stream_record_valid(data, size))
		s->fn(s->ctx, data);
	else
		s->nr_bad++;
}

int stream__drain(struct stream *s)
{
	int64_t nr = ring_reader__consume(&s->ring, take_record, s);

	if (nr < 0) {
		s->nr_bad++;
		log_error(STREAM, "the ring buffer is damaged: what was in it is skipped");
		return 0;
	}
	return nr > INT_MAX ? INT_MAX : (int)nr;
}

int stream__poll(struct stream *s, int timeout_ms)
{
	struct epoll_event ev;
	int nr;

	for (;;) {
		int slice = timeout_ms >= 0 && timeout_ms < SLICE_MS ? timeout_ms : SLICE_MS;

		if (epoll_wait(s->epoll_fd, &ev, 1, slice) < 0)
			return -errno;
		nr = stream__drain(s);
		if (timeout_ms >= 0)
			timeout_ms -= slice;
		if (nr || !timeout_ms)
			return nr;
	}
}

uint64_t stream__nr_bad(const struct stream *s)
{
	return s->nr_bad;
}
