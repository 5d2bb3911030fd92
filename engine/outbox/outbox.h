#ifndef OUTBOX_OUTBOX_H
#define OUTBOX_OUTBOX_H

/*
 * outbox - deliveries waiting to leave, and what became of them
 *
 * Planning puts, dispatch claims, marks and finishes; nobody else writes here.
 * A delivery is an identity and a time, about 150 bytes; the message itself is
 * rendered when it leaves.
 *
 *   READY --claim--> CLAIMED --mark--> MARKED --finish--> SENT | BOUNCED
 *     ^                 |                |                | READY (later)
 *     +--reclaim--------+                |                | HELD
 *     ^                                  +--reclaim, reply lost--> INDOUBT
 *     |                                                              |
 *     +------- policy; resolve (evidence or operator) ---------------+--> SENT | BOUNCED
 *   READY, CLAIMED, HELD --cancel--> CANCELLED    HELD --unhold--> READY
 *   condition false --> SKIPPED
 *
 * The promise: nobody is lost, nobody is sent a message twice by us, and what
 * cannot be known is INDOUBT, at most one message per open connection and
 * crash. It rests on these rules:
 *
 *  1. Marker before dot. outbox_mark() is durable before the last byte of a
 *     message is handed over. When it says 0 the connection is closed instead.
 *  2. Verdict after the reply. outbox_finish() of message n is submitted
 *     before outbox_mark() of message n+1 on the same connection, and the
 *     store keeps that order.
 *  3. Leases reclaim CLAIMED only. A MARKED row has a live owner or becomes
 *     INDOUBT; INDOUBT has no lease and is never sent again by itself, unless
 *     the policy of its marker says so (outbox_obey()). Event hooks alone have
 *     another law: see outbox_at_least_once().
 *  4. Fencing. Every claim raises `epoch`; mark and finish name owner and
 *     epoch, so a worker that was thought dead and wakes up changes nothing.
 *
 * Invariants (outbox_check() asserts them)
 *  1. The key is unique for ever: putting twice is putting once.
 *  2. CLAIMED and MARKED alone have an owner; CLAIMED alone has a lease;
 *     MARKED, INDOUBT and SENT imply marked_ms and the hash of the bytes.
 *  3. `attempt` and `epoch` only grow, `attempt` never passes `epoch`; SENT,
 *     BOUNCED, CANCELLED and SKIPPED never change, but for what only became
 *     too old, when somebody asks for it (outbox_retry()).
 *
 * Every delivery belongs to an activation: there is none with the id 0. Who
 * may be sent to is not known here. The marker asks two views that the folder
 * which owns `activation` declares, with reason 0 for yes:
 *
 *	send_gate(partner_id, activation_id, person, reason)
 *	activation_gate(partner_id, activation_id, reason)
 *
 * so its schema is migrated before this one. Reports read `delivery_view`.
 *
 * One thing goes past the gate's pauses: what tells a partner of a lead, of a
 * reply, or of a sender of its own (outbox_tells_partner()). A pause and an activation's end stop mail to
 * people, not the news that somebody asked to be called; only a partner that
 * has ended is told no more.
 *
 * Texts that come from outside (status, reason, evidence) are made one line of
 * UTF-8 of at most 500 bytes: a verdict is never refused for its words.
 *
 * Thread rule: functions that change rows run inside a unit of work; the
 * others on the caller's connection.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"
#include "db/db.h"

struct arena;

extern const struct db_schema outbox_schema;

/* Numbers are stored: only append. Final states never change again. */
#define OUTBOX_STATES(X)                \
	X(READY, "ready", false)        \
	X(CLAIMED, "claimed", false)    \
	X(MARKED, "marked", false)      \
	X(INDOUBT, "in-doubt", false)   \
	X(HELD, "held", false)          \
	X(SENT, "sent", true)           \
	X(BOUNCED, "bounced", true)     \
	X(CANCELLED, "cancelled", true) \
	X(SKIPPED, "skipped", true)

