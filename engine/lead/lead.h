#ifndef LEAD_LEAD_H
#define LEAD_LEAD_H

/*
 * lead - a person who asked to be contacted: captured, told to the partner,
 * never lost
 *
 *	n = lead_validate(form, inputs, count, lang, a, &lead, &problems);
 *	if (n > 0)
 *		... show the form again, with the problems ...
 *	lead.partner_id = ...; lead.id = random_id(); ...
 *	db_commit(store, unit, ...)	which calls lead_capture()
 *
 * lead_capture() makes all of it true at once: the lead with campaign, page,
 * partner, revision, consent text and time; the journal's line; the deliveries
 * that tell the partner (a mail to partner_lead_address(), a webhook where one
 * is set up) and thank the visitor; and the exit from the sequence. When its
 * unit commits, everything follows; if not, the visitor is told to try again.
 *
 * A partner who has neither is told by a mail that waits: the sender holds it
 * with LEAD_UNTOLD, and lead_step() lets it go when there is an address. So does
 * a reply (lead_reply.h).
 *
 * A partner is told of its lead also while sending is paused and after the
 * activation has ended (outbox_tells_partner()); the thanks to the visitor
 * wait and end with the activation.
 *
 * Who fills in a form is not on the partner's list by that, and is mailed
 * nothing but the thanks: once a day at most, whosever forms they are.
 *
 * Other folders read the view
 *
 *	lead_view(partner_id, activation_id, person)
 *	claim_view(person, partner_id, at_ms)	who has an open lead of whom
 *
 * with a row for each person that a lead is of: whose address was typed and
 * whose mail brought them. They are one in general, and are two when somebody
 * types another address.
 *
 * Thread rule: lead_capture() and lead_erase() run inside units of work, the
 * rest on the caller's connection, lead_step() in units of its own.
 * lead_validate(), lead_payload() and lead_csv_*() are pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"
#include "campaign/campaign.h"
#include "db/db.h"
#include "outbox/outbox.h"
#include "partner/partner.h"

struct arena;
struct csv_writer;

extern const struct db_schema lead_schema;

/* Steps of the deliveries that a lead makes; their subject is the lead. */
#define LEAD_STEP_NOTIFY OUTBOX_STEP_LEAD_NOTIFY /* mail to the partner */
#define LEAD_STEP_HOOK	 OUTBOX_STEP_LEAD_HOOK	 /* webhook to the partner */
#define LEAD_STEP_THANKS "@lead-thanks"		 /* mail to the visitor */

/* The subject of those deliveries: a lead's id, big endian. */
enum { LEAD_SUBJECT_BYTES = 8 };
struct str lead_subject(int64_t id, uint8_t bytes[LEAD_SUBJECT_BYTES]);
/* False when it is none. */
bool lead_of_subject(struct str subject, int64_t *id);

struct lead {
	int64_t partner_id;
	int64_t id;
	int64_t activation_id;
	struct str campaign;
	struct str page;
	struct str form;
	struct str revision;	   /* CAMPAIGN_REVISION_BYTES */
	bool has_person;	   /* false when the form asks for no address */
	struct person_hash person; /* of the address */
	struct str address;	   /* normalised; may be empty */
	struct str given_name;
	struct str family_name;
	struct str company;
	struct str phone;
	struct str message;
	struct str fields; /* JSON object: all fields in the form's order */
	struct str consent_text; /* as it was shown */
	struct str language;
	struct str
	    delivery; /* 16 bytes: the mail that brought them; or empty */
	int64_t at_ms;
	bool erased; /* nothing personal is left; set by lead_erase() alone */
};

/* ---- the form ---- */

/* A form as it was posted: names and values, urldecoded. */
struct lead_input {
	struct str name;
	struct str value;
};

/*
 * What is wrong with a field. The name is the fact that words it for the
 * visitor: `facts.problem-required` ... of the workspace.
 */
#define LEAD_PROBLEMS(X)          \
	X(REQUIRED, "required")   \
	X(TOO_LONG, "too-long")   \
	X(NOT_EMAIL, "not-email") \
	X(NOT_PHONE, "not-phone") \
	X(NOT_TICKED, "not-ticked")

