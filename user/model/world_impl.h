/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the model, for user/model only. Each object begins with its public part; fields there that
 * depend on who is parked right now (marked "view" below) are filled by world_view__refresh() when asked for.
 */
#ifndef CHANSCOPE_MODEL_WORLD_IMPL_H
#define CHANSCOPE_MODEL_WORLD_IMPL_H

#include "model/dist.h"
#include "model/table.h"
#include "model/value_fifo.h"
#include "model/world.h"

/* Panics kept one by one; more are counted as the loss no_memory. */
#define WORLD_MAX_PANICS 100000

/* Goroutines kept that were parked when their process ended; more are counted as the loss no_memory. */
#define WORLD_MAX_EXIT_WAITS 100000

/* Goroutines that are not parked are forgotten from this many on; see goroutine_slot(). */
#define WORLD_MAX_IDLE_GOROUTINES 65536

struct link {
	struct link *prev, *next;
};

static inline void link_init(struct link *head)
{
	head->prev = head->next = head;
}

static inline void link_remove(struct link *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	link_init(l);
}

static inline void link_append(struct link *head, struct link *l)
{
	l->prev = head->prev;
	l->next = head;
	head->prev->next = l;
	head->prev = l;
}

#define link_entry(l, type, member) ((type *)(void *)((char *)(l)-offsetof(type, member)))

/* n may be removed and freed in the body */
#define link_for_each(l, n, head) for ((l) = (head)->next, (n) = (l)->next; (l) != (head); (l) = (n), (n) = (l)->next)

struct proc {
	struct process_info pub;
	struct link order;
	uint32_t id;		   /* 1, 2, …: part of every key, so that a reused PID is never mixed up */
	bool announced;		   /* false: made for an event that came before its process */
	struct proc *older;	   /* that had the same PID before */
	uint32_t generation_floor; /* highest generation of an evicted channel: numbers are not given twice */
	uint64_t nr_evicted;
};

enum direction { DIR_RECV, DIR_SEND, NR_DIRS };

/* Waits that are over. */
struct wait_sum {
	uint64_t ns, max_ns;
};

struct chan {
	struct channel pub; /* view: *_wait_ns, *_wait_max_ns, *_waiting, saturation, ended by exit */
	struct proc *proc;
	uint64_t id; /* never given twice in a world */
	struct value_fifo values;
	struct wait_sum waits[NR_DIRS];
	uint32_t parked[NR_DIRS]; /* in its wait queues, selects included */
	uint64_t full_ns;	  /* saturated so far */
	uint64_t full_since_ns;	  /* meaningful while full */
	bool full;
	bool length_seen;		   /* pub.length comes from a record */
	bool close_seen;		   /* the close itself, not only that it is closed */
	bool has_older;			   /* the address held another channel before */
	bool doomed;			   /* evicted, waiting for the sweep that takes it out of the selects */
	bool in_ended;			   /* its `recency` is in world.ended */
	const struct channel *folded_into; /* the sum of its group, once doomed */
	uint32_t in_cases;		   /* select cases that name it */
	uint32_t pins;			   /* waits and panics that name it: never evicted */
	uint64_t inferred_wakes;	   /* fired cases of selects whose wake was lost, known from who served them */
	struct link order;		   /* world.channels */
	struct link flows;		   /* its flows, see world_flow.c */
	struct link recency;		   /* world.live or world.ended, see world_evict.c */
	uint64_t placed_ns;		   /* last_event_ns when it was put at its place there */
};

struct op_stat {
	struct stack_stat pub; /* view: wait_ns, still_parked */
	uint64_t wait_ns;      /* of waits that are over */
	struct link order;
};

struct select {
	struct select_stat pub; /* view: wait_ns, still_parked */
	struct proc *proc;
	uint32_t id;
	uint64_t wait_ns;
	struct select_case_stat *cases; /* pub.cases */
	size_t nr_room;
	struct link order;
};

struct wait {
	struct waiter pub; /* view: nothing; chan and cases are kept as they come */
	struct proc *proc;
	struct chan *chan; /* of a single operation; NULL: nil */
	struct op_stat *stat;
	struct select *select;
	bool walked;
	bool served;		/* a counterpart took it off its queues … */
	uint64_t served_at_ns;	/* … then … */
	struct chan *served_by; /* … on this channel */
	enum direction served_dir;
	struct chan *fired;	   /* of a select: the channel of the case that fired, NULL: none yet … */
	enum direction fired_dir;  /* … and its direction */
	struct waiter_case *cases; /* pub.cases; kept when the wait is recycled */
	uint32_t nr_room;
	struct link order;
};

