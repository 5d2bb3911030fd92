#ifndef PARTNER_PARTNER_H
#define PARTNER_PARTNER_H

/*
 * partner - partners, their runs of campaigns, their contacts, and who may be
 * mailed
 *
 * A partner is a tenant. Everything it owns has the primary key
 * (partner_id, id), so no row of one partner can point at a row of another.
 * The vendor is partner 0; its row comes with the schema and has no slug.
 *
 * A person is known across partners by a keyed hash of the address alone
 * (struct person_hash); what the vendor must know across partners (who has
 * opted out everywhere, who was mailed how often) hangs on that hash and is
 * never shown to a partner.
 *
 * partner_may_send() is the one answer to "may this partner mail this person
 * in this activation, now?". Planning asks it, a session asks it before it
 * takes its next message, and the marker statement of outbox asks it again
 * through the view `send_gate`, in the transaction that commits the send.
 *
 * Thread rule: functions that take `struct db *` and change rows run inside a
 * unit of work; the others on the caller's connection.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"
#include "db/db.h"

struct arena;

extern const struct db_schema partner_schema;

enum { PARTNER_VENDOR = 0 };

/* ---- persons ---- */

enum { PERSON_HASH_BYTES = 16, PERSON_RULE_VERSION = 1 };

/*
 * HMAC-SHA256(pepper, normalised address, rule version), cut to 128 bits. The
 * pepper is made once for a store and never rotates: the hash is what a
 * suppression or a delivery key is remembered by, for ever.
 */
struct person_hash {
	uint8_t bytes[PERSON_HASH_BYTES];
};

/*
 * Reads the pepper of the store once, after db_secrets_open(); free with
 * partner_pepper_free(). All threads may hash with one.
 */
struct partner_pepper;

int partner_pepper_open(struct partner_pepper **out, struct db_store *store,
			struct error *err) MUST_CHECK;
void partner_pepper_free(struct partner_pepper **pepper);

/*
 * `address` as mime_address_normalise_utf8() gave it; longer aborts. Rule 1: the
 * local part with A-Z folded to a-z, and where it is beyond ASCII in NFC and
 * lower case; the domain in lower-case A-labels. Dots and tags in the
 * local part are significant: only the receiver knows whether they matter.
 */
struct person_hash partner_person(const struct partner_pepper *pepper,
				  struct str address);

/* Its bytes, borrowed. */
struct str person_hash_view(const struct person_hash *hash);

/* ---- partners ---- */

/*
 * Columns of the partner file. VENDOR: the file always wins. SEED: used only
 * while the partner has set no value of its own.
 */
#define PARTNER_COLUMNS(VENDOR, SEED) \
	VENDOR(company)               \
	VENDOR(tier)                  \
	VENDOR(region)                \
	SEED(country)                 \
	SEED(language)                \
	SEED(time_zone)               \
	SEED(phone)                   \
	SEED(street)                  \
	SEED(postcode)                \
	SEED(city)                    \
	SEED(website)                 \
	SEED(owner_name)              \
	SEED(owner_email)             \
	SEED(lead_email)              \
	SEED(logo)                    \
	SEED(replies)

enum partner_status { PARTNER_ACTIVE, PARTNER_ENDED };

struct partner {
	int64_t id;	 /* 0 before it is in the store */
	struct str slug; /* the file's id, [a-z0-9-]+, at most 64 */
#define PARTNER_FIELD(name) struct str name;
	PARTNER_COLUMNS(PARTNER_FIELD, PARTNER_FIELD)
#undef PARTNER_FIELD
	struct str attributes; /* JSON object of the file's further columns */
	enum partner_status status; /* ENDED stops sends, keeps opt-outs */
	struct str own; /* as it was read: "city phone", set by itself */
};

/* Where it is told of its leads by mail: to its owner without a lead_email. */
struct str partner_lead_address(const struct partner *p);
/* Where those who answer its mail are read: by its owner, else as leads. */
struct str partner_reply_address(const struct partner *p);

/*
 * The value of the column `replies` that has those who answer write to the
 * partner itself, past us; any other, or none: to an address of ours, and on to
 * the partner.
 */
