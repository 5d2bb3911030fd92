/*
 * Partners, the values they set themselves, their sender, and pauses.
 *
 * What the file says and what the partner says rest in two tables. A put
 * replaces the first whole and cannot touch the second; reading lays the
 * second over the first. So a partner that takes its own value back gets the
 * file's newest seed, and no import can undo what a partner chose. Rejected:
 * one row with a flag for each column, which loses the seed.
 *
 * Ids count from 1: they stand in the key of every row a partner owns, and
 * small ones take one byte there. New partners come by apply alone, one unit
 * at a time; the lock makes that true for several processes.
 */
#include "partner/partner.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/arena.h"
#include "mime/mime.h"
#include "partner/partner_priv.h"
#include "partner/partner_sql.h"

enum { SLUG_MAX = 64 };

struct str
partner_lead_address(const struct partner *p)
{
	return p->lead_email.len > 0 ? p->lead_email : p->owner_email;
}

struct str
partner_reply_address(const struct partner *p)
{
	return p->owner_email.len > 0 ? p->owner_email : p->lead_email;
}

bool
partner_replies_direct(const struct partner *p)
{
	return str_eq_cstr(p->replies, PARTNER_REPLIES_DIRECT);
}

/* The columns of the file, in the order of PARTNER_COLUMNS. */
struct column {
	const char *name;
	size_t offset; /* of its str in struct partner */
	bool seed;
};

/* clang-format off */
static const struct column columns[] = {
#define VENDOR_COLUMN(name) { #name, offsetof(struct partner, name), false },
#define SEED_COLUMN(name)   { #name, offsetof(struct partner, name), true },
	PARTNER_COLUMNS(VENDOR_COLUMN, SEED_COLUMN)
#undef VENDOR_COLUMN
#undef SEED_COLUMN
};
/* clang-format on */

#define NO_NAME(name)
#define NAME(name) " " #name
static const char seed_names[] = PARTNER_COLUMNS(NO_NAME, NAME);
#undef NO_NAME
#undef NAME

static struct str *
field_of(struct partner *p, const struct column *c)
{
	return (struct str *)(void *)((char *)p + c->offset);
}

static const struct column *
find_seed(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(columns); i++)
		if (columns[i].seed && str_eq_cstr(name, columns[i].name))
			return &columns[i];
	return NULL;
}

/* ---- putting ---- */

static int
check_slug(struct str slug, struct error *err)
{
	bool good = slug.len > 0 && slug.len <= SLUG_MAX;

	for (size_t i = 0; good && i < slug.len; i++) {
		char c = slug.p[i];

		good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		       c == '-';
	}
	if (good)
		return 0;
	return error_set(err, ERROR_INVALID,
			 "a partner's id that is not of 1 to %d characters "
			 "a-z, 0-9 and -",
			 SLUG_MAX);
}

int
partner_put(struct db *db, struct partner *p, int64_t now_ms, struct error *err)
{
	enum { BEFORE = 2, AFTER = 2 };
	struct db_arg args[BEFORE + COUNT_OF(columns) + AFTER];
	int64_t changed;
	size_t n = 0;

	if (check_slug(p->slug, err) < 0)
		return -(int)err->code;
	args[n++] = DB_TEXT(p->slug);
	args[n++] = DB_INT(now_ms);
	for (size_t i = 0; i < COUNT_OF(columns); i++)
		args[n++] = DB_TEXT(*field_of(p, &columns[i]));
	args[n++] = DB_TEXT(partner_object(p->attributes));
	args[n++] = DB_INT(p->status);
	check(n == COUNT_OF(args));
	if (partner_lock(db, partner_sql_lock_partners, DB_NO_ARGS, err) < 0)
		return -(int)err->code;
	changed = db_run(db, partner_sql_put, args, n, err);
	if (changed < 0 || db_query_int(db, &p->id, partner_sql_id,
					DB_ARGS(DB_TEXT(p->slug)), err) < 0)
		return error_context(err, "partner %.*s", STR_ARG(p->slug));
	return (int)changed;
}

int
partner_set(struct db *db, int64_t partner_id, struct str column,
	    struct str value, int64_t now_ms, struct error *err)
{
	int64_t changed;

