#ifndef MIME_MIME_REPORT_H
#define MIME_MIME_REPORT_H

/*
 * mime_report - what a mail that came back says about the one that was sent
 *
 * Reads one inbound mail and says what became of our own: it could not be
 * delivered, it is late, somebody complained about it, or a machine answered.
 * What is formal counts first: RFC 3464 (delivery status), RFC 5965 (feedback),
 * RFC 3834 (automatic answers). Without it, the prose of the servers that are
 * known to write none is read: enhanced status codes (RFC 3463) wherever they
 * stand, then SMTP replies, then the phrases of mime_report_table.c.
 *
 *	struct mime_report *r = ARENA_NEW(a, struct mime_report);
 *
 *	mime_report_parse(a, bytes, r);
 *	if (r->class == MIME_REPORT_HARD)
 *		...
 *
 * What is no report may be a person's answer: `author` is whom to answer, and
 * `is_machine` says that no person wrote it to us alone (a list, a vacation
 * notice of an unknown form, a mail that goes round).
 *
 * It says what the mail says, and anybody may write a mail: a report is proof
 * of nothing until something secret in it is recognised (the address it came
 * to, or the URL in `unsubscribe`).
 *
 * The bytes are foreign and go through GMime, so a process that has more to do
 * than this runs it in a child (jail/jail.h) and passes the report on with
 * mime_report_pack().
 *
 * Thread rule: mime_report_parse() in one thread of a process at a time, as
 * GMime sets itself up at the first call; the others are pure functions.
 */

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"

struct arena;

/* Ordered by weight: a mail is what the worst of its recipients is. */
#define MIME_REPORT_CLASSES(X)                                                 \
	X(NONE, "none")		    /* no report, or of success */             \
	X(AUTO_REPLY, "auto-reply") /* a machine answered for a person */      \
	X(SOFT, "soft")		    /* late, or for a reason that passes */    \
	X(HARD, "hard")		    /* the address, or the mail, is refused */ \
	X(COMPLAINT, "complaint")   /* the recipient does not want it */

enum mime_report_class {
#define MIME_REPORT_ENUM(name, word) MIME_REPORT_##name,
	MIME_REPORT_CLASSES(MIME_REPORT_ENUM)
#undef MIME_REPORT_ENUM
};

enum {
	MIME_REPORT_INPUT_MAX = 1024 * 1024, /* bytes of a mail looked at */
	MIME_REPORT_RECIPIENTS_MAX = 32,
	MIME_REPORT_PARTS_MAX = 64,
	MIME_REPORT_DEPTH_MAX = 8,
	MIME_REPORT_DIAGNOSTIC_MAX = 400,
	MIME_REPORT_VALUE_MAX = 1000, /* of any other text */
	MIME_REPORT_HOPS_MAX = 50,    /* Received; RFC 5321 section 6.3 */
	/* What mime_report_pack() adds at most. */
	MIME_REPORT_PACKED_MAX = 128 * 1024,
};

/*
 * Texts are one line of well-formed UTF-8 without control characters, and
 * empty when the mail does not say. An address is as it stands there, not
 * normalised, and may be none that mime_address_normalise() would take.
 */
struct mime_report_recipient {
	enum mime_report_class class;
	struct str address;    /* whom the server could not reach */
	struct str original;   /* whom we wrote to, where that is another */
	struct str status;     /* RFC 3463: "5.1.1" */
	struct str diagnostic; /* what the server answered */
};

struct mime_report {
	enum mime_report_class class;
	size_t count;
	struct mime_report_recipient recipients[MIME_REPORT_RECIPIENTS_MAX];
	struct str message_id; /* of our mail, without < and > */
	struct str
	    unsubscribe;   /* first https or http URL of List-Unsubscribe */
	struct str author; /* first address of Reply-To, else of From */
	struct str author_name;
	bool is_machine;
};

/* A mail that we sent on says so here: it is never sent on again. */
#define MIME_REPORT_SENT_ON "X-Guidon-Sent-On"

/*
 * LF, CR and CRLF all end a line and give the same report. What is past a
 * limit above is not looked at, so this cannot fail: what is no report has
 * class NONE and no recipient. All texts live in `a`.
 */
void mime_report_parse(struct arena *a, struct str mail,
		       struct mime_report *out);

/*
 * A report as bytes that go through a pipe, and back; `out` gets all fields.
 * INVALID when the bytes are not what mime_report_pack() writes.
 */
void mime_report_pack(const struct mime_report *r, struct buf *out);
int mime_report_unpack(struct arena *a, struct str packed,
		       struct mime_report *out, struct error *err) MUST_CHECK;

/*
 * Parse and pack: what a child does for its parent, as a function of jail.h.
 * Never fails.
 */
int mime_report_answer(struct str mail, struct buf *out,
		       struct error *err) MUST_CHECK;

/*
 * The same of many mails, so that they share a child:
 *
 *	mime_report_batch_add(&batch, mail)	for each
 *	jail_run(..., mime_report_answer_batch, buf_view(&batch), &out, err)
 *	mime_report_batch_next(a, &rest, &report, err)	for each, in order
 *
 * Of a mail its first MIME_REPORT_INPUT_MAX bytes are added.
 * mime_report_batch_next() takes a report off the front of *rest: INVALID when
 * that is none.
 */
void mime_report_batch_add(struct buf *batch, struct str mail);
int mime_report_answer_batch(struct str batch, struct buf *out,
			     struct error *err) MUST_CHECK;
int mime_report_batch_next(struct arena *a, struct str *rest,
			   struct mime_report *out,
			   struct error *err) MUST_CHECK;

/* The word for a class, as in MIME_REPORT_CLASSES. */
const char *mime_report_class_name(enum mime_report_class class);

#endif
