/*
 * A cursor over the lanes of the journal, in a note; what it has passed is
 * counted for the partner, in the budget's time, and for the run. The count and
 * the cursor are one unit. A store that has no cursor begins at the end: what
 * was long ago is nobody's fault now.
 *
 * Rejected: counting in the unit of each verdict, which knows nothing of what
 * comes later, and costs every message what one statement for a thousand does.
 */
#include "dispatch/dispatch_watch.h"

#include <inttypes.h>

#include "base/arena.h"
#include "base/log.h"
#include "dispatch/dispatch_rules.h"
#include "dispatch/dispatch_sql.h"
#include "event/event.h"
#include "partner/partner.h"

static const char cursor_note[] = "watched";

enum { LOCK_ID = 1, NINE = 9, TEN = 10 };

#define MINUTE_MS INT64_C(60000)

struct watch {
	struct arena *a;
	struct dispatch_rules rules;
	int64_t now_ms;
	int limit;
};

/* ---- cursors ---- */

static int64_t
cursor_of(struct str text, int64_t lane)
{
	struct str line;

	while (str_split(&text, '\n', &line)) {
		struct str word;
		int64_t n;

		if (str_word(&line, &word) && str_int(word, 1, INT64_MAX, &n) &&
		    n == lane && str_word(&line, &word) &&
		    str_int(word, 0, INT64_MAX, &n))
			return n;
	}
	return 0;
}

/* ---- counting ---- */

struct answers {
	int64_t partner_id;
	int64_t activation_id;
	int64_t kind;
	int64_t count;
	int64_t at_ms;
};

static int64_t
partner_queue(struct watch *w, int64_t partner_id)
{
	return outbox_queue_id(OUTBOX_SCOPE_PARTNER,
			       str_printf(w->a, "%" PRId64, partner_id));
}

static struct str
run_name(struct arena *a, int64_t partner_id, int64_t activation_id)
{
	return str_printf(a, "%" PRId64 "/%" PRId64, partner_id, activation_id);
}

static enum outbox_score
score_of(int64_t kind)
{
	switch (kind) {
	case EVENT_SENT:
		return OUTBOX_SCORE_SENT;
	case EVENT_BOUNCED:
		return OUTBOX_SCORE_BOUNCED;
	case EVENT_HELD:
	case EVENT_IN_DOUBT:
		return OUTBOX_SCORE_UNSURE;
	default:
		return OUTBOX_SCORE_COMPLAINED;
	}
}

static int
count_answers(struct db *db, struct watch *w, const struct answers *x,
	      struct error *err)
{
	enum outbox_score what = score_of(x->kind);
	int64_t run;

	if (w->rules.budget.least > 0 &&
	    outbox_score_add(db, partner_queue(w, x->partner_id), what,
			     w->rules.budget.unit, x->at_ms, x->count, err) < 0)
		return -(int)err->code;
	if (w->rules.canary_messages == 0 || x->activation_id == 0)
		return 0;
	run = outbox_queue_id(OUTBOX_SCOPE_RUN,
			      run_name(w->a, x->partner_id, x->activation_id));
	return outbox_score_add(db, run, what, OUTBOX_EVER, x->at_ms, x->count,
				err);
}

static int64_t
complaint_kind(void)
{
	enum event_kind kind;

	return event_kind_find(STR("complained"), &kind) ? (int64_t)kind : -1;
}

/* What a part of a lane says, by partner and run; in w->a. The count. */
static int
read_answers(struct db *db, struct watch *w, int64_t lane, int64_t after,
	     struct answers **out, struct error *err)
{
	struct db_rows rows;
	int count = 0;
	int got;

