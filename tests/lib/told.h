#ifndef TESTS_LIB_TOLD_H
#define TESTS_LIB_TOLD_H

/*
 * told - what mail providers POST, in the shapes that they document, signed by
 * keys of this process
 *
 *	told_open(folder)		keys, and the environment that names them
 *	told_call(a, "mailgun", &mail)	a call of it
 *	told_close()
 *
 * Thread rule: one thread.
 */

#include "dispatch/dispatch_provider.h"
#include "http/http.h"

enum told_what {
	TOLD_HARD,
	TOLD_SOFT,
	TOLD_LATE, /* it is tried again */
	TOLD_COMPLAINT,
	TOLD_LEAVE, /* SES does not tell */
	TOLD_ARRIVED,
	TOLD_OPENED,
};

struct told_mail {
	enum told_what what;
	struct str tag;	       /* our custom argument; SES has none */
	struct str message_id; /* without brackets; Postmark has none */
	struct str recipient;
	int number; /* makes it another event */
	int64_t now_ms;
};

#define TOLD_TOPIC "arn:aws:sns:eu-central-1:123456789012:mail"
#define TOLD_ALL   "ses:" TOLD_TOPIC " sendgrid mailgun postmark"

/* The keys are made once for a process, RSA takes a while. */
void told_open(const char *folder);
void told_remove(void); /* the file with the certificate */
void told_close(void);

/* A file with the certificate of another key, in place of ours or back. */
void told_change_certificate(bool to_another);
void told_sign_by_another(bool so);

struct dispatch_provider_call told_call(struct arena *a, const char *provider,
					const struct told_mail *mail);

/* The event alone, as the array of SendGrid has it. */
struct str told_sendgrid_event(struct arena *a, const struct told_mail *mail);

/* Any body, signed or known as one of theirs; of SES, a Message. */
struct dispatch_provider_call told_sign(struct arena *a, const char *provider,
					struct str body, int64_t now_ms);

/* What stands in "event-data" of Mailgun, with this token. */
struct dispatch_provider_call told_mailgun(struct arena *a, struct str data,
					   const char *token, int64_t now_ms);
struct str told_mailgun_data(struct arena *a, const struct told_mail *mail);

/* A message of SNS, signed. */
struct told_sns {
	const char *type; /* NULL: "Notification" */
	const char *topic;
	const char *version;	     /* "1", "2" */
	const char *certificate_url; /* NULL: as it should be */
	struct str message;
	int number;
	int64_t now_ms;
};

struct dispatch_provider_call told_sns(struct arena *a,
				       const struct told_sns *sns);
struct str told_ses_message(struct arena *a, const struct told_mail *mail);

#endif
