// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the load bias: it is given a process and its image, reads /proc/PID/maps and finds where the
 * executable segment of that file lies. Never trusts a line it cannot parse, never guesses a bias that
 * does not fit the image.
 */
#include "proc/process.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"

struct mapping {
	uint64_t start, end, off;
	bool executable;
	dev_t dev;
	ino_t ino;
	const char *path; /* within the line */
};

/* "55d0c0a00000-55d0c0a7e000 r-xp 00001000 fd:01 1234    /path": see proc_pid_maps(5). */
static bool parse_mapping(char *line, struct mapping *ret)
{
	unsigned int major_nr, minor_nr;
	unsigned long long ino;
	char perms[5];
	int path_at = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %llu %n", &ret->start, &ret->end, perms,
		   &ret->off, &major_nr, &minor_nr, &ino, &path_at) != 7)
		return false;
	line[strcspn(line, "\n")] = '\0';
	ret->executable = strlen(perms) == 4 && perms[2] == 'x';
	ret->dev = makedev(major_nr, minor_nr);
	ret->ino = (ino_t)ino;
	ret->path = line + path_at;
	return ret->end > ret->start;
}

/* How surely a mapping is of the process's binary. On btrfs and overlayfs, maps and stat disagree about the
 * device and sometimes the inode, so the path counts where no mapping agrees in both. */
enum match { MATCH_NONE, MATCH_PATH, MATCH_FILE };

static enum match match_binary(const struct process *p, const struct mapping *m)
{
	if (!m->ino)
		return MATCH_NONE;
	if (m->dev == p->dev && m->ino == p->ino)
		return MATCH_FILE;
	return strcmp(m->path, p->exe) == 0 ? MATCH_PATH : MATCH_NONE;
}

/* The executable mapping of the binary with the best match, then the smallest file offset. A program may map its
 * own file to read it, but hardly as code. */
static int find_text_mapping(const struct process *p, struct mapping *ret, struct diag *d)
{
	auto_file FILE *maps = NULL;
	auto_free char *line = NULL;
	enum match best = MATCH_NONE;
	size_t size = 0;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/maps", p->pid);
	maps = fopen(path, "re");
	if (!maps && (errno == EACCES || errno == EPERM)) {
		diag_fail_status(d, EXIT_MACHINE, -EPERM, "process %d (%s): not permitted to read %s", p->pid, p->comm,
				 path);
		diag_hint(d, "run as root, or with CAP_SYS_PTRACE");
		return -EPERM;
	}
	if (!maps)
		return diag_fail(d, -errno, "process %d (%s): cannot open %s: %s", p->pid, p->comm, path,
				 strerror(errno));
	while (getline(&line, &size, maps) > 0) {
		struct mapping m;
		enum match match;

		if (!parse_mapping(line, &m) || !m.executable)
			continue;
		match = match_binary(p, &m);
		if (match > best || (match != MATCH_NONE && match == best && m.off < ret->off)) {
			best = match;
			*ret = m;
		}
	}
	ret->path = NULL;
	if (best == MATCH_NONE)
		return diag_fail(d, -ENOENT, "process %d (%s): no code of %s in %s (has it ended?)", p->pid, p->comm,
				 p->exe, path);
	return 0;
}

/* Bias from the executable segment that the mapping shows; the kernel maps whole pages around a segment. */
static bool bias_from_segment(const struct image *img, const struct mapping *m, uint64_t *ret)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	for (size_t i = 0; i < image__nr_segments(img); i++) {
		bool executable = false;
		struct image_section seg = image__segment(img, i, &executable);
		uint64_t first = seg.off & ~(page - 1);

		if (!executable || m->off < first || m->off - first >= seg.size + (seg.off - first))
			continue;
		*ret = m->start - (seg.va - seg.off + m->off);
		return true;
	}
	return false;
}

int process_load_bias(const struct process *p, const struct image *img, uint64_t *ret, struct diag *d)
{
	struct mapping m = { 0 };
	uint64_t bias;
	int err = find_text_mapping(p, &m, d);

	if (err)
		return err;
	if (!bias_from_segment(img, &m, &bias))
		return diag_fail(d, -EINVAL, "process %d (%s): the mapping at 0x%" PRIx64 " fits no code segment of %s",
				 p->pid, p->comm, m.start, p->exe);
	if (!image__is_pie(img) && bias)
		return diag_fail(d, -EINVAL, "process %d (%s): %s is not position-independent but not at its address",
				 p->pid, p->comm, p->exe);
	*ret = bias;
	return 0;
}