enum lead_problem_kind {
#define LEAD_PROBLEM_ENUM(name, text) LEAD_##name,
	LEAD_PROBLEMS(LEAD_PROBLEM_ENUM)
#undef LEAD_PROBLEM_ENUM
	    LEAD_PROBLEM_COUNT
};

const char *lead_problem_name(enum lead_problem_kind kind);

/* The box that gives consent, among the inputs and the problems. */
#define LEAD_CONSENT CAMPAIGN_INPUT_CONSENT

struct lead_problem {
	struct str field;
	enum lead_problem_kind kind;
};

/*
 * Check inputs against the form: what is required is there, addresses and
 * phone numbers are such, nothing is too long, and consent was ticked where
 * the form asks for it. Of one name the first input counts; names that the
 * form has not are passed over. Values are cleaned first: blanks around and
 * control characters go, and all is UTF-8 of one line, LONG fields excepted.
 *
 * Returns the number of problems, one a field at most, in the form's order. At
 * 0 *lead has what the visitor said: form, page, address, names, phone,
 * message, fields, language, and as consent_text the form's text in that
 * language, which is the caller's to replace by the rendered one.
 *
 * The lead's address is the first EMAIL field, its message that of the name
 * `message` or else the first LONG one; the others go by name.
 */
size_t lead_validate(const struct campaign_form *form,
		     const struct lead_input *inputs, size_t count,
		     struct str lang, struct arena *a, struct lead *lead,
		     struct lead_problem **problems);

/* ---- capture ---- */

struct lead_capture {
	const struct lead *lead; /* id is drawn outside of the unit */
	bool hook;		 /* the partner has a webhook for its leads */
};

/*
 * See the top. 1, or 0 when this (partner_id, id) was captured before: then
 * nothing changes. INVALID when its activation or delivery is not there.
 *
 * Thanks are for an address that is not suppressed everywhere, and go to one
 * person in one activation once a day, however often a form is sent.
 */
int lead_capture(struct db *db, const struct lead_capture *capture,
		 struct error *err) MUST_CHECK;

/*
 * Everything personal of the leads of this person with this partner, and of the
 * replies, is overwritten, and what waits to be sent about them is cancelled.
 * Returns the number of leads erased now.
 */
int lead_erase(struct db *db, int64_t partner_id,
	       const struct person_hash *person, int64_t now_ms,
	       struct error *err) MUST_CHECK;

/* ---- waiting for an address ---- */

/*
 * The status of news of a lead or a reply that is held for want of an address.
 * It is
 * stored, and what was held with other words is found no more: keep it.
 */
#define LEAD_UNTOLD                                                        \
	"no address for leads: set lead_email or owner_email with guidon " \
	"partner set"

/*
 * One batch of these whose partner has an address by now goes to READY. The
 * number; 0: nothing to do now.
 */
int64_t lead_step(struct db_store *store, int64_t now_ms,
		  struct error *err) MUST_CHECK;

/* ---- reading ---- */

/* NOT_FOUND when there is none. */
int lead_get(struct db *db, struct arena *a, int64_t partner_id, int64_t id,
	     struct lead *out, struct error *err) MUST_CHECK;

struct lead_filter {
	int64_t partner_id;  /* -1: of all partners */
	struct str campaign; /* empty: of all */
	int limit;	     /* rows at most, 1 or more */
};

/* Newest first. Returns the count. */
int lead_list(struct db *db, struct arena *a, const struct lead_filter *filter,
	      struct lead **out, struct error *err) MUST_CHECK;

/* ---- as others take them ---- */

/*
 * The body of the webhook: JSON as Standard Webhooks have it, of type
 * "lead.created". `step` is that of the mail that brought them, or empty.
 */
void lead_payload(const struct lead *lead, struct str partner_slug,
		  struct str step, struct buf *out);

/* A table for a CRM: one row a lead, `fields` as JSON in the last column. */
void lead_csv_header(struct csv_writer *w);
void lead_csv_row(struct csv_writer *w, const struct lead *lead,
		  struct str partner_slug);

#endif
