#ifndef DISPATCH_DISPATCH_PROVIDER_H
#define DISPATCH_DISPATCH_PROVIDER_H

/*
 * dispatch_provider - what mail providers tell us by HTTP of mail we sent
 *
 *	dispatch_providers_open(&ps, &config, err)
 *	dispatch_providers_submit(ps, &call, done, arg)	for each POST
 *	dispatch_providers_close(&ps)
 *
 * Amazon SES (by SNS), SendGrid, Mailgun and Postmark POST what became of a
 * mail. Each is off until it is named and has the key that its calls are
 * verified by:
 *
 *	ses:TOPIC-ARN	GUIDON_SES_CERTIFICATE_FILE, the certificates that SNS
 *			signs by, as PEM; once for each topic
 *	sendgrid	GUIDON_SENDGRID_KEY, the verification key of the signed
 *			event webhook
 *	mailgun		GUIDON_MAILGUN_KEY, the webhook signing key
 *	postmark	GUIDON_POSTMARK_PASSWORD, USER:PASSWORD of the URL
 *
 * The last three have a form with _FILE too, and may be two, parted by a blank,
 * while one follows the other (dispatch_secret.h).
 *
 * What is not signed, or older than PROVIDER_AGE_MS, is refused and leaves
 * nothing. What is signed becomes news of single mails, and each of them counts
 * as a mail that came back does (dispatch_intake.h): when it proves which
 * delivery it is about, by our custom argument (dispatch_provider_header()) or
 * by the Message-ID beside the recipient; once, by the provider's id of it; a
 * few in a unit of work. News that a mail was accepted, or arrived, close what
 * was in doubt and do nothing else.
 *
 * A call that was not taken as a whole is to be repeated, and what was taken of
 * it counts no second time.
 *
 * Thread rule: open and close by one thread; submit by all.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"

struct arena;
struct db_store;
struct dispatch_providers;
struct event_keys;
struct http_header;
struct outbox_id;
struct partner_pepper;

/* A day, which is how long some repeat, and an hour; and clocks that differ. */
static const int64_t PROVIDER_AGE_MS = INT64_C(25) * 60 * 60 * 1000;
static const int64_t PROVIDER_AHEAD_MS = INT64_C(5) * 60 * 1000;

enum {
	PROVIDER_EVENTS_MAX = 4000, /* of one call */
	PROVIDER_CALLS_MAX = 64,    /* that wait to be taken */
};

struct dispatch_providers_config {
	struct db_store *store;
	const struct event_keys *keys;
	const struct partner_pepper *pepper;
	struct clock *clock;
	const char *on; /* words as above: "ses:arn:aws:... mailgun" */
};

/*
 * The secrets of the store are open; what config names outlives *out. CONFIG
 * when a name is none, or its key is missing or not as it should be.
 */
int dispatch_providers_open(struct dispatch_providers **out,
			    const struct dispatch_providers_config *config,
			    struct error *err) MUST_CHECK;

/* Takes what waits. NULL is fine; *ps becomes NULL. */
void dispatch_providers_close(struct dispatch_providers **ps);

/* All there are, also those that are off; NULL behind the last. */
const char *dispatch_provider_name(size_t i);

/* Bytes of a call at most; 0: this one is off. */
size_t dispatch_provider_body_max(const struct dispatch_providers *ps,
				  struct str name);

/* ---- calls ---- */

/* Borrowed until it is answered. */
struct dispatch_provider_call {
	struct str provider;
	const struct http_header *headers;
	size_t header_count;
	struct str body;
	int64_t now_ms;
};

/* What became of the events of a call. */
struct dispatch_provider_sum {
	size_t taken;	  /* about a delivery of ours, and news */
	size_t again;	  /* known before */
	size_t foreign;	  /* of no delivery of ours */
	size_t malformed; /* not read; the others are taken all the same */
};

/* An answer, and its status of HTTP. */
enum dispatch_provider_answer {
	PROVIDER_TAKEN = 200,
	PROVIDER_MALFORMED = 400,
	PROVIDER_DENIED = 403,
	PROVIDER_LATER = 503, /* the store failed, or it is too much: repeat */
};

/*
 * Take it in this thread, one call at a time. DENIED: it is not signed by whom
 * it should be, or too old; INVALID and LIMIT: it cannot be read; else it is
 * for later.
 */
int dispatch_providers_take(struct dispatch_providers *ps,
			    const struct dispatch_provider_call *call,
			    struct dispatch_provider_sum *sum,
			    struct error *err) MUST_CHECK;

typedef void dispatch_provider_done_fn(void *arg,
				       enum dispatch_provider_answer answer);

/*
 * Have it taken by a thread of its own: done() is called there, or in here when
 * too many wait; once.
 */
void dispatch_providers_submit(struct dispatch_providers *ps,
			       const struct dispatch_provider_call *call,
			       dispatch_provider_done_fn *done, void *arg);

/* ---- what our mail carries for them ---- */

/*
 * The header line by which a provider tells of a mail with our name for it, in
 * `a`, with its CRLF. It is an instruction to the provider, who takes it out:
 * no part of what is signed and compared. INVALID when there is no such header
 * of this provider: with ses and mailgun the Message-ID is enough.
 */
int dispatch_provider_header(struct str provider, struct str tag,
			     struct arena *a, struct str *out,
			     struct error *err) MUST_CHECK;

#endif
