/*
 * What an outcome on the wire means. One table, read from the top; the first
 * row that fits decides, and the last rows fit everything.
 *
 * A row without enhanced code takes any, one without codes takes any of its
 * class, one without words any or none. An enhanced code counts only when its
 * class is that of the reply (RFC 3463 section 2); otherwise one of the two is
 * wrong, and the reply is what the sender must obey.
 *
 * The law behind the rows
 *  - An answer to any command of the transaction is definite, marked or not:
 *    with CHUNKING the marker may precede the answer to RCPT.
 *  - No answer is definite only before the marker.
 *  - WAITS when the next message would be refused for the same reason: then it
 *    was nobody's attempt, and whoever is refused, the relay as a whole or the
 *    domain mail is from, waits for a person to look at it.
 *  - HELD when that is so of this message alone: its size.
 *  - Up to MAIL the relay speaks for itself. From RCPT on it may speak for the
 *    receiver, so what asks for less mail there means the receiver's domain.
 *
 * Deliberate
 *  - 552 to RCPT is temporary: RFC 821 gave servers that code for too many
 *    recipients (RFC 5321 section 4.5.3.1.10).
 *  - 5.7.1 says little: receivers mean the sender, the content or the mailbox.
 *    To MAIL it can only mean the sender. As 554 to RCPT without words that
 *    are known it is HELD: to bounce each contact because of that would be
 *    wrong for good.
 *  - Greylisting means one sender and one receiver: nobody else waits.
 *  - 421 without words needs no row: it is a 4xx.
 *  - Yahoo's TS03 says that retrying will not succeed, with a 421. It is
 *    believed in the code.
 */
#include "dispatch/dispatch_policy.h"

#include "dispatch/dispatch_words.h"

enum { EARLY_MS = 1000 };

enum what { W_2XX, W_4XX, W_5XX, W_NONE };

enum when { W_ANY, W_MARKED, W_UNMARKED };

struct rule {
	enum dispatch_stage from;
	enum dispatch_stage to;
	enum what what;
	int code;	      /* 0: any of the class */
	const char *enhanced; /* NULL: any, or none */
	unsigned words;	      /* 0: any, or none */
	enum when when;
	enum outbox_verdict_kind kind;
	enum dispatch_effect effect;
};

#define AT(stage)	      DISPATCH_AT_##stage, DISPATCH_AT_##stage
#define FROM_TO(from, to)     DISPATCH_AT_##from, DISPATCH_AT_##to
#define ANYWHERE	      FROM_TO(CONNECT, AFTER)
#define FROM_US		      FROM_TO(CONNECT, MAIL)
#define FROM_THEM	      FROM_TO(RCPT, AFTER)
#define SAYS(words)	      DISPATCH_##words
#define IS(verdict)	      OUTBOX_VERDICT_##verdict, DISPATCH_NOBODY
#define THEN(verdict, effect) OUTBOX_VERDICT_##verdict, DISPATCH_##effect

