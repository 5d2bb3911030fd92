#ifndef DISPATCH_DISPATCH_POLICY_H
#define DISPATCH_DISPATCH_POLICY_H

/*
 * dispatch_policy - what the end of an SMTP transaction means for a delivery
 *
 * A transport says where it was, what it was answered and whether the marker
 * had been set; this says the verdict, and whom else the answer concerns.
 *
 *	struct dispatch_outcome outcome;
 *
 *	dispatch_policy_classify(DISPATCH_AT_RCPT, &reply, marked, &outcome);
 *	feed_outcome(feed, message, &outcome);
 *
 * The rules stand in one table in dispatch_policy.c, and what servers say in
 * words in a second one in dispatch_words.c. They follow RFC 5321
 * section 4.2 for codes, RFC 3463 and its registry for enhanced ones, RFC 4954
 * for authentication and RFC 7372 for DKIM and SPF.
 *
 * Pure; all threads.
 */

#include <stdbool.h>

#include "base/str.h"
#include "outbox/outbox.h"

/* What was waited for. The order is that of a session. */
#define DISPATCH_STAGES(X)                                                   \
	X(CONNECT, "at connect")                                             \
	X(BANNER, "at the banner")                                           \
	X(EHLO, "at EHLO")                                                   \
	X(TLS, "at STARTTLS")                                                \
	X(AUTH, "at AUTH")                                                   \
	X(MAIL, "at MAIL")                                                   \
	X(RCPT, "at RCPT")                                                   \
	X(DATA, "at DATA")	      /* its 354; CHUNKING has none */       \
	X(BODY, "in the message")     /* it is being written */              \
	X(DOT, "at the dot")	      /* it, or the last BDAT, is written */ \
	X(AFTER, "after the message") /* and its answer is awaited */

enum dispatch_stage {
#define DISPATCH_STAGE_ENUM(name, text) DISPATCH_AT_##name,
	DISPATCH_STAGES(DISPATCH_STAGE_ENUM)
#undef DISPATCH_STAGE_ENUM
};

const char *dispatch_stage_name(enum dispatch_stage stage);

/*
 * The answer that ended it. No answer is code 0: no connection, a drop, a
 * timeout, garbage. `enhanced` is "5.1.1" or empty; `text` is the answer as it
 * came, or in our words what happened instead of one.
 */
struct dispatch_reply {
	int code;
	struct str enhanced;
	struct str text;
};

/* Whom it concerns besides this message. */
enum dispatch_effect {
	DISPATCH_NOBODY,
	DISPATCH_SLOW_DOMAIN, /* the receiver's domain takes no more for now */
	DISPATCH_SLOW_RELAY,  /* the relay takes no more for now */
	DISPATCH_STOP_SENDER, /* the domain mail is from is refused as such */
	DISPATCH_STOP_RELAY,  /* the relay refuses us as such */
};

struct dispatch_outcome {
	struct outbox_verdict verdict;
	enum dispatch_effect effect;
	int64_t wait_ms; /* of SLOW: what it asks for; 0: it does not say */
};

/*
 * `marked`: feed_mark() was 1 for this message. Fills all of *out but now_ms
 * and, of WAITS, the queue. Its status is reply->text, or when that is empty a
 * literal.
 *
 * SENT comes from DOT and AFTER alone. A code that cannot end a transaction at
 * this stage (a 250 to RCPT, a 354 after the dot, 999) is no answer: what came
 * after it is not known.
 */
void dispatch_policy_classify(enum dispatch_stage stage,
			      const struct dispatch_reply *reply, bool marked,
			      struct dispatch_outcome *out);

#endif