enum outbox_state {
#define OUTBOX_ENUM(name, text, final) OUTBOX_##name,
	OUTBOX_STATES(OUTBOX_ENUM)
#undef OUTBOX_ENUM
	    OUTBOX_STATE_COUNT
};

const char *outbox_state_name(enum outbox_state state);
bool outbox_state_final(enum outbox_state state);

#define OUTBOX_SUBJECTS(X)                            \
	X(PERSON, "person")   /* a person_hash */     \
	X(ACCOUNT, "account") /* a channel account */ \
	X(USER, "user")	      /* a partner's user */  \
	X(LEAD, "lead")	      /* a lead's id */       \
	X(REPLY, "reply")     /* a reply's id */      \
	X(NOTICE, "notice")   /* a notice's id */

enum outbox_subject {
#define OUTBOX_SUBJECT_ENUM(name, text) OUTBOX_##name,
	OUTBOX_SUBJECTS(OUTBOX_SUBJECT_ENUM)
#undef OUTBOX_SUBJECT_ENUM
};

/*
 * What a delivery is, for ever: never a content version, never a contact's row
 * id. `seq` is 0; an applied update (a moved date) makes 1, 2 ...
 */
struct outbox_key {
	int64_t partner_id;
	int64_t activation_id;
	struct str step;
	enum outbox_subject subject_kind;
	struct str subject;
	struct str channel; /* "email", "webhook", a network's name */
	int64_t seq;
};

/* Subjects LEAD, REPLY and NOTICE, for the partner's own eyes; see the top. */
#define OUTBOX_STEP_LEAD_NOTIFY "@lead-notify"
#define OUTBOX_STEP_LEAD_HOOK	"@lead-hook"
#define OUTBOX_STEP_REPLY	"@reply"
#define OUTBOX_STEP_NOTICE	"@sender-notice"
bool outbox_tells_partner(const struct outbox_key *key);

enum { OUTBOX_ID_BYTES = 16, OUTBOX_SHA256_BYTES = 32 };

/*
 * (partner_id, id): id is SHA-256 of the key's fields, cut to 128 bits. How it
 * is made never changes: it is what a delivery is known by.
 */
struct outbox_id {
	int64_t partner_id;
	uint8_t bytes[OUTBOX_ID_BYTES];
};

struct outbox_id outbox_id_of(const struct outbox_key *key);

/* What becomes of a row whose reply was lost. Stored: only append. */
#define OUTBOX_POLICIES(X)                                               \
	X(HOLD, "hold")		      /* INDOUBT, until more is known */ \
	X(RESEND, "resend-same-id")   /* READY; it may arrive twice */   \
	X(ASSUME_SENT, "assume-sent") /* SENT; it may never arrive */

enum outbox_policy {
#define OUTBOX_POLICY_ENUM(name, text) OUTBOX_POLICY_##name,
	OUTBOX_POLICIES(OUTBOX_POLICY_ENUM)
#undef OUTBOX_POLICY_ENUM
	    OUTBOX_POLICY_COUNT
};

const char *outbox_policy_name(enum outbox_policy policy);

/* One row, all of it. */
struct outbox_delivery {
	struct outbox_id id;
	struct outbox_key key;
	enum outbox_state state;
	int64_t due_ms;	   /* not before */
	int64_t attempt;   /* markers so far */
	int64_t epoch;	   /* claims and cancellations so far */
	int64_t deferrals; /* DEFERRED so far, marked or not */
	int64_t resends;   /* of them by OUTBOX_POLICY_RESEND */
	int64_t owed_ms;   /* when it was to leave; 0: due_ms */
	int64_t owner;	   /* of the claim; 0: none */
	int64_t lease_ms;  /* CLAIMED until */
	int64_t date_ms;   /* set by the first claim, then kept: Date, t= */
	int64_t key_id;	   /* likewise: generation of the signing keys */
	int64_t marked_ms;
	int64_t done_ms;       /* of the verdict or the end */
	struct str sha256;     /* of the bytes handed over last; may be empty */
	struct str revision;   /* they were made from */
	struct str domain;     /* they were sent from */
	struct str connection; /* they were sent over */
	struct str status;     /* last answer or reason, one line */
	int64_t follow_ms;     /* planning: not before; -1: nothing follows */
	enum outbox_policy policy; /* of the marker */
};

