#ifndef DOCTOR_DOCTOR_NOTICE_H
#define DOCTOR_DOCTOR_NOTICE_H

/*
 * doctor_notice - that a partner's mail is from the vendor for now, or from the
 * partner again, told by mail
 *
 *	doctor_notice_put(db, a, &notice, err)	in the unit that changes it
 *	doctor_notice_get(db, a, partner_id, subject, &notice, &whom, err)
 *
 * One is a row with what was found at that moment, and a delivery for each whom
 * it goes to: the partner, and the vendor's address that the mail is from
 * meanwhile. What a delivery is promised holds for it: none is lost, none goes
 * twice. It stands in the partner's run that began last, for a delivery belongs
 * to one; it passes pauses and the run's end (outbox_tells_partner()), and
 * waits where the partner has no address (lead_step()).
 *
 * Thread rule: put runs inside a unit of work, get on the caller's connection.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"
#include "db/db.h"

struct arena;

enum { DOCTOR_NOTICE_SUBJECT_BYTES = 10 };

/* Numbers are stored: only append. */
enum doctor_notice_whom { DOCTOR_NOTICE_PARTNER, DOCTOR_NOTICE_VENDOR };

struct doctor_notice {
	int64_t partner_id;
	int64_t at_ms;
	bool is_back;	   /* the partner's domain is well again */
	int64_t since_ms;  /* that the vendor stands for it */
	struct str domain; /* the partner's own */
	struct str
	    instead;	  /* address of the vendor; empty: there is none now */
	struct str asked; /* as in a doctor_finding; empty when is_back */
	struct str found;
	struct str expected;
	struct str advice;
};

/*
 * The number of deliveries put: 0 for a partner without a run, whose mail there
 * is none of, and when it was put before.
 */
int doctor_notice_put(struct db *db, struct arena *a,
		      const struct doctor_notice *notice,
		      struct error *err) MUST_CHECK;

/* Of a delivery, by its subject: NOT_FOUND when there is none. */
int doctor_notice_get(struct db *db, struct arena *a, int64_t partner_id,
		      struct str subject, struct doctor_notice *out,
		      enum doctor_notice_whom *whom,
		      struct error *err) MUST_CHECK;

#endif
