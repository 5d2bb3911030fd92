#ifndef PARTNER_PARTNER_SQL_H
#define PARTNER_PARTNER_SQL_H

/*
 * Every statement of partner. Placeholders and columns are listed where a
 * statement is used; the SELECTs of a record all give the same columns:
 *
 *	partner     id slug, PARTNER_COLUMNS in their order, attributes status
 *	sender      partner_id id from_name from_address reply_to
 *	            postal_address opt_out_scope bounces
 *	activation  partner_id id campaign revision parameters start_ms state
 *	contact     partner_id id person_hash address given_name family_name
 *	            company phone language country time_zone tags attributes
 *	            consent consent_basis consent_source consent_ms deleted
 */

#include "db/db.h"

/* Statements that differ by dialect; NULL: nothing to do. */
extern const char *const partner_sql_lock_partners[]; /* all, against new */
extern const char *const partner_sql_lock_person[];   /* one partner's */
extern const char *const partner_sql_lock_person_everywhere[];

extern const char partner_sql_put[];
extern const char partner_sql_id[];
extern const char partner_sql_get[];
extern const char partner_sql_find[];
extern const char partner_sql_list[]; /* by id, without the vendor */

/* Own values: field value; of all partners: partner_id field value. */
extern const char partner_sql_profile[];
extern const char partner_sql_profiles[]; /* by partner_id */
extern const char partner_sql_profile_set[];
extern const char partner_sql_profile_reset[];

extern const char partner_sql_sender_put[];
extern const char partner_sql_sender_get[];
extern const char partner_sql_senders[];
extern const char partner_sql_sender_drop[];
extern const char partner_sql_sender_down[];
extern const char partner_sql_sender_list[]; /* by partner_id */

extern const char partner_sql_pause[];
extern const char partner_sql_resume[];
extern const char partner_sql_pauses[]; /* campaign slug at_ms */

extern const char partner_sql_activation_start[];
extern const char partner_sql_activation_update[];
/* partner_id id revision now_ms */
extern const char partner_sql_activation_reopen[];
extern const char partner_sql_activation_get[];
extern const char partner_sql_activation_list[];
extern const char partner_sql_activation_list_of[]; /* a campaign */

extern const char partner_sql_contact_insert[];
extern const char partner_sql_contact_add[]; /* whatever is there stays */
extern const char partner_sql_contact_update[];
extern const char partner_sql_contact_find[];
extern const char partner_sql_contact_at[];	 /* an id */
extern const char partner_sql_contact_between[]; /* ids, at most so many */
extern const char partner_sql_contact_list[];
extern const char partner_sql_contact_partners[]; /* partner_id */
extern const char partner_sql_contact_delete[];
extern const char partner_sql_contact_erase[];
extern const char partner_sql_contact_consent[];

extern const char partner_sql_contact_changed[]; /* partner_id */

/*
 * partner_id campaign; gives reason time_zone tags and how many. Those whose
 * gate is open: partner_id campaign after_id since_n limit; gives id
 * person_hash time_zone tags.
 */
extern const char partner_sql_contact_groups[];
extern const char partner_sql_contact_open[];

extern const char partner_sql_suppress[];
extern const char partner_sql_suppressed[]; /* gives 1, or no row */

/* scope, and most window_ms, which the last gives */
extern const char partner_sql_frequency_set[];
extern const char partner_sql_frequency_unset[];
extern const char partner_sql_frequency[];

/* campaign, and customers tags, which the last gives */
extern const char partner_sql_one_set[];
extern const char partner_sql_one_unset[];
extern const char partner_sql_one[];

/*
 * person campaign partner_id rule at_ms, and of the last the partner_id of
 * before; the first gives partner_id, the second partner_id rule at_ms.
 */
extern const char partner_sql_slot_take[];
extern const char partner_sql_slot_find[];
extern const char partner_sql_slot_move[];
extern const char partner_sql_gate[];

extern const char partner_sql_endpoint_put[];
extern const char partner_sql_endpoint_find[]; /* its own, or the vendor's */
extern const char partner_sql_endpoint_list[];
extern const char partner_sql_endpoint_disable[];

/*
 * Of a pair of keys: partner_id domain selector generation, public and sealed
 * of RSA and of Ed25519, made_ms active_ms retired_ms.
 */
extern const char partner_sql_dkim_put[];
extern const char partner_sql_dkim_last[]; /* the latest time set; NULL */
extern const char partner_sql_dkim_activate[];
extern const char partner_sql_dkim_retire[];
extern const char partner_sql_dkim_list[];
extern const char partner_sql_dkim_of[]; /* its own, then the vendor's */

#endif
