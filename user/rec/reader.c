// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the way through the file: header, block after block, end. Given untrusted bytes; a block is looked into only
 * when its checksum holds, and the first that does not ends the file. Keeps one block in memory, whatever the file
 * says.
 */
#include "rec/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "rec/block.h"
#include "rec/events.h"
#include "rec/facts.h"

struct rec_reader {
	int fd;
	char *path;
	uint64_t size; /* 0: unknown */
	struct rec_file_header header;
	struct rec_unpacker *unpacker;
	struct rec_decoder *decoder;
	uint8_t *payload; /* REC_MAX_PAYLOAD_SZ */

	const struct feed *feed;
	struct rec_read *read;
	struct rec_found found;
	uint64_t latest_ns;
	bool stop, ended;
};

/* As many bytes as there are, up to size; negative errno. */
static ssize_t read_up_to(int fd, uint8_t *to, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, to + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static int read_header(struct rec_reader *r, struct diag *d)
{
	ssize_t n = read_up_to(r->fd, r->payload, REC_FILE_HEADER_SZ);
	bool magic, intact;

	if (n < 0)
		return diag_fail(d, (int)n, "reading %s: %s", r->path, strerror((int)-n));
	intact = rec_file_header_decode(r->payload, (size_t)n, &r->header, &magic);
	if (!magic) {
		diag_hint(d, "`chanscope record` makes one.");
		return diag_fail(d, -EBADMSG, "%s is no recording of chanscope", r->path);
	}
	if (!intact)
		return diag_fail(d, -EBADMSG, "%s is damaged within its first %d bytes", r->path, REC_FILE_HEADER_SZ);
	if (r->header.major != REC_MAJOR) {
		diag_hint(d, "Read it with the version of chanscope that made it, or a later one.");
		return diag_fail(d, -ENOTSUP, "%s has format version %u.%u, and this chanscope reads version %u",
				 r->path, r->header.major, r->header.minor, REC_MAJOR);
	}
	n = read_up_to(r->fd, r->payload, r->header.header_sz - REC_FILE_HEADER_SZ);
	return n < 0 ? diag_fail(d, (int)n, "reading %s: %s", r->path, strerror((int)-n)) : 0;
}

static void cleanup_reader(struct rec_reader **r)
{
	rec_reader__free(*r);
}

int rec_reader__open(const char *path, struct rec_reader **ret, struct diag *d)
{
	auto_cleanup(cleanup_reader) struct rec_reader *r = calloc(1, sizeof(*r));
	struct stat st;
	int err;

	if (!r)
		return diag_fail(d, -ENOMEM, "out of memory");
	r->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (r->fd < 0)
		return diag_fail(d, -errno, "%s can't be read: %s", path, strerror(errno));
	if (!fstat(r->fd, &st) && S_ISREG(st.st_mode))
		r->size = (uint64_t)st.st_size;
	r->path = strdup(path);
	r->payload = malloc(REC_MAX_PAYLOAD_SZ);
	r->unpacker = rec_unpacker__new();
	r->decoder = rec_decoder__new();
	if (!r->path || !r->payload || !r->unpacker || !r->decoder)
		return diag_fail(d, -ENOMEM, "out of memory");
	err = read_header(r, d);
	if (err)
		return err;
	*ret = steal_ptr(r);
	return 0;
}

void rec_reader__free(struct rec_reader *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	free(r->path);
	free(r->payload);
	rec_unpacker__free(r->unpacker);
	rec_decoder__free(r->decoder);
	free(r);
}

void rec_reader__stop(struct rec_reader *r)
{
	r->stop = true;
}

/* Ends the reading: *ret_more is false from here on. */
static int damaged(struct rec_reader *r, const char *what)
{
	snprintf(r->read->damage, sizeof(r->read->damage), "%s at byte %llu", what,
		 (unsigned long long)r->read->nr_bytes);
	return 0;
}

static bool on_event(void *ctx, const struct cs_event *e)
{
	struct rec_reader *r = ctx;

	if (e->time_ns > r->latest_ns)
		r->latest_ns = e->time_ns;
	if (!e->kind || e->kind >= CS_NR_KINDS) {
		r->found.losses[CS_LOSS_RECORDING_NEWER]++;
		return true;
	}
	r->read->nr_events++;
	if (r->feed->ops->event)
		r->feed->ops->event(r->feed->ctx, e);
	return !r->stop;
}

static bool take_facts(struct rec_reader *r, uint16_t kind, const uint8_t *data, size_t size)
{
	struct cursor c = cursor_over(data, size);

	while (cursor_left(&c) && !r->stop) {
		uint64_t n = cursor_uvarint(&c);
		const uint8_t *at = cursor_bytes(&c, n);
		struct cursor item = cursor_over(at, (size_t)n);

		if (!at || rec_take_item(kind, &item, r->feed, &r->found))
			return false;
	}
	r->ended |= kind == REC_END;
	return true;
}

/* False: the block is whole, but what it says makes no sense. */
static bool take_block(struct rec_reader *r, const struct rec_block_header *h)
{
	const uint8_t *raw;

	if (!h->kind)
		return false;
	if (h->kind >= REC_NR_KINDS || h->codec > REC_ZSTD) {
		log_warn(REC, "%s: a block of kind %u, packed by %u, is not known to this version", r->path, h->kind,
			 h->codec);
		r->found.losses[CS_LOSS_RECORDING_NEWER]++;
		return true;
	}
	raw = rec_unpacker__unpack(r->unpacker, h, r->payload);
	if (!raw)
		return false;
	if (h->kind != REC_EVENTS)
		return take_facts(r, h->kind, raw, h->raw_sz);
	if (rec_decoder__decode(r->decoder, raw, h->raw_sz, on_event, r))
		return false;
	if (r->feed->ops->pause)
		r->feed->ops->pause(r->feed->ctx);
	return true;
}

/* The next block. 1: go on; 0: that was the end of what can be read; negative errno: reading failed. */
static int next_block(struct rec_reader *r)
{
	uint8_t header[REC_BLOCK_HEADER_SZ];
	struct rec_block_header h;
	ssize_t n = read_up_to(r->fd, header, sizeof(header));

	if (n <= 0)
		return (int)n;
	if (n < (ssize_t)sizeof(header))
		return damaged(r, "a block is cut off");
	if (!rec_block_header_decode(header, &h))
		return damaged(r, "there is no block where one should begin");
	n = read_up_to(r->fd, r->payload, h.stored_sz);
	if (n < 0)
		return (int)n;
	if (n < (ssize_t)h.stored_sz)
		return damaged(r, "a block is cut off");
	if (!rec_block_intact(header, &h, r->payload))
		return damaged(r, "a block with a wrong checksum");
	if (h.sequence != (uint32_t)r->read->nr_blocks)
		return damaged(r, "a block is missing");
	if (!take_block(r, &h))
		return damaged(r, "a block that makes no sense");
	r->read->nr_bytes += sizeof(header) + h.stored_sz;
	r->read->nr_blocks++;
	return !r->stop && !r->ended;
}

static void finish(struct rec_reader *r)
{
	const struct feed_ops *ops = r->feed->ops;

	r->read->complete = r->ended && !r->read->marked;
	if (!r->read->complete && !r->stop)
		r->found.losses[CS_LOSS_RECORDING_CUT]++;
	if (ops->losses)
		ops->losses(r->feed->ctx, r->found.losses);
	if (ops->end)
		ops->end(r->feed->ctx, r->ended ? r->found.end.mono_ns : r->latest_ns);
}

int rec_reader__run(struct rec_reader *r, const struct feed *feed, const struct rec_progress *progress,
		    struct rec_read *ret, struct diag *d)
{
	int more;

	*ret = (struct rec_read){
		.major = r->header.major,
		.minor = r->header.minor,
		.marked = r->header.flags & REC_FILE_INCOMPLETE,
		.nr_bytes = r->header.header_sz,
	};
	r->feed = feed;
	r->read = ret;
	do {
		more = next_block(r);
		if (more < 0)
			return diag_fail(d, more, "reading %s: %s", r->path, strerror(-more));
		if (progress)
			progress->fn(progress->ctx, ret->nr_bytes, r->size);
	} while (more > 0);
	finish(r);
	return 0;
}
