/*
 * The daily look. A domain is taken by moving its time on before anybody is
 * asked, so a host that dies in between costs DOCTOR_TAKEN_MS, and two hosts
 * never look at one domain at once.
 *
 * Rejected: to look when a mail is made (a resolver that is slow would be the
 * speed of the sender).
 */
#include "doctor/doctor_watch.h"

#include "base/arena.h"
#include "base/log.h"
#include "doctor/doctor_priv.h"
#include "doctor/doctor_sql.h"

/* ---- rows ---- */

int
doctor_watch_take(struct db *db, struct str domain, int64_t now_ms,
		  struct error *err)
{
	return (int)db_run(db, doctor_sql_take,
			   DB_ARGS(DB_TEXT(domain),
				   DB_INT(now_ms + DOCTOR_TAKEN_MS),
				   DB_INT(now_ms)),
			   err);
}

static const struct doctor_finding *
worst_of(const struct doctor_report *report)
{
	const struct doctor_finding *worst = NULL;

	for (size_t i = 0; i < report->count; i++) {
		const struct doctor_finding *x = &report->items[i];

		if (x->grade > (worst ? worst->grade : DOCTOR_OK))
			worst = x;
	}
	return worst;
}

int
doctor_watch_put(struct db *db, struct str domain,
		 const struct doctor_report *report, int64_t now_ms,
		 struct error *err)
{
	const struct doctor_finding *worst = worst_of(report);
	bool is_soon = worst && worst->grade > DOCTOR_WARNING;
	int64_t next_ms = now_ms + (is_soon ? DOCTOR_SOON_MS : DOCTOR_DAILY_MS);
	struct buf text = { 0 };
	int code;

	if (worst)
		buf_printf(&text, "%s: %.*s: %.*s", worst->check,
			   STR_ARG(worst->asked), STR_ARG(worst->found));
	code = (int)db_run(
	    db, doctor_sql_put,
	    DB_ARGS(DB_TEXT(domain), DB_INT(next_ms), DB_INT(now_ms),
		    DB_INT((int64_t)report->by_grade[DOCTOR_ERROR]),
		    DB_INT((int64_t)report->by_grade[DOCTOR_UNKNOWN]),
		    DB_INT((int64_t)report->by_grade[DOCTOR_WARNING]),
		    DB_TEXT(str_of(buf_cstr(&text)))),
	    err);
	buf_fini(&text);
	return code;
}

int
doctor_watch_drop(struct db *db, struct str domain, struct error *err)
{
	return (int)db_run(db, doctor_sql_drop, DB_ARGS(DB_TEXT(domain)), err);
}

static struct doctor_row
read_row(struct db_rows *rows, struct arena *a)
{
	return (struct doctor_row){
		.domain = str_copy(a, db_text(rows, 0)),
		.next_ms = db_int(rows, 1),
		.checked_ms = db_int(rows, 2),
		.errors = db_int(rows, 3),
		.unknown = db_int(rows, 4),
		.warnings = db_int(rows, 5),
		.since_ms = db_int(rows, 6),
		.worst = str_copy(a, db_text(rows, 7)),
	};
}

int
doctor_watch_list(struct db *db, struct arena *a, struct doctor_row **out,
		  struct error *err)
{
	struct db_rows rows;
	int64_t total;
	int count = 0;
	int got;

	if (db_query_int(db, &total, doctor_sql_count, DB_NO_ARGS, err) < 0 ||
	    db_query(db, &rows, doctor_sql_list, DB_NO_ARGS, err) < 0)
		return -(int)err->code;
	*out = ARENA_ARRAY(a, (size_t)total, struct doctor_row);
	while ((got = db_next(&rows, err)) > 0 && count < total)
		(*out)[count++] = read_row(&rows, a);
	db_rows_end(&rows);
	return got < 0 ? got : count;
}

const struct doctor_row *
row_of(const struct doctor_row *rows, int count, struct str domain)
{
	for (int i = 0; i < count; i++)
		if (str_eq(rows[i].domain, domain))
			return &rows[i];
	return NULL;
}

/* ---- the step ---- */

struct looking {
	struct arena *a;
	const struct doctor_watch *watch;
	int64_t now_ms;
	struct doctor_sender *senders;
	int sender_count;
	struct doctor_row *rows;
	int row_count;
	/* of one domain */
	struct str domain;
	struct doctor_report report;
	struct fallback fallback;
};

static int
read_all(struct db *db, void *arg, struct error *err)
{
	const struct doctor_scope all = { .partner_id = -1 };
	struct looking *l = arg;

	l->sender_count = doctor_senders(db, l->a, &all, &l->senders, err);
	if (l->sender_count < 0)
		return l->sender_count;
	l->row_count = doctor_watch_list(db, l->a, &l->rows, err);
	return l->row_count;
}

static bool
still_sends(const struct looking *l, struct str domain)
{
	for (int i = 0; i < l->sender_count; i++)
		if (str_eq(l->senders[i].domain, domain))
			return true;
	return false;
}

