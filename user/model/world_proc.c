// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the processes of the world and tells those with the same PID apart: each gets an id of its own that is
 * part of every key. Given announcements and PIDs of events; never looks at /proc.
 */
#include "model/world_impl.h"

#include <stdlib.h>
#include <string.h>

static struct proc *proc_new(struct world *w, uint32_t pid, uint64_t attached_at_ns)
{
	struct slot *s = world_slot(w, &w->by_pid, pid, 1);
	struct proc *p = s ? world_alloc(w, sizeof(*p)) : NULL;

	if (!p) {
		if (s && !s->value)
			table__delete(&w->by_pid, s);
		return NULL;
	}
	p->pub.pid = pid;
	p->pub.attached_at_ns = attached_at_ns;
	p->pub.exe = p->pub.build_id = p->pub.go_version = p->pub.layout_source = "";
	p->id = ++w->nr_procs;
	p->older = s->value;
	s->value = p;
	link_append(&w->processes, &p->order);
	w->last_proc = p;
	return p;
}

struct proc *proc__newest(const struct world *w, uint32_t pid)
{
	struct slot *s = table__find(&w->by_pid, pid, 1);

	return s ? s->value : NULL;
}

struct proc *proc__of_pid(struct world *w, uint32_t pid, uint64_t time_ns)
{
	struct proc *p = w->last_proc;

	if (p && p->pub.pid == pid)
		return p;
	p = proc__newest(w, pid);
	if (!p)
		return proc_new(w, pid, time_ns);
	w->last_proc = p;
	return p;
}

/* "" has no memory of its own. */
static const char *copy_text(struct world *w, const char *text)
{
	char *copy = text && *text ? strdup(text) : NULL;

	if (text && *text && !copy)
		world_no_memory(w);
	return copy ? copy : "";
}

void proc__announce(struct world *w, const struct feed_process *f)
{
	struct proc *p = proc__newest(w, f->pid);

	if (p && p->announced) {
		/* Its end was missed: it was over when the next one began. */
		if (!p->pub.end_why)
			proc__end(w, f->pid, f->attached_at_ns, PROCESS_EXITED);
		p = NULL;
	}
	if (!p)
		p = proc_new(w, f->pid, f->attached_at_ns);
	if (!p)
		return;
	p->announced = true;
	p->pub.attached_at_ns = f->attached_at_ns;
	if (f->comm)
		strncpy(p->pub.comm, f->comm, sizeof(p->pub.comm) - 1);
	p->pub.exe = copy_text(w, f->exe);
	p->pub.build_id = copy_text(w, f->build_id);
	p->pub.go_version = copy_text(w, f->go_version);
	p->pub.layout_source = copy_text(w, f->layout_source);
}

void proc__end(struct world *w, uint32_t pid, uint64_t time_ns, enum process_end why)
{
	struct proc *p = proc__newest(w, pid);

	if (!p || p->pub.end_why)
		return;
	p->pub.ended_at_ns = time_ns;
	p->pub.end_why = why;
	wait__end_all_of(w, p);
}

static void free_text(const char *text)
{
	if (*text)
		free((void *)(uintptr_t)text);
}

void proc__free_all(struct world *w)
{
	struct link *l, *n;

	link_for_each(l, n, &w->processes)
	{
		struct proc *p = link_entry(l, struct proc, order);

		free_text(p->pub.exe);
		free_text(p->pub.build_id);
		free_text(p->pub.go_version);
		free_text(p->pub.layout_source);
		free(p);
	}
	table__clear(&w->by_pid);
}
