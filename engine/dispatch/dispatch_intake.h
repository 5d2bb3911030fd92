#ifndef DISPATCH_DISPATCH_INTAKE_H
#define DISPATCH_DISPATCH_INTAKE_H

/*
 * dispatch_intake - mails that come back, and what follows from them
 *
 *	dispatch_intake_open(&in, &config, err)
 *	dispatch_intake_take(in, mails, count, taken, err)	what one has
 *	dispatch_intake_close(&in)
 *
 * or, to go and fetch them, between open and close
 *
 *	dispatch_intake_add(in, "maildir:/var/mail/bounces", err)
 *	dispatch_intake_once(in, err)	what lies there now; or
 *	dispatch_intake_start(in, err)	on and on, in threads
 *
 * A mail is parsed in a child process (mime_report.h, jail.h) and what it says
 * is stored with all that follows in one unit of work, once, however often it
 * is taken; only then is it moved or acknowledged. So whoever dies in between
 * loses none and counts none twice.
 *
 * It counts when it proves which delivery it is about, by something that only
 * who had our mail can know: the address it comes to (event_address_find()),
 * the List-Unsubscribe of the mail it returns, or its Message-ID beside the
 * recipient it names. Without proof it changes nothing and is counted. With it:
 *
 *	hard		the person is suppressed for that partner, and all that
 *			waits for it there is cancelled; the sequence ends
 *	refused		hard, but for what the mail is (5.3, 5.5, 5.6, 5.7,
 *			5.2.3): the sequence ends, and it counts as soft
 *	soft		counts; INTAKE_STRIKES in a row, over INTAKE_STRIKES_MS
 *			or more, suppress
 *	complaint	the person is suppressed for everybody
 *	auto-reply, other	nothing
 *	reply		a person has answered, at the address for answers: what
 *			waits for them in that run is cancelled, and the mail
 *			is sent on to the partner (lead_reply.h)
 *
 * What was sent to come back (doctor_probe.h) proves itself in the same way, is
 * noted there, and nothing follows.
 *
 * The delivery stays SENT, for the next host did take it; that it came back is
 * an event. What was in doubt is in doubt no more, whatever came back.
 *
 * Thread rule: open, add, start, once and close by one thread; take by all.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"
#include "db/db.h"
#include "event/event.h"
#include "lead/lead_reply.h"
#include "outbox/outbox.h"

struct clock;
struct dispatch_intake;
struct jail;
struct partner_pepper;

enum { INTAKE_STRIKES = 5 };
static const int64_t INTAKE_STRIKES_MS = INT64_C(7) * 24 * 60 * 60 * 1000;

struct dispatch_intake_config {
	struct db_store *store;
	const struct event_keys *keys;
	const struct partner_pepper *pepper;
	struct clock *clock;
	struct jail *jail; /* NULL: this process has one thread */
};

/* The secrets of the store are open; what config names outlives *out. */
int dispatch_intake_open(struct dispatch_intake **out,
			 const struct dispatch_intake_config *config,
			 struct error *err) MUST_CHECK;

/* Ends its threads. NULL is fine; *in becomes NULL. */
void dispatch_intake_close(struct dispatch_intake **in);

/* ---- mails one has ---- */

/* As much of a mail as is looked at: more than may be sent on. */
enum { DISPATCH_MAIL_MAX = LEAD_REPLY_BYTES_MAX + 1 };

struct dispatch_mail {
	struct str bytes; /* what is past DISPATCH_MAIL_MAX may be missing */
	struct str recipient; /* RCPT TO; empty: not known */
	bool from_nobody;     /* MAIL FROM:<>; false: not known, or somebody */
};

struct dispatch_taken {
	bool taken; /* it is in the store; false: try again later */
	bool again; /* it was before, or said nothing new */
	bool ours;  /* it is about a delivery of ours */
	bool probe; /* it is about a bounce that the doctor sent */
	enum event_return_class class;
	struct outbox_id delivery; /* when it is ours */
	/*
	 * Of a REPLY. One that was not TAKEN is noted and not stored: it stays
	 * where it is, or goes back.
	 */
	enum lead_reply_kept kept;
};

/*
 * Fills `out` for each mail. Returns how many were taken; when that is not all,
 * `err` has the first reason: BUSY when the delivery is being sent at this
 * moment. Never < 0.
 */
size_t dispatch_intake_take(struct dispatch_intake *in,
			    const struct dispatch_mail *mails, size_t count,
			    struct dispatch_taken *out, struct error *err);

/* ---- mails to be fetched ---- */

enum { DISPATCH_INTAKE_SOURCES_MAX = 8 };

/*
 * maildir:FOLDER		new/ is taken and moved to cur/; flagged there is what
 *				was not sent on
 * lmtp:HOST:PORT, lmtp:PATH	RFC 2033, on a loopback address or a socket
 * imaps://USER@HOST/MAILBOX	is taken and moved to the folder "Taken", or to
 *				?to=FOLDER; ?ca=FILE: of these certificates; the
 *				password is that of
 *				GUIDON_IMAP_PASSWORD or GUIDON_IMAP_PASSWORD_FILE
 *
 * CONFIG when the URL is none of these or leads where there is nothing, BUSY
 * when the address is taken.
 */
int dispatch_intake_add(struct dispatch_intake *in, const char *url,
			struct error *err) MUST_CHECK;

/*
 * Take what lies in the sources that are looked into; the others are left
 * alone. How many were taken.
 */
int64_t dispatch_intake_once(struct dispatch_intake *in,
			     struct error *err) MUST_CHECK;

/* A thread for each source, until the close. Once. */
int dispatch_intake_start(struct dispatch_intake *in,
			  struct error *err) MUST_CHECK;

#endif
