#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

/*
 * event - the journal of what happened, and the signed tokens that let the
 * world outside tell us about it
 *
 * A fact is appended in the unit of work that makes it true, and is never
 * changed. Every number that a report shows can be deleted and counted again
 * from here.
 *
 * The journal has lanes, one for each concurrent writer (db_writer()), so that
 * writers on PostgreSQL do not queue behind one another. Within a lane each
 * row holds
 *
 *	hash = SHA-256(hash of the row before, all fields of this row)
 *
 * so a changed, removed or inserted row is found by event_verify(). Where each
 * lane ends, with the hash there, is noted beside it (event_lane) by the append
 * itself, so rows cut off the end and a lane that is gone are found too. The
 * note is as safe as the store, no safer: who writes a lane anew from some row
 * on, and the note with it, or puts back a store of yesterday, shows only
 * against a copy that lies elsewhere (docs/decisions/015).
 *
 * The hashed bytes hold no personal data: what an event says beyond its fields
 * (its payload, JSON) lies beside in event_data with a random salt, and the
 * chain holds SHA-256(salt, payload) only. Erasing a payload leaves the chain
 * whole, and an empty row in event_data; without that it counts as missing.
 *
 *	struct event sent = { .kind = EVENT_SENT, .at_ms = now_ms,
 *			      .partner_id = 7, .delivery = id };
 *
 *	if (event_append(db, &sent, err) < 0)	(in the unit that marks it)
 *		return -err->code;
 *
 * Invariants
 *  1. In each lane seq counts from 1 without a gap, up to the lane's head.
 *  2. Rows are only ever appended; payloads may be erased, not changed.
 *  3. A kind is stored as its number: EVENT_KINDS grows at its end only.
 *
 * Other folders read the view
 *
 *	event_view(lane, seq, at_ms, kind, partner_id, activation_id, delivery)
 *
 * in which activation_id and delivery are NULL where there is none.
 *
 * Thread rule: appending and erasing happen inside units of work, the rest on
 * the caller's connection. Keys are immutable: all threads may use them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/crypto.h"
#include "base/error.h"
#include "base/str.h"
#include "db/db.h"

struct arena;

enum { EVENT_DELIVERY_BYTES = 16 };

/*
 * Enumerator, name in exports, what it says. The store holds the enumerator's
 * number: a new kind goes to the end, none is ever taken out.
 */
#define EVENT_KINDS(X)                                                         \
	X(APPLIED, "applied", "a campaign revision was published")             \
	X(ACTIVATED, "activated", "a partner's run of a campaign began")       \
	X(PAUSED, "paused", "sending was paused")                              \
	X(RESUMED, "resumed", "sending was resumed")                           \
	X(IMPORTED, "imported", "contacts were imported")                      \
	X(CONSENTED, "consented", "a person gave consent")                     \
	X(SENT, "sent", "a message was accepted by the next host")             \
	X(DEFERRED, "deferred", "an attempt failed and will be repeated")      \
	X(BOUNCED, "bounced", "a message was refused for good")                \
	X(HELD, "held", "a delivery waits for a person's decision")            \
	X(IN_DOUBT, "in-doubt", "it is unknown whether a message arrived")     \
	X(CANCELLED, "cancelled", "a delivery was withdrawn")                  \
	X(SKIPPED, "skipped", "a condition of a step was false")               \
	X(OPENED, "opened", "the open pixel of a message was fetched")         \
	X(CLICKED, "clicked", "a link of a message was followed")              \
	X(VIEWED, "viewed", "a landing page was fetched")                      \
	X(UNSUBSCRIBED, "unsubscribed", "a person opted out")                  \
	X(SUBMITTED, "submitted", "a form was submitted")                      \
	X(LEAD_DELIVERED, "lead-delivered", "a receiver took a lead")          \
	X(ERASED, "erased", "a person's data was erased")                      \
	X(RELEASED, "released", "a delivery in doubt or held may leave again") \
	X(SOFT_BOUNCED, "soft-bounced",                                        \
	  "a message came back for a reason that passes")                      \
	X(COMPLAINED, "complained", "a person complained about a message")     \
	X(REPLIED, "replied", "a person answered a message")

enum event_kind {
#define EVENT_ENUM(name, text, says) EVENT_##name,
	EVENT_KINDS(EVENT_ENUM)
#undef EVENT_ENUM
	    EVENT_KIND_COUNT
};

const char *event_kind_name(enum event_kind kind);

/* False when no kind has this name. */
bool event_kind_find(struct str name, enum event_kind *out);

extern const struct db_schema event_schema;