struct group {
	struct channel_group pub;
	struct link order;
};

struct stack {
	uint32_t nr;
	uint64_t pcs[];
};

/* What queries may change although they take a const world. */
struct view {
	bool fresh;
};

struct world {
	uint64_t max_channels;
	struct feed_start start;
	uint64_t now_ns; /* of the latest event; after the end that of the end */
	uint64_t nr_events;
	uint64_t losses[CS_NR_LOSSES]; /* as told by the feed */
	uint64_t nr_evicted, nr_no_memory;
	bool ambiguous; /* totals of lost events that can't be put down to one channel, or not to one count */
	struct view *view;

	struct link processes;
	struct proc *last_proc; /* of the event before */
	uint32_t nr_procs;
	struct table by_pid; /* pid -> newest proc */

	struct link channels;	 /* in order of their first event */
	struct link live, ended; /* the same by recency */
	uint64_t nr_channels, nr_channel_ids;
	uint64_t evict_at;    /* number of channels from which evicting is tried again */
	struct table by_addr; /* newest generation */
	struct link groups;
	struct table by_site; /* channel groups */

	struct table goroutines; /* -> struct wait, NULL: known and running */
	struct link waits;	 /* parked now */
	struct link exit_waits;	 /* parked when their process ended */
	struct link spare_waits;
	uint64_t nr_waits, nr_exit_waits;

	struct link op_stats, selects, flows;
	struct table by_op, by_select, by_case, by_flow;
	bool want_flows;
	uint32_t nr_selects;

	struct panic_info *panics;
	size_t nr_panics, nr_panic_room;
	struct table stacks;
};

/* One event on its way through the model. */
struct op {
	struct world *w;
	struct proc *p;
	const struct cs_event *e;
};

