// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the bytes of one ELF file and the translation of addresses to them. It is given a path, checks the
 * headers once at opening, and never hands out a byte outside the file.
 *
 * A running program is mapped: the kernel refuses to write to its file (ETXTBSY). Any other file
 * may be cut short by a rebuild while it is open, and touching a mapping beyond the new end would kill this
 * process by SIGBUS; such a file is read into memory instead.
 */
#include "gobin/image_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define MAX_FILE_SZ (4ULL << 30)

static bool is_running_program(const char *path)
{
	size_t n = strlen(path);

	return n > 10 && !strncmp(path, "/proc/", 6) && !strcmp(path + n - 4, "/exe");
}

static int read_whole(int fd, uint8_t *data, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = pread(fd, data + done, size - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -ENODATA; /* became shorter meanwhile */
		done += (size_t)n;
	}
	return 0;
}

static int load_bytes(struct image *img, int fd, struct diag *d)
{
	bool map = is_running_program(img->path);
	int flags = MAP_PRIVATE | MAP_NORESERVE | (map ? 0 : MAP_ANONYMOUS);
	/* Writable, for libdw: it clears the mark of a compressed section in place, in this private copy. */
	void *p = mmap(NULL, img->size, PROT_READ | PROT_WRITE, flags, map ? fd : -1, 0);
	int err;

	if (p == MAP_FAILED)
		return diag_fail(d, -errno, "can't load %s: %s", img->path, strerror(errno));
	img->data = p;
	err = map ? 0 : read_whole(fd, img->data, img->size);
	if (err == -ENODATA)
		return diag_fail(d, -EINVAL, "%s became shorter while it was read", img->path);
	if (err)
		return diag_fail(d, err, "can't read %s: %s", img->path, strerror(-err));
	return 0;
}

/* What a file must have in its first 20 bytes, before anything of it is loaded: e_ident, e_type, e_machine. */
static int check_ident(struct image *img, int fd, struct diag *d)
{
	uint8_t h[20];
	ssize_t n = pread(fd, h, sizeof(h), 0);
	unsigned int type, machine;

	if (n < 0)
		return diag_fail(d, -errno, "can't read %s: %s", img->path, strerror(errno));
	if (n < 4 || memcmp(h, ELFMAG, SELFMAG) != 0)
		return diag_fail(d, -ENOEXEC, "%s is not an ELF file", img->path);
	if (n < (ssize_t)sizeof(h))
		return diag_fail(d, -EINVAL, "%s is truncated: it ends inside its ELF header", img->path);
	if (h[EI_CLASS] != ELFCLASS64 || h[EI_DATA] != ELFDATA2LSB)
		return diag_fail(d, -ENOTSUP, "%s is not a 64-bit little-endian program", img->path);
	type = h[16] | (unsigned int)h[17] << 8;
	machine = h[18] | (unsigned int)h[19] << 8;
	if (type != ET_EXEC && type != ET_DYN)
		return diag_fail(d, -ENOEXEC, "%s is neither an executable nor a shared object (ELF type %u)",
				 img->path, type);
	if (machine != EM_X86_64 && machine != EM_AARCH64)
		return diag_fail(d, -ENOTSUP, "%s is for a machine other than amd64 and arm64 (ELF machine %u)",
				 img->path, machine);
	img->pie = type == ET_DYN;
	img->machine = machine == EM_X86_64 ? IMAGE_AMD64 : IMAGE_ARM64;
	return 0;
}

static int add_load(struct image *img, const GElf_Phdr *p, struct diag *d)
{
	uint64_t end;

	if (p->p_memsz == 0)
		return 0;
	if (p->p_filesz > p->p_memsz || __builtin_add_overflow(p->p_vaddr, p->p_memsz, &end))
		return diag_fail(d, -EINVAL, "%s is damaged: a segment at 0x%llx has impossible sizes", img->path,
				 (unsigned long long)p->p_vaddr);
	if (__builtin_add_overflow(p->p_offset, p->p_filesz, &end) || end > img->size)
		return diag_fail(d, -EINVAL, "%s is truncated: its segment at 0x%llx lies beyond the end of the file",
				 img->path, (unsigned long long)p->p_vaddr);
	if (img->nr_loads == IMAGE_MAX_SEGMENTS)
		return diag_fail(d, -EINVAL, "%s has more than %d loadable segments", img->path, IMAGE_MAX_SEGMENTS);
	img->loads[img->nr_loads++] = (struct image_load){
		.va = p->p_vaddr,
		.off = p->p_offset,
		.file_sz = p->p_filesz,
		.mem_sz = p->p_memsz,
		.flags = p->p_flags,
	};
	return 0;
}

static int load_segments(struct image *img, struct diag *d)
{
	GElf_Ehdr h;
	size_t nr;

	/* libelf would be content with those program headers that are there */
	if (gelf_getehdr(img->elf, &h) &&
	    (h.e_phoff > img->size || (uint64_t)h.e_phnum * sizeof(Elf64_Phdr) > img->size - h.e_phoff))
		return diag_fail(d, -EINVAL, "%s is damaged or truncated: its program headers are not in the file",
				 img->path);
	if (elf_getphdrnum(img->elf, &nr) || nr > INT16_MAX)
		return diag_fail(d, -EINVAL, "%s is damaged or truncated: its program headers can't be read",
				 img->path);
	for (size_t i = 0; i < nr; i++) {
		GElf_Phdr p;
		int err = 0;

		if (!gelf_getphdr(img->elf, (int)i, &p))
			return diag_fail(d, -EINVAL, "%s is damaged or truncated: its program headers can't be read",
					 img->path);
		if (p.p_type == PT_LOAD)
			err = add_load(img, &p, d);
		if (err)
			return err;
		if (p.p_type == PT_DYNAMIC) {
			img->dynamic_va = p.p_vaddr;
			img->dynamic_sz = p.p_filesz;
		}
	}
	if (!img->nr_loads)
		return diag_fail(d, -EINVAL, "%s has no loadable segments", img->path);
	return 0;
}

