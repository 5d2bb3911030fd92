/*
 * Who would get what. Partners come from the file, with their own values laid
 * over it; their contacts are counted by the store in groups of those who are
 * alike to a campaign, so that a list of a million is a few rows here.
 *
 * The bound on mails leaves a tenth of room: a review is not void because a
 * partner got three contacts more on the way to the apply.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "plan/plan_priv.h"
#include "plan/plan_sql.h"

enum { ROOM_LEAST = 10 };

struct making {
	const struct plan_input *in;
	struct arena *a;
	struct db *db;
	struct plan *plan;
	const struct partner *partner; /* that is being added */
	int64_t emails;		       /* steps */
	int64_t posts;		       /* channels of steps */
	int64_t fitting;
	int64_t contacts;
};

/* ---- the campaign ---- */

/* "start+4d 09:00 recipient, only Mo-Fr 09:00-17:00" */
static struct str
when_text(struct arena *a, const struct campaign *c,
	  const struct campaign_when *w)
{
	const char *const zones[] = { "recipient", "partner" };
	struct buf text = { 0 };
	struct str copy;

	buf_printf(&text, "%s+%lldd %02d:%02d %s",
		   w->anchor == CAMPAIGN_AT_START ? "start" : "sent",
		   (long long)w->days, w->hour, w->minute,
		   w->zone == CAMPAIGN_ZONE_FIXED ? w->zone_name.p
						  : zones[w->zone]);
	campaign_hours_print(c, &text);
	copy = str_copy(a, buf_view(&text));
	buf_fini(&text);
	return copy;
}

static void
add_steps(struct making *m)
{
	const struct campaign *c = m->in->campaign;
	struct plan_step_summary *steps =
	    ARENA_ARRAY(m->a, c->step_count, struct plan_step_summary);

	for (size_t i = 0; i < c->step_count; i++) {
		const struct campaign_step *s = &c->steps[i];
		bool email = s->kind == CAMPAIGN_EMAIL;

		steps[i].id = s->id;
		steps[i].kind = str_of(campaign_step_kind_name(s->kind));
		if (email || s->kind == CAMPAIGN_POST)
			steps[i].when = when_text(m->a, c, &s->when);
		steps[i].most = email ? m->contacts
				      : m->fitting * (int64_t)s->channel_count;
	}
	m->plan->steps = steps;
	m->plan->step_count = c->step_count;
}

static void
count_steps(struct making *m)
{
	const struct campaign *c = m->in->campaign;

	for (size_t i = 0; i < c->step_count; i++)
		m->emails += c->steps[i].kind == CAMPAIGN_EMAIL;
}

/* ---- what changed ---- */

struct comparing {
	struct making *m;
	struct campaign_files *old;
	struct str *names;
	size_t count;
	size_t room;
};

static int
count_file(void *arg, struct str path, struct str bytes, struct error *err)
{
	struct comparing *x = arg;

	(void)path;
	(void)bytes;
	(void)err;
	x->room++;
	return 0;
}

static int
compare_file(void *arg, struct str path, struct str bytes, struct error *err)
{
	struct comparing *x = arg;
	struct str before = { 0 };
	int got = x->old->read(x->old, x->m->a, path, &before, err);

	if (got < 0)
		return got;
	if (got == 0 || !str_eq(before, bytes))
		x->names[x->count++] = str_copy(x->m->a, path);
	return 0;
}

static int
compare_files(struct making *m, struct error *err)
{
	struct campaign_files *files = m->in->files;
	struct comparing x = { .m = m };
	int code =
	    campaign_revision_open(&x.old, m->db, m->plan->old_revision, err);

	if (code < 0)
		return code;
	code = files->each(files, count_file, &x, err);
	x.names = ARENA_ARRAY(m->a, x.room, struct str);
	if (code >= 0)
		code = files->each(files, compare_file, &x, err);
	campaign_files_close(&x.old);
	m->plan->changed_files = x.names;
	m->plan->changed_file_count = x.count;
	return code < 0 ? code : 0;
}

static int
add_revisions(struct making *m, struct error *err)
{
	struct campaign_publication old;
	struct plan *plan = m->plan;
	int got;

	if (campaign_revision_id(m->in->files, m->a, &plan->revision, err) < 0)
		return -(int)err->code;
	got = campaign_published(m->db, m->a, plan->campaign, &old, err);
	if (got <= 0) {
		plan->changes = true;
		return got;
	}
	plan->old_revision = old.revision;
	if (str_eq(plan->revision, plan->old_revision))
		return 0;
	plan->changes = true;
	return compare_files(m, err);
}