#define PARTNER_REPLIES_DIRECT "direct"
bool partner_replies_direct(const struct partner *p);

/*
 * Put what the file says: a new slug makes a new partner, a known one gets its
 * vendor columns, seeds, attributes (empty: {}) and status replaced; what the
 * partner itself has set stays. Sets p->id. Returns 1 when a row changed.
 * INVALID when the slug is none.
 */
int partner_put(struct db *db, struct partner *p, int64_t now_ms,
		struct error *err) MUST_CHECK;

/*
 * As it counts now: the partner's own values over the seeds. NOT_FOUND when
 * there is none; id 0 gives the vendor, whose slug is empty.
 */
int partner_get(struct db *db, struct arena *a, int64_t id, struct partner *out,
		struct error *err) MUST_CHECK;
/* 1 found, 0 none. */
int partner_find(struct db *db, struct arena *a, struct str slug,
		 struct partner *out, struct error *err) MUST_CHECK;
/*
 * The partner as the file says it, as it would count: sets p->id (0 stays when
 * it is new) and lays the partner's own values over the seeds. 1 known, 0 new.
 */
int partner_overlay(struct db *db, struct arena *a, struct partner *p,
		    struct error *err) MUST_CHECK;
/* All, by slug; the vendor is not among them. Returns the count. */
int partner_list(struct db *db, struct arena *a, struct partner **out,
		 struct error *err) MUST_CHECK;

/*
 * The partner's own value of a SEED column; empty takes it back. INVALID names
 * the columns when there is no such one; NOT_FOUND: no such partner.
 */
int partner_set(struct db *db, int64_t partner_id, struct str column,
		struct str value, int64_t now_ms, struct error *err) MUST_CHECK;

enum {
	PARTNER_SENDER_DEFAULT = 1,
	PARTNER_SENDER_FALLBACK =
	    2, /* the vendor, for a partner's own domain */
	PARTNER_SENDERS_MAX = 2,
	PARTNER_BOUNCES_NAME_MAX = 8
};

/*
 * Who a partner's mail is from. From domain, postal address and opt-out scope
 * belong together: a mail whose parts disagree with its sender is not made.
 */
struct partner_sender {
	int64_t partner_id;
	int64_t id;		   /* PARTNER_SENDER_... */
	struct str from_name;	   /* "Acme via Northwind" */
	struct str from_address;   /* acme@mail.northwind.example */
	struct str reply_to;	   /* the partner's own; may be empty */
	struct str postal_address; /* one line */
	struct str opt_out_scope;  /* "partner" or "vendor" */
	/*
	 * Where mail comes back to: a tag of the delivery behind NAME+, or
	 * alone. Empty: to the from_address.
	 */
	struct str bounces; /* NAME@DOMAIN or @DOMAIN */
	/* Of the default, as read: the fallback stands for it since; 0: no. */
	int64_t down_ms;
};

/*
 * The partner's one default sender; put again, it is replaced. INVALID when an
 * address is not as mime_address_normalise() gives it, when name or postal
 * address are empty or of more than one line, or the scope is none.
 */
int partner_sender_put(struct db *db, const struct partner_sender *s,
		       struct error *err) MUST_CHECK;

/* 1 when there was one. */
int partner_sender_drop(struct db *db, int64_t partner_id, int64_t id,
			struct error *err) MUST_CHECK;

/*
 * From now on mail is from the fallback, if there is one; down_ms 0: no more.
 * A default of another address that is put is not down. 1, or 0: it was so.
 */
int partner_sender_set_down(struct db *db, int64_t partner_id, int64_t down_ms,
			    struct error *err) MUST_CHECK;

/* All of a partner's; first whom its mail is from now. The count. */
int partner_senders(struct db *db, struct arena *a, int64_t partner_id,
		    struct partner_sender out[PARTNER_SENDERS_MAX],
		    struct error *err) MUST_CHECK;

/* The first of them. NOT_FOUND when none was put. */
int partner_sender_now(struct db *db, struct arena *a, int64_t partner_id,
		       struct partner_sender *out,
		       struct error *err) MUST_CHECK;

