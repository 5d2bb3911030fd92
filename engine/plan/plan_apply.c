/*
 * Publishing what was reviewed.
 *
 *	revision stored -> partners, senders and logos -> published -> runs
 *	started, brought on or ended -> lists walked
 *
 * Each arrow is a unit or several; each asks what is there before it adds, so
 * a run that was killed goes on where it stopped when it is started again.
 * Lists are walked as plan_step() walks them, and it would do so too: what is
 * here only shows how far it is.
 *
 * The one run of an automatic start has an id made from partner and campaign,
 * for two applies at once must not start two. Runs that somebody starts draw
 * theirs.
 */
#include "base/arena.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "base/js.h"
#include "event/event.h"
#include "plan/plan_priv.h"

enum { BATCH = 25 };

struct applying {
	const struct plan_apply *in;
	struct arena *a;
	const struct campaign_partner_row **rows; /* those it is for */
	size_t row_count;
	struct plan_result *result;
};

/* Some of the rows, for one unit. */
struct part {
	struct applying *x;
	size_t from;
	size_t to;
	struct plan_result result; /* of the unit */
};

/* ---- whom it is for ---- */

static bool
is_meant(const struct plan_apply *in, struct str slug)
{
	for (size_t i = 0; i < in->only_count; i++)
		if (str_eq(in->only[i], slug))
			return true;
	return in->only_count == 0;
}

static int
choose_rows(struct applying *x, struct error *err)
{
	const struct plan_apply *in = x->in;

	for (size_t i = 0; i < in->only_count; i++)
		if (!plan_has_partner(in->reviewed, in->only[i]))
			return error_set(err, ERROR_INVALID,
					 "found no partner \"%.*s\" in the "
					 "plan, expected one of its slugs",
					 STR_ARG(in->only[i]));
	x->rows = ARENA_ARRAY(x->a, in->row_count,
			      const struct campaign_partner_row *);
	for (size_t i = 0; i < in->row_count; i++)
		if (is_meant(in, in->rows[i].id))
			x->rows[x->row_count++] = &in->rows[i];
	return 0;
}

/* unit(part) for all rows, a few at a time. */
static int
in_parts(struct applying *x, db_unit_fn *unit, struct error *err)
{
	for (size_t i = 0; i < x->row_count; i += BATCH) {
		struct part part = { .x = x, .from = i, .to = i + BATCH };

		if (part.to > x->row_count)
			part.to = x->row_count;
		if (db_commit(x->in->store, unit, &part, err) < 0)
			return -(int)err->code;
		x->result->partners += part.result.partners;
		x->result->activations += part.result.activations;
		x->result->updated += part.result.updated;
		x->result->ended += part.result.ended;
	}
	return 0;
}

/* ---- partners ---- */

/*
 * While a partner has ended its lists are passed over and its sequences go
 * nowhere; now all of it is looked at again.
 */
static int
come_back(struct db *db, struct arena *a, int64_t partner_id, struct error *err)
{
	struct activation *runs;
	int count =
	    activation_list(db, a, (struct str){ 0 }, partner_id, &runs, err);

	for (int i = 0; i < count; i++)
		if (runs[i].state == ACTIVATION_ACTIVE &&
		    plan_walk_begin(db, partner_id, runs[i].id, err) < 0)
			return -(int)err->code;
	return count < 0 ? count : 0;
}

static int
put_sender(struct db *db, const struct campaign_brand *brand,
	   const struct partner *p, struct arena *a, struct error *err)
{
	struct partner_sender sender;

	if (plan_sender(brand, p, a, &sender, err) < 0 ||
	    partner_sender_put(db, &sender, err) < 0)
		return -(int)err->code;
	if (plan_sender_fallback(brand, p, a, &sender))
		return partner_sender_put(db, &sender, err);
	return partner_sender_drop(db, p->id, PARTNER_SENDER_FALLBACK, err);
}

static int
put_partner(struct db *db, const struct plan_apply *in, struct arena *a,
	    const struct campaign_partner_row *row, struct error *err)
{
	struct partner p = plan_partner_of(row);
	struct partner before;
	int known = partner_find(db, a, row->id, &before, err);
	int changed;

	if (known < 0)
		return known;
	if (row->logo_bytes.len &&
	    campaign_object_put(db, row->logo_bytes, err) < 0)
		return -(int)err->code;
	changed = partner_put(db, &p, in->now_ms, err);
	if (changed < 0)
		return changed;
	if (partner_get(db, a, p.id, &p, err) < 0 ||
	    put_sender(db, in->campaign->brand, &p, a, err) < 0)
		return -(int)err->code;
	if (known > 0 && before.status != p.status &&
	    p.status == PARTNER_ACTIVE && come_back(db, a, p.id, err) < 0)
		return -(int)err->code;
	return changed;
}

static int
put_partners(struct db *db, void *arg, struct error *err)
{
	struct part *part = arg;
	struct arena *a = arena_new();
	int code = 0;

	part->result = (struct plan_result){ 0 };
	for (size_t i = part->from; i < part->to && code >= 0; i++) {
		const struct campaign_partner_row *row = part->x->rows[i];

		code = put_partner(db, part->x->in, a, row, err);
		part->result.partners += code > 0;
		if (code < 0)
			error_context(err, "partner %.*s", STR_ARG(row->id));
	}
	arena_free(&a);
	return code < 0 ? code : 0;
}

