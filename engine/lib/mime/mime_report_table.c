/*
 * The words of servers. All are in lower case with single blanks, as the text
 * is that they are sought in. They are what a server says, never what a person
 * would: a person's mail must not become a bounce.
 */
#include "mime/mime_report_priv.h"

/*
 * Why, where no code is given. The first that stands in the text counts: what
 * passes comes before what does not, for a server that gave up after days says
 * both, and the address may be good; the general stands last.
 */
const struct mime_report_row mime_report_phrases[] = {
	/* the way there */
	{ MIME_REPORT_SOFT, "timed out" },
	{ MIME_REPORT_SOFT, "connection refused" },
	{ MIME_REPORT_SOFT, "connection reset" },
	{ MIME_REPORT_SOFT, "host not reachable" },
	{ MIME_REPORT_SOFT, "host is unreachable" },
	{ MIME_REPORT_SOFT, "no route to host" },
	{ MIME_REPORT_SOFT, "network is unreachable" },
	{ MIME_REPORT_SOFT, "not responding" },
	{ MIME_REPORT_SOFT, "lost connection" },
	{ MIME_REPORT_SOFT, "did not accept our requests to connect" },
	{ MIME_REPORT_SOFT, "able to establish an smtp connection" },
	{ MIME_REPORT_SOFT, "temporary failure" },
	{ MIME_REPORT_SOFT, "temporarily" },
	{ MIME_REPORT_SOFT, "try again later" },
	{ MIME_REPORT_SOFT, "deferred:" },
	/* time that ran out */
	{ MIME_REPORT_SOFT, "envelope expired" },
	{ MIME_REPORT_SOFT, "message expired" },
	{ MIME_REPORT_SOFT, "delivery time expired" },
	{ MIME_REPORT_SOFT, "retry timeout exceeded" },
	{ MIME_REPORT_SOFT, "retry time not reached" },
	{ MIME_REPORT_SOFT, "in the queue too long" },
	{ MIME_REPORT_SOFT, "queue too long" },
	{ MIME_REPORT_SOFT, "too long in queue" },
	{ MIME_REPORT_SOFT, "was not delivered within" },
	{ MIME_REPORT_SOFT, "could not deliver for the last" },
	{ MIME_REPORT_SOFT, "have been failing for a long time" },
	{ MIME_REPORT_SOFT, "after multiple retries" },
	{ MIME_REPORT_SOFT, "could not be delivered for" },
	{ MIME_REPORT_SOFT, "cannot send message for" },
	/* the mailbox, for now */
	{ MIME_REPORT_SOFT, "mailbox is full" },
	{ MIME_REPORT_SOFT, "mailbox exceed" },
	{ MIME_REPORT_SOFT, "mailbox full" },
	{ MIME_REPORT_SOFT, "mail box full" },
	{ MIME_REPORT_SOFT, "mailfolder is full" },
	{ MIME_REPORT_SOFT, "quota exceeded" },
	{ MIME_REPORT_SOFT, "exceeded storage" },
	{ MIME_REPORT_SOFT, "exceeded the local limit" },
	{ MIME_REPORT_SOFT, "over quota" },
	{ MIME_REPORT_SOFT, "over the maximum allowed quota" },
	{ MIME_REPORT_SOFT, "insufficient disk space" },
	{ MIME_REPORT_SOFT, "no space left" },
	/* nobody there */
	{ MIME_REPORT_HARD, "user unknown" },
	{ MIME_REPORT_HARD, "unknown user" },
	{ MIME_REPORT_HARD, "no such user" },
	{ MIME_REPORT_HARD, "user not found" },
	{ MIME_REPORT_HARD, "no mailbox here" },
	{ MIME_REPORT_HARD, "unknown recipient" },
	{ MIME_REPORT_HARD, "recipient unknown" },
	{ MIME_REPORT_HARD, "recipient not found" },
	{ MIME_REPORT_HARD, "recipient name is not recognized" },
	{ MIME_REPORT_HARD, "not listed in" },
	{ MIME_REPORT_HARD, "mailbox unavailable" },
	{ MIME_REPORT_HARD, "invalid address" },
	{ MIME_REPORT_HARD, "invalid recipient" },
	{ MIME_REPORT_HARD, "invalid user" },
	{ MIME_REPORT_HARD, "address rejected" },
	{ MIME_REPORT_HARD, "does not exist" },
	{ MIME_REPORT_HARD, "doesn't exist" },
	{ MIME_REPORT_HARD, "account is disabled" },
	{ MIME_REPORT_HARD, "has been disabled" },
	{ MIME_REPORT_HARD, "account is locked" },
	{ MIME_REPORT_HARD, "doesn't have a" },
	{ MIME_REPORT_HARD, "unrouteable address" },
	{ MIME_REPORT_HARD, "host unknown" },
	{ MIME_REPORT_HARD, "unknown host" },
	{ MIME_REPORT_HARD, "no mx record found" },
	{ MIME_REPORT_HARD, "couldn't find any host" },
	{ MIME_REPORT_HARD, "could not find a gateway" },
	/* this mail not */
	{ MIME_REPORT_HARD, "blacklisted" },
	{ MIME_REPORT_HARD, "access denied" },
	{ MIME_REPORT_HARD, "size limit" },
	{ MIME_REPORT_HARD, "message size exceeds" },
	{ MIME_REPORT_HARD, "too many hops" },
	/* that it failed, and no more */
	{ MIME_REPORT_HARD, "permanent error" },
	{ MIME_REPORT_HARD, "permanent fatal error" },
	{ MIME_REPORT_HARD, "permanently" },
	{ MIME_REPORT_HARD, "could not be delivered" },
	{ MIME_REPORT_HARD, "cannot be delivered" },
	{ MIME_REPORT_HARD, "couldn't be delivered" },
	{ MIME_REPORT_HARD, "could not be reached" },
	{ MIME_REPORT_HARD, "unable to deliver" },
	{ MIME_REPORT_HARD, "able to deliver your message" },
	{ MIME_REPORT_HARD, "delivering your mail" },
	{ MIME_REPORT_HARD, "trouble delivering" },
	{ MIME_REPORT_HARD, "trying to deliver" },
	{ MIME_REPORT_HARD, "attempting to deliver" },
	{ MIME_REPORT_HARD, "delivery has failed" },
	{ MIME_REPORT_HARD, "delivery failed" },
	{ MIME_REPORT_HARD, "delivery failure" },
	{ MIME_REPORT_HARD, "did not reach" },
	{ MIME_REPORT_HARD, "did not receive" },
	{ MIME_REPORT_HARD, "delivery problems" },
	{ MIME_REPORT_HARD, "delivery errors" },
	{ MIME_REPORT_HARD, "failure reasons" },
	{ MIME_REPORT_HARD, "non-delivered" },
	{ MIME_REPORT_HARD, "undeliverable" },
	{ MIME_REPORT_HARD, "undelivered" },
	{ MIME_REPORT_HARD, "(failure)" },
	{ MIME_REPORT_NONE, NULL },
};