/* ---- planning ---- */

/*
 * Put a delivery that is due at due_ms: 1 put, 0 it was there already (in
 * whatever state: then nothing changes). After a restore it is put HELD: see
 * outbox_doubts().
 */
int outbox_put(struct db *db, const struct outbox_key *key, int64_t due_ms,
	       struct error *err) MUST_CHECK;

/* Put it as SKIPPED, for good, with the clause that was false. */
int outbox_skip(struct db *db, const struct outbox_key *key, struct str reason,
		int64_t now_ms, struct error *err) MUST_CHECK;

/*
 * Put it as HELD for `status`, which planning looks at again at again_ms, as at
 * a follower; -1: it is for an operator. After a restore as outbox_put().
 */
int outbox_put_held(struct db *db, const struct outbox_key *key, int64_t due_ms,
		    struct str status, int64_t again_ms,
		    struct error *err) MUST_CHECK;

/*
 * Which deliveries: all that fit every field. An activation, a partner and a
 * subject of one partner are found by index; a filter with neither partner nor
 * activation reads the whole table.
 */
struct outbox_filter {
	int64_t partner_id;    /* -1: all */
	int64_t activation_id; /* 0: all */
	struct str step;       /* empty: all */
	struct str subject;    /* empty: all */
};

/*
 * READY, CLAIMED and HELD to CANCELLED where the filter fits; the epoch rises,
 * so a claim in somebody's hands is void. Returns the number cancelled. It is
 * one transaction: a large campaign is cancelled partner by partner.
 */
int64_t outbox_cancel(struct db *db, const struct outbox_filter *filter,
		      struct str reason, int64_t now_ms,
		      struct error *err) MUST_CHECK;

/* The same, and what comes after them is asked for: each is a follower. */
int64_t outbox_pass_over(struct db *db, const struct outbox_filter *filter,
			 struct str reason, int64_t now_ms,
			 struct error *err) MUST_CHECK;

/*
 * What a sequence goes on from. A PERSON's delivery that becomes SENT or
 * SKIPPED, or is passed over, is a follower at once; planning puts what comes
 * next and takes it off the list, in one unit.
 *
 * What is held with a time to look at it again (outbox_hold()) is among them.
 *
 * Those to be looked at by now, longest due first, `limit` at most; they live
 * in `a`. The count.
 */
int outbox_followers(struct db *db, struct arena *a, int64_t now_ms, int limit,
		     struct outbox_delivery **items,
		     struct error *err) MUST_CHECK;
/*
 * Look at it again at at_ms; -1: what follows has been put. 1, or 0 when
 * somebody else has dealt with it since it was read.
 */
int outbox_follow(struct db *db, const struct outbox_delivery *d, int64_t at_ms,
		  struct error *err) MUST_CHECK;
/*
 * Look at all again that fit and were dealt with: what follows may be another
 * now. Returns how many.
 */
int64_t outbox_refollow(struct db *db, const struct outbox_filter *filter,
			struct error *err) MUST_CHECK;
/* When outbox_followers() has something next: 1 with *at_ms, or 0. */
int outbox_next_follow(struct db *db, int64_t *at_ms,
		       struct error *err) MUST_CHECK;

/* ---- sending ---- */

/*
 * Mail and posts leave by different workers: the channel "email" by MAIL, all
 * others by HTTP.
 */
enum outbox_carrier { OUTBOX_MAIL, OUTBOX_HTTP };

struct outbox_claim {
	int64_t owner;
	int64_t now_ms;
	int64_t lease_ms; /* an absolute time */
	int64_t key_id; /* given to rows that are claimed for the first time */
	enum outbox_carrier carrier;
	int64_t queue; /* outbox_queue.h; 0: of what waits for nothing */
	int max;
};