/* ---- publishing ---- */

static void
applied_payload(const struct plan_apply *in, struct buf *out)
{
	struct js_writer w;
	struct buf hex = { 0 };

	encode_hex(&hex, in->reviewed->revision);
	js_writer_init(&w, out, false);
	js_begin_object(&w);
	js_key_str(&w, "campaign", in->campaign->id);
	js_key_str(&w, "revision", buf_view(&hex));
	js_key_str(&w, "git_commit", in->git_commit);
	js_key_bool(&w, "git_dirty", in->git_dirty);
	js_key_str(&w, "who", in->who);
	js_end_object(&w);
	js_writer_end(&w);
	buf_fini(&hex);
}

static int
append_applied(struct db *db, const struct plan_apply *in, struct error *err)
{
	struct buf payload = { 0 };
	struct event event = { .kind = EVENT_APPLIED, .at_ms = in->now_ms };
	int code;

	applied_payload(in, &payload);
	event.payload = buf_view(&payload);
	code = event_append(db, &event, err);
	buf_fini(&payload);
	return code;
}

static int
publish(struct db *db, void *arg, struct error *err)
{
	struct applying *x = arg;
	const struct plan_apply *in = x->in;
	const struct campaign_publication now = {
		.campaign = in->campaign->id,
		.revision = in->reviewed->revision,
		.git_commit = in->git_commit,
		.git_dirty = in->git_dirty,
		.who = in->who,
		.at_ms = in->now_ms,
	};
	struct campaign_publication old;
	int got = campaign_published(db, x->a, now.campaign, &old, err);

	if (got < 0 ||
	    plan_bound_put(db, now.campaign,
			   plan_people_most(in->reviewed, in->campaign),
			   err) < 0 ||
	    plan_policy_state(db, x->a, in->campaign, err) < 0)
		return -(int)err->code;
	x->result->published = got == 0 || !str_eq(old.revision, now.revision);
	if (!x->result->published)
		return 0;
	if (campaign_publish(db, &now, err) < 0 ||
	    append_applied(db, in, err) < 0)
		return -(int)err->code;
	return 0;
}

/* ---- runs ---- */

static int64_t
automatic_id(struct str campaign, int64_t partner_id)
{
	struct buf text = { 0 };
	uint8_t hash[CRYPTO_HASH_BYTES];
	uint64_t bits = 0;

	buf_printf(&text, "automatic %lld %.*s", (long long)partner_id,
		   STR_ARG(campaign));
	crypto_sha256(buf_view(&text), hash);
	buf_fini(&text);
	for (size_t i = 0; i < sizeof(bits); i++)
		bits = bits << 8 | hash[i];
	bits >>= 1;
	return bits ? (int64_t)bits : 1;
}

bool
plan_is_left(const struct campaign *c, const struct activation *run)
{
	return c->start == CAMPAIGN_AUTOMATIC &&
	       run->state == ACTIVATION_ENDED &&
	       run->id == automatic_id(c->id, run->partner_id);
}

static int
start_automatic(struct db *db, struct part *part, const struct partner *p,
		struct error *err)
{
	const struct plan_apply *in = part->x->in;
	const struct campaign_when when = { .zone = CAMPAIGN_ZONE_PARTNER };
	const char *zone =
	    campaign_zone(&when, p->time_zone, p->time_zone, part->x->a);
	struct activation act = {
		.partner_id = p->id,
		.id = automatic_id(in->campaign->id, p->id),
		.campaign = in->campaign->id,
		.revision = in->reviewed->revision,
	};
	int over = plan_is_over(in->campaign, zone, in->now_ms, err);

	if (over != 0)
		return over < 0 ? over : 0;
	if (plan_campaign_start(in->campaign, zone, in->now_ms, &act.start_ms,
				err) < 0 ||
	    plan_run_begin(db, &act, in->who, in->now_ms, err) < 0)
		return -(int)err->code;
	part->result.activations++;
	return 0;
}

/* A run that there is: to this revision, or to its end. */
static int
bring_on(struct db *db, struct part *part, struct activation *act, bool fits,
	 struct error *err)
{
	const struct plan_apply *in = part->x->in;

	if (act->state != ACTIVATION_ACTIVE)
		return 0;
	if (!fits) {
		act->state = ACTIVATION_ENDED;
		part->result.ended++;
		return activation_update(db, act, in->now_ms, err);
	}
	if (str_eq(act->revision, in->reviewed->revision))
		return 0;
	act->revision = in->reviewed->revision;
	part->result.updated++;
	if (activation_update(db, act, in->now_ms, err) < 0)
		return -(int)err->code;
	return plan_walk_begin(db, act->partner_id, act->id, err);
}

/* The one run of an automatic start goes on where its partner left. */
static int
take_up(struct db *db, struct part *part, struct activation *act,
	struct error *err)
{
	const struct plan_apply *in = part->x->in;

