/*
 * Contacts: what an import, a form and a person's own act may change.
 *
 *   on the list --delete--> deleted --put--> on the list
 *   either --erase--> erased --consent given--> erased --put--> on the list
 *
 * An erased row has no address; that is what makes it erased. A row is never
 * removed: it is what an import finds and what remembers the person's answer.
 *
 * The id is the first 63 bits of the person's hash. It needs no counter, which
 * two imports at once would have to share, and no chance, so a unit that runs
 * twice gives the same. In a list of a million there is one chance in
 * 18 million that two collide; the later is refused then, with EXISTS.
 *
 * A put inserts, and updates if that changed nothing. Between the two nobody
 * can remove the row, for nobody ever does.
 */
#include "partner/partner.h"

#include <string.h>

#include "base/arena.h"
#include "partner/partner_priv.h"
#include "partner/partner_sql.h"

int64_t
partner_contact_id(const struct person_hash *person)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < sizeof(bits); i++)
		bits = bits << 8 | person->bytes[i];
	return (int64_t)(bits >> 1);
}

/*
 * First of all in a unit, so that two who change one list wait here for each
 * other and not for each other's contacts.
 */
int
partner_list_changes(struct db *db, int64_t partner_id, struct error *err)
{
	if (db_run(db, partner_sql_contact_changed, DB_ARGS(DB_INT(partner_id)),
		   err) < 0)
		return error_context(err, "contact");
	return 0;
}

/* Insert and update take the same. */
static int64_t
run_with(struct db *db, const char *sql, const struct contact *c,
	 int64_t now_ms, struct error *err)
{
	const struct db_arg args[] = {
		DB_INT(c->partner_id),
		DB_INT(partner_contact_id(&c->person)),
		DB_BLOB(person_hash_view(&c->person)),
		DB_TEXT(c->address),
		DB_TEXT(c->given_name),
		DB_TEXT(c->family_name),
		DB_TEXT(c->company),
		DB_TEXT(c->phone),
		DB_TEXT(c->language),
		DB_TEXT(c->country),
		DB_TEXT(c->time_zone),
		DB_TEXT(c->tags),
		DB_TEXT(partner_object(c->attributes)),
		DB_INT(c->consent),
		DB_TEXT(c->consent_basis),
		DB_TEXT(c->consent_source),
		DB_INT(c->consent_ms),
		DB_INT(now_ms),
	};

	return db_run(db, sql, args, COUNT_OF(args), err);
}

int
partner_contact_add(struct db *db, const struct contact *c, int64_t now_ms,
		    struct error *err)
{
	return (int)run_with(db, partner_sql_contact_add, c, now_ms, err);
}

int
partner_contact_update(struct db *db, const struct contact *c, int64_t now_ms,
		       struct error *err)
{
	int64_t changed =
	    run_with(db, partner_sql_contact_update, c, now_ms, err);

	if (changed == 0)
		return error_set(err, ERROR_DENIED,
				 "the contact was erased and has not given "
				 "consent since");
	return changed < 0 ? (int)changed : 0;
}

int
contact_put(struct db *db, struct contact *c, int64_t now_ms, struct error *err)
{
	int64_t changed;

	if (c->address.len == 0)
		return error_set(err, ERROR_INVALID,
				 "a contact without an address");
	c->id = partner_contact_id(&c->person);
	if (partner_list_changes(db, c->partner_id, err) < 0)
		return -(int)err->code;
	changed = run_with(db, partner_sql_contact_insert, c, now_ms, err);
	if (changed != 0)
		return (int)changed;
	return partner_contact_update(db, c, now_ms, err);
}

