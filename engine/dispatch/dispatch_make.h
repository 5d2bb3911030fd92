#ifndef DISPATCH_DISPATCH_MAKE_H
#define DISPATCH_DISPATCH_MAKE_H

/*
 * dispatch_make - from a delivery to its message: the source that a sender
 * feeds from, and what the web shows of a delivery
 *
 *	if (dispatch_maker_open(&maker, store, kits, keys, err) < 0)
 *		return -err->code;
 *	config.source = dispatch_maker_source(maker);
 *	...
 *	dispatch_maker_close(&maker);	before kits and keys are freed
 *
 * A message is made of the revision of its activation. One that was handed
 * over before is made again of the revision it had then, so that an update
 * between two attempts does not change its bytes; so is what the web shows.
 *
 * A mail is signed (DKIM) where its partner, or the vendor, has a pair of keys
 * of the From's domain that signs at the delivery's date; see partner_dkim.h.
 *
 * Partner, sender and activation are read anew each second: a second is how
 * long a partner's new phone number may be missing in mail. Whom a message is
 * for and whether it may be sent is asked for each.
 *
 * Thread rule: opening and closing by one thread, all else by all threads.
 */

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"
#include "db/db.h"
#include "dispatch/dispatch.h"
#include "event/event.h"
#include "render/render.h"
#include "render/render_kit.h"

struct arena;
struct dispatch_maker;

/*
 * The secrets of the store are open: the key that Message-IDs are made with is
 * one of them. kits and keys outlive *out.
 */
int dispatch_maker_open(struct dispatch_maker **out, struct db_store *store,
			struct render_kits *kits, const struct event_keys *keys,
			struct error *err) MUST_CHECK;

/* No thread is inside. NULL is fine; *maker becomes NULL. */
void dispatch_maker_close(struct dispatch_maker **maker);

/*
 * The source of dispatch.h:
 *
 *	PERSON, "email"		a mail of the campaign, to the contact
 *	ACCOUNT			a post, as JSON
 *	LEAD "@lead-notify"	a mail to the partner
 *	LEAD "@lead-thanks"	a mail to the visitor
 *	LEAD "@lead-hook"	"lead.created", as JSON
 *	REPLY "@reply"		a mail to the partner
 *	NOTICE "@sender-notice"	a mail to the partner, or to the vendor
 *
 * What cannot be made, because something is missing in the campaign or of the
 * partner, is 0 with the reason. A hook needs nothing of the campaign.
 */
struct dispatch_source dispatch_maker_source(struct dispatch_maker *maker);

/* ---- for the web ---- */

/* What about: an activation, and the delivery that somebody came by. */
struct dispatch_whom {
	int64_t partner_id;
	int64_t activation_id;
	const struct outbox_delivery *delivery; /* of both; NULL: none */
	const struct contact *contact; /* of the delivery; NULL: to be read */
};

/*
 * Everything that the renderer wants to know. `subject` points into this
 * struct, the cache and the arena, so the struct stays where it is until
 * dispatch_subject_release(). Its sender is NULL when the partner has none,
 * its contact unless the delivery is to a person who is on the list.
 */
struct dispatch_subject {
	struct render_subject subject;
	const struct render_kit *kit;
	struct str revision; /* of the kit */
	struct contact contact;
	void *profile;	      /* ours: it is held */
	const void *held_kit; /* ours: a kit of another revision */
};

/*
 * NOT_FOUND when there is no such activation or its revision is not in the
 * store, INVALID when no kit can be made of it. After a success it is
 * released.
 */
int dispatch_subject_load(struct dispatch_maker *maker, struct arena *a,
			  struct db *db, const struct dispatch_whom *whom,
			  struct dispatch_subject *out,
			  struct error *err) MUST_CHECK;
void dispatch_subject_release(struct dispatch_maker *maker,
			      struct dispatch_subject *s);

/*
 * A campaign's mail as a page: its HTML, in `a`. NOT_FOUND when the delivery
 * is no such mail, or its contact is gone.
 */
int dispatch_view(struct dispatch_maker *maker, struct arena *a, struct db *db,
		  const struct outbox_delivery *delivery, struct str *html,
		  struct error *err) MUST_CHECK;

#endif