struct event {
	enum event_kind kind;
	int64_t at_ms;
	int64_t partner_id;    /* 0: the vendor */
	int64_t activation_id; /* 0: none */
	struct str delivery;   /* EVENT_DELIVERY_BYTES; empty: none */
	struct str payload; /* JSON, may be personal; empty: none, or erased */
};

/*
 * Append to this writer's lane, inside a unit of work. A number below zero, a
 * kind there is not or a delivery of another length is a bug and aborts.
 */
int event_append(struct db *db, const struct event *event,
		 struct error *err) MUST_CHECK;

/* The same of an event without a payload, with {"name": "value"} as its. */
int event_append_with(struct db *db, const struct event *event,
		      const char *name, struct str value,
		      struct error *err) MUST_CHECK;

/* One row, as event_list() gives it. */
struct event_row {
	int64_t lane;
	int64_t seq;
	struct event event;
};

struct event_filter {
	int64_t partner_id;	      /* of this partner; -1: of all */
	int64_t activation_id;	      /* 0: of all; quick with its partner */
	struct str delivery;	      /* empty: of all; quick with both above */
	const enum event_kind *kinds; /* NULL: all */
	size_t kind_count;
	int64_t after_lane; /* page on from here; 0, 0 from the start */
	int64_t after_seq;
	int limit; /* rows at most, 1 or more */
};

/*
 * Lane by lane, oldest first in each; rows live in `a`. Returns the count: the
 * next page begins after the last row. Rows that come while pages are read may
 * lie in a lane that is past. Kinds that only a newer program knows are left
 * out.
 */
int event_list(struct db *db, struct arena *a,
	       const struct event_filter *filter, struct event_row **rows,
	       struct error *err) MUST_CHECK;

/*
 * Erase the payload of one event, inside a unit of work: 1, or 0 when it had
 * none. The chain stays whole.
 */
int event_erase(struct db *db, int64_t lane, int64_t seq,
		struct error *err) MUST_CHECK;

/* The last row of a lane, as its append noted it. */
struct event_head {
	int64_t lane;
	int64_t seq;
	uint8_t hash[CRYPTO_HASH_BYTES];
};

/* Of all lanes, by lane. The count. */
int event_heads(struct db *db, struct arena *a, struct event_head **heads,
		struct error *err) MUST_CHECK;

/*
 * Whether what once was a head is still in the journal: 1, or 0: the journal
 * ends before it, or has another row in its place.
 */
int event_holds(struct db *db, const struct event_head *head,
		struct error *err) MUST_CHECK;

/*
 * Walk all lanes to their heads and recompute every hash. The number of rows
 * that are right; INVALID, naming lane and seq, at the first that is not, or
 * is not there.
 */
int64_t event_verify(struct db *db, struct error *err) MUST_CHECK;

/* ---- hits: what browsers, mail programs and scanners fetched ---- */

/*
 * The web answers thousands of fetches a second and must not queue behind the
 * journal: a fetch becomes a row of the table `hit`, appended at the end of its
 * writer's lane, and that is all that a request waits for. event_step() reads
 * them in that order and appends what a person did to the journal:
 *
 *	OPEN	EVENT_OPENED	the pixel, or the message as a page
 *	CLICK	EVENT_CLICKED	a tracked link
 *	VIEW	EVENT_VIEWED	a landing page, reached from a message
 *
 * with {"class":"human","link":N} as payload. What a machine fetched stays a
 * hit: reports and conditions are about persons.
 */
enum event_hit_kind {
	EVENT_HIT_OPEN = 1,
	EVENT_HIT_CLICK = 2,
	EVENT_HIT_VIEW = 3,
};

enum event_class { EVENT_HUMAN, EVENT_MACHINE };

struct event_hit {
	enum event_hit_kind kind;
	int64_t at_ms;
	int64_t partner_id;
	uint8_t delivery[EVENT_DELIVERY_BYTES];
	unsigned link;		/* which of the message's targets */
	unsigned link_count;	/* how many it has; 0: not known */
	enum event_class agent; /* event_agent_class() */
};

/* Who asks, by the request alone. HEAD and an empty User-Agent are machines. */
enum event_class event_agent_class(bool head, struct str user_agent);

/*
 * What was found out about a hit by the time it is projected. A machine's is
 * one whose agent is, one within two seconds of the message being accepted (or
 * before it was), and one beside which every link of the message was followed
 * within two seconds.
 */
struct event_trace {
	enum event_class agent;
	int64_t at_ms;
	int64_t sent_ms; /* INT64_MAX: not accepted yet */
	unsigned link_count;
	unsigned followed; /* different links, within two seconds of at_ms */
};

enum { EVENT_MACHINE_MS = 2000 };

enum event_class event_trace_class(const struct event_trace *trace);