	if (!find_seed(column))
		return error_set(err, ERROR_INVALID,
				 "a partner sets no column of that name, "
				 "expected one of%s",
				 seed_names);
	if (value.len == 0) {
		changed =
		    db_run(db, partner_sql_profile_reset,
			   DB_ARGS(DB_INT(partner_id), DB_TEXT(column)), err);
		return changed < 0 ? -(int)err->code : 0;
	}
	changed = db_run(db, partner_sql_profile_set,
			 DB_ARGS(DB_INT(partner_id), DB_TEXT(column),
				 DB_TEXT(value), DB_INT(now_ms)),
			 err);
	if (changed < 0)
		return -(int)err->code;
	if (changed == 0)
		return error_set(err, ERROR_NOT_FOUND, "no partner %lld",
				 (long long)partner_id);
	return 0;
}

/* ---- reading ---- */

static void
read_partner(struct db_rows *rows, struct arena *a, struct partner *out)
{
	int at = 0;

	*out = (struct partner){ .id = db_int(rows, at++) };
	out->slug = str_copy(a, db_text(rows, at++));
	for (size_t i = 0; i < COUNT_OF(columns); i++)
		*field_of(out, &columns[i]) = str_copy(a, db_text(rows, at++));
	out->attributes = str_copy(a, db_text(rows, at++));
	out->status = (enum partner_status)db_int(rows, at++);
	check(at == rows->columns);
}

/* A column that is no seed any more stays in the store, unread. */
static void
lay_over(struct arena *a, struct partner *p, struct str field, struct str value)
{
	const struct column *c = find_seed(field);

	if (!c)
		return;
	*field_of(p, c) = str_copy(a, value);
	p->own = str_printf(a, "%.*s%s%.*s", STR_ARG(p->own),
			    p->own.len ? " " : "", STR_ARG(field));
}

static int
add_profile(struct db *db, struct arena *a, struct partner *p,
	    struct error *err)
{
	struct db_rows rows;
	int got;

	if (db_query(db, &rows, partner_sql_profile, DB_ARGS(DB_INT(p->id)),
		     err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0)
		lay_over(a, p, db_text(&rows, 0), db_text(&rows, 1));
	db_rows_end(&rows);
	return got;
}

/* 1 found, 0 none. */
static int
read_one(struct db *db, struct arena *a, const char *sql, struct db_arg key,
	 struct partner *out, struct error *err)
{
	struct db_rows rows;
	int got;

	if (db_query(db, &rows, sql, &key, 1, err) < 0)
		return -(int)err->code;
	got = db_next(&rows, err);
	if (got > 0)
		read_partner(&rows, a, out);
	db_rows_end(&rows);
	if (got > 0 && add_profile(db, a, out, err) < 0)
		return -(int)err->code;
	return got;
}

int
partner_get(struct db *db, struct arena *a, int64_t id, struct partner *out,
	    struct error *err)
{
	int got = read_one(db, a, partner_sql_get, DB_INT(id), out, err);

	if (got == 0)
		return error_set(err, ERROR_NOT_FOUND, "no partner %lld",
				 (long long)id);
	return got < 0 ? got : 0;
}

int
partner_find(struct db *db, struct arena *a, struct str slug,
	     struct partner *out, struct error *err)
{
	if (slug.len == 0)
		return 0;
	return read_one(db, a, partner_sql_find, DB_TEXT(slug), out, err);
}

int
partner_overlay(struct db *db, struct arena *a, struct partner *p,
		struct error *err)
{
	int got = db_query_int(db, &p->id, partner_sql_id,
			       DB_ARGS(DB_TEXT(p->slug)), err);

	if (got > 0 && add_profile(db, a, p, err) < 0)
		return -(int)err->code;
	return got;
}

static int
read_all(struct db *db, struct arena *a, struct partner **out,
	 struct error *err)
{
	struct partner *all = NULL;
	struct db_rows rows;
	size_t count = 0;
	int got;

	if (db_query(db, &rows, partner_sql_list, DB_NO_ARGS, err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0) {
		all = partner_room(a, all, count, sizeof(*all));
		read_partner(&rows, a, &all[count++]);
	}
	db_rows_end(&rows);
	*out = all;
	return got < 0 ? got : (int)count;
}

/* Both are in the order of ids; what belongs to none of them is passed over. */
static int
add_profiles(struct db *db, struct arena *a, struct partner *all, size_t count,
	     struct error *err)
{
	struct db_rows rows;
	size_t i = 0;
	int got;

