/*
 * Notices as rows. One is known by its partner, its time and which way it went,
 * which alternate, so putting it twice is putting it once.
 *
 * The texts are kept and not looked up again when the mail is made: a repeat
 * must have the same bytes, and by then DNS may say something else.
 */
#include "doctor/doctor_notice.h"

#include "base/arena.h"
#include "doctor/doctor_sql.h"
#include "outbox/outbox.h"
#include "partner/partner.h"

/* ---- the subject: time, big endian; which way; for whom ---- */

static struct str
subject_of(const struct doctor_notice *n, enum doctor_notice_whom whom,
	   char bytes[DOCTOR_NOTICE_SUBJECT_BYTES])
{
	for (size_t i = 0; i < 8; i++)
		bytes[i] = (char)((uint64_t)n->at_ms >> (56 - 8 * i) & 0xff);
	bytes[8] = n->is_back;
	bytes[9] = (char)whom;
	return (struct str){ bytes, DOCTOR_NOTICE_SUBJECT_BYTES };
}

static bool
read_subject(struct str subject, struct doctor_notice *n,
	     enum doctor_notice_whom *whom)
{
	uint64_t at = 0;

	if (subject.len != DOCTOR_NOTICE_SUBJECT_BYTES ||
	    (unsigned char)subject.p[8] > 1 ||
	    (unsigned char)subject.p[9] > DOCTOR_NOTICE_VENDOR)
		return false;
	for (size_t i = 0; i < 8; i++)
		at = at << 8 | (unsigned char)subject.p[i];
	n->at_ms = (int64_t)at;
	n->is_back = subject.p[8] != 0;
	*whom = (enum doctor_notice_whom)subject.p[9];
	return true;
}

/* ---- putting ---- */

/* One that goes on before one that has ended, the youngest of them. */
static bool
is_better(const struct activation *x, const struct activation *than)
{
	if (!than || x->state != than->state)
		return !than || x->state == ACTIVATION_ACTIVE;
	return x->start_ms > than->start_ms;
}

/* Its id, or 0: the partner has none. */
static int
find_run(struct db *db, struct arena *a, int64_t partner_id, int64_t *id,
	 struct error *err)
{
	const struct activation *best = NULL;
	struct activation *all;
	int count = activation_list(db, a, STR(""), partner_id, &all, err);

	for (int i = 0; i < count; i++)
		if (is_better(&all[i], best))
			best = &all[i];
	*id = best ? best->id : 0;
	return count < 0 ? count : 0;
}

static int
put_row(struct db *db, const struct doctor_notice *n, struct error *err)
{
	return (int)db_run(db, doctor_sql_notice_put,
			   DB_ARGS(DB_INT(n->partner_id), DB_INT(n->at_ms),
				   DB_INT(n->is_back), DB_INT(n->since_ms),
				   DB_TEXT(n->domain), DB_TEXT(n->instead),
				   DB_TEXT(n->asked), DB_TEXT(n->found),
				   DB_TEXT(n->expected), DB_TEXT(n->advice)),
			   err);
}

static int
put_delivery(struct db *db, const struct doctor_notice *n, int64_t run,
	     enum doctor_notice_whom whom, struct error *err)
{
	char bytes[DOCTOR_NOTICE_SUBJECT_BYTES];
	const struct outbox_key key = {
		.partner_id = n->partner_id,
		.activation_id = run,
		.step = STR(OUTBOX_STEP_NOTICE),
		.subject_kind = OUTBOX_NOTICE,
		.subject = subject_of(n, whom, bytes),
		.channel = STR("email"),
	};

	return outbox_put(db, &key, n->at_ms, err);
}

int
doctor_notice_put(struct db *db, struct arena *a, const struct doctor_notice *n,
		  struct error *err)
{
	int64_t run;
	int vendor = 0;
	int added;

	if (find_run(db, a, n->partner_id, &run, err) < 0)
		return -(int)err->code;
	if (run == 0)
		return 0;
	added = put_row(db, n, err);
	if (added <= 0)
		return added;
	added = put_delivery(db, n, run, DOCTOR_NOTICE_PARTNER, err);
	if (added >= 0 && n->instead.len > 0)
		vendor = put_delivery(db, n, run, DOCTOR_NOTICE_VENDOR, err);
	return added < 0 || vendor < 0 ? -(int)err->code : added + vendor;
}

/* ---- reading ---- */

static void
read_notice(struct db_rows *rows, struct arena *a, struct doctor_notice *out)
{
	out->since_ms = db_int(rows, 0);
	out->domain = str_copy(a, db_text(rows, 1));
	out->instead = str_copy(a, db_text(rows, 2));
	out->asked = str_copy(a, db_text(rows, 3));
	out->found = str_copy(a, db_text(rows, 4));
	out->expected = str_copy(a, db_text(rows, 5));
	out->advice = str_copy(a, db_text(rows, 6));
}

int
doctor_notice_get(struct db *db, struct arena *a, int64_t partner_id,
		  struct str subject, struct doctor_notice *out,
		  enum doctor_notice_whom *whom, struct error *err)
{
	struct db_rows rows;
	int got;

	*out = (struct doctor_notice){ .partner_id = partner_id };
	if (!read_subject(subject, out, whom))
		return error_set(err, ERROR_INVALID, "no notice has this id");
	if (db_query(db, &rows, doctor_sql_notice_get,
		     DB_ARGS(DB_INT(partner_id), DB_INT(out->at_ms),
			     DB_INT(out->is_back)),
		     err) < 0)
		return -(int)err->code;
	got = db_next(&rows, err);
	if (got > 0)
		read_notice(&rows, a, out);
	db_rows_end(&rows);
	if (got == 0)
		return error_set(err, ERROR_NOT_FOUND, "no such notice");
	return got < 0 ? got : 0;
}