/* Append it, inside a unit of work. */
int event_hit_add(struct db *db, const struct event_hit *hit,
		  struct error *err) MUST_CHECK;

/*
 * Project at most `limit` hits, each once: its event and the mark how far a
 * lane was read are one unit. Hits of the last seconds are left for later, so
 * that all links of a burst are seen together. Returns the number of hits that
 * were read; less than `limit`: nothing is left for now. Several may run at
 * once. The store has the tables of outbox (delivery_view).
 */
int event_step(struct db_store *store, int64_t now_ms, int limit,
	       struct error *err) MUST_CHECK;

/*
 * All hits from from_ms on, in any order, of persons and of machines: see() is
 * called for each. That somebody has the link of a message shows that it
 * arrived, whoever followed it.
 */
int event_hits_since(struct db *db, int64_t from_ms,
		     void (*see)(void *arg, const struct event_hit *hit),
		     void *arg, struct error *err) MUST_CHECK;

/* ---- mails that came back ---- */

/*
 * A mail that came in is taken once: what it says becomes a row, by the hash of
 * its bytes, in the unit that also does what follows from it. Of one delivery
 * there is at most one row of each class, however many mails say the same.
 * Numbers are stored: only append.
 */
#define EVENT_RETURNS(X)                                                     \
	X(OTHER, "other")	    /* no report, or of success */           \
	X(AUTO_REPLY, "auto-reply") /* a machine answered for a person */    \
	X(SOFT, "soft")		    /* for a reason that passes */           \
	X(HARD, "hard")		    /* refused for good */                   \
	X(COMPLAINT, "complaint")   /* the recipient does not want it */     \
	X(REFUSED, "refused")	    /* for good, but for what the mail is */ \
	X(UNREADABLE, "unreadable") /* it was too much for the parser */     \
	X(ONCE, "once")		    /* no mail: event_return_once() */       \
	X(REPLY, "reply")	    /* a person's; its row is another's */

enum event_return_class {
#define EVENT_RETURN_ENUM(name, text) EVENT_RETURN_##name,
	EVENT_RETURNS(EVENT_RETURN_ENUM)
#undef EVENT_RETURN_ENUM
	    EVENT_RETURN_COUNT
};

const char *event_return_name(enum event_return_class class);

struct event_return {
	uint8_t hash[CRYPTO_HASH_BYTES]; /* of the mail and whom it was for */
	enum event_return_class class;
	int64_t at_ms;
	int64_t partner_id;
	struct str delivery; /* EVENT_DELIVERY_BYTES; empty: of none of ours */
	struct str status;   /* RFC 3463; may be empty */
};

/*
 * 1, or 0 when the mail was taken before or its delivery has a row of this
 * class. Those of no delivery are forgotten, a few at each call, after
 * EVENT_RETURN_KEPT_MS: the same mail would count again then.
 *
 * Other folders read event_return_view(at_ms, class, partner_id, delivery);
 * delivery is NULL where there is none.
 */
static const int64_t EVENT_RETURN_KEPT_MS = INT64_C(90) * 24 * 60 * 60 * 1000;

int event_return_add(struct db *db, const struct event_return *r,
		     struct error *err) MUST_CHECK;

/*
 * What may be told once until until_ms, such as the token of a provider's
 * signature: 1, or 0 when it was. A row of class ONCE and of no delivery,
 * which is forgotten as those are from until_ms on.
 */
int event_return_once(struct db *db, const uint8_t hash[CRYPTO_HASH_BYTES],
		      int64_t now_ms, int64_t until_ms,
		      struct error *err) MUST_CHECK;

/*
 * The last mails that left to a person, up to and with the one that was
 * accepted at until_ms, newest first: whether each came back, and when it was
 * accepted. At most `limit`: the count. The store has the tables of outbox.
 */
struct event_return_fate {
	int64_t sent_ms;
	bool came_back; /* SOFT, REFUSED or HARD, or refused at once */
};

int event_return_fates(struct db *db, int64_t partner_id, struct str person,
		       int64_t until_ms, struct event_return_fate *out,
		       int limit, struct error *err) MUST_CHECK;

/* Of each class but ONCE: rows of a delivery of ours, and rows of none. */
struct event_return_counts {
	int64_t ours[EVENT_RETURN_COUNT];
	int64_t foreign[EVENT_RETURN_COUNT];
};

int event_return_count(struct db *db, struct event_return_counts *out,
		       struct error *err) MUST_CHECK;

/* ---- signed tokens ---- */