static int
take_unit(struct db *db, void *arg, struct error *err)
{
	const struct looking *l = arg;

	return doctor_watch_take(db, l->domain, l->now_ms, err);
}

static int
put_unit(struct db *db, void *arg, struct error *err)
{
	struct looking *l = arg;

	l->fallback = (struct fallback){
		.a = l->a,
		.domain = l->domain,
		.report = &l->report,
		.rows = l->rows,
		.row_count = l->row_count,
		.now_ms = l->now_ms,
	};
	if (fallback_choose(db, &l->fallback, err) < 0)
		return -(int)err->code;
	return doctor_watch_put(db, l->domain, &l->report, l->now_ms, err);
}

static int
drop_unit(struct db *db, void *arg, struct error *err)
{
	const struct looking *l = arg;

	return doctor_watch_drop(db, l->domain, err);
}

/* Only what has changed: an error each hour would be no news. */
static void
tell(const struct looking *l, const struct doctor_row *before)
{
	const struct doctor_finding *worst = worst_of(&l->report);
	bool has_errors = l->report.by_grade[DOCTOR_ERROR] > 0;
	bool was_wrong = before && before->errors > 0;

	if (has_errors && !was_wrong)
		log_line(LOG_LEVEL_ERROR, "doctor", "sender_wrong",
			 LOG_FIELDS(LOG_TEXT("domain", l->domain),
				    LOG_CSTR("check", worst->check),
				    LOG_TEXT("asked", worst->asked),
				    LOG_TEXT("found", worst->found),
				    LOG_TEXT("advice", worst->advice)));
	if (was_wrong && !has_errors && !l->report.by_grade[DOCTOR_UNKNOWN])
		log_line(LOG_LEVEL_WARN, "doctor", "sender_well_again",
			 LOG_FIELDS(LOG_TEXT("domain", l->domain)));
}

static void
tell_senders(const struct looking *l)
{
	if (l->fallback.fell_back > 0)
		log_line(LOG_LEVEL_ERROR, "doctor", "sender_fell_back",
			 LOG_FIELDS(LOG_TEXT("domain", l->domain),
				    LOG_INT("partners", l->fallback.fell_back),
				    LOG_CSTR("msg", "their mail is from the "
						    "vendor until it is well "
						    "again")));
	if (l->fallback.came_back > 0)
		log_line(
		    LOG_LEVEL_WARN, "doctor", "sender_came_back",
		    LOG_FIELDS(LOG_TEXT("domain", l->domain),
			       LOG_INT("partners", l->fallback.came_back)));
}

static int
look_at(struct looking *l, struct db_store *store,
	const struct doctor_sender *sender, struct error *err)
{
	struct doctor_relay relay = l->watch->relay;
	struct dns_source source;
	struct dns *dns;

	if (dns_open(&dns, l->watch->servers, err) < 0)
		return -(int)err->code;
	source = dns_source(dns);
	doctor_want(&source, l->a, sender);
	doctor_relay_find(&source, l->a, &relay);
	l->report = (struct doctor_report){ 0 };
	doctor_sender(&source, l->a, sender, &relay, l->now_ms, &l->report);
	/* That there is no relay to try is said at the shell. */
	if (relay.count > 0)
		doctor_relay(&source, l->a, &relay, &l->report);
	tell(l, row_of(l->rows, l->row_count, sender->domain));
	dns_close(&dns);
	if (db_commit(store, put_unit, l, err) < 0)
		return -(int)err->code;
	tell_senders(l);
	return 0;
}

static int
look_if_due(struct looking *l, struct db_store *store,
	    const struct doctor_sender *sender, struct error *err)
{
	const struct doctor_row *row =
	    row_of(l->rows, l->row_count, sender->domain);
	int taken;

	if (row && row->next_ms > l->now_ms)
		return 0;
	l->domain = sender->domain;
	taken = db_commit(store, take_unit, l, err);
	if (taken <= 0)
		return taken;
	return look_at(l, store, sender, err) < 0 ? -(int)err->code : 1;
}

static int
drop_others(struct looking *l, struct db_store *store, struct error *err)
{
	for (int i = 0; i < l->row_count; i++) {
		l->domain = l->rows[i].domain;
		if (!still_sends(l, l->domain) &&
		    db_commit(store, drop_unit, l, err) < 0)
			return -(int)err->code;
	}
	return 0;
}

int
doctor_watch_step(struct db_store *store, const struct doctor_watch *watch,
		  int64_t now_ms, struct error *err)
{
	struct looking l = { .a = arena_new(),
			     .watch = watch,
			     .now_ms = now_ms };
	int code = db_look(store, read_all, &l, err);
	int sum = 0;

	if (code >= 0)
		code = drop_others(&l, store, err);
	for (int i = 0; code >= 0 && i < l.sender_count; i++) {
		if (watch->stop && watch->stop(watch->arg))
			break;
		code = look_if_due(&l, store, &l.senders[i], err);
		sum += code > 0;
	}
	arena_free(&l.a);
	return code < 0 ? code : sum;
}
