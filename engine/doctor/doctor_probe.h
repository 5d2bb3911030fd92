#ifndef DOCTOR_DOCTOR_PROBE_H
#define DOCTOR_DOCTOR_PROBE_H

/*
 * doctor_probe - a mail that is sent to be refused, and whether word of it came
 * back
 *
 *	doctor_probe_put(db, &probe, err)		before it leaves
 *	doctor_probe_refuse(db, id, answer, now_ms, err)	the relay would not
 *	doctor_probe_return(db, &back, err)		by whoever takes mail
 *	doctor_probe_tell(db, a, &sender, now_ms, &report, err)
 *
 * It is no delivery: it stands in no count of deliveries, is nobody's attempt,
 * and what comes back of it is about no person. Its return address names it by
 * its id, signed (event.h, EVENT_ADDRESS_PROBE), so nobody can say that one came
 * back who has not had it; and who has had it can say no more than that.
 *
 * Thread rule: put, refuse and return run inside units of work; tell on the
 * caller's connection.
 */

#include <stdint.h>

#include "doctor/doctor.h"

enum { DOCTOR_PROBE_ID_BYTES = 16 };

/* What has not come back by then is an error, and is forgotten at last. */
static const int64_t DOCTOR_PROBE_WAIT_MS = INT64_C(60) * 60 * 1000;
static const int64_t DOCTOR_PROBE_KEPT_MS = INT64_C(90) * 24 * 60 * 60 * 1000;

struct doctor_probe {
	uint8_t id[DOCTOR_PROBE_ID_BYTES]; /* random: no other has it */
	struct str domain;		   /* of From */
	struct str envelope;		   /* of MAIL FROM */
	struct str to;			   /* the address that is to refuse */
	int64_t sent_ms;
};

int doctor_probe_put(struct db *db, const struct doctor_probe *probe,
		     struct error *err) MUST_CHECK;

/* It did not leave, so nothing will come back: 1, or 0 when it is not there. */
int doctor_probe_refuse(struct db *db, const uint8_t id[DOCTOR_PROBE_ID_BYTES],
			struct str answer, int64_t now_ms,
			struct error *err) MUST_CHECK;

struct doctor_probe_back {
	uint8_t id[DOCTOR_PROBE_ID_BYTES];
	struct str said; /* status and words of the report: UTF-8 */
	int64_t now_ms;
	bool again; /* filled in: it had come back before */
};

/* 1, or 0 when there is no such probe. The first that comes back counts. */
int doctor_probe_return(struct db *db, struct doctor_probe_back *back,
			struct error *err) MUST_CHECK;

/*
 * Of each return domain of the sender the last one, as a finding "bounce"; none
 * where none was sent for DOCTOR_PROBE_KEPT_MS.
 */
int doctor_probe_tell(struct db *db, struct arena *a,
		      const struct doctor_sender *sender, int64_t now_ms,
		      struct doctor_report *report,
		      struct error *err) MUST_CHECK;

#endif