/* The default. NOT_FOUND when none was put. */
int partner_sender_get(struct db *db, struct arena *a, int64_t partner_id,
		       struct partner_sender *out,
		       struct error *err) MUST_CHECK;
/* All, by partner. Returns the count. */
int partner_sender_list(struct db *db, struct arena *a,
			struct partner_sender **out,
			struct error *err) MUST_CHECK;

/* ---- activations ---- */

enum activation_state { ACTIVATION_ACTIVE, ACTIVATION_ENDED };

/*
 * One run of a campaign by a partner. `id` is opaque, drawn once at start, and
 * is all that a delivery key says of it: revision and parameters may change
 * while it runs.
 */
struct activation {
	int64_t partner_id;
	int64_t id;
	struct str campaign;
	struct str revision;   /* SHA-256, 32 bytes */
	struct str parameters; /* JSON object */
	int64_t start_ms;      /* "start" of the campaign's schedule */
	enum activation_state state;
};

/*
 * `id` is drawn by the caller (random_id()) outside the unit. EXISTS when it
 * was started before, INVALID when there is no such partner.
 */
int activation_start(struct db *db, const struct activation *act,
		     int64_t now_ms, struct error *err) MUST_CHECK;
/*
 * A new revision, parameters or state for one that runs; campaign and start
 * stay. NOT_FOUND when there is none or it has ended.
 */
int activation_update(struct db *db, const struct activation *act,
		      int64_t now_ms, struct error *err) MUST_CHECK;
/*
 * One that has ended goes on with act->revision, and what it has sent is not
 * sent again. NOT_FOUND when there is none or it has not ended.
 */
int activation_reopen(struct db *db, const struct activation *act,
		      int64_t now_ms, struct error *err) MUST_CHECK;
int activation_get(struct db *db, struct arena *a, int64_t partner_id,
		   int64_t id, struct activation *out,
		   struct error *err) MUST_CHECK;
/*
 * campaign empty: of all; partner_id -1: of all. By partner and id. Returns
 * the count.
 */
int activation_list(struct db *db, struct arena *a, struct str campaign,
		    int64_t partner_id, struct activation **out,
		    struct error *err) MUST_CHECK;

/* campaign empty: all campaigns; partner_id 0: all partners. 1: changed. */
int partner_pause(struct db *db, struct str campaign, int64_t partner_id,
		  int64_t now_ms, struct error *err) MUST_CHECK;
int partner_resume(struct db *db, struct str campaign, int64_t partner_id,
		   struct error *err) MUST_CHECK;

struct pause_row {
	struct str campaign; /* empty: all campaigns */
	struct str partner;  /* its slug; empty: all partners */
	int64_t at_ms;
};

/* What is paused, longest first. Returns the count. */
int partner_pauses(struct db *db, struct arena *a, struct pause_row **out,
		   struct error *err) MUST_CHECK;

/* ---- contacts ---- */

enum consent_state {
	CONSENT_NONE, /* never given: is not mailed */
	CONSENT_GIVEN,
	CONSENT_WITHDRAWN,
};

/*
 * A person on one partner's list. UNIQUE(partner_id, person): importing again
 * updates, deleting leaves a tombstone, erasing keeps id and hash only. So
 * nobody is mailed again for having been imported again.
 *
 * The id is made from the hash, so it is the same whenever the person comes
 * back. An erased contact has no address; it stays so until the person gives
 * consent anew.
 */
struct contact {
	int64_t partner_id;
	int64_t id;
	struct person_hash person;
	struct str address; /* normalised */
	struct str given_name;
	struct str family_name;
	struct str company;
	struct str phone;
	struct str language; /* empty: the partner's */
	struct str country;
	struct str time_zone;  /* empty: the partner's */
	struct str tags;       /* words separated by one space, sorted */
	struct str attributes; /* JSON object */
	enum consent_state consent;
	struct str consent_basis;  /* "opt-in", "customer" ... */
	struct str consent_source; /* where it was given */
	int64_t consent_ms;
	bool deleted;
	int64_t changed_ms; /* as it was read; of an erased one: when */
};