	*out = ARENA_ARRAY(w->a, (size_t)w->limit, struct answers);
	if (db_query(db, &rows, dispatch_sql_answers,
		     DB_ARGS(DB_INT(lane), DB_INT(after),
			     DB_INT(after + w->limit), DB_INT(EVENT_SENT),
			     DB_INT(EVENT_BOUNCED), DB_INT(EVENT_HELD),
			     DB_INT(EVENT_IN_DOUBT), DB_INT(complaint_kind())),
		     err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0)
		(*out)[count++] = (struct answers){
			.partner_id = db_int(&rows, 0),
			.activation_id = db_int(&rows, 1),
			.kind = db_int(&rows, 2),
			.count = db_int(&rows, 3),
			.at_ms = db_int(&rows, 4),
		};
	db_rows_end(&rows);
	return got < 0 ? got : count;
}

/* ---- judging ---- */

struct score {
	int64_t sent;
	int64_t bounced;
	int64_t complained;
	int64_t unsure;
};

static int
read_score(struct db *db, int64_t queue, enum outbox_unit unit, int64_t now_ms,
	   struct score *s, struct error *err)
{
	const struct {
		enum outbox_score what;
		int64_t *n;
	} parts[] = {
		{ OUTBOX_SCORE_SENT, &s->sent },
		{ OUTBOX_SCORE_BOUNCED, &s->bounced },
		{ OUTBOX_SCORE_COMPLAINED, &s->complained },
		{ OUTBOX_SCORE_UNSURE, &s->unsure },
	};

	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (outbox_score(db, queue, parts[i].what, unit, now_ms,
				 parts[i].n, err) < 0)
			return -(int)err->code;
	return 0;
}

static int64_t
answered(const struct score *s)
{
	return s->sent + s->bounced;
}

static bool
is_beyond(const struct dispatch_budget *b, const struct score *s)
{
	return s->bounced * DISPATCH_WHOLE > b->bounces * answered(s) ||
	       s->complained * DISPATCH_WHOLE > b->complaints * answered(s);
}

/* "12 of 60 mails were refused and 0 complained of, expected at most ..." */
static struct str
evidence_of(struct watch *w, const struct score *s, const char *which)
{
	const struct dispatch_budget *b = &w->rules.budget;

	return str_printf(
	    w->a,
	    "of %" PRId64 " mails %s, %" PRId64 " were refused and %" PRId64
	    " complained of, expected at most %.2f %% and %.2f %%",
	    answered(s), which, s->bounced, s->complained,
	    (double)b->bounces / 100, (double)b->complaints / 100);
}

static int
stop_partner(struct db *db, struct watch *w, int64_t partner_id,
	     struct str reason, struct error *err)
{
	const struct outbox_closing how = {
		.scope = OUTBOX_SCOPE_PARTNER,
		.name = str_printf(w->a, "%" PRId64, partner_id),
		.until_ms = INT64_MAX,
		.reason = reason,
		.now_ms = w->now_ms,
	};
	const struct event paused = {
		.kind = EVENT_PAUSED,
		.at_ms = w->now_ms,
		.partner_id = partner_id,
	};
	struct outbox_queue q;
	int found =
	    outbox_queue_find(db, w->a, partner_queue(w, partner_id), &q, err);

	if (found < 0)
		return found;
	if (found > 0 && q.opens_ms == INT64_MAX)
		return 0;
	log_line(LOG_LEVEL_ERROR, "dispatch", "partner_stopped",
		 LOG_FIELDS(LOG_INT("partner", partner_id),
			    LOG_TEXT("msg", reason)));
	if (outbox_queue_close(db, &how, err) < 0 ||
	    event_append_with(db, &paused, "reason", reason, err) < 0)
		return -(int)err->code;
	return 1;
}

static int
judge_partner(struct db *db, struct watch *w, int64_t partner_id,
	      struct error *err)
{
	const struct dispatch_budget *b = &w->rules.budget;
	struct score s;

