#ifndef DISPATCH_DISPATCH_MAKE_PRIV_H
#define DISPATCH_DISPATCH_MAKE_PRIV_H

/*
 * What the files of dispatch_make share: profiles, and what of them a message
 * is made.
 */

#include <pthread.h>

#include "dispatch/dispatch_make.h"

enum { PROFILE_PLACES = 1024, PROFILE_LIFE_US = 1000 * 1000 };

/*
 * Partner, sender, activation and kit as they were read at read_us. It does
 * not change, and lives while somebody holds it.
 */
struct profile {
	struct arena *arena;
	struct partner partner;
	struct partner_sender sender;
	struct activation activation;
	const struct render_kit
	    *kit; /* NULL: there is none, kit_error says why */
	struct error kit_error;
	bool has_sender;
	int64_t read_us; /* monotonic */
	int holders;	 /* under the maker's mutex */
};

struct dispatch_maker {
	struct render_kits *kits;
	const struct event_keys *keys;
	uint8_t message_key[RENDER_MESSAGE_KEY_BYTES];
	pthread_mutex_t mutex; /* guards places and holders */
	struct profile *places[PROFILE_PLACES];
};

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

/* Make a delivery whose subject is a lead: as the source. */
int make_of_lead(struct making *m, struct error *err) MUST_CHECK;

/* The mail becomes the message: 1. */
int make_mail(struct making *m, const struct render_mail *mail);

#endif