/* ---- partners ---- */

static void
add_reason(struct making *m, struct plan_partner *out, struct str reason,
	   int64_t count)
{
	struct plan_reason_count *all =
	    (struct plan_reason_count *)(uintptr_t)out->skipped;

	for (size_t i = 0; i < out->skipped_count; i++)
		if (str_eq(all[i].reason, reason)) {
			all[i].count += count;
			return;
		}
	if (!all)
		all = ARENA_ARRAY(m->a, GATE_REASON_COUNT + 2,
				  struct plan_reason_count);
	all[out->skipped_count++] = (struct plan_reason_count){ reason, count };
	out->skipped = all;
}

static int
add_due(struct making *m, struct plan_partner *out, int64_t start_ms,
	const struct contact_group *g, struct error *err)
{
	static const struct campaign always;
	const struct campaign_step *first =
	    plan_email_after(m->in->campaign, NULL);
	struct plan_calendar cal, unmoved;
	int64_t due_ms, unmoved_ms;
	int leaves;

	if (!first)
		return 0;
	cal = plan_calendar_of(m->in->campaign, &first->when, m->partner,
			       g->time_zone, m->a);
	unmoved = cal;
	unmoved.campaign = &always;
	leaves = plan_first_due(&cal, &first->when, start_ms, m->in->now_ms,
				&due_ms, err);
	if (leaves < 0 || plan_first_due(&unmoved, &first->when, start_ms,
					 m->in->now_ms, &unmoved_ms, err) < 0)
		return -(int)err->code;
	if (leaves == 0) {
		add_reason(m, out, STR(PLAN_NEVER), g->count);
		return 0;
	}
	if (due_ms != unmoved_ms)
		out->moved += g->count;
	if (out->first_ms == 0 || due_ms < out->first_ms)
		out->first_ms = due_ms;
	if (due_ms > out->last_ms)
		out->last_ms = due_ms;
	return 0;
}

static int
add_group(struct making *m, struct plan_partner *out, int64_t start_ms,
	  const struct contact_group *g, struct error *err)
{
	if (g->reason != GATE_OPEN)
		add_reason(m, out, str_of(gate_reason_text(g->reason)),
			   g->count);
	else if (!plan_tags_fit(m->in->campaign, g->tags))
		add_reason(m, out, STR("without the campaign's tags"),
			   g->count);
	else {
		out->contacts += g->count;
		return add_due(m, out, start_ms, g, err);
	}
	return 0;
}

static int
add_contacts(struct making *m, const struct partner *p,
	     struct plan_partner *out, struct error *err)
{
	struct contact_group *groups;
	int64_t start_ms;
	int count;

	/* Before the list itself: who comes in between was not looked at. */
	if (db_query_int(m->db, &out->list_n, plan_sql_list_n,
			 DB_ARGS(DB_INT(p->id)), err) < 0 ||
	    plan_waiting(m->db, p->id, m->plan->campaign, &out->waiting, err) <
		0)
		return -(int)err->code;
	count =
	    contact_groups(m->db, m->a, p->id, m->plan->campaign, &groups, err);
	if (count < 0 || plan_campaign_start(m->in->campaign, out->zone.p,
					     m->in->now_ms, &start_ms, err) < 0)
		return -(int)err->code;
	for (int i = 0; i < count; i++)
		if (add_group(m, out, start_ms, &groups[i], err) < 0)
			return -(int)err->code;
	return 0;
}

static int
add_runs(struct making *m, const struct partner *p, struct plan_partner *out,
	 struct error *err)
{
	struct activation *runs;
	int count =
	    activation_list(m->db, m->a, m->plan->campaign, p->id, &runs, err);

	out->is_new = out->fits && count == 0;
	for (int i = 0; i < count; i++) {
		out->running |= runs[i].state == ACTIVATION_ACTIVE;
		out->is_new |=
		    out->fits && plan_is_left(m->in->campaign, &runs[i]);
	}
	return count < 0 ? count : 0;
}

/* It has no address for leads, and no webhook. */
static int
add_untold(struct making *m, const struct partner *p, struct plan_partner *out,
	   struct error *err)
{
	struct partner_endpoint hook;
	int got;

	if (m->in->campaign->form_count == 0 || partner_lead_address(p).len > 0)
		return 0;
	got = partner_endpoint_find(m->db, m->a, p->id, PARTNER_LEADS, &hook,
				    err);
	out->untold = got == 0;
	return got < 0 ? got : 0;
}

static int
add_fitting(struct making *m, const struct partner *p, struct plan_partner *out,
	    struct error *err)
{
	struct partner_sender sender;