	if (b->least == 0)
		return 0;
	if (read_score(db, partner_queue(w, partner_id), b->unit, w->now_ms, &s,
		       err) < 0)
		return -(int)err->code;
	if (answered(&s) < b->least || !is_beyond(b, &s))
		return 0;
	return stop_partner(
	    db, w, partner_id,
	    evidence_of(
		w, &s,
		arena_printf(w->a, "within a %s", outbox_unit_name(b->unit))),
	    err);
}

/* ---- canaries ---- */

/* When it is to be judged: set once, when the answers are in. */
static int
settle(struct db *db, struct watch *w, const struct outbox_queue *q,
       int64_t *at_ms, struct error *err)
{
	if (outbox_score(db, q->id, OUTBOX_SCORE_JUDGED, OUTBOX_EVER, 0, at_ms,
			 err) < 0)
		return -(int)err->code;
	if (*at_ms > 0)
		return 0;
	*at_ms = w->now_ms + w->rules.canary_ms;
	if (outbox_score_add(db, q->id, OUTBOX_SCORE_JUDGED, OUTBOX_EVER, 0,
			     *at_ms, err) < 0)
		return -(int)err->code;
	/* That is when it is looked at next. */
	return outbox_queue_open(db, q->id, *at_ms, err) < 0 ? -(int)err->code
							     : 0;
}

static int
pass(struct db *db, struct watch *w, const struct outbox_queue *q,
     struct error *err)
{
	if (outbox_score_add(db, q->id, OUTBOX_SCORE_PASSED, OUTBOX_EVER, 0, 1,
			     err) < 0 ||
	    outbox_queue_open(db, q->id, w->now_ms, err) < 0)
		return -(int)err->code;
	return 1;
}

static int
judge_canary(struct db *db, struct watch *w, const struct outbox_queue *q,
	     struct error *err)
{
	struct str name = q->name;
	struct str partner;
	struct score s;
	int64_t partner_id = 0;
	int64_t passed;
	int64_t at_ms;

	if (outbox_score(db, q->id, OUTBOX_SCORE_PASSED, OUTBOX_EVER, 0,
			 &passed, err) < 0 ||
	    read_score(db, q->id, OUTBOX_EVER, 0, &s, err) < 0)
		return -(int)err->code;
	if (passed > 0 ||
	    (answered(&s) + s.unsure) * TEN < w->rules.canary_messages * NINE)
		return 0;
	if (settle(db, w, q, &at_ms, err) < 0)
		return -(int)err->code;
	if (w->now_ms < at_ms)
		return 0;
	(void)str_split(&name, '/', &partner);
	(void)str_int(partner, 0, INT64_MAX, &partner_id);
	if (w->rules.budget.least == 0 || !is_beyond(&w->rules.budget, &s))
		return pass(db, w, q, err);
	return stop_partner(db, w, partner_id,
			    evidence_of(w, &s, "that a run of its began with"),
			    err);
}

/* Those of which the rest waits. */
static int
judge_canaries(struct db *db, struct watch *w, struct error *err)
{
	struct outbox_queue *runs;
	int count = 0;
	int did = 0;

	if (w->rules.canary_messages > 0)
		count =
		    outbox_queue_list(db, w->a, OUTBOX_SCOPE_RUN, &runs, err);
	for (int i = 0; i < count; i++) {
		int got = judge_canary(db, w, &runs[i], err);

		if (got < 0)
			return got;
		did += got;
	}
	return count < 0 ? count : did;
}

/* ---- the step ---- */

/* How many rows of the lane were passed. */
static int
watch_lane(struct db *db, struct watch *w, const struct event_head *head,
	   int64_t after, struct error *err)
{
	int64_t left = head->seq - after;
	struct answers *answers;
	int count = read_answers(db, w, head->lane, after, &answers, err);
	int stopped = 0;

	for (int i = 0; i < count; i++)
		if (count_answers(db, w, &answers[i], err) < 0)
			return -(int)err->code;
	for (int i = 0; i < count && stopped >= 0; i++)
		stopped = judge_partner(db, w, answers[i].partner_id, err);
	if (count < 0 || stopped < 0)
		return -(int)err->code;
	return left < w->limit ? (int)left : w->limit;
}

static int
watch_lanes(struct db *db, struct watch *w, struct str before, bool fresh,
	    struct error *err)
{
	struct event_head *heads;
	struct buf now = { 0 };
	int count = event_heads(db, w->a, &heads, err);
	int did = 0;
	int got = count;

