#ifndef DISPATCH_DISPATCH_INTAKE_PRIV_H
#define DISPATCH_DISPATCH_INTAKE_PRIV_H

/*
 * What the files of the intake share: which delivery a mail is about, what
 * follows, and the seam between the intake and the places mails lie in.
 */

#include <pthread.h>
#include <stdatomic.h>

#include "dispatch/dispatch_intake.h"
#include "doctor/doctor_probe.h"
#include "mime/mime_report.h"
#include "outbox/outbox.h"
#include "partner/partner.h"
#include "render/render.h"

struct arena;

/* ---- places mails lie in ---- */

/* One row for each; every function is required. */
struct intake_source {
	const char *scheme; /* before the first ':' of the URL */
	/* For what lies there; else it waits for callers. */
	bool is_looked_into;
	int look_ms; /* between two looks */

	/* `rest` is the URL behind its scheme. */
	int (*open)(void **out, const char *rest, struct error *err);
	void (*close)(void *self);

	/*
	 * One that is looked into: take all that is there, and return how many
	 * were taken. One that waits: serve until intake_waits() says no.
	 */
	int64_t (*run)(void *self, struct dispatch_intake *in,
		       struct error *err);
};

enum { FOLDER_LOOK_MS = 1000, IMAP_LOOK_MS = 30 * 1000 };

extern const struct intake_source maildir_source;
extern const struct intake_source imap_source;
extern const struct intake_source imaps_source;
extern const struct intake_source lmtp_source;

/* Becomes readable when the intake closes. */
int intake_stop_fd(const struct dispatch_intake *in);

/* The intake goes on; false when it is to end. */
bool intake_goes_on(const struct dispatch_intake *in);

/* ---- dispatch_intake.c ---- */

struct intake_place {
	const struct intake_source *source;
	const char *url;
	void *self;
	struct dispatch_intake *intake;
	pthread_t thread;
	bool started;
	bool failed; /* it was said already */
};

struct dispatch_intake {
	struct dispatch_intake_config config;
	uint8_t message_key[RENDER_MESSAGE_KEY_BYTES];
	int stop_fd;
	atomic_bool closing;
	struct intake_place places[DISPATCH_INTAKE_SOURCES_MAX];
	size_t place_count;
	struct arena *arena; /* of the URLs */
};

/* ---- dispatch_intake_parse.c ---- */

/*
 * What each mail says, in children. reports[i] is NULL when mail i was too
 * much for a child of its own.
 */
int intake_parse(struct jail *jail, struct arena *a,
		 const struct dispatch_mail *mails, size_t count,
		 struct mime_report **reports, struct error *err) MUST_CHECK;

/* ---- dispatch_return_find.c ---- */

/*
 * The delivery that a mail proves to be about: 1, or 0 when there is no proof
 * or no such delivery.
 */
int return_find(const struct dispatch_intake *in, struct db *db,
		struct arena *a, const struct dispatch_mail *mail,
		const struct mime_report *report, struct outbox_delivery *out,
		struct error *err) MUST_CHECK;

/*
 * The delivery that a person answers by this mail: 1, or 0 when it did not come
 * to an address for answers, or a machine wrote it.
 */
int return_find_answered(const struct dispatch_intake *in, struct db *db,
			 struct arena *a, const struct dispatch_mail *mail,
			 const struct mime_report *report,
			 struct outbox_delivery *out,
			 struct error *err) MUST_CHECK;

/* The probe that it proves to be about, whose id is in *id. */
bool return_find_probe(const struct dispatch_intake *in,
		       const struct dispatch_mail *mail,
		       const struct mime_report *report,
		       uint8_t id[DOCTOR_PROBE_ID_BYTES]);

/* It came to an address for answers, whoever wrote it. */
bool return_is_to_answers(const struct dispatch_intake *in,
			  const struct dispatch_mail *mail);

/* ---- dispatch_return_law.c ---- */

/* The recipient that made the mail what it is; NULL when it names none. */
const struct mime_report_recipient *
return_worst(const struct mime_report *report);

/*
 * What it counts as: HARD is for the address alone. NULL: it could not be read.
 */
enum event_return_class return_class(const struct mime_report *report);

/* Refused for good, with this status (RFC 3463): HARD, or REFUSED. */
enum event_return_class return_class_for_good(struct str status);

/* Whether the last mails of a person, newest first, are reason to stop. */
bool return_strikes(const struct event_return_fate *fates, int count);

/* ---- dispatch_return.c ---- */

/* A mail on its way into the store: what is needed and what came of it. */
struct return_mail {
	const struct dispatch_intake *intake;
	struct arena *a;
	const struct dispatch_mail *mail;
	const struct mime_report *report; /* NULL: it could not be read */
	enum event_return_class class;
	const char *evidence; /* that it had left, for its row */
	int64_t now_ms;
	struct dispatch_taken *taken;
};

/* What follows from a reply to `answered`: 1, or 0 when it was taken before. */
int return_take_reply(struct db *db, const struct return_mail *m,
		      const struct outbox_delivery *answered,
		      struct error *err) MUST_CHECK;

/* The unit of work: a struct return_mail. BUSY as dispatch_intake_take(). */
int return_take(struct db *db, void *arg, struct error *err) MUST_CHECK;

/*
 * The same of news that are no mail's (dispatch_provider.h): it had left, and
 * nothing more follows; its person opts out. `class` is OTHER.
 */
int return_arrived(struct db *db, const struct return_mail *m,
		   struct error *err) MUST_CHECK;
int return_leave(struct db *db, const struct return_mail *m,
		 struct error *err) MUST_CHECK;

#endif