/*
 * Claim the deliveries that are due longest, that one first. Items and their
 * strings live in `a`. Returns the count, 0 when nothing is due.
 */
int outbox_claim(struct db *db, struct arena *a, const struct outbox_claim *how,
		 struct outbox_delivery **items, struct error *err) MUST_CHECK;

/* What is about to be handed over. */
struct outbox_marker {
	int64_t now_ms;
	struct str sha256; /* OUTBOX_SHA256_BYTES */
	struct str revision;
	struct str domain;
	struct str connection;	   /* which of ours */
	enum outbox_policy policy; /* for the case that its reply is lost */
};

/*
 * Commit to handing over a claimed delivery: 1, or 0 when the claim is void or
 * the gate is shut (then nothing changed: close the connection).
 * A second attempt whose bytes are not those of the first becomes HELD with
 * the status "content changed", and 0 is returned; a hook may change.
 *
 * For a PERSON the caller takes the lock on the person's row before, in the
 * same unit (partner_lock_person): on PostgreSQL the gate would otherwise be
 * asked of a snapshot older than an opt-out that commits first.
 */
int outbox_mark(struct db *db, const struct outbox_delivery *d,
		const struct outbox_marker *marker,
		struct error *err) MUST_CHECK;

/*
 * Which law a channel has. A message to a person, and a post, leave at most
 * once: what cannot be known is INDOUBT. An event hook, the channel
 * "webhook", arrives at least once, and its receiver tells by its id what it
 * has already: UNKNOWN is DEFERRED, a dead owner's MARKED is READY, other
 * bytes than before are no obstacle, and the attempts never end.
 */
bool outbox_at_least_once(struct str channel);

/* How an attempt ended. */
#define OUTBOX_VERDICTS(X)                                                    \
	X(SENT, "sent")		/* accepted: 250 after the dot, 2xx */        \
	X(DEFERRED, "deferred") /* definite, not accepted, may be repeated */ \
	X(BOUNCED, "bounced")	/* definite, refused for good */              \
	X(HELD, "held")	      /* definite; our set-up is wrong, not theirs */ \
	X(UNKNOWN, "unknown") /* marked, and no reply */                      \
	X(WAITS, "waits")     /* definite, not accepted; nobody's attempt */

enum outbox_verdict_kind {
#define OUTBOX_VERDICT_ENUM(name, text) OUTBOX_VERDICT_##name,
	OUTBOX_VERDICTS(OUTBOX_VERDICT_ENUM)
#undef OUTBOX_VERDICT_ENUM
};

struct outbox_verdict {
	enum outbox_verdict_kind kind;
	struct str status; /* reply or reason, one line */
	int64_t now_ms;
	int64_t retry_after_ms; /* DEFERRED: wait so long at least; 0: none */
	int64_t queue; /* WAITS: the one it goes to, which is closed before */
};

/*
 * Record the end of an attempt, of a CLAIMED or MARKED row. DEFERRED goes back
 * to READY at outbox_retry_at() (a hook: at outbox_hook_retry_at()), or when
 * the receiver wishes if that is later (24 hours at most), or to BOUNCED when
 * it is too old; to INDOUBT when one that was sent again is. UNKNOWN of a row
 * that was not marked is DEFERRED: nothing can have arrived. SENT of such a
 * row is INTERNAL: somebody broke rule 1. WAITS makes it READY in a queue
 * (outbox_queue_hold()), as if nobody had tried.
 * Returns 1 with *became when it changed the row. 0, *became untouched, when
 * owner and epoch no longer hold; but a late SENT still closes, as evidence, a
 * row that is INDOUBT, or is to leave again by its policy and has not been
 * claimed since, and returns 1.
 *
 * When *became is INDOUBT, outbox_obey() follows in the same unit.
 */
int outbox_finish(struct db *db, const struct outbox_delivery *d,
		  const struct outbox_verdict *verdict,
		  enum outbox_state *became, struct error *err) MUST_CHECK;

