// SPDX-License-Identifier: Apache-2.0
/* Owns the file being written. Never leaves a half-written block behind if it can help it, nor a file for others. */
#include "rec/out_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(struct out_file *f, const uint8_t *data, size_t size)
{
	while (size) {
		ssize_t n = write(f->fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

static int append(struct out_file *f, const uint8_t *data, size_t size)
{
	f->err = write_all(f, data, size);
	if (!f->err)
		f->nr_bytes += size;
	else if (f->regular && ftruncate(f->fd, (off_t)f->nr_bytes))
		return f->err; /* a cut block: readers stop before it as well */
	return f->err;
}

static void encode_header(uint32_t flags, uint8_t ret[REC_FILE_HEADER_SZ])
{
	const struct rec_file_header h = {
		.major = REC_MAJOR, .minor = REC_MINOR, .header_sz = REC_FILE_HEADER_SZ, .flags = flags
	};

	rec_file_header_encode(&h, ret);
}

/*
 * A new file, even if there is one: that may be readable by others, or be read by somebody right now. Devices and pipes
 * are opened as they are.
 */
static int open_new(struct out_file *f, const char *path)
{
	struct stat st;

	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		f->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		return f->fd < 0 ? -errno : 0;
	}
	if (unlink(path) && errno != ENOENT)
		return -errno;
	f->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	f->regular = f->fd >= 0;
	return f->fd < 0 ? -errno : 0;
}

int out_file__open(struct out_file *f, const char *path, struct diag *d)
{
	uint8_t header[REC_FILE_HEADER_SZ];
	int err;

	*f = (struct out_file){ .fd = -1 };
	f->path = strdup(path);
	f->packer = rec_packer__new();
	if (!f->path || !f->packer)
		return diag_fail(d, -ENOMEM, "out of memory");
	err = open_new(f, path);
	if (err)
		return diag_fail(d, err, "%s can't be written: %s", path, strerror(-err));
	encode_header(REC_FILE_INCOMPLETE, header);
	err = append(f, header, sizeof(header));
	return err ? diag_fail(d, err, "writing %s: %s", path, strerror(-err)) : 0;
}

int out_file__block(struct out_file *f, enum rec_kind kind, const struct bytes *raw)
{
	if (f->err)
		return f->err;
	bytes__clear(&f->packed);
	f->err = rec_packer__pack(f->packer, kind, f->sequence, raw, &f->packed);
	if (f->err)
		return f->err;
	f->sequence++;
	return append(f, f->packed.data, f->packed.nr);
}

static int take_back_mark(const struct out_file *f)
{
	uint8_t header[REC_FILE_HEADER_SZ];
	ssize_t n;

	encode_header(0, header);
	n = pwrite(f->fd, header, sizeof(header), 0);
	if (n == (ssize_t)sizeof(header))
		return 0;
	return n < 0 ? -errno : -EIO;
}

int out_file__close(struct out_file *f, bool complete, struct diag *d)
{
	if (!f->err && complete && f->regular)
		f->err = take_back_mark(f);
	/* NFS and the like tell of a full disk only now. */
	if (f->fd >= 0 && close(f->fd) && !f->err)
		f->err = -errno;
	f->fd = -1;
	return f->err ? diag_fail(d, f->err, "writing %s: %s", f->path, strerror(-f->err)) : 0;
}

void out_file__free(struct out_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	free(f->path);
	rec_packer__free(f->packer);
	bytes__free(&f->packed);
	*f = (struct out_file){ .fd = -1 };
}