static inline uint64_t time_between(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

/* Public pointers to channels all point at the begin of a struct chan, but for those of evicted ones to a group's sum.
 */
static inline struct chan *chan_of(const struct channel *c)
{
	return (struct chan *)(uintptr_t)c;
}

/* calloc that counts its failures as a loss. */
void *world_alloc(struct world *w, size_t size);
/* Counts a failed allocation made elsewhere. */
static inline void world_no_memory(struct world *w)
{
	w->nr_no_memory++;
}
/* slot of a key, counting failure */
struct slot *world_slot(struct world *w, struct table *t, uint64_t k1, uint64_t k2);

/* --- world_proc.c --- */
struct proc *proc__of_pid(struct world *w, uint32_t pid, uint64_t time_ns);
void proc__announce(struct world *w, const struct feed_process *f);
void proc__end(struct world *w, uint32_t pid, uint64_t time_ns, enum process_end why);
struct proc *proc__newest(const struct world *w, uint32_t pid);
void proc__free_all(struct world *w);

/* --- world_chan.c --- */
/* The channel of an event, made or renewed if need be, with the facts of its header taken over; NULL without memory. */
struct chan *chan__see(const struct op *op);
/* A channel that no event named. made_at_ns: of its first sign. */
struct chan *chan__new(struct world *w, struct proc *p, uint64_t addr, uint64_t made_at_ns);
struct chan *chan__find(const struct world *w, const struct proc *p, uint64_t addr);
void chan__make(const struct op *op);
void chan__sent(const struct op *op, struct chan *c, struct op_stat *stat);
void chan__received(const struct op *op, struct chan *c);
void chan__handed_over(const struct op *op, struct chan *c, struct op_stat *sender);
void chan__relayed(const struct op *op, struct chan *c, struct op_stat *sender);
void chan__close(const struct op *op, struct chan *c);
/* a receive got the zero value of a closed channel */
void chan__found_closed(const struct op *op, struct chan *c);
/* It is closed since some time before. */
void chan__close_unseen(struct world *w, struct chan *c, uint64_t time_ns);
void chan__blocked(struct chan *c, enum direction dir);
/* Takes over the facts of the record's header, for a channel that is known to be the one. */
void chan__touch(const struct op *op, struct chan *c);
/* Somebody joins or leaves a wait queue. */
void chan__park(struct chan *c, enum direction dir, uint64_t time_ns);
void chan__unpark(struct chan *c, enum direction dir, uint64_t time_ns);
void chan__add_wait(struct chan *c, enum direction dir, uint64_t ns);
/* length and queue as of an event after which nothing else is to be done */
void chan__sync(const struct op *op, struct chan *c);
/* When its life ended, given the end of the run. */
uint64_t chan__life_end(const struct chan *c, uint64_t now_ns);
void chan__free(struct chan *c);

/* --- world_wait.c --- */
/* The wait of the record's goroutine, NULL: not parked. The goroutine is known from now on. */
struct wait *wait__of(const struct op *op);
/* Is a park from the goroutine walk news? Not if events have told of the goroutine before. */
bool wait__walk_is_news(const struct op *op);
/* A park; c is NULL for the nil channel and for selects. */
void wait__begin(const struct op *op, struct chan *c);
/* Is the select known whose case this record tells? */
bool wait__wants_case(const struct op *op);
/* That case. */
void wait__add_case(const struct op *op, struct chan *c);
/* The goroutine turns out to run although no wake was seen. */
void wait__end_lost(const struct op *op, struct wait *wt);
/* The wait that a wake (or the panic of a woken select) ends, if it is this one; another is ended as lost. */
struct wait *wait__match(const struct op *op, struct chan **ret_chan);
/* Ends it; of a select c and dir are the case that fired, else they are ignored. */
void wait__end(const struct op *op, struct wait *wt, struct chan *c, enum direction dir);
/* Goroutine aux was taken off a wait queue of c. Returns its wait, NULL if that is not known. */
struct wait *wait__serve(const struct op *op, struct chan *c, enum direction dir);
/* Is it over though its wake was not seen? Then *ret_end_ns says since when. */
bool wait__is_over(const struct wait *wt, uint64_t *ret_end_ns);
void wait__end_all_of(struct world *w, const struct proc *p);
void wait__free_all(struct world *w);

/* --- world_stat.c --- */
struct op_stat *op_stat__get(struct world *w, struct proc *p, uint64_t stack, enum stack_op op, bool nil_chan);
struct select *select__get(struct world *w, struct proc *p, uint64_t stack);
/* The case of a channel and direction; NULL without memory. Valid until the next call. */
struct select_case_stat *select__case(struct world *w, struct select *s, struct chan *c, enum direction dir);
/* Moves the cases of doomed channels to those of their groups. */
void select__sweep(struct world *w);
void panic__add(const struct op *op, enum panic_kind kind, struct chan *c, uint64_t stack);
void stats__free_all(struct world *w);

/* --- world_flow.c: all do nothing unless flows are wanted, and for a NULL stat --- */
enum flow_count { FLOW_ATTEMPT, FLOW_VALUE, FLOW_BLOCKED };
/* An operation; c is NULL for the nil channel and for a select whose case is not known. */
void flow__op(struct world *w, struct op_stat *st, struct chan *c, enum direction dir, enum flow_count what);
/* A parked select turns out to be one on c. */
void flow__fired(struct world *w, struct op_stat *st, struct chan *c, enum direction dir);
void flow__waited(struct world *w, struct op_stat *st, struct chan *c, enum direction dir, uint64_t ns);
/* A parked operation moved its value. */
void flow__moved(struct world *w, struct op_stat *st, struct chan *c, enum direction dir);
void flow__queued(struct world *w, struct op_stat *st, struct chan *c, uint64_t ns);
/* c goes: its flows go into those of its group's sum, NULL: are lost. */
void flow__fold(struct world *w, struct chan *c, const struct channel *sum);
void flow_view__begin(const struct world *w);
void flow_view__add(const struct world *w, const struct wait *wt, uint64_t ns, bool parked);
void flows__free_all(struct world *w);

/* --- world_evict.c --- */
/* Puts a channel into, or to the end of, the list that fits it. */
void evict__place(struct world *w, struct chan *c);
/* Brings the number of channels below the limit again if it is above. */
void evict__make_room(struct world *w);
struct group *group__get(struct world *w, const struct proc *p, uint64_t stack_made);
void groups__free_all(struct world *w);

/* --- world_apply.c --- */
void world_apply(struct world *w, const struct cs_event *e);

/* --- world_totals.c --- */
void world_overflow(struct world *w, uint32_t pid, uint64_t addr, const uint64_t nr[CS_NR_KINDS]);

/* --- world_view.c --- */
void world_view__refresh(const struct world *w);

#endif