/* clang-format off */
static const struct rule rules[] = {
	/* where, answer, code, enhanced, words, marked?, verdict and effect */

	/* The relay does not know us (RFC 4954 section 6). */
	{ ANYWHERE, W_5XX, 530, NULL, 0, W_ANY, THEN(WAITS, STOP_RELAY) },
	{ ANYWHERE, W_5XX, 534, NULL, 0, W_ANY, THEN(WAITS, STOP_RELAY) },
	{ ANYWHERE, W_5XX, 535, NULL, 0, W_ANY, THEN(WAITS, STOP_RELAY) },
	{ ANYWHERE, W_5XX, 538, NULL, 0, W_ANY, THEN(WAITS, STOP_RELAY) },
	{ ANYWHERE, W_5XX, 0, "5.7.8", 0, W_ANY, THEN(WAITS, STOP_RELAY) },
	{ ANYWHERE, W_5XX, 0, "5.7.9", 0, W_ANY, THEN(WAITS, STOP_RELAY) },

	/* It does not relay for us, or our address is on a list. */
	{ ANYWHERE, W_5XX, 0, NULL, SAYS(NO_RELAY), W_ANY, THEN(WAITS, STOP_RELAY) },
	{ ANYWHERE, W_5XX, 0, NULL, SAYS(BLOCKED), W_ANY, THEN(WAITS, STOP_RELAY) },
	{ ANYWHERE, W_5XX, 0, "5.7.25", 0, W_ANY, THEN(WAITS, STOP_RELAY) },

	/* The sender's address or domain is at fault, wherever it is said. */
	{ ANYWHERE, W_5XX, 0, "5.1.7", 0, W_ANY, THEN(WAITS, STOP_SENDER) },
	{ ANYWHERE, W_5XX, 0, "5.1.8", 0, W_ANY, THEN(WAITS, STOP_SENDER) },
	{ ANYWHERE, W_5XX, 0, "5.7.27", 0, W_ANY, THEN(WAITS, STOP_SENDER) },

	/* DKIM, SPF (RFC 7372), DMARC, and what large receivers say. */
	{ ANYWHERE, W_5XX, 0, "5.7.20", 0, W_ANY, THEN(WAITS, STOP_SENDER) },
	{ ANYWHERE, W_5XX, 0, "5.7.21", 0, W_ANY, THEN(WAITS, STOP_SENDER) },
	{ ANYWHERE, W_5XX, 0, "5.7.22", 0, W_ANY, THEN(WAITS, STOP_SENDER) },
	{ ANYWHERE, W_5XX, 0, "5.7.23", 0, W_ANY, THEN(WAITS, STOP_SENDER) },
	{ ANYWHERE, W_5XX, 0, "5.7.24", 0, W_ANY, THEN(WAITS, STOP_SENDER) },
	{ ANYWHERE, W_5XX, 0, "5.7.26", 0, W_ANY, THEN(WAITS, STOP_SENDER) },
	{ ANYWHERE, W_5XX, 0, "5.7.509", 0, W_ANY, THEN(WAITS, STOP_SENDER) },
	{ ANYWHERE, W_5XX, 0, "5.7.515", 0, W_ANY, THEN(WAITS, STOP_SENDER) },
	{ ANYWHERE, W_5XX, 0, NULL, SAYS(DISTRUSTED), W_ANY, THEN(WAITS, STOP_SENDER) },

	/* Somebody is refused, and it does not say who. */
	{ AT(RCPT), W_5XX, 554, "5.7.1", 0, W_ANY, IS(HELD) },

	/* Size: of the message, then of what the receiver has left. */
	{ ANYWHERE, W_5XX, 0, "5.3.4", 0, W_ANY, IS(HELD) },
	{ AT(MAIL), W_5XX, 552, NULL, 0, W_ANY, IS(HELD) },
	{ AT(RCPT), W_5XX, 552, NULL, 0, W_ANY, IS(DEFERRED) },

	/* Later, for this pair of sender and receiver. */
	{ ANYWHERE, W_4XX, 0, NULL, SAYS(GREYLISTED), W_ANY, IS(DEFERRED) },

	/* Less, or fewer at once: of us all, or to this domain. */
	{ FROM_US, W_4XX, 0, NULL, SAYS(CROWDED), W_ANY, THEN(DEFERRED, SLOW_RELAY) },
	{ FROM_US, W_4XX, 0, NULL, SAYS(THROTTLED), W_ANY, THEN(DEFERRED, SLOW_RELAY) },
	{ FROM_US, W_4XX, 0, NULL, SAYS(BLOCKED), W_ANY, THEN(DEFERRED, SLOW_RELAY) },
	{ FROM_THEM, W_4XX, 0, NULL, SAYS(CROWDED), W_ANY, THEN(DEFERRED, SLOW_DOMAIN) },
	{ FROM_THEM, W_4XX, 0, NULL, SAYS(THROTTLED), W_ANY, THEN(DEFERRED, SLOW_DOMAIN) },
	{ FROM_THEM, W_4XX, 0, NULL, SAYS(BLOCKED), W_ANY, THEN(DEFERRED, SLOW_DOMAIN) },
	{ FROM_THEM, W_4XX, 0, "4.7.28", 0, W_ANY, THEN(DEFERRED, SLOW_DOMAIN) },
	{ FROM_THEM, W_4XX, 0, "4.7.500", 0, W_ANY, THEN(DEFERRED, SLOW_DOMAIN) },
	{ FROM_THEM, W_4XX, 0, "4.7.650", 0, W_ANY, THEN(DEFERRED, SLOW_DOMAIN) },
	{ FROM_THEM, W_4XX, 0, "4.7.651", 0, W_ANY, THEN(DEFERRED, SLOW_DOMAIN) },
	{ FROM_THEM, W_4XX, 0, "4.7.652", 0, W_ANY, THEN(DEFERRED, SLOW_DOMAIN) },
	{ FROM_THEM, W_4XX, 421, "4.7.0", 0, W_ANY, THEN(DEFERRED, SLOW_DOMAIN) },

	/* The table of outcomes. */
	{ ANYWHERE,  W_4XX, 0, NULL, 0, W_ANY, IS(DEFERRED) },
	{ FROM_TO(CONNECT, AUTH), W_5XX, 0, NULL, 0, W_ANY, THEN(WAITS, STOP_RELAY) },
	{ AT(MAIL),  W_5XX, 0, NULL, 0, W_ANY, THEN(WAITS, STOP_SENDER) },
	{ FROM_THEM, W_5XX, 0, NULL, 0, W_ANY, IS(BOUNCED) },
	{ FROM_TO(DOT, AFTER), W_2XX, 0, NULL, 0, W_ANY, IS(SENT) },
	{ ANYWHERE, W_NONE, 0, NULL, 0, W_UNMARKED, IS(DEFERRED) },
	{ ANYWHERE, W_NONE, 0, NULL, 0, W_MARKED, IS(UNKNOWN) },
};
/* clang-format on */

