/*
 * What an outcome on the wire means. One table, read from the top; the first
 * row that fits decides, and the last rows fit everything.
 *
 * A row without enhanced code takes any, one without codes takes any of its
 * class. An enhanced code counts only when its class is that of the reply
 * (RFC 3463 section 2); otherwise one of the two is wrong, and the reply is
 * what the sender must obey.
 *
 * The law behind the rows
 *  - An answer to any command of the transaction is definite, marked or not:
 *    with CHUNKING the marker may precede the answer to RCPT.
 *  - No answer is definite only before the marker.
 *  - HELD when sending the next message in the same way would fail for the
 *    same reason: credentials, sender, keys, size. It is not the contact's
 *    fault, and to try again in a minute would not be wise.
 *
 * Deliberate
 *  - 552 to RCPT is temporary: RFC 821 gave servers that code for too many
 *    recipients (RFC 5321 section 4.5.3.1.10).
 *  - 5.7.1 says little: receivers mean the sender, the content or the mailbox.
 *    As 554 to RCPT it is "relaying denied" or a block list that we are on,
 *    and to bounce each contact because of that would be wrong for good.
 *  - 421 needs no row: it is a 4xx.
 */
#include "dispatch/dispatch_policy.h"

enum what { W_2XX, W_4XX, W_5XX, W_NONE };

enum when { W_ANY, W_MARKED, W_UNMARKED };

struct rule {
	enum dispatch_stage from;
	enum dispatch_stage to;
	enum what what;
	int code;	      /* 0: any of the class */
	const char *enhanced; /* NULL: any, or none */
	enum when when;
	enum outbox_verdict_kind kind;
};

#define AT(stage)	  DISPATCH_AT_##stage, DISPATCH_AT_##stage
#define FROM_TO(from, to) DISPATCH_AT_##from, DISPATCH_AT_##to
#define ANYWHERE	  FROM_TO(CONNECT, AFTER)
#define IS(verdict)	  OUTBOX_VERDICT_##verdict

/* clang-format off */
static const struct rule rules[] = {
	/* where, answer, code, enhanced, marked?, verdict */

	/* The relay does not know us (RFC 4954 section 6). */
	{ ANYWHERE, W_5XX, 530, NULL, W_ANY, IS(HELD) },
	{ ANYWHERE, W_5XX, 534, NULL, W_ANY, IS(HELD) },
	{ ANYWHERE, W_5XX, 535, NULL, W_ANY, IS(HELD) },
	{ ANYWHERE, W_5XX, 538, NULL, W_ANY, IS(HELD) },
	{ ANYWHERE, W_5XX, 0, "5.7.8", W_ANY, IS(HELD) },
	{ ANYWHERE, W_5XX, 0, "5.7.9", W_ANY, IS(HELD) },

	/* The sender's address or domain is at fault, wherever it is said. */
	{ ANYWHERE, W_5XX, 0, "5.1.7", W_ANY, IS(HELD) },
	{ ANYWHERE, W_5XX, 0, "5.1.8", W_ANY, IS(HELD) },
	{ ANYWHERE, W_5XX, 0, "5.7.27", W_ANY, IS(HELD) },

	/* DKIM, SPF, reverse DNS (RFC 7372), and what large receivers say. */
	{ ANYWHERE, W_5XX, 0, "5.7.20", W_ANY, IS(HELD) },
	{ ANYWHERE, W_5XX, 0, "5.7.21", W_ANY, IS(HELD) },
	{ ANYWHERE, W_5XX, 0, "5.7.22", W_ANY, IS(HELD) },
	{ ANYWHERE, W_5XX, 0, "5.7.23", W_ANY, IS(HELD) },
	{ ANYWHERE, W_5XX, 0, "5.7.24", W_ANY, IS(HELD) },
	{ ANYWHERE, W_5XX, 0, "5.7.25", W_ANY, IS(HELD) },
	{ ANYWHERE, W_5XX, 0, "5.7.26", W_ANY, IS(HELD) },
	{ ANYWHERE, W_5XX, 0, "5.7.509", W_ANY, IS(HELD) },
	{ ANYWHERE, W_5XX, 0, "5.7.515", W_ANY, IS(HELD) },

	/* It does not relay for us, or not for our address. */
	{ AT(RCPT), W_5XX, 554, "5.7.1", W_ANY, IS(HELD) },

	/* Size: of the message, then of what the receiver has left. */
	{ ANYWHERE, W_5XX, 0, "5.3.4", W_ANY, IS(HELD) },
	{ AT(RCPT), W_5XX, 552, NULL, W_ANY, IS(DEFERRED) },

	/* The table of outcomes. */
	{ FROM_TO(CONNECT, AFTER), W_4XX, 0, NULL, W_ANY, IS(DEFERRED) },
	{ FROM_TO(CONNECT, MAIL),  W_5XX, 0, NULL, W_ANY, IS(HELD) },
	{ FROM_TO(RCPT, AFTER),    W_5XX, 0, NULL, W_ANY, IS(BOUNCED) },
	{ FROM_TO(DOT, AFTER),     W_2XX, 0, NULL, W_ANY, IS(SENT) },
	{ ANYWHERE, W_NONE, 0, NULL, W_UNMARKED, IS(DEFERRED) },
	{ ANYWHERE, W_NONE, 0, NULL, W_MARKED, IS(UNKNOWN) },
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

static bool
fits(const struct rule *rule, enum dispatch_stage stage,
     const struct dispatch_reply *reply, bool marked)
{
	if (stage < rule->from || stage > rule->to ||
	    rule->what != what_of(stage, reply->code))
		return false;
	if (rule->code && rule->code != reply->code)
		return false;
	if (rule->enhanced && !str_eq_cstr(reply->enhanced, rule->enhanced))
		return false;
	return rule->when == W_ANY || (rule->when == W_MARKED) == marked;
}

void
dispatch_policy_classify(enum dispatch_stage stage,
			 const struct dispatch_reply *reply, bool marked,
			 struct outbox_verdict *out)
{
	size_t i = 0;

	check((size_t)stage < COUNT_OF(stages));
	while (i < COUNT_OF(rules) && !fits(&rules[i], stage, reply, marked))
		i++;
	check(i < COUNT_OF(rules));
	*out = (struct outbox_verdict){
		.kind = rules[i].kind,
		.status = reply->text.len > 0 ? reply->text
					      : str_of(stages[stage].silence),
	};
}