	act->revision = in->reviewed->revision;
	if (activation_reopen(db, act, in->now_ms, err) < 0)
		return -(int)err->code;
	part->result.activations++;
	return plan_walk_begin(db, act->partner_id, act->id, err);
}

/* The list was within the bound a moment ago, or this would have refused. */
static int
bound_runs(struct db *db, const struct plan_apply *in, struct arena *a,
	   const struct partner *p, struct error *err)
{
	const struct plan_partner *now =
	    plan_find_partner(in->current, p->slug);
	int64_t most = plan_people_most(in->reviewed, in->campaign);
	struct activation *runs;
	int count = activation_list(db, a, in->campaign->id, p->id, &runs, err);

	for (int i = 0; i < count && now && most > 0; i++)
		if (runs[i].state == ACTIVATION_ACTIVE &&
		    plan_bound_review(db, &runs[i], most - now->contacts,
				      now->list_n, err) < 0)
			return -(int)err->code;
	return count < 0 ? count : 0;
}

static int
settle_runs(struct db *db, struct part *part, struct arena *a,
	    const struct partner *p, struct error *err)
{
	const struct campaign *c = part->x->in->campaign;
	struct activation *runs;
	const char *why;
	bool fits = plan_partner_fits(c, p, &why);
	int count = activation_list(db, a, c->id, p->id, &runs, err);

	for (int i = 0; i < count; i++)
		if (fits && plan_is_left(c, &runs[i])) {
			if (take_up(db, part, &runs[i], err) < 0)
				return -(int)err->code;
		} else if (bring_on(db, part, &runs[i], fits, err) < 0)
			return -(int)err->code;
	if (count == 0 && fits && c->start == CAMPAIGN_AUTOMATIC)
		return start_automatic(db, part, p, err);
	return count < 0 ? count : 0;
}

static int
settle_partner(struct db *db, struct part *part, struct arena *a,
	       struct str slug, struct error *err)
{
	struct partner p;

	if (partner_find(db, a, slug, &p, err) < 0 ||
	    settle_runs(db, part, a, &p, err) < 0)
		return -(int)err->code;
	return bound_runs(db, part->x->in, a, &p, err);
}

static int
settle(struct db *db, void *arg, struct error *err)
{
	struct part *part = arg;
	struct arena *a = arena_new();
	int code = 0;

	part->result = (struct plan_result){ 0 };
	for (size_t i = part->from; i < part->to && code >= 0; i++) {
		struct str slug = part->x->rows[i]->id;

		code = settle_partner(db, part, a, slug, err);
		if (code < 0)
			error_context(err, "partner %.*s", STR_ARG(slug));
	}
	arena_free(&a);
	return code < 0 ? code : 0;
}

/* ---- lists ---- */

static int
this_campaign(void *arg, struct db *db, struct str campaign,
	      struct str revision, const struct campaign **out,
	      struct error *err)
{
	const struct plan_apply *in = arg;

	(void)db;
	(void)err;
	check(str_eq(campaign, in->campaign->id));
	check(str_eq(revision, in->reviewed->revision));
	*out = in->campaign;
	return 0;
}

static int64_t
expected(const struct plan_apply *in)
{
	int64_t total = 0;

	for (size_t i = 0; i < in->current->partner_count; i++) {
		const struct plan_partner *p = &in->current->partners[i];

		if (is_meant(in, p->slug) && (p->running || p->is_new))
			total += p->contacts;
	}
	return total;
}

static int
walk_lists(struct applying *x, struct error *err)
{
	const struct plan_apply *in = x->in;
	const struct plan_revisions revisions = {
		.campaign = this_campaign,
		.arg = (void *)(uintptr_t)in,
	};
	const struct plan_walk walk = {
		.store = in->store,
		.revisions = &revisions,
		.campaign = in->campaign->id,
		.revision = in->reviewed->revision,
		.now_ms = in->now_ms,
	};
	int64_t total = expected(in);
	int64_t done;

	do {
		done = plan_walk(&walk, &x->result->deliveries, err);
		if (done > 0 && in->progress)
			in->progress(in->progress_arg, x->result->deliveries,
				     total);
	} while (done > 0);
	return done < 0 ? -(int)err->code : 0;
}

int
plan_apply(const struct plan_apply *in, struct plan_result *out,
	   struct error *err)
{
	struct applying x = { .in = in, .a = arena_new(), .result = out };
	int code = plan_drift(in->reviewed, in->current, err);

	*out = (struct plan_result){ 0 };
	if (code >= 0)
		code = choose_rows(&x, err);
	if (code >= 0)
		code = campaign_revision_store(
		    in->store, in->files, in->campaign->id, in->now_ms, err);
	if (code >= 0)
		code = in_parts(&x, put_partners, err);
	if (code >= 0)
		code = db_commit(in->store, publish, &x, err);
	if (code >= 0)
		code = in_parts(&x, settle, err);
	if (code >= 0)
		code = walk_lists(&x, err);
	arena_free(&x.a);
	return code < 0 ? code : 0;
}
