#ifndef LEAD_LEAD_SQL_H
#define LEAD_LEAD_SQL_H

/*
 * All SQL of lead. The SELECTs of a lead give partner_id, id, activation_id,
 * person, delivery, revision, at_ms, erased, and then LEAD_TEXTS.
 */

#include "db/db.h"

/* The columns that are texts, and fields of struct lead of the same name. */
#define LEAD_TEXTS(X)   \
	X(campaign)     \
	X(page)         \
	X(form)         \
	X(address)      \
	X(given_name)   \
	X(family_name)  \
	X(company)      \
	X(phone)        \
	X(message)      \
	X(fields)       \
	X(consent_text) \
	X(language)

/*
 * partner_id, id, activation_id, person, mailed, delivery, revision, at_ms,
 * and LEAD_TEXTS
 */
extern const char lead_sql_put[];

/* partner_id, person, activation_id, since: gives 1, or no row */
extern const char lead_sql_thanked[];

/* partner_id, person; gives id of those that are not erased */
extern const char lead_sql_ids_of[];

/* partner_id, id */
extern const char lead_sql_erase[];

/* partner_id, id */
extern const char lead_sql_get[];

/* partner_id, campaign, limit */
extern const char lead_sql_list[];    /* of all partners */
extern const char lead_sql_list_of[]; /* one partner's */

/* ---- replies ---- */

/* partner_id, delivery, since: gives how many are sent on */
extern const char lead_sql_reply_count_since[];

/*
 * partner_id, id, activation_id, delivery, person, at_ms, bytes, kept, address,
 * name, mail
 */
extern const char lead_sql_reply_put[];

/* partner_id, id */
extern const char lead_sql_reply_kept[];
extern const char lead_sql_reply_forget[];

/*
 * partner_id, id; gives activation_id, delivery, person, at_ms, bytes, kept,
 * address, name, mail
 */
extern const char lead_sql_reply_get[];

/* before_ms */
extern const char lead_sql_reply_old[]; /* gives a row when there is one */
extern const char lead_sql_reply_expire[];

/* partner_id, person; gives id of those whose mail is there */
extern const char lead_sql_replies_of[];

/* partner_id, -1 for all; gives all, those that wait, those that were kept */
extern const char lead_sql_reply_counts[];

/* partner_id, person, activation_id; gives at_ms of the last, or NULL */
extern const char lead_sql_replied[];

#endif
