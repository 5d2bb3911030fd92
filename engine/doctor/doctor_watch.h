#ifndef DOCTOR_DOCTOR_WATCH_H
#define DOCTOR_DOCTOR_WATCH_H

/*
 * doctor_watch - looking again each day, and what was found last
 *
 * A row for each domain that mail is from: what was found and when, and when
 * to look again. Who looks takes the row first, so of several hosts one does.
 *
 *	doctor_watch_step(store, &watch, now_ms, err)	by a thread of its own
 *	doctor_watch_list(db, a, &rows, err)		for whoever is asked
 *
 * What was found anew, and that it is well again, is a line in the log.
 *
 * A partner's own domain that has errors at two looks on end, an hour apart, is
 * not mailed from: the vendor stands for it (PARTNER_SENDER_FALLBACK), if the
 * vendor's domain has none, until a look finds it well. Both are told by mail,
 * in the same unit (doctor_notice.h).
 *
 * Thread rule: the step waits for answers and may take a minute; all else as
 * partner.h.
 */

#include "doctor/doctor.h"

extern const struct db_schema doctor_schema;

enum {
	DOCTOR_DAILY_MS = 24 * 60 * 60 * 1000,
	DOCTOR_SOON_MS = 60 * 60 * 1000, /* after errors, or no answer */
	DOCTOR_TAKEN_MS = 10 * 60 * 1000,
};

struct doctor_watch {
	const char *servers;	   /* as for dns_open() */
	struct doctor_relay relay; /* as known before anybody is asked */
	bool (*stop)(void *arg);   /* asked between two domains */
	void *arg;
};

/* All domains that are due. The number that was looked at. */
int doctor_watch_step(struct db_store *store, const struct doctor_watch *watch,
		      int64_t now_ms, struct error *err) MUST_CHECK;

struct doctor_row {
	struct str domain;
	int64_t next_ms;
	int64_t checked_ms; /* 0: not yet */
	int64_t errors;
	int64_t unknown;
	int64_t warnings;
	int64_t since_ms; /* that there are errors; 0: there are none */
	struct str worst; /* finding, as a line; may be empty */
};

/* By domain. The count. */
int doctor_watch_list(struct db *db, struct arena *a, struct doctor_row **out,
		      struct error *err) MUST_CHECK;

/* Inside a unit: 1 when the domain is due, and now ours to look at. */
int doctor_watch_take(struct db *db, struct str domain, int64_t now_ms,
		      struct error *err) MUST_CHECK;

/* Inside a unit: what was found. */
int doctor_watch_put(struct db *db, struct str domain,
		     const struct doctor_report *report, int64_t now_ms,
		     struct error *err) MUST_CHECK;

/* Inside a unit: nobody sends from it any more. */
int doctor_watch_drop(struct db *db, struct str domain,
		      struct error *err) MUST_CHECK;

#endif
