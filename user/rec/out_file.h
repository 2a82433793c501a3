/* SPDX-License-Identifier: Apache-2.0 */
/* The file that a recording is written to: header and whole blocks, nothing after the first failure. */
#ifndef CHANSCOPE_REC_OUT_FILE_H
#define CHANSCOPE_REC_OUT_FILE_H

#include "base/diag.h"
#include "rec/block.h"

struct out_file {
	char *path;
	int fd;	      /* -1: none */
	bool regular; /* it can be cut and its header be written again */
	int err;      /* of the first failure, negative errno */
	uint32_t sequence;
	uint64_t nr_bytes; /* whole blocks and the header */
	struct rec_packer *packer;
	struct bytes packed;
};

/* Makes it, with a header that says incomplete. The caller frees, also after a failure. */
int out_file__open(struct out_file *f, const char *path, struct diag *d);

/* Writes raw as one block. A block that does not fit is cut off again: what is in the file are whole ones. */
int out_file__block(struct out_file *f, enum rec_kind kind, const struct bytes *raw);

/* Closes; with complete the mark is taken back. Returns the first failure since open. */
int out_file__close(struct out_file *f, bool complete, struct diag *d);
void out_file__free(struct out_file *f);

#endif