/*
 * What the policy of its marker says of a row that has just become INDOUBT:
 * 1 with *became, or 0: it stays so. Called in the unit in which it did.
 *
 *	RESEND		READY, at outbox_retry_at(); what leaves then has the
 *			same bytes or is HELD. After OUTBOX_RESENDS_MAX, or when
 *			the retry law gives up, it stays INDOUBT
 *	ASSUME_SENT	SENT, with a status that says so; a sequence goes on
 */
enum { OUTBOX_RESENDS_MAX = 3 };
int outbox_obey(struct db *db, const struct outbox_id *id, int64_t now_ms,
		enum outbox_state *became, struct error *err) MUST_CHECK;

/*
 * The retry law (outbox_retry.c): when attempt number `attempt` (from 1)
 * failed at now_ms, the time of the next; -1 when first_ms is three days ago,
 * then there is none. Exponential from one minute to four hours with full
 * jitter, which is a hash of id and attempt: the same row always waits the
 * same. Attempts that failed before the marker count too (`deferrals`).
 */
int64_t outbox_retry_at(const struct outbox_id *id, int64_t attempt,
			int64_t first_ms, int64_t now_ms);

/*
 * The law of hooks, that of Standard Webhooks: 5 s, 5 min, 30 min, 2, 5, 10,
 * 14, 20 and 24 hours after one attempt the next, then daily without an end;
 * up to a tenth more, by the hash of id and attempt.
 */
int64_t outbox_hook_retry_at(const struct outbox_id *id, int64_t attempt,
			     int64_t now_ms);

/* Give a claimed row back unsent, without an attempt. 1, or 0. */
int outbox_release(struct db *db, const struct outbox_delivery *d,
		   struct error *err) MUST_CHECK;

/*
 * The same, due later: what must wait does not stand in the way of others. It
 * is as late then as it is. 1, or 0. One that was never marked forgets its date
 * and key generation, so that time spent paused makes it neither old nor dated.
 */
int outbox_postpone(struct db *db, const struct outbox_delivery *d,
		    int64_t due_ms, struct error *err) MUST_CHECK;

/*
 * The same for one that may not leave at this hour: it is due then, and waits
 * for no other reason. 1, or 0.
 */
int outbox_move(struct db *db, const struct outbox_delivery *d, int64_t due_ms,
		struct str why, struct error *err) MUST_CHECK;

/*
 * How late it is. It counts from the time it was put for, a retry's, or that of
 * outbox_move(); not from when a postponed one is looked at again. Who lets a
 * held one go begins anew.
 */
int64_t outbox_late_ms(const struct outbox_delivery *d, int64_t now_ms);

/* The status of what is HELD since it is too late for it. */
extern const char outbox_overdue[];

/* ---- how often a person is mailed ---- */

/* The status of what a policy holds, as the gate words it. */
#define OUTBOX_BY_POLICY "held by policy"

/*
 * What was SENT to a person, is MARKED or INDOUBT counts, by the time of its
 * marker, in the windows of frequency_view. The marker counts for itself; two
 * of one person's wait there for each other, since partner_lock_person() takes
 * all of the person's rows while a frequency is stated.
 */

/* 1 when one is stated. */
int outbox_capped(struct db *db, struct error *err) MUST_CHECK;

/*
 * Whether a mail of the partner's to this person would be within all that is
 * stated, at at_ms: 1, or 0 with the first time in *free_ms when it is, as far
 * as one can know now.
 */
int outbox_free_at(struct db *db, int64_t partner_id, struct str person,
		   int64_t at_ms, int64_t *free_ms,
		   struct error *err) MUST_CHECK;

/*
 * A CLAIMED row waits until due_ms, as after an attempt that failed: it keeps
 * its date, from which outbox_wait_until() says for how long. 1, or 0.
 */
int outbox_delay(struct db *db, const struct outbox_delivery *d, int64_t due_ms,
		 struct error *err) MUST_CHECK;

/* What is wanted at first_ms is not sent after that: three days, as retries. */
int64_t outbox_wait_until(int64_t first_ms);