/*
 * Insert or update by (partner_id, person); sets c->id, and a deleted contact
 * is back on the list (c->deleted is not read). An import only raises the
 * consent, NONE to GIVEN to WITHDRAWN; of the same state the later counts. So
 * one that was withdrawn is not given back: only contact_consent() does that.
 * Returns 1 inserted, 0 updated. DENIED when the person was erased and neither
 * gave consent since nor is said to have: consent_ms is then after that moment.
 * INVALID without an address.
 */
int contact_put(struct db *db, struct contact *c, int64_t now_ms,
		struct error *err) MUST_CHECK;
/* 1 found (a deleted or erased one too), 0 none. */
int contact_find(struct db *db, struct arena *a, int64_t partner_id,
		 const struct person_hash *person, struct contact *out,
		 struct error *err) MUST_CHECK;
/* Ids after `after`, ascending, at most `limit`; deleted ones left out. */
int contact_list(struct db *db, struct arena *a, int64_t partner_id,
		 int64_t after, int limit, struct contact **out,
		 struct error *err) MUST_CHECK;
/*
 * The partners on whose lists the person is or was, ascending: at most `limit`,
 * in `a`. The count.
 */
int partner_list_of_person(struct db *db, struct arena *a,
			   const struct person_hash *person, int limit,
			   int64_t **out, struct error *err) MUST_CHECK;
/* 1 deleted, 0 it was already, was erased or there is none. */
int contact_delete(struct db *db, int64_t partner_id,
		   const struct person_hash *person, int64_t now_ms,
		   struct error *err) MUST_CHECK;
/*
 * Everything personal is overwritten; id, hash and opt-outs stay. 1 erased, 0
 * there is none.
 */
int contact_erase(struct db *db, int64_t partner_id,
		  const struct person_hash *person, int64_t now_ms,
		  struct error *err) MUST_CHECK;
/*
 * A person's own act: given with its text, or withdrawn. NOT_FOUND when the
 * person is not on the list.
 */
int contact_consent(struct db *db, int64_t partner_id,
		    const struct person_hash *person, enum consent_state state,
		    struct str source, int64_t now_ms,
		    struct error *err) MUST_CHECK;

/* ---- lists of contacts as files ---- */

/*
 * A list is a table (base/csv.h) in UTF-8 with a header row. Columns go by
 * name, in any order and case:
 *
 *	email			needed; "E-Mail", "Email address" ... will do
 *	given_name family_name	also "First name", "Surname" ...
 *	company phone language country time_zone tags
 *	consent			yes, given, no, none or withdrawn
 *	consent_basis consent_source consent_date
 *	attributes		a JSON object
 *
 * Every further column is an attribute of that name. What the file says
 * replaces what is stored, also by an empty cell; a column that the file lacks
 * leaves what is stored alone, the attributes counting as one. A row's consent
 * is that of contact_put(): it only rises. An empty cell there says nothing;
 * "given" counts only with a basis. A consent without a date is older than any.
 *
 * Values are brought into one form: addresses as mime_address_normalise() has
 * them, phone numbers as E.164, languages as de-CH, countries as CH, tags in
 * small letters (A-Z), sorted, each once. Blanks around a value are dropped,
 * and so is the ' which csv_write() puts before what looks like a formula.
 */

/* Of one row: what became of it. Each row has exactly one. */
#define CONTACT_VERDICTS(X)                                               \
	X(ACCEPTED, "accepted")	      /* a new contact */                 \
	X(UPDATED, "updated")	      /* changed, or on the list again */ \
	X(UNCHANGED, "unchanged")     /* all of it was there already */   \
	X(MERGED, "merged")	      /* a later row has the person */    \
	X(QUARANTINED, "quarantined") /* not stored, its findings say why */

enum contact_verdict {
#define CONTACT_ENUM(name, text) CONTACT_##name,
	CONTACT_VERDICTS(CONTACT_ENUM)
#undef CONTACT_ENUM
	    CONTACT_VERDICT_COUNT
};

const char *contact_verdict_name(enum contact_verdict verdict);

/*
 * What is wrong with a value. ROW: the row is quarantined. VALUE: the row is
 * stored, of this value what was stored before. The texts never quote what the
 * file holds.
 */
