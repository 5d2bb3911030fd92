/*
 * Bounces that were sent on purpose, as rows. A row is written before its mail
 * leaves: what comes back may be here before the sender is.
 *
 * Which one came back is decided by its id alone, and the first report ends it:
 * a relay may tell of a delay first and of the refusal later, and both have
 * found the way.
 */
#include "doctor/doctor_probe.h"

#include <inttypes.h>

#include "base/arena.h"
#include "base/civil.h"
#include "doctor/doctor_priv.h"
#include "doctor/doctor_sql.h"

/* Stored: only append. */
enum state { STATE_SENT, STATE_RETURNED, STATE_REFUSED };

static struct str
id_view(const uint8_t id[DOCTOR_PROBE_ID_BYTES])
{
	return (struct str){ (const char *)id, DOCTOR_PROBE_ID_BYTES };
}

int
doctor_probe_put(struct db *db, const struct doctor_probe *p, struct error *err)
{
	if (db_run(db, doctor_sql_probe_forget,
		   DB_ARGS(DB_INT(p->sent_ms - DOCTOR_PROBE_KEPT_MS)), err) < 0)
		return -(int)err->code;
	return (int)db_run(db, doctor_sql_probe_put,
			   DB_ARGS(DB_BLOB(id_view(p->id)), DB_TEXT(p->domain),
				   DB_TEXT(p->envelope), DB_TEXT(p->to),
				   DB_INT(p->sent_ms)),
			   err);
}

/* 1 when it was SENT, and now is not. */
static int
end(struct db *db, const uint8_t id[DOCTOR_PROBE_ID_BYTES], enum state to,
    struct str said, int64_t now_ms, struct error *err)
{
	return (int)db_run(db, doctor_sql_probe_end,
			   DB_ARGS(DB_BLOB(id_view(id)), DB_INT((int64_t)to),
				   DB_INT(now_ms), DB_TEXT(said)),
			   err);
}

int
doctor_probe_refuse(struct db *db, const uint8_t id[DOCTOR_PROBE_ID_BYTES],
		    struct str answer, int64_t now_ms, struct error *err)
{
	return end(db, id, STATE_REFUSED, answer, now_ms, err);
}

int
doctor_probe_return(struct db *db, struct doctor_probe_back *back,
		    struct error *err)
{
	int64_t there;
	int got =
	    end(db, back->id, STATE_RETURNED, back->said, back->now_ms, err);

	back->again = got == 0;
	if (got != 0)
		return got;
	return db_query_int(db, &there, doctor_sql_probe_find,
			    DB_ARGS(DB_BLOB(id_view(back->id))), err);
}

/* ---- telling ---- */

/* What is told of the last one. */
struct last {
	struct str to;
	struct str said;
	enum state state;
	int64_t sent_ms;
	int64_t done_ms;
};

static int
read_last(struct db *db, struct arena *a, struct str domain,
	  struct str envelope, int64_t since_ms, struct last *out,
	  struct error *err)
{
	struct db_rows rows;
	int got;

	if (db_query(
		db, &rows, doctor_sql_probe_last,
		DB_ARGS(DB_TEXT(domain), DB_TEXT(envelope), DB_INT(since_ms)),
		err) < 0)
		return -(int)err->code;
	got = db_next(&rows, err);
	if (got > 0)
		*out = (struct last){
			.to = str_copy(a, db_text(&rows, 0)),
			.sent_ms = db_int(&rows, 1),
			.state = (enum state)db_int(&rows, 2),
			.done_ms = db_int(&rows, 3),
			.said = str_copy(a, db_text(&rows, 4)),
		};
	db_rows_end(&rows);
	return got;
}

static struct str
instant(struct arena *a, int64_t at_ms)
{
	struct buf b = { 0 };
	struct str text;

	civil_print_instant(at_ms - at_ms % 1000, 0, &b);
	text = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return text;
}

/* Clocks of two hosts may differ: nothing comes back before it was sent. */
static struct str
how_long(struct arena *a, const struct last *p)
{
	int64_t s = p->done_ms > p->sent_ms
			? (p->done_ms - p->sent_ms + 500) / 1000
			: 0;

	return s < 600 ? str_printf(a, "%" PRId64 " s", s)
		       : str_printf(a, "%" PRId64 " min", s / 60);
}

static void
tell_returned(const struct look *l, struct doctor_finding *x,
	      const struct last *p)
{
	x->found =
	    str_printf(l->a, "a bounce came back after %.*s, on %.10s: %.*s",
		       STR_ARG(how_long(l->a, p)), instant(l->a, p->done_ms).p,
		       STR_ARG(p->said.len ? p->said : STR("a report")));
}

static void
tell_refused(const struct look *l, struct doctor_finding *x,
	     const struct last *p)
{
	x->found = str_printf(l->a, "the relay did not take it: %.*s",
			      STR_ARG(p->said));
	x->expected = STR("that it is taken, and comes back");
	x->advice =
	    str_printf(l->a, "where the relay itself refuses, nothing comes "
			     "back: name an address whose own host does");
}

static void
tell_missing(const struct look *l, struct doctor_finding *x,
	     const struct last *p)
{
	x->found = str_printf(l->a, "the bounce sent at %.*s has not come back",
			      STR_ARG(instant(l->a, p->sent_ms)));
	x->expected = STR("a report of it");
	x->advice =
	    x->grade == DOCTOR_UNKNOWN
		? STR("ask again in a moment, while run or up with --intake "
		      "takes what comes back")
		: str_printf(
		      l->a,
		      "see that %.*s refuses mail, that mail to any address of "
		      "bounces= reaches its mailbox, and that --intake looks "
		      "there",
		      STR_ARG(p->to));
}

static void
tell_last(const struct look *l, const struct last *p)
{
	bool is_late = l->now_ms - p->sent_ms >= DOCTOR_PROBE_WAIT_MS;
	enum doctor_grade grade = p->state == STATE_RETURNED  ? DOCTOR_OK
				  : p->state == STATE_REFUSED ? DOCTOR_WARNING
				  : is_late		      ? DOCTOR_ERROR
							      : DOCTOR_UNKNOWN;
	struct doctor_finding *x =
	    found(l, "bounce", grade,
		  str_printf(l->a, "%.*s to %.*s", STR_ARG(p->to),
			     STR_ARG(l->envelope)));

	if (p->state == STATE_RETURNED)
		tell_returned(l, x, p);
	else if (p->state == STATE_REFUSED)
		tell_refused(l, x, p);
	else
		tell_missing(l, x, p);
}

int
doctor_probe_tell(struct db *db, struct arena *a,
		  const struct doctor_sender *sender, int64_t now_ms,
		  struct doctor_report *report, struct error *err)
{
	struct look l = {
		.a = a, .sender = sender, .now_ms = now_ms, .report = report
	};

	for (size_t i = 0; i < sender->envelope_count; i++) {
		struct last last;
		int got;

		l.envelope = sender->envelopes[i].domain;
		got = read_last(db, a, sender->domain, l.envelope,
				now_ms - DOCTOR_PROBE_KEPT_MS, &last, err);
		if (got < 0)
			return got;
		if (got > 0)
			tell_last(&l, &last);
	}
	return 0;
}
