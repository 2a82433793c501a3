// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the output of `chanscope plan`: an aligned table for people, one object for --json. It is given a finished
 * plan or the reason for which there is none, and decides nothing.
 */
#include "cli/plan_output.h"

#include <errno.h>
#include <string.h>

#include <jansson.h>

#include "base/cleanup.h"

#define MAX_OPERATIONS 32
#define NR_MODES 2

static const char *const mode_names[NR_MODES] = { [CAPTURE_ALL] = "all", [CAPTURE_WAIT] = "wait" };

/*
 * What a trap costs at least, ns: an empty BPF program on a 6.18 kernel in an x86-64 guest. They tell the orders of
 * magnitude apart, not the cost on the machine at hand.
 */
static unsigned int floor_ns(const struct plan_traps *t)
{
	return t->nop * 485 + t->emulated * 650 + t->single_step * 9300;
}

static unsigned int nr_traps(const struct plan_traps *t)
{
	return t->nop + t->emulated + t->single_step;
}

/* The values of a site by the words for them; the order is that of the output. */
struct named_loc {
	const char *name;
	const struct cs_loc *loc;
};

static size_t locs_of(const struct cs_site *s, struct named_loc ret[8])
{
	bool selects = s->meaning >= CS_SITE_SELECT_SEND_BUFFERED || s->meaning == CS_SITE_PARK_SELECT;
	bool makes = s->meaning == CS_SITE_MAKE;
	const struct named_loc all[] = {
		{ "channel", &s->chan },
		{ selects ? "cases"
		  : makes ? "element_type"
			  : "sudog",
		  &s->aux },
		{ selects ? "sends" : "capacity", &s->extra },
		{ "case", &s->select_case },
		{ "sudog", &s->peer },
		{ "ok", &s->ok },
		{ "poll_order", &s->poll_order },
		{ "poll_length", &s->nr_cases },
	};
	size_t nr = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].loc->kind != CS_LOC_NONE)
			ret[nr++] = all[i];
	return nr;
}

/* "e taken", "ne not taken", "" */
static void condition_text(uint8_t cond, char *buf, size_t buf_sz)
{
	static const char *const codes[] = { "o", "no", "b", "ae", "e", "ne", "be", "a",
					     "s", "ns", "p", "np", "l", "ge", "le", "g" };

	buf[0] = '\0';
	if (cond != CS_COND_NONE)
		snprintf(buf, buf_sz, "%s%s", codes[cond & CS_COND_CC_MASK],
			 cond & CS_COND_NOT_TAKEN ? " not taken" : " taken");
}

static void values_text(const struct cs_site *s, char *buf, size_t buf_sz)
{
	struct named_loc locs[8];
	size_t n = 0, nr = locs_of(s, locs);
	char condition[24];

	buf[0] = '\0';
	for (size_t i = 0; i < nr && n < buf_sz; i++) {
		char text[32];

		loc_text(locs[i].loc, text, sizeof(text));
		n += (size_t)snprintf(buf + n, buf_sz - n, "%s%s=%s", i ? " " : "", locs[i].name, text);
	}
	condition_text(s->cond, condition, sizeof(condition));
	if (condition[0] && n < buf_sz)
		snprintf(buf + n, buf_sz - n, "%sif %s", n ? " " : "", condition);
}

static int widest(int width, const char *s)
{
	int n = (int)strlen(s);

	return n > width ? n : width;
}

static void emit_site_table(FILE *out, const struct plan_view *v)
{
	int function = 8, insn = 11, meaning = 7;

	for (size_t i = 0; i < v->plan->nr_sites; i++) {
		const struct plan_site *s = &v->plan->sites[i];

		function = widest(function, s->function);
		insn = widest(insn, s->insn);
		meaning = widest(meaning, site_meaning_text(s->site.meaning));
	}
	fprintf(out, "\n%-*s  %-10s  %-*s  %-*s  %-11s  %-4s  %s\n", function, "FUNCTION", "ADDRESS", insn,
		"INSTRUCTION", meaning, "MEANING", "COST", "MODE", "VALUES");
	for (size_t i = 0; i < v->plan->nr_sites; i++) {
		const struct plan_site *s = &v->plan->sites[i];
		char values[256];

		values_text(&s->site, values, sizeof(values));
		fprintf(out, "%-*s  0x%-8llx  %-*s  %-*s  %-11s  %-4s  %s\n", function, s->function,
			(unsigned long long)s->va, insn, s->insn, meaning, site_meaning_text(s->site.meaning),
			probe_cost_name(s->cost), s->wait_mode ? "wait" : "all", values);
	}
}

static void emit_trap_table(FILE *out, const struct plan_view *v)
{
	struct plan_traps traps[NR_MODES][MAX_OPERATIONS];
	size_t nr = 0;
	int width = 9;

	for (int m = 0; m < NR_MODES; m++)
		nr = plan__traps(v->plan, (enum capture_mode)m, traps[m], MAX_OPERATIONS);
	for (size_t i = 0; i < nr; i++)
		width = widest(width, traps[0][i].operation);
	fprintf(out, "\n%-*s  %17s  %17s\n", width, "OPERATION", "TRAPS, --mode all", "--mode wait");
	for (size_t i = 0; i < nr; i++) {
		fprintf(out, "%-*s", width, traps[0][i].operation);
		for (int m = 0; m < NR_MODES; m++)
			fprintf(out, "  %3u (>= %5u ns)", nr_traps(&traps[m][i]), floor_ns(&traps[m][i]));
		fputc('\n', out);
	}
	fprintf(out,
		"floors: measured once in a guest on kernel 6.18, empty program; yours differ, their ratio hardly\n");
}

