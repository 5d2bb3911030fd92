#ifndef DISPATCH_DISPATCH_MAKE_PRIV_H
#define DISPATCH_DISPATCH_MAKE_PRIV_H

/*
 * What the files of dispatch_make share: profiles, and what of them a message
 * is made.
 */

#include <pthread.h>

#include "dispatch/dispatch_make.h"

enum { PROFILE_PLACES = 1024, PROFILE_LIFE_US = 1000 * 1000 };
enum { SIGNER_PLACES = 256 };

/* What is read of a pair now was set before a mail is dated behind it. */
_Static_assert((int64_t)PARTNER_DKIM_AHEAD_MS * 1000 > 10 * PROFILE_LIFE_US,
	       "a change of keys is ahead of whoever reads them");

struct signer;

/* Of whom mail may be from, and the keys that may sign it. */
struct profile_sender {
	struct partner_sender sender;
	struct partner_dkim *pairs; /* of the sender's domain */
	int pair_count;
};

/*
 * Partner, senders, activation and kit
 * as they were read at read_us. It does not change, and lives while somebody
 * holds it.
 */
struct profile {
	struct arena *arena;
	struct partner partner;
	struct profile_sender senders[PARTNER_SENDERS_MAX];
	int sender_count; /* the first is whom mail is from now */
	struct activation activation;
	const struct render_kit
	    *kit; /* NULL: there is none, kit_error says why */
	struct error kit_error;
	int64_t read_us; /* monotonic */
	int holders;	 /* under the maker's mutex */
};

struct dispatch_maker {
	struct db_store *store;
	struct render_kits *kits;
	const struct event_keys *keys;
	uint8_t message_key[RENDER_MESSAGE_KEY_BYTES];
	pthread_mutex_t mutex; /* guards places and holders */
	struct profile *places[PROFILE_PLACES];
	struct signer *signers[SIGNER_PLACES];
};

/* The key that Message-IDs of this store are made with; the caller wipes it. */
int make_message_key(struct db_store *store,
		     uint8_t key[RENDER_MESSAGE_KEY_BYTES],
		     struct error *err) MUST_CHECK;

/* The profile of an activation, held by the caller from now on. */
int profile_get(struct dispatch_maker *m, struct db *db, int64_t partner_id,
		int64_t activation_id, struct profile **out,
		struct error *err) MUST_CHECK;
void profile_put(struct dispatch_maker *m, struct profile *p);

/* All places empty, when nobody is inside. */
void profiles_clear(struct dispatch_maker *m);

/*
 * As dispatch_subject_load(), but a kit that cannot be had is no failure:
 * out->kit is NULL then, and the profile knows why.
 */
int subject_load(struct dispatch_maker *m, struct arena *a, struct db *db,
		 const struct dispatch_whom *whom, struct dispatch_subject *out,
		 struct error *err) MUST_CHECK;

/* Whom the mail of a subject is from; it must have one. */
const struct profile_sender *subject_sender(const struct dispatch_subject *s);

/* True when trying again cannot help: somebody has to look at it. */
bool error_stays(const struct error *err);

/* A delivery being made. */
struct making {
	struct dispatch_maker *maker;
	struct arena *a;
	struct db *db;
	const struct outbox_delivery *delivery;
	struct dispatch_subject *about;
	struct dispatch_message *out;
};

/*
 * Whether it may leave now, as enum dispatch_made says: MADE is yes. WAITS sets
 * out->not_before_ms, HELD the reason.
 */
int make_at_this_hour(const struct making *m, int64_t now_ms,
		      struct error *err) MUST_CHECK;

/* Make a delivery whose subject is a lead: as the source. */
int make_of_lead(struct making *m, struct error *err) MUST_CHECK;

/* Likewise a reply, and a notice. */
int make_of_reply(struct making *m, struct error *err) MUST_CHECK;
int make_of_notice(struct making *m, struct error *err) MUST_CHECK;

/*
 * The partner of the subject, read anew into *fresh when it has nobody to be
 * told by mail: NOT_FOUND when it still has not, and the delivery waits.
 */
int make_check_told(struct making *m, struct partner *fresh,
		    struct render_subject *subject,
		    struct error *err) MUST_CHECK;

/* A campaign and a sender there are; else why not. */
int make_check_kit(const struct making *m, struct error *err) MUST_CHECK;

/* The mail, signed, becomes the message: 1. */
int make_mail(struct making *m, const struct render_mail *mail,
	      struct error *err) MUST_CHECK;

/*
 * *bytes are the mail's below its signatures, or the mail's when no pair signs
 * at the delivery's date. DENIED when the pair cannot be unsealed.
 */
int sign_mail(const struct making *m, const struct render_mail *mail,
	      struct str *bytes, struct error *err) MUST_CHECK;

/* All places of pairs empty, when nobody is inside. */
void signers_clear(struct dispatch_maker *m);

#endif