/* A warning, whatever codes stand in it: it is still being tried. */
const char *const mime_report_late[] = {
	"not yet been delivered",
	"has been delayed",
	"delivery delayed",
	"delivery status notification (delay)",
	"message will be retried",
	"warning message only",
	"will continue to try",
	"attempts will continue",
	"still being retried",
	"could not send mail for past",
	"could not send message for past",
	NULL,
};

/* Subjects of notices begin so. */
const char *const mime_report_subjects[] = {
	"delivery failure",
	"delivery notification",
	"delivery problem",
	"delivery report",
	"delivery status",
	"email delivery failure",
	"failed mail",
	"failure delivery",
	"failure notice",
	"mail could not be delivered",
	"mail delivery",
	"mail failed",
	"mail failure",
	"mail not delivered",
	"mail system error",
	"message delivery failure",
	"non delivery",
	"non-delivery",
	"permanent delivery failure",
	"postmaster notify",
	"returned mail",
	"there was an error sending your mail",
	"undeliverable",
	"undelivered",
	"warning: could not send",
	"warning: message",
	"warning--could not send",
	"[postmaster] email delivery failure",
	NULL,
};

/* Subjects of automatic answers begin so. */
const char *const mime_report_answers[] = {
	"abwesend",
	"abwesenheit",
	"auto reply",
	"auto response",
	"auto-reply",
	"auto-response",
	"auto:",
	"automatic reply",
	"automatic response",
	"automatische antwort",
	"autoreply",
	"autorespon",
	"away from",
	"i am away",
	"out of office",
	"out of the office",
	"out-of-office",
	"r\xc3\xa9ponse automatique",
	"respuesta autom",
	"vacation",
	NULL,
};

/* What stands before the address that could not be reached. */
const char *const mime_report_before[] = {
	"address:",
	"address :",
	"bounced address:",
	"deliver message to",
	"deliver mail to",
	"delivering your mail to",
	"delivery failed:",
	"delivery to",
	"email to",
	"emailaddress\":",
	"failed recipient:",
	"following recipient:",
	"following recipients:",
	"for the recipient",
	"gateway for",
	"permanent errors:",
	"rcpt to:",
	"rcpt:",
	"recipient:",
	"rejected recipient",
	"to address",
	"transient errors:",
	"undeliverable to",
	NULL,
};

/* A line with this and a dash, or an end, is where our own mail begins. */
const char *const mime_report_returned[] = {
	"below is a copy of the original",
	"below this line is a copy",
	"bounced e-mail",
	"copy of the message",
	"copy of your message",
	"enclosed is a copy",
	"header of the original message",
	"headers follow",
	"message header",
	"original mail info",
	"original message",
	"returned message",
	"unsent message",
	"your original mail",
	NULL,
};

/* The fields that a message on its way has and no notice has in its text. */
const char *const mime_report_traces[] = {
	"arc-seal:",	 "content-type:", "delivered-to:", "dkim-signature:",
	"domainkey-",	 "message-id:",	  "mime-version:", "received:",
	"return-path:",	 "x-google-",	  "x-mailer:",	   "x-received:",
	"x-originating", "x-ymail-",	  "x-yahoo-",	   NULL,
};

/* Local parts, without all but letters, that speak for a server. */
const char *const mime_report_daemons[] = {
	"mailerdaemon", "maildeliverysystem",
	"postmaster",	"noreplysnsamazonaws",
	NULL,
};

/*
 * What a notice says that comes from an address like any other; it counts only
 * with our message in a part behind it.
 */
const char *const mime_report_openings[] = {
	"could not be delivered to:",
	"did not reach the following recipient",
	"following addresses had delivery",
	"following addresses had permanent",
	"following recipients were not reached",
	"unable to deliver message to",
	NULL,
};
