#ifndef PARTNER_PARTNER_PRIV_H
#define PARTNER_PARTNER_PRIV_H

/*
 * What the files of this folder share: small things around a statement.
 */

#include "partner/partner.h"

/* Run the dialect's statement, which takes locks; it may be NULL. */
int partner_lock(struct db *db, const char *const *by_dialect,
		 const struct db_arg *args, size_t arg_count,
		 struct error *err) MUST_CHECK;

/*
 * Room for one more after `count` items in the arena: `items` itself or a
 * copy of twice the size. Start with NULL and 0.
 */
void *partner_room(struct arena *a, void *items, size_t count, size_t size);

/* The id that a person's contact has with every partner. */
int64_t partner_contact_id(const struct person_hash *person);

/* As contact_find(), by id: whoever has it. */
int partner_contact_at(struct db *db, struct arena *a, int64_t partner_id,
		       int64_t id, struct contact *out,
		       struct error *err) MUST_CHECK;

/*
 * The same for many ids, which never fall from one to the next: contacts[i] is
 * set to who has ids[i], in `a`, or to NULL. Ids that lie close together on the
 * list cost one query.
 */
struct partner_contacts {
	const int64_t *ids;
	struct contact **contacts;
	size_t count;
};

int partner_contacts_at(struct db *db, struct arena *a, int64_t partner_id,
			const struct partner_contacts *x,
			struct error *err) MUST_CHECK;

/*
 * What contact_put() is made of. Before the others of its unit, once: the list
 * changes. Then add gives 1, or 0 when the person or somebody else has the id
 * already; update fails as contact_put() does.
 */
int partner_list_changes(struct db *db, int64_t partner_id,
			 struct error *err) MUST_CHECK;
int partner_contact_add(struct db *db, const struct contact *c, int64_t now_ms,
			struct error *err) MUST_CHECK;
int partner_contact_update(struct db *db, const struct contact *c,
			   int64_t now_ms, struct error *err) MUST_CHECK;

/* A JSON object for a column that must hold one. */
struct str partner_object(struct str json);

#endif