static int finish(FILE *out)
{
	return ferror(out) ? -EIO : 0;
}

int plan_output_text(FILE *out, const struct plan_view *v)
{
	const char *build_id = v->bin ? image__build_id(v->bin->image) : "";

	fprintf(out, "binary        %s\n", v->path);
	if (build_id[0])
		fprintf(out, "build id      %s\n", build_id);
	if (v->bin)
		fprintf(out, "go version    %s\nlayout        %s\n", v->bin->version.text, v->bin->layout_source);
	if (!v->plan) {
		fprintf(out, "refused       %s\n", v->refused ? v->refused : "no plan");
		return finish(out);
	}
	fprintf(out, "sites         %zu\n", v->plan->nr_sites);
	fprintf(out, "not in it     %s\n", v->plan->missing[0] ? v->plan->missing : "none missing");
	emit_site_table(out, v);
	emit_trap_table(out, v);
	return finish(out);
}

static json_t *hex(uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)value);
	return json_string(text);
}

/* A name in an untrusted binary need not be UTF-8; then it is no name. */
static json_t *text_or_empty(const char *s)
{
	json_t *j = json_string(s ? s : "");

	return j ? j : json_string("");
}

static json_t *site_json(const struct plan_site *s)
{
	struct named_loc locs[8];
	size_t nr = locs_of(&s->site, locs);
	json_t *j = json_object(), *values = json_object();
	char text[32];

	for (size_t i = 0; i < nr; i++) {
		loc_text(locs[i].loc, text, sizeof(text));
		json_object_set_new(values, locs[i].name, json_string(text));
	}
	condition_text(s->site.cond, text, sizeof(text));
	json_object_set_new(j, "function", text_or_empty(s->function));
	json_object_set_new(j, "address", hex(s->va));
	json_object_set_new(j, "offset", hex(s->off));
	json_object_set_new(j, "instruction", text_or_empty(s->insn));
	json_object_set_new(j, "meaning", json_string(site_meaning_name(s->site.meaning)));
	json_object_set_new(j, "cost", json_string(probe_cost_name(s->cost)));
	json_object_set_new(j, "mode", json_string(mode_names[s->wait_mode ? CAPTURE_WAIT : CAPTURE_ALL]));
	json_object_set_new(j, "condition", text[0] ? json_string(text) : json_null());
	json_object_set_new(j, "values", values);
	return j;
}

static json_t *traps_of_mode(const struct plan *p, enum capture_mode mode)
{
	struct plan_traps traps[MAX_OPERATIONS];
	size_t nr = plan__traps(p, mode, traps, MAX_OPERATIONS);
	json_t *j = json_object();

	for (size_t i = 0; i < nr; i++)
		json_object_set_new(j, traps[i].operation,
				    json_pack("{s:i, s:i, s:i, s:i, s:i}", "traps", (int)nr_traps(&traps[i]), "nop",
					      (int)traps[i].nop, "emulated", (int)traps[i].emulated, "single_step",
					      (int)traps[i].single_step, "floor_ns", (int)floor_ns(&traps[i])));
	return j;
}

static json_t *missing_json(const char *missing)
{
	json_t *j = json_array();

	while (*missing) {
		size_t n = strcspn(missing, ",");

		json_array_append_new(j, json_stringn(missing, n));
		missing += n + strspn(missing + n, ", ");
	}
	return j;
}

static json_t *plan_json(const struct plan_view *v)
{
	json_t *j = json_object(), *sites = json_array(), *traps = json_object();

	json_object_set_new(j, "schema", json_string("chanscope.plan/1"));
	json_object_set_new(j, "binary", text_or_empty(v->path));
	json_object_set_new(j, "build_id", text_or_empty(v->bin ? image__build_id(v->bin->image) : ""));
	json_object_set_new(j, "go_version", text_or_empty(v->bin ? v->bin->version.text : ""));
	json_object_set_new(j, "layout_source", text_or_empty(v->bin ? v->bin->layout_source : ""));
	json_object_set_new(j, "refused", v->plan ? json_null() : text_or_empty(v->refused ? v->refused : "no plan"));
	json_object_set_new(j, "mode", json_string(mode_names[v->mode == CAPTURE_WAIT ? CAPTURE_WAIT : CAPTURE_ALL]));
	json_object_set_new(j, "sites", sites);
	json_object_set_new(j, "traps", traps);
	json_object_set_new(j, "missing", missing_json(v->plan ? v->plan->missing : ""));
	if (!v->plan)
		return j;
	for (size_t i = 0; i < v->plan->nr_sites; i++)
		json_array_append_new(sites, site_json(&v->plan->sites[i]));
	for (int m = 0; m < NR_MODES; m++)
		json_object_set_new(traps, mode_names[m], traps_of_mode(v->plan, (enum capture_mode)m));
	return j;
}

int plan_output_json(FILE *out, const struct plan_view *v)
{
	json_t *j = plan_json(v);
	int r = json_dumpf(j, out, JSON_INDENT(2));

	json_decref(j);
	if (r)
		return -EIO;
	fputc('\n', out);
	return finish(out);
}
