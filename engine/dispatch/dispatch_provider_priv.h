#ifndef DISPATCH_DISPATCH_PROVIDER_PRIV_H
#define DISPATCH_DISPATCH_PROVIDER_PRIV_H

/*
 * The seam between the calls and the providers, each of which has its own way
 * to sign and to say things; and what they share to read them.
 */

#include <pthread.h>

#include "base/crypto.h"
#include "base/js.h"
#include "dispatch/dispatch_provider.h"
#include "dispatch/dispatch_secret.h"
#include "event/event.h"
#include "http/http.h"

struct dispatch_intake;

/* The name of our custom argument, with all of them. */
#define PROVIDER_ARGUMENT "guidon"

/* What one event says of one mail. */
enum provider_kind {
	PROVIDER_ARRIVED, /* it has left us, and nothing more follows */
	PROVIDER_RETURN,  /* it came back: `class` */
	PROVIDER_LEAVE,	  /* its person opts out */
};

/* Texts are one line, and empty when it does not say. */
struct provider_event {
	enum provider_kind kind;
	enum event_return_class class;
	struct str id;	/* the provider's, for good; never empty */
	struct str tag; /* our custom argument */
	struct str recipient;
	struct str message_id; /* as it stands there */
	struct str unsubscribe;
	struct str status; /* RFC 3463 */
	struct str said;   /* the words of the other side */
};

/* What a call says. All lies in `a`. */
struct provider_news {
	struct arena *a;
	struct provider_event *events;
	size_t count;
	size_t malformed;
	struct str once; /* what its signature may be used for; empty: no end */
};

/* One row for each; every function is required. */
struct provider {
	const char *name;
	size_t body_max;

	/* It is named, once or again: *self is NULL at first. */
	int (*add)(void **self, struct str argument, struct error *err);
	void (*close)(void *self);

	/*
	 * Verify, and then read: DENIED, INVALID or LIMIT, when `news` has
	 * nothing. One thread at a time.
	 */
	int (*read)(void *self, const struct dispatch_provider_call *call,
		    struct provider_news *news, struct error *err);
};

extern const struct provider ses_provider;
extern const struct provider sendgrid_provider;
extern const struct provider mailgun_provider;
extern const struct provider postmark_provider;

/* ---- dispatch_provider_read.c ---- */

/*
 * The secret of a provider that is named without an argument, of one of two
 * variables: in `out`, which is wiped with secret_wipe().
 */
int provider_secret(const char *name, struct str argument,
		    const struct secret secrets[2], struct buf *out,
		    struct error *err) MUST_CHECK;

/* DENIED when it is older or newer than a call may be. */
int provider_check_age(int64_t at_ms, int64_t now_ms,
		       struct error *err) MUST_CHECK;

/* The header of that name; empty: there is none. */
struct str provider_header(const struct dispatch_provider_call *call,
			   const char *name);

/* The string there, not copied; empty when it is none. */
struct str provider_str(const struct js *object, const char *key);

/* A text as one line in the arena, of MIME_REPORT_VALUE_MAX bytes at most. */
struct str provider_line(struct arena *a, struct str s);
struct str provider_text(struct arena *a, const struct js *object,
			 const char *key);

/* The first enhanced status code (RFC 3463) in a text; empty: it has none. */
struct str provider_status(struct str text);

/* Room for so many events, which are zeroed; LIMIT: that is too many. */
int provider_room(struct provider_news *news, size_t most,
		  struct error *err) MUST_CHECK;

/* The next one, of the room; or its end, without an id it is malformed. */
struct provider_event *provider_next(struct provider_news *news);
void provider_end(struct provider_news *news, struct provider_event *event);

/* ---- dispatch_provider_ses.c ---- */

/* What SES says through a topic, in a notification of this id. */
void provider_read_ses(struct str message, struct str id,
		       struct provider_news *news);

/* ---- dispatch_provider_take.c ---- */

/* How many of the events were not taken: the first reason is in `err`. */
size_t provider_take(const struct dispatch_intake *in,
		     const struct provider_news *news, const char *provider,
		     struct dispatch_provider_sum *sum, struct error *err);

#endif