/*
 * What a URL that we hand out says about itself: for which tenant, for which
 * delivery, until when. Layout (RFC 4648 base64url without padding):
 *
 *	1  version (1)
 *	1  kind
 *	2  key generation, big endian
 *	8  partner id, big endian
 *	6  expiry, seconds since the epoch, big endian
 *	2  link: which of the message's targets, big endian
 *	16 delivery id, or zeros
 *	16 HMAC-SHA256 over all before, cut to 128 bits
 *
 * Kinds are part of the signed bytes: an open token is not good for opting
 * out. Compared in constant time.
 */
enum event_token_kind {
	EVENT_TOKEN_OPEN = 1,
	EVENT_TOKEN_CLICK = 2,
	EVENT_TOKEN_UNSUBSCRIBE = 3,
	EVENT_TOKEN_VIEW = 4, /* the message as a page */
	EVENT_TOKEN_FORM =
	    5, /* a form as it was shown; `delivery` is who came */
	EVENT_TOKEN_REMOVE = 6, /* the partner's word: mail them no more */
};

enum {
	EVENT_TOKEN_CHARS = 70,
	EVENT_GENERATION_MAX = 65535,
	EVENT_LINK_MAX = 65535,
};

struct event_token {
	enum event_token_kind kind;
	int64_t partner_id;
	int64_t expires_ms; /* whole seconds are kept; no longer good then */
	unsigned link;	    /* 0 .. EVENT_LINK_MAX */
	uint8_t delivery[EVENT_DELIVERY_BYTES];
};

/*
 * The signing keys of a store: all generations of its secret "token", which is
 * made at the first opening. A generation that another process makes later is
 * seen by the next opening. The secrets of the store are open by then; keys do
 * not need the store afterwards. LIMIT beyond EVENT_GENERATION_MAX.
 */
struct event_keys;

int event_keys_open(struct event_keys **out, struct db_store *store,
		    struct error *err) MUST_CHECK;

/* Wipes the keys; NULL is fine; *keys becomes NULL. */
void event_keys_free(struct event_keys **keys);

/*
 * The newest generation, for a message that is claimed now: it is stored with
 * the delivery so that a repeat makes the same bytes.
 */
int event_keys_newest(const struct event_keys *keys);

/*
 * Add the token's EVENT_TOKEN_CHARS characters to `out`, signed by
 * `generation`, which is one of 1 .. event_keys_newest(). Fields out of their
 * range are a bug and abort. The same arguments give the same characters.
 */
void event_token_make(const struct event_keys *keys, int generation,
		      const struct event_token *token, struct buf *out);

/*
 * DENIED when it is not a token of this store and this kind; NOT_FOUND when
 * it has expired. The text never says which part was wrong.
 */
int event_token_read(const struct event_keys *keys, struct str text,
		     enum event_token_kind kind, int64_t now_ms,
		     struct event_token *out, struct error *err) MUST_CHECK;

/* ---- addresses that name a delivery ---- */

/*
 * What a mail comes back to says which one it was (VERP): a tag that is the
 * local part of an address, or stands in it behind a "+".
 *
 *	2  key generation, big endian
 *	4  partner id, big endian
 *	16 delivery id
 *	12 HMAC-SHA256 over kind and all before, cut to 96 bits
 *
 * in base32 (RFC 4648 section 6) without padding. It is written in small
 * letters and read in either case, for a local part may be folded on its way;
 * and it is short, for with a name before it, it must fit into the 64 octets
 * of RFC 5321 section 4.5.3.1.1. It does not expire: it lets nobody in.
 */
enum event_address_kind {
	EVENT_ADDRESS_BOUNCE = 1, /* the envelope's sender */
	EVENT_ADDRESS_REPLY = 2,  /* where its reader answers */
	/* The same as BOUNCE of what is no delivery: doctor_probe.h. */
	EVENT_ADDRESS_PROBE = 3,
};

enum {
	EVENT_ADDRESS_CHARS = 55,
	EVENT_ADDRESS_NAME_MAX = 8, /* before the "+" */
};

struct event_address {
	enum event_address_kind kind;
	int64_t partner_id;
	uint8_t delivery[EVENT_DELIVERY_BYTES];
};

/*
 * Add the tag's EVENT_ADDRESS_CHARS characters to `out`; as event_token_make().
 * A partner id of more than 32 bits is a bug and aborts.
 */
void event_address_make(const struct event_keys *keys, int generation,
			const struct event_address *address, struct buf *out);

/*
 * The first tag of this kind that is ours and stands before an "@", wherever
 * in `text`, which may be an address or a whole mail: true with *out. The first
 * EVENT_ADDRESS_TRIES that look like one are tried.
 */
enum { EVENT_ADDRESS_TRIES = 100 };

bool event_address_find(const struct event_keys *keys, struct str text,
			enum event_address_kind kind,
			struct event_address *out);

#endif
