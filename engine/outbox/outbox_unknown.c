/*
 * What becomes of a row whose reply was lost, by the policy that its marker
 * was given.
 *
 * The policy lies in the row: whoever finds it INDOUBT, maybe another host than
 * the one that handed it over, knows it without the campaign, and a campaign
 * that is changed meanwhile says nothing about what has left already.
 *
 * To be sent again is bounded. A receiver that takes a message each time and
 * loses each reply would otherwise fill a mailbox by the law that is there to
 * be patient with it.
 */
#include "outbox/outbox_priv.h"

#include "base/arena.h"
#include "outbox/outbox_sql.h"

static const char *const names[] = {
#define NAME(name, text) [OUTBOX_POLICY_##name] = (text),
	OUTBOX_POLICIES(NAME)
#undef NAME
};

const char *
outbox_policy_name(enum outbox_policy policy)
{
	check((size_t)policy < COUNT_OF(names));
	return names[policy];
}

struct fate {
	enum outbox_state state;
	int64_t due_ms;
	bool again;
	const char *before; /* the words of the verdict */
};

/* False: it stays as it is. */
static bool
fate_of(const struct outbox_delivery *row, int64_t now_ms, struct fate *fate)
{
	int64_t at_ms;

	switch (row->policy) {
	case OUTBOX_POLICY_RESEND:
		at_ms = outbox_retry_at(&row->id, row->deferrals + 1,
					row->date_ms, now_ms);
		*fate = (struct fate){ OUTBOX_READY, at_ms, 1, "sent again: " };
		return at_ms >= 0 && row->resends < OUTBOX_RESENDS_MAX;
	case OUTBOX_POLICY_ASSUME_SENT:
		*fate = (struct fate){ OUTBOX_SENT, row->due_ms, false,
				       "assumed sent: " };
		return true;
	case OUTBOX_POLICY_HOLD:
	case OUTBOX_POLICY_COUNT:
		break;
	}
	return false;
}

static int
obey(struct db *db, const struct outbox_delivery *row, int64_t now_ms,
     enum outbox_state *became, struct error *err)
{
	char line[OUTBOX_LINE_BYTES];
	struct fate fate;
	int64_t changed;

	if (row->state != OUTBOX_INDOUBT || !fate_of(row, now_ms, &fate))
		return 0;
	changed = db_run(
	    db, outbox_sql_obey,
	    DB_ARGS(OUTBOX_ID_ARGS(&row->id), DB_INT(fate.state),
		    fate.state == OUTBOX_READY ? DB_NULL : DB_INT(now_ms),
		    DB_TEXT(outbox_line(line, fate.before, row->status)),
		    DB_INT(fate.due_ms), DB_INT(fate.again)),
	    err);
	if (changed > 0)
		*became = fate.state;
	return (int)changed;
}

int
outbox_obey(struct db *db, const struct outbox_id *id, int64_t now_ms,
	    enum outbox_state *became, struct error *err)
{
	struct arena *a = arena_new();
	struct outbox_delivery row;
	int code = outbox_find(db, a, id, &row, err);

	if (code > 0)
		code = obey(db, &row, now_ms, became, err);
	arena_free(&a);
	return code < 0 ? error_context(err, "policy") : code;
}
