// SPDX-License-Identifier: Apache-2.0
/* Owns the check that the BPF program can read a layout: pure, decides nothing else. */
#include "attach/state.h"

/* A field of sz bytes inside the first window bytes, and inside one aligned word. */
static bool in_window(uint16_t off, uint16_t sz, uint16_t window)
{
	return off + sz <= window && off / 8 == (off + sz - 1) / 8;
}

static bool in_chan(uint16_t off, uint16_t sz)
{
	return in_window(off, sz, CS_CHAN_WINDOW);
}

static bool in_g(uint16_t off)
{
	return in_window(off, 8, CS_G_WINDOW);
}

bool attach_layout_fits(const struct cs_layout *l)
{
	const uint16_t needed[] = { l->g_waiting, l->sudog_g, l->sudog_success, l->sudog_waitlink, l->scase_c };

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (needed[i] == CS_NO_FIELD)
			return false;
	if (!l->scase_size || l->scase_size == CS_NO_FIELD)
		return false;
	if (l->hchan_timer != CS_NO_FIELD && !in_chan(l->hchan_timer, 8))
		return false;
	return in_chan(l->hchan_qcount, 8) && in_chan(l->hchan_dataqsiz, 8) && in_chan(l->hchan_elemsize, 2) &&
	       in_chan(l->hchan_closed, 4) && in_chan(l->hchan_elemtype, 8) && in_g(l->g_stack_lo) &&
	       in_g(l->g_stack_hi) && in_g(l->g_goid);
}
