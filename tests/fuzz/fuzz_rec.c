// SPDX-License-Identifier: Apache-2.0
/*
 * libFuzzer: any bytes as a recording, through the reader into symbolizer, model and report. The first byte of an input
 * says what the rest is: a file as it is (even), where hardly anything passes the checksums, or a row of blocks (odd),
 * each a kind (1 byte), a length (2, little-endian) and a payload, to which header and checksum are put here.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/recorded_names.h"
#include "base/feed_tee.h"
#include "model/world.h"
#include "rec/block.h"
#include "rec/reader.h"
#include "sink/sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rec_packer *packer;

static void put_blocks(struct bytes *file, const uint8_t *data, size_t size)
{
	const struct rec_file_header h = { REC_MAJOR, REC_MINOR, REC_FILE_HEADER_SZ, 0 };
	uint8_t header[REC_FILE_HEADER_SZ];

	rec_file_header_encode(&h, header);
	bytes__put(file, header, sizeof(header));
	for (uint32_t sequence = 0; size >= 3; sequence++) {
		size_t n = (size_t)(data[1] | data[2] << 8);
		struct bytes raw = { 0 };

		if (n > size - 3)
			n = size - 3;
		bytes__put(&raw, data + 3, n);
		if (rec_packer__pack(packer, (enum rec_kind)data[0], sequence, &raw, file))
			abort();
		bytes__free(&raw);
		data += 3 + n;
		size -= 3 + n;
	}
}

static void read_all(const char *path)
{
	const struct world_opts wopts = { .max_channels = 1000, .flows = true };
	const struct report_opts ropts = { 0 };
	struct world *w = world__new(&wopts);
	struct sink_in in = { .world = w, .sym = symbolizer__new() };
	struct feed_tee tee = { 0 };
	struct feed feed;
	struct rec_reader *r;
	struct rec_read result;
	struct diag d = { 0 };
	FILE *out;

	if (!w || !in.sym || feed_tee__add(&tee, recorded_names_feed(in.sym)) || feed_tee__add(&tee, world__feed(w)))
		abort();
	feed = feed_tee__feed(&tee);
	if (!rec_reader__open(path, &r, &d)) {
		if (rec_reader__run(r, &feed, NULL, &result, &d))
			abort(); /* nothing fails but damage, which is no failure */
		rec_reader__free(r);
		out = fopen("/dev/null", "w");
		if (!out || sink_report_json(out, &in, &ropts, &d))
			abort();
		fclose(out);
	} else if (!d.err || !d.what[0]) {
		abort();
	}
	world__free(w);
	symbolizer__free(in.sym);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes file = { 0 };
	char path[64];
	int fd;

	if (!size)
		return 0;
	if (!packer)
		packer = rec_packer__new();
	if (data[0] % 2)
		put_blocks(&file, data + 1, size - 1);
	else
		bytes__put(&file, data + 1, size - 1);
	fd = memfd_create("recording", MFD_CLOEXEC);
	if (fd < 0 || !packer || write(fd, file.data, file.nr) != (ssize_t)file.nr)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	read_all(path);
	close(fd);
	bytes__free(&file);
	return 0;
}
