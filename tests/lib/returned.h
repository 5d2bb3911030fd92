#ifndef TESTS_LIB_RETURNED_H
#define TESTS_LIB_RETURNED_H

/*
 * returned - mails that come back, for tests of the intake: a report about one
 * of ours, in the words of a mail system.
 */

#include "base/arena.h"
#include "base/str.h"
#include "event/event.h"
#include "outbox/outbox.h"

struct test_returned {
	struct str to;	       /* envelope: the return address */
	struct str recipient;  /* of our mail */
	const char *status;    /* "5.1.1" */
	struct str message_id; /* of our mail, without brackets; may be empty */
	struct str unsubscribe; /* its link; may be empty */
	int number;		/* makes the mail another one */
};

/* An address of a delivery, of this kind. */
static inline struct str
test_address(struct arena *a, const struct event_keys *keys,
	     const struct outbox_id *id, enum event_address_kind kind)
{
	struct event_address address = { .kind = kind,
					 .partner_id = id->partner_id };
	struct buf b = { 0 };
	struct str text;

	memcpy(address.delivery, id->bytes, sizeof(address.delivery));
	buf_cat(&b, "bounces+");
	event_address_make(keys, 1, &address, &b);
	buf_cat(&b, "@back.example");
	text = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return text;
}

/* The return address of a delivery. */
static inline struct str
test_return_address(struct arena *a, const struct event_keys *keys,
		    const struct outbox_id *id)
{
	return test_address(a, keys, id, EVENT_ADDRESS_BOUNCE);
}

static inline void
test_returned_original(struct buf *b, const struct test_returned *r)
{
	buf_cat(b, "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
		   "From: News <news@mail.example>\r\n");
	if (r->message_id.len)
		buf_printf(b, "Message-ID: <%.*s>\r\n", STR_ARG(r->message_id));
	if (r->unsubscribe.len)
		buf_printf(b, "List-Unsubscribe: <%.*s>\r\n",
			   STR_ARG(r->unsubscribe));
	buf_cat(b, "\r\n");
}

/* RFC 3464. A status of 4 is of a mail that is late. */
static inline struct str
test_returned_dsn(struct arena *a, const struct test_returned *r)
{
	struct buf b = { 0 };
	struct str mail;

	buf_printf(&b,
		   "From: MAILER-DAEMON@relay.example\r\nTo: %.*s\r\n"
		   "Subject: Undelivered mail %d\r\nMIME-Version: 1.0\r\n"
		   "Content-Type: multipart/report;"
		   " report-type=delivery-status; boundary=b\r\n\r\n"
		   "--b\r\n\r\nSorry.\r\n"
		   "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
		   "Reporting-MTA: dns; relay.example\r\n\r\n"
		   "Final-Recipient: rfc822; %.*s\r\nAction: %s\r\n"
		   "Status: %s\r\n\r\n",
		   STR_ARG(r->to), r->number, STR_ARG(r->recipient),
		   r->status[0] == '4' ? "delayed" : "failed", r->status);
	test_returned_original(&b, r);
	buf_cat(&b, "--b--\r\n");
	mail = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return mail;
}

/* RFC 5965. */
static inline struct str
test_returned_complaint(struct arena *a, const struct test_returned *r)
{
	struct buf b = { 0 };
	struct str mail;

	buf_printf(&b,
		   "From: feedback@isp.example\r\nTo: %.*s\r\n"
		   "Subject: FW: %d\r\nMIME-Version: 1.0\r\n"
		   "Content-Type: multipart/report;"
		   " report-type=feedback-report; boundary=b\r\n\r\n"
		   "--b\r\n\r\nA complaint.\r\n"
		   "--b\r\nContent-Type: message/feedback-report\r\n\r\n"
		   "Feedback-Type: abuse\r\nUser-Agent: isp/1\r\n"
		   "Version: 1\r\n\r\n",
		   STR_ARG(r->to), r->number);
	test_returned_original(&b, r);
	buf_cat(&b, "--b--\r\n");
	mail = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return mail;
}

#endif