static int open_elf(struct image *img, struct diag *d)
{
	elf_version(EV_CURRENT);
	img->elf = elf_memory((char *)img->data, img->size);
	if (!img->elf || elf_kind(img->elf) != ELF_K_ELF)
		return diag_fail(d, -EINVAL, "%s has a damaged ELF header: %s", img->path, elf_errmsg(-1));
	return load_segments(img, d);
}

static int load(struct image *img, struct diag *d)
{
	/* O_NONBLOCK: a named pipe would wait for a writer. */
	auto_fd int fd = open(img->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int err;

	if (fd < 0)
		return diag_fail(d, -errno, "can't open %s: %s", img->path, strerror(errno));
	if (fstat(fd, &st))
		return diag_fail(d, -errno, "can't stat %s: %s", img->path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return diag_fail(d, -EINVAL, "%s is not a regular file", img->path);
	err = check_ident(img, fd, d);
	if (err)
		return err;
	if ((uint64_t)st.st_size > MAX_FILE_SZ)
		return diag_fail(d, -EFBIG, "%s is larger than %llu GiB", img->path, MAX_FILE_SZ >> 30);
	img->size = (size_t)st.st_size;
	err = load_bytes(img, fd, d);
	if (!err)
		err = open_elf(img, d);
	if (!err && image__load_sections(img))
		err = diag_fail(d, -ENOMEM, "no memory to read %s", img->path);
	if (!err)
		image__load_build_id(img);
	return err;
}

int image__open(const char *path, struct image **ret, struct diag *d)
{
	struct image *img = calloc(1, sizeof(*img));
	int err;

	if (img)
		img->path = strdup(path);
	if (img)
		img->relocs = calloc(1, sizeof(*img->relocs));
	if (!img || !img->path || !img->relocs)
		err = diag_fail(d, -ENOMEM, "no memory to open %s", path);
	else
		err = load(img, d);
	if (err) {
		image__free(img);
		return err;
	}
	*ret = img;
	return 0;
}

void image__free(struct image *img)
{
	if (!img)
		return;
	if (img->elf)
		elf_end(img->elf);
	if (img->data)
		munmap(img->data, img->size);
	if (img->relocs)
		free(img->relocs->items);
	free(img->relocs);
	free(img->sections);
	free(img->path);
	free(img);
}

const char *image__path(const struct image *img)
{
	return img->path;
}

enum image_machine image__machine(const struct image *img)
{
	return img->machine;
}

bool image__is_pie(const struct image *img)
{
	return img->pie;
}

static const struct image_load *find_load(const struct image *img, uint64_t va)
{
	for (size_t i = 0; i < img->nr_loads; i++)
		if (va >= img->loads[i].va && va - img->loads[i].va < img->loads[i].file_sz)
			return &img->loads[i];
	return NULL;
}

const uint8_t *image__from(const struct image *img, uint64_t va, uint64_t *ret_n)
{
	const struct image_load *l = find_load(img, va);

	if (!l)
		return NULL;
	*ret_n = l->file_sz - (va - l->va);
	return img->data + l->off + (va - l->va);
}

const uint8_t *image__at(const struct image *img, uint64_t va, uint64_t n)
{
	uint64_t left;
	const uint8_t *p = image__from(img, va, &left);

	return p && n <= left ? p : NULL;
}

bool image__text_offset(const struct image *img, uint64_t va, uint64_t *ret_off)
{
	const struct image_load *l = find_load(img, va);

	if (!l || !(l->flags & PF_X))
		return false;
	*ret_off = l->off + (va - l->va);
	return true;
}

uint64_t image__base_va(const struct image *img)
{
	return img->loads[0].va - img->loads[0].off;
}

size_t image__nr_segments(const struct image *img)
{
	return img->nr_loads;
}

struct image_section image__segment(const struct image *img, size_t i, bool *ret_executable)
{
	const struct image_load *l;

	if (i >= img->nr_loads) {
		*ret_executable = false;
		return (struct image_section){ .name = "" };
	}
	l = &img->loads[i];
	*ret_executable = l->flags & PF_X;
	return (struct image_section){
		.name = "",
		.va = l->va,
		.off = l->off,
		.size = l->file_sz,
		.writable = l->flags & PF_W,
		.nobits = !l->file_sz,
	};
}

bool image__in_data(const struct image *img, uint64_t va, uint64_t n)
{
	for (size_t i = 0; i < img->nr_loads; i++) {
		const struct image_load *l = &img->loads[i];

		if ((l->flags & PF_W) && va >= l->va && va - l->va < l->mem_sz && n <= l->mem_sz - (va - l->va))
			return true;
	}
	return false;
}

const char *image__build_id(const struct image *img)
{
	return img->build_id;
}
