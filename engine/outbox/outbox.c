/*
 * Planning's side: a delivery is put, once for ever, or it is skipped or
 * cancelled. The table and what keeps its rows sound: outbox_sql.c.
 *
 * To put is INSERT ... ON CONFLICT DO NOTHING on the id of the key, so a
 * planner that is killed and runs again, or two that run at once, put the
 * same rows. A row is never deleted here: it is the memory that makes the
 * key unique for ever.
 */
#include "outbox/outbox.h"

#include <string.h>

#include "outbox/outbox_priv.h"
#include "outbox/outbox_sql.h"

/* The last row's comma is the macro's own, which clang-format cannot see. */
/* clang-format off */
static const struct {
	const char *name;
	bool final;
} states[] = {
#define STATE(name, text, final) [OUTBOX_##name] = { text, final },
	OUTBOX_STATES(STATE)
#undef STATE
};
/* clang-format on */

const char *
outbox_state_name(enum outbox_state state)
{
	check((size_t)state < COUNT_OF(states));
	return states[state].name;
}

bool
outbox_state_final(enum outbox_state state)
{
	check((size_t)state < COUNT_OF(states));
	return states[state].final;
}

struct str
outbox_line(char out[OUTBOX_LINE_BYTES], const char *before, struct str text)
{
	size_t len = strlen(before);
	size_t n;

	check(len < OUTBOX_LINE_BYTES);
	memcpy(out, before, len);
	text = str_trim(text);
	for (size_t i = 0; i < text.len; i += n ? n : 1) {
		n = str_utf8_sequence(text, i);
		if (len + (n ? n : 1) > OUTBOX_LINE_BYTES)
			break;
		if (n > 1 || (n == 1 && (unsigned char)text.p[i] >= ' ' &&
			      text.p[i] != 0x7f))
			memcpy(out + len, text.p + i, n);
		else
			out[len] = n ? ' ' : '?';
		len += n ? n : 1;
	}
	return (struct str){ out, len };
}

bool
outbox_at_least_once(struct str channel)
{
	return str_eq_cstr(channel, "webhook");
}

static enum outbox_carrier
carrier_of(struct str channel)
{
	return str_eq_cstr(channel, "email") ? OUTBOX_MAIL : OUTBOX_HTTP;
}

static int
put_row(struct db *db, const struct outbox_key *key, enum outbox_state state,
	int64_t due_ms, struct str status, int64_t follow_ms, struct error *err)
{
	struct outbox_id id = outbox_id_of(key);

	return (int)db_run(
	    db, outbox_sql_put,
	    DB_ARGS(
		OUTBOX_ID_ARGS(&id), DB_INT(key->activation_id),
		DB_TEXT(key->step), DB_INT(key->subject_kind),
		DB_BLOB(key->subject), DB_TEXT(key->channel), DB_INT(key->seq),
		DB_INT(carrier_of(key->channel)), DB_INT(state), DB_INT(due_ms),
		state == OUTBOX_READY ? DB_NULL : DB_INT(due_ms),
		DB_TEXT(status), follow_ms < 0 ? DB_NULL : DB_INT(follow_ms)),
	    err);
}

static int
put(struct db *db, const struct outbox_key *key, enum outbox_state state,
    int64_t due_ms, struct str status, struct error *err)
{
	bool followed =
	    state == OUTBOX_SKIPPED && key->subject_kind == OUTBOX_PERSON;

	return put_row(db, key, state, due_ms, status, followed ? 0 : -1, err);
}

/* It may have been put and sent before the store was put back. */
static int
is_doubted(struct db *db, const struct outbox_key *key, struct error *err)
{
	enum outbox_doubts doubts;

	if (outbox_doubts(db, &doubts, err) < 0)
		return -(int)err->code;
	return doubts != OUTBOX_DOUBTS_NOTHING &&
	       !outbox_at_least_once(key->channel);
}

int
outbox_put(struct db *db, const struct outbox_key *key, int64_t due_ms,
	   struct error *err)
{
	int doubted = is_doubted(db, key, err);

	if (doubted < 0)
		return doubted;
	if (doubted)
		return put(db, key, OUTBOX_HELD, due_ms,
			   str_of(outbox_maybe_sent), err);
	return put(db, key, OUTBOX_READY, due_ms, STR(""), err);
}

int
outbox_put_held(struct db *db, const struct outbox_key *key, int64_t due_ms,
		struct str status, int64_t again_ms, struct error *err)
{
	int doubted = is_doubted(db, key, err);

	if (doubted != 0)
		return doubted < 0 ? doubted : outbox_put(db, key, due_ms, err);
	return put_row(db, key, OUTBOX_HELD, due_ms, status, again_ms, err);
}

int
outbox_skip(struct db *db, const struct outbox_key *key, struct str reason,
	    int64_t now_ms, struct error *err)
{
	char line[OUTBOX_LINE_BYTES];

	return put(db, key, OUTBOX_SKIPPED, now_ms,
		   outbox_line(line, "", reason), err);
}

static int64_t
cancel_by(struct db *db, const char *const *sql,
	  const struct outbox_filter *filter, struct str reason, int64_t now_ms,
	  struct error *err)
{
	char line[OUTBOX_LINE_BYTES];

	return db_run(db, outbox_for(sql, filter),
		      DB_ARGS(OUTBOX_FILTER_ARGS(filter), DB_INT(now_ms),
			      DB_TEXT(outbox_line(line, "", reason))),
		      err);
}

int64_t
outbox_cancel(struct db *db, const struct outbox_filter *filter,
	      struct str reason, int64_t now_ms, struct error *err)
{
	return cancel_by(db, outbox_sql_cancel, filter, reason, now_ms, err);
}

int64_t
outbox_pass_over(struct db *db, const struct outbox_filter *filter,
		 struct str reason, int64_t now_ms, struct error *err)
{
	return cancel_by(db, outbox_sql_pass_over, filter, reason, now_ms, err);
}