int
partner_list_of_person(struct db *db, struct arena *a,
		       const struct person_hash *person, int limit,
		       int64_t **out, struct error *err)
{
	struct db_rows rows;
	int count = 0;
	int got;

	check(limit > 0);
	*out = ARENA_ARRAY(a, (size_t)limit, int64_t);
	if (db_query(db, &rows, partner_sql_contact_partners,
		     DB_ARGS(DB_BLOB(person_hash_view(person)), DB_INT(limit)),
		     err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0)
		(*out)[count++] = db_int(&rows, 0);
	db_rows_end(&rows);
	return got < 0 ? got : count;
}

static void
read_contact(struct db_rows *rows, struct arena *a, struct contact *out)
{
	struct str person = db_blob(rows, 2);

	check(person.len == PERSON_HASH_BYTES);
	*out = (struct contact){
		.partner_id = db_int(rows, 0),
		.id = db_int(rows, 1),
		.address = str_copy(a, db_text(rows, 3)),
		.given_name = str_copy(a, db_text(rows, 4)),
		.family_name = str_copy(a, db_text(rows, 5)),
		.company = str_copy(a, db_text(rows, 6)),
		.phone = str_copy(a, db_text(rows, 7)),
		.language = str_copy(a, db_text(rows, 8)),
		.country = str_copy(a, db_text(rows, 9)),
		.time_zone = str_copy(a, db_text(rows, 10)),
		.tags = str_copy(a, db_text(rows, 11)),
		.attributes = str_copy(a, db_text(rows, 12)),
		.consent = (enum consent_state)db_int(rows, 13),
		.consent_basis = str_copy(a, db_text(rows, 14)),
		.consent_source = str_copy(a, db_text(rows, 15)),
		.consent_ms = db_int(rows, 16),
		.deleted = db_int(rows, 17) != 0,
		.changed_ms = db_int(rows, 18),
	};
	memcpy(out->person.bytes, person.p, sizeof(out->person.bytes));
}

/* 1 found, 0 none. */
static int
read_one(struct db *db, struct arena *a, const char *sql,
	 const struct db_arg key[2], struct contact *out, struct error *err)
{
	struct db_rows rows;
	int got;

	if (db_query(db, &rows, sql, key, 2, err) < 0)
		return -(int)err->code;
	got = db_next(&rows, err);
	if (got > 0)
		read_contact(&rows, a, out);
	db_rows_end(&rows);
	return got;
}

int
contact_find(struct db *db, struct arena *a, int64_t partner_id,
	     const struct person_hash *person, struct contact *out,
	     struct error *err)
{
	const struct db_arg key[] = { DB_INT(partner_id),
				      DB_BLOB(person_hash_view(person)) };

	return read_one(db, a, partner_sql_contact_find, key, out, err);
}

int
partner_contact_at(struct db *db, struct arena *a, int64_t partner_id,
		   int64_t id, struct contact *out, struct error *err)
{
	const struct db_arg key[] = { DB_INT(partner_id), DB_INT(id) };

	return read_one(db, a, partner_sql_contact_at, key, out, err);
}

/*
 * The list between the first id and the last, as far as `limit` rows go. What
 * is not among them up to *known is on no list; the rest must be asked for.
 */
static int
read_between(struct db *db, struct arena *a, int64_t partner_id,
	     const struct partner_contacts *x, size_t *known, struct error *err)
{
	const int64_t limit = 2 * (int64_t)x->count;
	struct db_rows rows;
	int64_t seen = 0;
	size_t i = 0;
	int got;

	if (db_query(db, &rows, partner_sql_contact_between,
		     DB_ARGS(DB_INT(partner_id), DB_INT(x->ids[0]),
			     DB_INT(x->ids[x->count - 1]), DB_INT(limit)),
		     err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0) {
		const int64_t id = db_int(&rows, 1);

		seen++;
		while (i < x->count && x->ids[i] < id)
			i++;
		for (; i < x->count && x->ids[i] == id; i++) {
			x->contacts[i] = ARENA_NEW(a, struct contact);
			read_contact(&rows, a, x->contacts[i]);
		}
		*known = i;
	}
	db_rows_end(&rows);
	if (seen < limit)
		*known = x->count;
	return got;
}

int
partner_contacts_at(struct db *db, struct arena *a, int64_t partner_id,
		    const struct partner_contacts *x, struct error *err)
{
	size_t i = 0;
	int got = 0;

	for (size_t k = 0; k < x->count; k++)
		x->contacts[k] = NULL;
	if (x->count && read_between(db, a, partner_id, x, &i, err) < 0)
		return -(int)err->code;
	for (; got >= 0 && i < x->count; i++) {
		struct contact *c = ARENA_NEW(a, struct contact);

		got = partner_contact_at(db, a, partner_id, x->ids[i], c, err);
		if (got > 0)
			x->contacts[i] = c;
	}
	return got < 0 ? got : 0;
}

int
contact_list(struct db *db, struct arena *a, int64_t partner_id, int64_t after,
	     int limit, struct contact **out, struct error *err)
{
	struct contact *all = NULL;
	struct db_rows rows;
	size_t count = 0;
	int got;

	if (db_query(db, &rows, partner_sql_contact_list,
		     DB_ARGS(DB_INT(partner_id), DB_INT(after), DB_INT(limit)),
		     err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0) {
		all = partner_room(a, all, count, sizeof(*all));
		read_contact(&rows, a, &all[count++]);
	}
	db_rows_end(&rows);
	*out = all;
	return got < 0 ? got : (int)count;
}

int
contact_delete(struct db *db, int64_t partner_id,
	       const struct person_hash *person, int64_t now_ms,
	       struct error *err)
{
	return (int)db_run(db, partner_sql_contact_delete,
			   DB_ARGS(DB_INT(partner_id),
				   DB_BLOB(person_hash_view(person)),
				   DB_INT(now_ms)),
			   err);
}

int
contact_erase(struct db *db, int64_t partner_id,
	      const struct person_hash *person, int64_t now_ms,
	      struct error *err)
{
	return (int)db_run(db, partner_sql_contact_erase,
			   DB_ARGS(DB_INT(partner_id),
				   DB_BLOB(person_hash_view(person)),
				   DB_INT(now_ms)),
			   err);
}

int
contact_consent(struct db *db, int64_t partner_id,
		const struct person_hash *person, enum consent_state state,
		struct str source, int64_t now_ms, struct error *err)
{
	int64_t changed;

	check(state == CONSENT_GIVEN || state == CONSENT_WITHDRAWN);
	if (state == CONSENT_GIVEN &&
	    partner_list_changes(db, partner_id, err) < 0)
		return -(int)err->code;
	changed = db_run(
	    db, partner_sql_contact_consent,
	    DB_ARGS(DB_INT(partner_id), DB_BLOB(person_hash_view(person)),
		    DB_INT(state), DB_TEXT(source), DB_INT(now_ms)),
	    err);
	if (changed < 0)
		return -(int)err->code;
	if (changed == 0)
		return error_set(err, ERROR_NOT_FOUND,
				 "the person is not on the list of partner "
				 "%lld",
				 (long long)partner_id);
	return 0;
}