static const struct {
	const char *name;
	const char *silence;
} stages[] = {
#define STAGE_TEXT(name, text) { text, "no answer " text },
	DISPATCH_STAGES(STAGE_TEXT)
#undef STAGE_TEXT
};

const char *
dispatch_stage_name(enum dispatch_stage stage)
{
	check((size_t)stage < COUNT_OF(stages));
	return stages[stage].name;
}

/* What the code says at this stage. */
static enum what
what_of(enum dispatch_stage stage, int code)
{
	if (code >= 200 && code <= 299 && stage >= DISPATCH_AT_DOT)
		return W_2XX;
	if (code >= 400 && code <= 499)
		return W_4XX;
	if (code >= 500 && code <= 599)
		return W_5XX;
	return W_NONE;
}

/* An answer, where it was given, and what it says in words. */
struct heard {
	enum dispatch_stage stage;
	const struct dispatch_reply *reply;
	bool marked;
	unsigned words;
};

static bool
fits(const struct rule *rule, const struct heard *h)
{
	const struct dispatch_reply *reply = h->reply;

	if (h->stage < rule->from || h->stage > rule->to ||
	    rule->what != what_of(h->stage, reply->code))
		return false;
	if (rule->code && rule->code != reply->code)
		return false;
	if (rule->enhanced && !str_eq_cstr(reply->enhanced, rule->enhanced))
		return false;
	if (rule->words && !(rule->words & h->words))
		return false;
	return rule->when == W_ANY || (rule->when == W_MARKED) == h->marked;
}

static bool
is_refusal(int code)
{
	return code >= 400 && code <= 599;
}

void
dispatch_policy_classify(enum dispatch_stage stage,
			 const struct dispatch_reply *reply, bool marked,
			 struct dispatch_outcome *out)
{
	struct heard h = { .stage = stage, .reply = reply, .marked = marked };
	size_t i = 0;

	check((size_t)stage < COUNT_OF(stages));
	if (is_refusal(reply->code))
		h.words = dispatch_words_of(reply->text);
	while (i < COUNT_OF(rules) && !fits(&rules[i], &h))
		i++;
	check(i < COUNT_OF(rules));
	*out = (struct dispatch_outcome){
		.verdict.kind = rules[i].kind,
		.verdict.status = reply->text.len > 0
				      ? reply->text
				      : str_of(stages[stage].silence),
		.effect = rules[i].effect,
	};
	if (rules[i].kind == OUTBOX_VERDICT_DEFERRED && h.words)
		out->wait_ms = dispatch_words_wait_ms(reply->text);
	/* A little later: who counts seconds may count from another moment. */
	if (out->wait_ms > 0)
		out->wait_ms += EARLY_MS;
	out->verdict.retry_after_ms = out->wait_ms;
}