	if (db_query(db, &rows, partner_sql_profiles, DB_NO_ARGS, err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0) {
		while (i < count && all[i].id < db_int(&rows, 0))
			i++;
		if (i < count && all[i].id == db_int(&rows, 0))
			lay_over(a, &all[i], db_text(&rows, 1),
				 db_text(&rows, 2));
	}
	db_rows_end(&rows);
	return got;
}

static int
compare_slugs(const void *x, const void *y)
{
	const struct partner *a = x;
	const struct partner *b = y;

	return str_cmp(a->slug, b->slug);
}

/* Sorted here, by bytes: the collation of a store may be another. */
int
partner_list(struct db *db, struct arena *a, struct partner **out,
	     struct error *err)
{
	int count = read_all(db, a, out, err);

	if (count <= 0)
		return count;
	if (add_profiles(db, a, *out, (size_t)count, err) < 0)
		return -(int)err->code;
	qsort(*out, (size_t)count, sizeof(**out), compare_slugs);
	return count;
}

/* ---- senders ---- */

static bool
is_one_line(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return s.len > 0;
}

static int
check_address(const char *what, struct str address, struct error *err)
{
	struct arena *a = arena_new();
	struct str normal;
	int code = mime_address_normalise(a, address, &normal, err);

	if (code >= 0 && !str_eq(normal, address))
		code = error_set(err, ERROR_INVALID,
				 "an address that is not in its normal form");
	arena_free(&a);
	return code < 0 ? error_context(err, "%s", what) : 0;
}

static bool
is_scope(struct str text)
{
	/* GLOBAL is nobody's to choose. */
	return str_eq_cstr(text, "partner") || str_eq_cstr(text, "vendor");
}

/* As an address it is one whose local part may be missing, and is short. */
static int
check_bounces(struct str bounces, struct error *err)
{
	char text[MIME_ADDRESS_MAX + 2];
	ptrdiff_t at = str_find_char(bounces, '@');

	if (bounces.len == 0)
		return 0;
	if (at < 0 || at > PARTNER_BOUNCES_NAME_MAX ||
	    bounces.len > MIME_ADDRESS_MAX)
		return error_set(err, ERROR_INVALID,
				 "a return address that is neither "
				 "NAME@DOMAIN, with a NAME of at most %d "
				 "letters, nor @DOMAIN",
				 PARTNER_BOUNCES_NAME_MAX);
	text[0] = 'x';
	memcpy(text + 1, bounces.p, bounces.len);
	return check_address(
	    "return address",
	    at > 0 ? bounces : (struct str){ text, bounces.len + 1 }, err);
}

static int
check_sender(const struct partner_sender *s, struct error *err)
{
	if (!is_one_line(s->from_name) || !is_one_line(s->postal_address))
		return error_set(err, ERROR_INVALID,
				 "a sender whose name or postal address is "
				 "not one line of text");
	if (!is_scope(s->opt_out_scope))
		return error_set(err, ERROR_INVALID,
				 "an opt-out scope that is neither \"partner\" "
				 "nor \"vendor\"");
	if (check_address("sender", s->from_address, err) < 0 ||
	    check_bounces(s->bounces, err) < 0)
		return -(int)err->code;
	return s->reply_to.len == 0
		   ? 0
		   : check_address("reply-to", s->reply_to, err);
}

int
partner_sender_put(struct db *db, const struct partner_sender *s,
		   struct error *err)
{
	if (check_sender(s, err) < 0)
		return -(int)err->code;
	return (int)db_run(
	    db, partner_sql_sender_put,
	    DB_ARGS(DB_INT(s->partner_id), DB_INT(s->id), DB_TEXT(s->from_name),
		    DB_TEXT(s->from_address), DB_TEXT(s->reply_to),
		    DB_TEXT(s->postal_address), DB_TEXT(s->opt_out_scope),
		    DB_TEXT(s->bounces)),
	    err);
}

static void
read_sender(struct db_rows *rows, struct arena *a, struct partner_sender *out)
{
	*out = (struct partner_sender){
		.partner_id = db_int(rows, 0),
		.id = db_int(rows, 1),
		.from_name = str_copy(a, db_text(rows, 2)),
		.from_address = str_copy(a, db_text(rows, 3)),
		.reply_to = str_copy(a, db_text(rows, 4)),
		.postal_address = str_copy(a, db_text(rows, 5)),
		.opt_out_scope = str_copy(a, db_text(rows, 6)),
		.bounces = str_copy(a, db_text(rows, 7)),
		.down_ms = db_int(rows, 8),
	};
}

int
partner_sender_drop(struct db *db, int64_t partner_id, int64_t id,
		    struct error *err)
{
	return (int)db_run(db, partner_sql_sender_drop,
			   DB_ARGS(DB_INT(partner_id), DB_INT(id)), err);
}

int
partner_sender_set_down(struct db *db, int64_t partner_id, int64_t down_ms,
			struct error *err)
{
	return (int)db_run(db, partner_sql_sender_down,
			   DB_ARGS(DB_INT(partner_id),
				   DB_INT(PARTNER_SENDER_DEFAULT),
				   down_ms > 0 ? DB_INT(down_ms) : DB_NULL),
			   err);
}

int
partner_senders(struct db *db, struct arena *a, int64_t partner_id,
		struct partner_sender out[PARTNER_SENDERS_MAX],
		struct error *err)
{
	struct db_rows rows;
	int count = 0;
	int got;