#define CONTACT_FAULTS(X)                                                    \
	X(GOOD, VALUE, "nothing")                                            \
	X(NO_ADDRESS, ROW, "no address, expected name@example.org")          \
	X(ADDRESS_AT, ROW, "an address without \"@\", expected one")         \
	X(ADDRESS_LOCAL, ROW,                                                \
	  "an address that cannot be mailed for what is before its \"@\", "  \
	  "expected letters, digits and single dots")                        \
	X(ADDRESS_DOMAIN, ROW,                                               \
	  "an address that cannot be mailed for what is after its \"@\", "   \
	  "expected a host name such as example.org")                        \
	X(NOT_UTF8, ROW,                                                     \
	  "text that is not UTF-8, expected UTF-8: in a "                    \
	  "spreadsheet, save as \"CSV UTF-8\"")                              \
	X(CONTROL, ROW, "a control character or line end, expected text")    \
	X(LONG, ROW, "more than 500 bytes, expected less")                   \
	X(PHONE, ROW,                                                        \
	  "no phone number, expected + and 7 to 15 digits: for a "           \
	  "spreadsheet, format the column as text")                          \
	X(PHONE_NATIONAL, VALUE,                                             \
	  "a phone number without + and country, expected both, or the "     \
	  "country as in --calling-code 49")                                 \
	X(LANGUAGE, ROW, "no language, expected a tag such as de or pt-BR")  \
	X(COUNTRY, ROW, "no country, expected two letters such as DE")       \
	X(ZONE, ROW, "no time zone, expected a name such as Europe/Berlin")  \
	X(TAGS, ROW, "a tag of more than 64 bytes, expected a shorter one")  \
	X(CONSENT, ROW,                                                      \
	  "no consent, expected yes, given, no, none or withdrawn")          \
	X(NO_BASIS, VALUE,                                                   \
	  "consent without a basis counts for nothing, expected one in "     \
	  "consent_basis")                                                   \
	X(DATE, ROW, "no date, expected one such as 2026-03-29, after 1970") \
	X(FUTURE, ROW, "a date in the future, expected when it was given")   \
	X(ATTRIBUTES, ROW, "no attributes, expected a JSON object")          \
	X(ATTRIBUTES_LONG, ROW,                                              \
	  "attributes of more than 8192 bytes as JSON, expected fewer")      \
	X(ATTRIBUTES_TWICE, ROW,                                             \
	  "attributes both as JSON and in columns, expected either")         \
	X(NAMELESS, ROW, "a value under no name, expected none")             \
	X(ERASED, ROW,                                                       \
	  "was erased, expected a consent that was given since, with its "   \
	  "basis and date")                                                  \
	X(ID_TAKEN, ROW, "another contact has its id, expected a free one")

enum contact_fault {
#define CONTACT_FAULT_ENUM(name, what, text) CONTACT_FAULT_##name,
	CONTACT_FAULTS(CONTACT_FAULT_ENUM)
#undef CONTACT_FAULT_ENUM
	    CONTACT_FAULT_COUNT
};

const char *contact_fault_text(enum contact_fault fault);

struct contact_finding {
	enum contact_fault fault;
	int64_t line;	 /* where the field begins, from 1, ... */
	int64_t column;	 /* ... and the character there, from 1 */
	struct str name; /* of the column, as the file has it; may be empty */
};

/* What is told of a row, in the order of the file; borrowed for the call. */
struct contact_row {
	int64_t line; /* where it begins, from 1 */
	enum contact_verdict verdict;
	int64_t merged_line; /* MERGED: where the row is that counts */
	const struct contact_finding *findings;
	size_t finding_count; /* QUARANTINED: at least one; MERGED: none */
};

typedef void contact_row_fn(void *arg, const struct contact_row *row);

struct contact_import_result {
	int64_t rows;			       /* without the header */
	int64_t counts[CONTACT_VERDICT_COUNT]; /* add up to rows */
	int64_t lacking; /* rows that were stored without a value */
};

/*
 * Runs in a unit of its own once all rows are durable: where the caller
 * appends the event. Not in a dry run.
 */
typedef int contact_import_end_fn(struct db *db, void *arg,
				  const struct contact_import_result *result,
				  struct error *err);