/* A CLAIMED row to HELD; again_ms as outbox_put_held(). 1, or 0. */
int outbox_hold(struct db *db, const struct outbox_delivery *d,
		struct str status, int64_t again_ms, int64_t now_ms,
		struct error *err) MUST_CHECK;

/* ---- owners ---- */

/*
 * An owner is one run of the sender, known by a random id and alive while it
 * holds db_lock("owner-<id>"). outbox_owner_name() writes that lock's name.
 */
enum { OUTBOX_OWNER_NAME_BYTES = 32 };
void outbox_owner_name(int64_t owner, char name[OUTBOX_OWNER_NAME_BYTES]);

/* All owners that still have rows. Returns the count. */
int outbox_owners(struct db *db, struct arena *a, int64_t **owners,
		  struct error *err) MUST_CHECK;

/*
 * This owner is dead: CLAIMED back to READY, MARKED to INDOUBT, of hooks to
 * READY too. At most `limit` rows a call (a transaction is short). Returns the
 * number changed; 0: it has none left. outbox_obey() follows for each that is
 * INDOUBT now.
 */
int64_t outbox_reclaim(struct db *db, int64_t owner, int limit, int64_t now_ms,
		       struct error *err) MUST_CHECK;

/* CLAIMED rows whose lease has run out go back to READY. Returns how many. */
int64_t outbox_expire(struct db *db, int64_t now_ms,
		      struct error *err) MUST_CHECK;

/*
 * An operator or evidence closes an INDOUBT row: SENT, it was accepted;
 * BOUNCED, it came back; READY, it was not accepted and may leave again. 1, or
 * 0: it was not in doubt, and nothing changed. With its event:
 * dispatch_resolve().
 */
int outbox_resolve(struct db *db, const struct outbox_id *id,
		   enum outbox_state to, struct str evidence, int64_t now_ms,
		   struct error *err) MUST_CHECK;

/*
 * An operator releases a HELD row, to READY or CANCELLED. 1, or 0. READY
 * forgets the hash: the next attempt may have other bytes; and of a row that
 * was never marked date and key generation, as outbox_postpone() does.
 */
int outbox_unhold(struct db *db, const struct outbox_id *id,
		  enum outbox_state to, struct str reason, int64_t now_ms,
		  struct error *err) MUST_CHECK;

/*
 * Whether it failed for no fault of its receiver: BOUNCED because it was put
 * off until it was too old, or HELD because our set-up was wrong. Not what was
 * refused for good, nor what may have arrived: content that changed between
 * two attempts, and what is doubted after a restore, are a person's to decide;
 * what a policy holds is that policy's.
 */
bool outbox_may_retry(const struct outbox_delivery *d);

/*
 * Such a row, as it was read, becomes READY at now_ms, as old as new: 1, or 0
 * when it is no longer what it was. The next attempt may have other bytes; the
 * Message-ID stays, and the gate is asked as always.
 */
int outbox_retry(struct db *db, const struct outbox_delivery *d,
		 struct str reason, int64_t now_ms,
		 struct error *err) MUST_CHECK;

/*
 * What is held with a time to look at it again is READY, due at due_ms. 1, or 0
 * when somebody else has dealt with it since it was read.
 */
int outbox_unhold_at(struct db *db, const struct outbox_delivery *d,
		     int64_t due_ms, struct error *err) MUST_CHECK;

/* What of one step is HELD for one reason. */
struct outbox_hold {
	struct str step;
	struct str status; /* the reason, word by word */
	int64_t partner_id;
	int limit; /* rows at most, 1 or more */
};

/* All partners that have such rows; its last two are not read. The count. */
int outbox_holders(struct db *db, struct arena *a,
		   const struct outbox_hold *hold, int64_t **partners,
		   struct error *err) MUST_CHECK;
/* The partner's, longest due first. The count. */
int outbox_held(struct db *db, struct arena *a, const struct outbox_hold *hold,
		struct outbox_delivery **out, struct error *err) MUST_CHECK;

