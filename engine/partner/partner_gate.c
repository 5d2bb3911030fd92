/*
 * Who may be mailed, and what closes that for ever.
 *
 * The rule itself is the view send_gate, because it must be asked inside the
 * statement that commits a send, where no C runs. Here it is put into words.
 *
 * Opt-out against send. On SQLite one writer commits one unit after another,
 * so the gate as the marker sees it is the gate as it is committed. On
 * PostgreSQL both take the person's contact row first: the marker waits for an
 * opt-out that is on its way and then, each statement having its own snapshot,
 * sees it; an opt-out waits for a marker on its way and commits after it. An
 * opt-out of a wider scope takes the rows of all partners, in one order.
 * Rejected: SERIALIZABLE, which would have every sender repeat units that
 * never met an opt-out.
 */
#include "partner/partner.h"

#include "partner/partner_priv.h"
#include "partner/partner_sql.h"

enum gate_then { WAIT, STOP, HOLD };

/* clang-format off */
static const struct {
	const char *text;
	enum gate_then then;
} reasons[] = {
#define GATE_ROW(name, words, what) [GATE_##name] = { (words), (what) },
	GATE_REASONS(GATE_ROW)
#undef GATE_ROW
};
/* clang-format on */

const char *
gate_reason_text(enum gate_reason reason)
{
	check((size_t)reason < COUNT_OF(reasons));
	return reasons[reason].text;
}

bool
gate_reason_stops(enum gate_reason reason)
{
	check((size_t)reason < COUNT_OF(reasons));
	return reasons[reason].then == STOP;
}

bool
gate_reason_holds(enum gate_reason reason)
{
	check((size_t)reason < COUNT_OF(reasons));
	return reasons[reason].then == HOLD;
}

int
partner_may_send(struct db *db, int64_t partner_id, int64_t activation_id,
		 const struct person_hash *person, enum gate_reason *reason,
		 struct error *err)
{
	int64_t n = GATE_NO_CONTACT;

	if (db_query_int(db, &n, partner_sql_gate,
			 DB_ARGS(DB_INT(partner_id), DB_INT(activation_id),
				 DB_BLOB(person_hash_view(person))),
			 err) < 0)
		return -(int)err->code;
	check(n >= 0 && n < GATE_REASON_COUNT);
	*reason = (enum gate_reason)n;
	return n == GATE_OPEN;
}

int
partner_lock_person(struct db *db, int64_t partner_id,
		    const struct person_hash *person, struct error *err)
{
	return partner_lock(
	    db, partner_sql_lock_person,
	    DB_ARGS(DB_BLOB(person_hash_view(person)), DB_INT(partner_id)),
	    err);
}

static int
lock_everywhere(struct db *db, const struct person_hash *person,
		struct error *err)
{
	return partner_lock(db, partner_sql_lock_person_everywhere,
			    DB_ARGS(DB_BLOB(person_hash_view(person))), err);
}

int
partner_suppress(struct db *db, enum suppression_scope scope,
		 int64_t partner_id, const struct person_hash *person,
		 struct str reason, int64_t now_ms, struct error *err)
{
	bool one = scope == SUPPRESSION_PARTNER;
	int locked = one ? partner_lock_person(db, partner_id, person, err)
			 : lock_everywhere(db, person, err);

	if (locked < 0)
		return locked;
	return (int)db_run(db, partner_sql_suppress,
			   DB_ARGS(DB_INT(scope),
				   DB_INT(one ? partner_id : PARTNER_VENDOR),
				   DB_BLOB(person_hash_view(person)),
				   DB_TEXT(reason), DB_INT(now_ms)),
			   err);
}

int
partner_suppressed(struct db *db, enum suppression_scope scope,
		   int64_t partner_id, const struct person_hash *person,
		   struct error *err)
{
	bool one = scope == SUPPRESSION_PARTNER;
	int64_t found = 0;

	return db_query_int(db, &found, partner_sql_suppressed,
			    DB_ARGS(DB_INT(scope),
				    DB_INT(one ? partner_id : PARTNER_VENDOR),
				    DB_BLOB(person_hash_view(person))),
			    err);
}