	if (db_query(
		db, &rows, partner_sql_senders,
		DB_ARGS(DB_INT(partner_id), DB_INT(PARTNER_SENDER_DEFAULT)),
		err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0 && count < PARTNER_SENDERS_MAX)
		read_sender(&rows, a, &out[count++]);
	db_rows_end(&rows);
	return got < 0 ? got : count;
}

static int
no_sender(int64_t partner_id, struct error *err)
{
	return error_set(err, ERROR_NOT_FOUND, "partner %lld has no sender",
			 (long long)partner_id);
}

int
partner_sender_now(struct db *db, struct arena *a, int64_t partner_id,
		   struct partner_sender *out, struct error *err)
{
	struct partner_sender all[PARTNER_SENDERS_MAX];
	int count = partner_senders(db, a, partner_id, all, err);

	if (count <= 0)
		return count < 0 ? count : no_sender(partner_id, err);
	*out = all[0];
	return 0;
}

int
partner_sender_get(struct db *db, struct arena *a, int64_t partner_id,
		   struct partner_sender *out, struct error *err)
{
	struct db_rows rows;
	int got;

	if (db_query(
		db, &rows, partner_sql_sender_get,
		DB_ARGS(DB_INT(partner_id), DB_INT(PARTNER_SENDER_DEFAULT)),
		err) < 0)
		return -(int)err->code;
	got = db_next(&rows, err);
	if (got > 0)
		read_sender(&rows, a, out);
	db_rows_end(&rows);
	if (got == 0)
		return no_sender(partner_id, err);
	return got < 0 ? got : 0;
}

int
partner_sender_list(struct db *db, struct arena *a, struct partner_sender **out,
		    struct error *err)
{
	struct partner_sender *list = NULL;
	struct db_rows rows;
	size_t count = 0;
	int got;

	if (db_query(db, &rows, partner_sql_sender_list, DB_NO_ARGS, err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0) {
		list = partner_room(a, list, count, sizeof(*list));
		read_sender(&rows, a, &list[count++]);
	}
	db_rows_end(&rows);
	*out = list;
	return got < 0 ? got : (int)count;
}

/* ---- pauses ---- */

int
partner_pause(struct db *db, struct str campaign, int64_t partner_id,
	      int64_t now_ms, struct error *err)
{
	return (int)db_run(
	    db, partner_sql_pause,
	    DB_ARGS(DB_TEXT(campaign), DB_INT(partner_id), DB_INT(now_ms)),
	    err);
}

int
partner_resume(struct db *db, struct str campaign, int64_t partner_id,
	       struct error *err)
{
	return (int)db_run(db, partner_sql_resume,
			   DB_ARGS(DB_TEXT(campaign), DB_INT(partner_id)), err);
}

int
partner_pauses(struct db *db, struct arena *a, struct pause_row **out,
	       struct error *err)
{
	struct pause_row *all = NULL;
	struct db_rows rows;
	size_t count = 0;
	int got;

	if (db_query(db, &rows, partner_sql_pauses, DB_NO_ARGS, err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0) {
		all = partner_room(a, all, count, sizeof(*all));
		all[count++] = (struct pause_row){
			.campaign = str_copy(a, db_text(&rows, 0)),
			.partner = str_copy(a, db_text(&rows, 1)),
			.at_ms = db_int(&rows, 2),
		};
	}
	db_rows_end(&rows);
	*out = all;
	return got < 0 ? got : (int)count;
}
