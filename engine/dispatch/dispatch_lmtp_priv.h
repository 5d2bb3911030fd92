#ifndef DISPATCH_DISPATCH_LMTP_PRIV_H
#define DISPATCH_DISPATCH_LMTP_PRIV_H

/*
 * One LMTP conversation (RFC 2033), as far as it is bytes in and bytes out:
 * pure, so that it can be fuzzed. Who has the connection feeds it.
 *
 *	lmtp_init(&l);				out has the greeting
 *	while ((step = lmtp_feed(&l, &input)) == LMTP_MAIL)
 *		for each recipient: lmtp_answer(&l, LMTP_TAKEN);
 *
 * Offered are PIPELINING, 8BITMIME, SMTPUTF8, ENHANCEDSTATUSCODES and SIZE. A
 * mail ends by CRLF "." CRLF and by nothing else; lines that end otherwise are
 * part of it. Each recipient gets a reply of its own behind the mail (RFC 2033
 * section 4.2).
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum {
	LMTP_LINE_MAX = 2000,	   /* of a command, with its CRLF */
	LMTP_RECIPIENTS_MAX = 100, /* of a mail; RFC 5321 wants as many */
	LMTP_FAULTS_MAX = 20,	   /* commands refused, then it is over */
	LMTP_MAIL_MAX = 64 * 1024 * 1024,     /* octets; SIZE */
	LMTP_KEPT_MAX = 25 * 1024 * 1024 + 1, /* of them, at most */
};

enum lmtp_step {
	LMTP_MORE,  /* all input is used up */
	LMTP_MAIL,  /* a mail is whole: lmtp_answer() each recipient */
	LMTP_CLOSE, /* send what is in out, then close */
};

enum lmtp_state { LMTP_COMMAND, LMTP_DATA, LMTP_ANSWER, LMTP_ENDED };

struct lmtp {
	enum lmtp_state state;
	bool greeted;
	bool has_sender;
	bool from_nobody; /* MAIL FROM:<> */
	bool line_is_long;
	int faults;
	struct buf line; /* of a command, as far as it is here */
	struct buf recipients[LMTP_RECIPIENTS_MAX];
	size_t recipient_count;
	size_t answered;
	struct buf mail; /* without dots that were stuffed */
	size_t mail_len; /* all of it, also what is not kept */
	int end;	 /* how much of CRLF "." CRLF was seen */
	struct buf out;	 /* to be sent; the owner clears it */
};

void lmtp_init(struct lmtp *l);
void lmtp_fini(struct lmtp *l);

/* Takes from the front of *input. */
enum lmtp_step lmtp_feed(struct lmtp *l, struct str *input);

/* The recipient whose answer is next. */
struct str lmtp_recipient(const struct lmtp *l);

/* What is said of a mail for one recipient. */
#define LMTP_ANSWERS(X)                                                     \
	X(TAKEN, "250 2.0.0 taken")                                         \
	X(LATER, "451 4.3.0 try again later")                               \
	X(TOO_MANY, "450 4.7.1 too many answers to one mail, try tomorrow") \
	X(TOO_LARGE, "552 5.3.4 the answer is too large to be sent on")

enum lmtp_said {
#define LMTP_ANSWER_ENUM(name, text) LMTP_##name,
	LMTP_ANSWERS(LMTP_ANSWER_ENUM)
#undef LMTP_ANSWER_ENUM
};

void lmtp_answer(struct lmtp *l, enum lmtp_said said);

#endif