	for (int i = 0; i < count && got >= 0; i++) {
		int64_t after =
		    fresh ? heads[i].seq : cursor_of(before, heads[i].lane);

		got = 0;
		if (heads[i].seq > after)
			got = watch_lane(db, w, &heads[i], after, err);
		did += got;
		buf_printf(&now, "%" PRId64 " %" PRId64 "\n", heads[i].lane,
			   after + got);
	}
	if (got >= 0 && (did > 0 || fresh))
		got = db_note_set(db, cursor_note, buf_view(&now), err);
	buf_fini(&now);
	return got < 0 ? got : did;
}

static int
watch_all(struct db *db, struct watch *w, struct error *err)
{
	struct buf before = { 0 };
	int judged;
	int got;

	if (outbox_rate_lock(db, LOCK_ID, err) < 0)
		return -(int)err->code;
	got = db_note_find(db, cursor_note, &before, err);
	if (got >= 0)
		got = watch_lanes(db, w, buf_view(&before), got == 0, err);
	buf_fini(&before);
	if (got < 0)
		return got;
	judged = judge_canaries(db, w, err);
	return judged < 0 ? judged : got + judged;
}

static int
watch_unit(struct db *db, void *arg, struct error *err)
{
	struct watch *w = arg;
	struct arena_mark mark = arena_mark(w->a);
	int got = watch_all(db, w, err);

	arena_rewind(w->a, mark);
	return got;
}

static bool
is_watched(const struct dispatch_rules *rules)
{
	return rules->canary_messages > 0 || rules->budget.least > 0;
}

int
dispatch_watch_step(struct db_store *store, int64_t now_ms, int limit,
		    struct error *err)
{
	struct watch w = { .a = arena_new(), .now_ms = now_ms, .limit = limit };
	struct db *db;
	int did = 0;

	check(limit > 0);
	if (db_reader(store, &db, err) < 0 ||
	    dispatch_rules_load(db, w.a, &w.rules, err) < 0)
		did = -(int)err->code;
	else if (is_watched(&w.rules))
		did = db_commit(store, watch_unit, &w, err);
	arena_free(&w.a);
	return did;
}

/* ---- going on ---- */

/* A run that has not passed its canary begins another one. */
static int
resume_run(struct db *db, struct arena *a, const struct activation *run,
	   int64_t now_ms, struct error *err)
{
	int64_t id = outbox_queue_id(OUTBOX_SCOPE_RUN,
				     run_name(a, run->partner_id, run->id));
	int64_t passed;

	if (outbox_score(db, id, OUTBOX_SCORE_PASSED, OUTBOX_EVER, 0, &passed,
			 err) < 0)
		return -(int)err->code;
	if (passed > 0)
		return 0;
	if (outbox_score_forget(db, id, err) < 0 ||
	    outbox_queue_open(db, id, now_ms, err) < 0)
		return -(int)err->code;
	return 0;
}

static int
resume_runs(struct db *db, struct arena *a, int64_t partner_id, int64_t now_ms,
	    struct error *err)
{
	struct activation *runs;
	int count = activation_list(db, a, STR(""), partner_id, &runs, err);

	for (int i = 0; i < count; i++)
		if (resume_run(db, a, &runs[i], now_ms, err) < 0)
			return -(int)err->code;
	return count < 0 ? count : 0;
}

int
dispatch_watch_resume(struct db *db, int64_t partner_id, int64_t now_ms,
		      struct error *err)
{
	struct arena *a = arena_new();
	int64_t id = outbox_queue_id(OUTBOX_SCOPE_PARTNER,
				     str_printf(a, "%" PRId64, partner_id));
	struct outbox_queue q = { 0 };
	int found = outbox_queue_find(db, a, id, &q, err);
	bool stopped = found > 0 && q.opens_ms == INT64_MAX;

	if (stopped && (outbox_queue_open(db, id, now_ms, err) < 0 ||
			outbox_score_forget(db, id, err) < 0 ||
			resume_runs(db, a, partner_id, now_ms, err) < 0))
		found = -(int)err->code;
	arena_free(&a);
	return found < 0 ? found : stopped;
}