struct contact_import {
	int64_t partner_id;
	const struct partner_pepper *pepper;
	FILE *file;		 /* read from where it stands; a pipe will do */
	const char *name;	 /* of the file: begins error texts */
	struct str calling_code; /* "49": of numbers without; may be empty */
	bool formulas;		 /* the file was written without the guard */
	bool dry_run; /* change nothing, say what would become of each row */
	int64_t now_ms;
	contact_row_fn *row; /* may be NULL; called when all are durable */
	/* May be NULL; before all rows, of each column that is an attribute. */
	void (*attribute)(void *arg, struct str name);
	contact_import_end_fn *end; /* may be NULL */
	void *arg;		    /* of all three */
};

enum { CONTACT_IMPORT_ROWS = 1000000 };

/*
 * The file is first read whole, so that a table that is broken changes
 * nothing, then stored in batches in the order of persons, one unit each.
 * Killed in the middle and run again it ends the same, and run again after
 * that it changes nothing. What was read is kept in temporary files without
 * names, which need about twice the room of the file (tmpfile(3) says where);
 * in memory are 8 bytes for each row and some MB, however long the list is.
 *
 * *out is set on failure too: to what was stored before. NOT_FOUND: no such
 * partner. INVALID: no table, a header without email or with a column twice
 * (all name the place), or a calling code that is none. LIMIT: more than
 * CONTACT_IMPORT_ROWS. IO: no room for the temporary files.
 *
 * Thread rule: any thread, outside of units of work.
 */
int contact_import(struct db_store *store, const struct contact_import *in,
		   struct contact_import_result *out,
		   struct error *err) MUST_CHECK;

/* The counts as a JSON object, added to `out`: the payload of an event. */
void contact_import_json(const struct contact_import_result *result,
			 struct buf *out);

struct contact_export {
	int64_t partner_id;
	FILE *file;
	bool formulas; /* without the guard: for programs, not spreadsheets */
};

/*
 * Who is on the list, in the order of ids, as contact_import() takes it;
 * importing it again changes nothing. Attributes get a column each where they
 * are plain text, else stand in `attributes`. Returns the count. BUSY when the
 * list was changed meanwhile so that it no longer fits its columns. What was
 * written before a failure is no export.
 */
int64_t contact_export(struct db *db, const struct contact_export *x,
		       struct error *err) MUST_CHECK;

/* ---- opt-outs ---- */

#define SUPPRESSION_SCOPES(X)                                         \
	X(PARTNER, "partner") /* this partner no more */              \
	X(VENDOR, "vendor")   /* no partner, in this vendor's name */ \
	X(GLOBAL, "global")   /* nobody, for nothing: complaints, law */

enum suppression_scope {
#define SUPPRESSION_ENUM(name, text) SUPPRESSION_##name,
	SUPPRESSION_SCOPES(SUPPRESSION_ENUM)
#undef SUPPRESSION_ENUM
};

/*
 * Never mail this person again in this scope. partner_id counts in the scope
 * PARTNER alone. Returns 1 when it is new. Locks the person's contact row, in
 * the wider scopes those with all partners, as the marker does: an opt-out
 * committed before a marker always wins.
 */
int partner_suppress(struct db *db, enum suppression_scope scope,
		     int64_t partner_id, const struct person_hash *person,
		     struct str reason, int64_t now_ms,
		     struct error *err) MUST_CHECK;

/* 1 when this very opt-out is there, 0 when not. */
int partner_suppressed(struct db *db, enum suppression_scope scope,
		       int64_t partner_id, const struct person_hash *person,
		       struct error *err) MUST_CHECK;

/* ---- the gate ---- */

/*
 * Why a message may not leave, first reason that holds. What follows from it
 * is said beside: WAIT leaves the delivery READY, STOP cancels it, HOLD keeps
 * it as HELD. partner_policy.h has what holds; it has one wording, for which of
 * the two it was is not for a partner to know. FREQUENCY is no answer of
 * partner_may_send(), but of outbox_free_at(), which knows what was sent.
 */
