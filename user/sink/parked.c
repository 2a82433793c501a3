// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the grouping of parked goroutines by stack and operation. It is given a world, whose waiters it
 * borrows; it never writes anything.
 */
#include "sink/parked.h"

#include <errno.h>
#include <stdlib.h>

static bool add_waiter(void *ctx, const struct waiter *w)
{
	struct parked *p = ctx;

	if (p->nr == p->room) {
		size_t room = p->room ? p->room * 2 : 64;
		const struct waiter **grown = realloc(p->waiters, room * sizeof(*grown));

		if (!grown) {
			p->failed = true;
			return false;
		}
		p->waiters = grown;
		p->room = room;
	}
	p->waiters[p->nr++] = w;
	return true;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static bool waits_for_ever(const struct waiter *w)
{
	return w->kind == CS_PARK_SELECT ? w->nr_cases == 0 : w->chan == NULL;
}

static int compare_places(const struct waiter *a, const struct waiter *b)
{
	int c = compare_numbers(a->pid, b->pid);

	c = c ? c : compare_numbers(a->stack, b->stack);
	c = c ? c : compare_numbers(a->kind, b->kind);
	return c ? c : compare_numbers(waits_for_ever(a), waits_for_ever(b));
}

/* "Before attach" is earlier than everything seen. */
static int compare_starts(const struct waiter *a, const struct waiter *b)
{
	int c = compare_numbers(b->since_before_attach, a->since_before_attach);

	return c ? c : compare_numbers(a->since_ns, b->since_ns);
}

static int compare_waiters(const void *x, const void *y)
{
	const struct waiter *a = *(const struct waiter *const *)x, *b = *(const struct waiter *const *)y;
	int c = compare_places(a, b);

	c = c ? c : compare_starts(a, b);
	return c ? c : compare_numbers(a->goid, b->goid);
}

static int compare_groups(const void *x, const void *y)
{
	const struct parked_group *a = x, *b = y;
	int c = compare_numbers(b->nr, a->nr);

	c = c ? c : compare_starts(a->members[0], b->members[0]);
	return c ? c : compare_waiters(&a->members[0], &b->members[0]);
}

static int make_groups(struct parked *p)
{
	p->groups = calloc(p->nr, sizeof(*p->groups));
	if (!p->groups)
		return -ENOMEM;
	for (size_t i = 0; i < p->nr; i++) {
		if (i == 0 || compare_places(p->waiters[i - 1], p->waiters[i]) != 0)
			p->groups[p->nr_groups++].members = &p->waiters[i];
		p->groups[p->nr_groups - 1].nr++;
	}
	qsort(p->groups, p->nr_groups, sizeof(*p->groups), compare_groups);
	return 0;
}

int parked__collect(struct parked *p, const struct sink_in *in, struct diag *d)
{
	*p = (struct parked){ 0 };
	world__waiters(in->world, add_waiter, p);
	if (!p->failed && p->nr) {
		qsort(p->waiters, p->nr, sizeof(*p->waiters), compare_waiters);
		p->failed = make_groups(p) != 0;
	}
	if (p->failed) {
		parked__free(p);
		return diag_fail(d, -ENOMEM, "not enough memory to list the parked goroutines");
	}
	return 0;
}

void parked__free(struct parked *p)
{
	free(p->waiters);
	free(p->groups);
	*p = (struct parked){ 0 };
}

const char *parked_operation(const struct waiter *w)
{
	switch (w->kind) {
	case CS_PARK_SEND:
		return w->chan ? "chan send" : "chan send (nil chan)";
	case CS_PARK_RECV:
		return w->chan ? "chan receive" : "chan receive (nil chan)";
	default:
		return w->nr_cases ? "select" : "select (no cases)";
	}
}