	if (plan_sender(m->in->campaign->brand, p, m->a, &sender, err) < 0)
		return -(int)err->code;
	out->from = str_printf(m->a, "%.*s <%.*s>", STR_ARG(sender.from_name),
			       STR_ARG(sender.from_address));
	if ((p->id && add_contacts(m, p, out, err) < 0) ||
	    add_untold(m, p, out, err) < 0)
		return -(int)err->code;
	m->fitting++;
	m->contacts += out->contacts;
	if (out->contacts * m->emails > m->plan->mails)
		m->plan->mails = out->contacts * m->emails;
	return 0;
}

static int
add_partner(struct making *m, const struct campaign_partner_row *row,
	    struct plan_partner *out, struct error *err)
{
	const struct campaign_when when = { .zone = CAMPAIGN_ZONE_PARTNER };
	struct partner p = plan_partner_of(row);
	const char *why;

	if (partner_overlay(m->db, m->a, &p, err) < 0)
		return -(int)err->code;
	out->slug = p.slug;
	out->company = p.company;
	out->fits = plan_partner_fits(m->in->campaign, &p, &why);
	out->why = str_of(why);
	out->is_new = out->fits;
	out->zone =
	    str_of(campaign_zone(&when, p.time_zone, p.time_zone, m->a));
	m->partner = &p;
	if (p.id && add_runs(m, &p, out, err) < 0)
		return -(int)err->code;
	if (out->fits && add_fitting(m, &p, out, err) < 0)
		return -(int)err->code;
	m->plan->changes |=
	    out->running
		? !out->fits || out->waiting > 0
		: out->is_new && m->in->campaign->start == CAMPAIGN_AUTOMATIC;
	return 0;
}

static int
compare_slugs(const void *x, const void *y)
{
	const struct plan_partner *a = x;
	const struct plan_partner *b = y;

	return str_cmp(a->slug, b->slug);
}

static int
add_partners(struct making *m, struct error *err)
{
	const struct plan_input *in = m->in;
	struct plan_partner *all =
	    ARENA_ARRAY(m->a, in->row_count, struct plan_partner);

	for (size_t i = 0; i < in->row_count; i++)
		if (add_partner(m, &in->rows[i], &all[i], err) < 0)
			return error_context(err, "partner %.*s",
					     STR_ARG(in->rows[i].id));
	if (in->row_count)
		qsort(all, in->row_count, sizeof(*all), compare_slugs);
	m->plan->partners = all;
	m->plan->partner_count = in->row_count;
	return 0;
}

/* ---- all of it ---- */

static int
nobody_vanished(struct making *m, struct error *err)
{
	const struct plan_input *in = m->in;
	struct partner *stored;
	struct map names;
	int count = partner_list(m->db, m->a, &stored, err);

	map_init(&names, m->a, NULL);
	for (size_t i = 0; i < in->row_count; i++)
		map_put(&names, in->rows[i].id, m);
	for (int i = 0; i < count; i++)
		if (!map_find(&names, stored[i].slug))
			return error_set(
			    err, ERROR_INVALID,
			    "found no line for partner \"%.*s\" in the "
			    "partner file, expected one with status=ended "
			    "when nothing more shall be sent",
			    STR_ARG(stored[i].slug));
	return count < 0 ? count : 0;
}

int
plan_make(const struct plan_input *in, struct arena *a, struct plan **out,
	  struct error *err)
{
	static const char *const starts[] = {
		[CAMPAIGN_AUTOMATIC] = "automatic",
		[CAMPAIGN_OPT_IN] = "opt-in",
		[CAMPAIGN_TRIGGER] = "trigger",
	};
	const struct campaign *c = in->campaign;
	const struct campaign_text *title = campaign_text_pick(
	    &c->title, c->workspace->language, c->workspace->language);
	struct plan *plan = ARENA_NEW(a, struct plan);
	struct making m = { .in = in, .a = a, .db = in->db, .plan = plan };
	int64_t room;

	plan->campaign = c->id;
	plan->title = title ? title->text : c->id;
	plan->start = str_of(starts[c->start]);
	plan->made_ms = in->now_ms;
	count_steps(&m);
	if (nobody_vanished(&m, err) < 0 || add_revisions(&m, err) < 0 ||
	    add_partners(&m, err) < 0)
		return error_context(err, "plan");
	add_steps(&m);
	room = plan->mails / 10;
	plan->mails_most =
	    plan->mails + (room > ROOM_LEAST ? room : ROOM_LEAST);
	*out = plan;
	return 0;
}