/* Decide on all that is HELD with one status, which was not sent. */
struct outbox_release {
	struct str status;    /* word by word */
	int64_t partner_id;   /* -1: all */
	enum outbox_state to; /* READY or CANCELLED */
	struct str reason;
	int limit; /* rows at most, 1 or more */
	int64_t now_ms;
};

/*
 * As outbox_unhold(), but the hash stays: one that was handed over before and
 * would have other bytes now is held again. The count, and what they are now
 * in *out; 0 when none is left.
 */
int outbox_unhold_all(struct db *db, struct arena *a,
		      const struct outbox_release *how,
		      struct outbox_delivery **out,
		      struct error *err) MUST_CHECK;

/* How many are HELD with this status, of a partner or (-1) of all. */
int outbox_count_held(struct db *db, struct str status, int64_t partner_id,
		      int64_t *count, struct error *err) MUST_CHECK;

/* ---- after a restore ---- */

/*
 * A store that was put back from a copy does not know what was sent since. All
 * that was due until then may have been: it is HELD with this status until
 * evidence or an operator says otherwise, and so is what planning puts anew.
 * Hooks, which may arrive twice, go on.
 */
extern const char outbox_maybe_sent[];

/*
 * READY and CLAIMED rows due by until_ms become HELD, at most 2 x limit in a
 * call: the count, and what they were in *out.
 */
int outbox_doubt(struct db *db, struct arena *a, int64_t until_ms, int limit,
		 int64_t now_ms, struct outbox_delivery **out,
		 struct error *err) MUST_CHECK;

/* Whether there is any delivery: 1 or 0. */
int outbox_has_any(struct db *db, struct error *err) MUST_CHECK;

/* What outbox_put() does with a delivery that is no hook. */
enum outbox_doubts {
	OUTBOX_DOUBTS_NOTHING,
	OUTBOX_DOUBTS_REST, /* HELD, until planning has come to rest once */
	OUTBOX_DOUBTS_ALL,  /* HELD */
};

/* The store was adopted now. What is MARKED becomes INDOUBT and stays so. */
int outbox_adopt(struct db *db, int64_t now_ms, enum outbox_doubts doubts,
		 struct error *err) MUST_CHECK;

/* When it was adopted last: 1 with *adopted_ms, or 0: never. */
int outbox_adopted(struct db *db, int64_t *adopted_ms,
		   struct error *err) MUST_CHECK;

int outbox_doubts(struct db *db, enum outbox_doubts *out,
		  struct error *err) MUST_CHECK;

/* 1, or 0 when it is not `from`. */
int outbox_doubt_less(struct db *db, enum outbox_doubts from,
		      enum outbox_doubts to, struct error *err) MUST_CHECK;

/* ---- reading ---- */

/* 1 found, 0 none. */
int outbox_find(struct db *db, struct arena *a, const struct outbox_id *id,
		struct outbox_delivery *out, struct error *err) MUST_CHECK;

/* By partner and due time, of one state or of all (state < 0). The count. */
int outbox_list(struct db *db, struct arena *a,
		const struct outbox_filter *filter, int state, int limit,
		struct outbox_delivery **out, struct error *err) MUST_CHECK;

/*
 * What is INDOUBT, by partner and id, behind `after` (NULL: from the start),
 * `limit` at most: the count.
 */
int outbox_indoubt(struct db *db, struct arena *a,
		   const struct outbox_id *after, int limit,
		   struct outbox_delivery **out, struct error *err) MUST_CHECK;

/* Rows in each state: planned is their sum, always. */
struct outbox_counts {
	int64_t by_state[OUTBOX_STATE_COUNT];
};

int outbox_count(struct db *db, const struct outbox_filter *filter,
		 struct outbox_counts *out, struct error *err) MUST_CHECK;

/* The earliest due time of a READY row: 1 with *due_ms, 0 when there is none. */
int outbox_next_due(struct db *db, int64_t *due_ms,
		    struct error *err) MUST_CHECK;

/*
 * Asserts the invariants, as far as rows at rest can show them, over the whole
 * table; INTERNAL names a bad row.
 */
int outbox_check(struct db *db, struct error *err) MUST_CHECK;

#endif