#define GATE_REASONS(X)                                                 \
	X(OPEN, "may send", WAIT)                                       \
	X(NO_CONTACT, "not on the partner's list", STOP)                \
	X(ERASED, "erased", STOP)                                       \
	X(DELETED, "removed from the partner's list", STOP)             \
	X(SUPPRESSED_PARTNER, "opted out of this partner's mail", STOP) \
	X(SUPPRESSED_VENDOR, "opted out of the vendor's mail", STOP)    \
	X(SUPPRESSED_GLOBAL, "suppressed everywhere", STOP)             \
	X(WITHDRAWN, "consent withdrawn", STOP)                         \
	X(NO_CONSENT, "no consent", STOP)                               \
	X(OTHER_PARTNER, PARTNER_HELD, HOLD)                            \
	X(PARTNER_ENDED, "the partner has ended", STOP)                 \
	X(ACTIVATION_ENDED, "the activation has ended", STOP)           \
	X(PAUSED, "paused", WAIT)                                       \
	X(FREQUENCY, PARTNER_HELD, HOLD)

#define PARTNER_HELD "held by policy"

enum gate_reason {
#define GATE_ENUM(name, text, then) GATE_##name,
	GATE_REASONS(GATE_ENUM)
#undef GATE_ENUM
	    GATE_REASON_COUNT
};

const char *gate_reason_text(enum gate_reason reason);
/* True when waiting cannot help: the delivery is to be cancelled. */
bool gate_reason_stops(enum gate_reason reason);
/* True when it is to be held: see partner_policy.h. */
bool gate_reason_holds(enum gate_reason reason);

/*
 * Returns 1 when the message may leave, 0 when not; *reason says why.
 *
 * The view `send_gate(partner_id, activation_id, person, reason)` in words:
 * `reason` is the first enum gate_reason that holds, 0 when it may be sent;
 * no row means NO_CONTACT. Ask it by all three columns; the person is a blob.
 * For subjects that are not contacts (partners'
 * users, channel accounts, leads) `activation_gate(partner_id, activation_id,
 * reason)` knows ended and paused alone. Others read these views; only this
 * folder says what they mean.
 */
int partner_may_send(struct db *db, int64_t partner_id, int64_t activation_id,
		     const struct person_hash *person, enum gate_reason *reason,
		     struct error *err) MUST_CHECK;

/* ---- lists as planning sees them ---- */

/*
 * The contacts on a partner's list, counted by what decides whether and when
 * a campaign would mail them; `reason` is the gate's as far as it is about the
 * person, OPEN otherwise. Returns the count of groups, which live in `a`.
 */
struct contact_group {
	enum gate_reason reason;
	struct str time_zone;
	struct str tags;
	int64_t count;
};

int contact_groups(struct db *db, struct arena *a, int64_t partner_id,
		   struct str campaign, struct contact_group **out,
		   struct error *err) MUST_CHECK;

/*
 * Those whose gate is open for the campaign, or would be if the person were not
 * another partner's, by id: at most `limit`, ids after
 * `after_id` (-1: from the first), whose last change is one after the list's
 * since_n-th (-1: all). The count.
 */
struct contact_range {
	int64_t partner_id;
	struct str campaign;
	int64_t after_id;
	int64_t since_n;
	int limit;
};

struct contact_open {
	int64_t id;
	struct person_hash person;
	struct str time_zone;
	struct str tags;
	int64_t change_n; /* the list's count at its last change */
};

int contact_open_list(struct db *db, struct arena *a,
		      const struct contact_range *range,
		      struct contact_open **out, struct error *err) MUST_CHECK;

/*
 * Two more views for planning: `activation_view(partner_id, id, campaign,
 * revision, start_ms, state)`, and `contact_change_view(partner_id, n)`, where
 * n rises whenever a contact is put or gives consent.
 */

/*
 * Take the lock on a person's contact row until the unit ends, as the marker
 * must before it asks the gate. On SQLite the writer's own lock is enough and
 * this does nothing.
 */
int partner_lock_person(struct db *db, int64_t partner_id,
			const struct person_hash *person,
			struct error *err) MUST_CHECK;

#include "partner/partner_dkim.h"
#include "partner/partner_endpoint.h"
#include "partner/partner_policy.h"

#endif
