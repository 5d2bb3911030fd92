#ifndef DOCTOR_DOCTOR_PRIV_H
#define DOCTOR_DOCTOR_PRIV_H

/*
 * What the checks share: whom they look at, and how they say what they found.
 */

#include "base/arena.h"
#include "doctor/doctor.h"

struct look {
	const struct dns_source *source;
	struct arena *a;
	const struct doctor_sender *sender; /* NULL: the relay */
	const struct doctor_relay *relay;
	struct str envelope; /* that SPF and MX are of */
	int64_t now_ms;
	struct doctor_report *report;
};

/* A finding with what was asked; its other texts are for the caller. */
struct doctor_finding *found(const struct look *l, const char *check,
			     enum doctor_grade grade, struct str asked);

/* "TXT mail.example.com" */
struct str asked_for(const struct look *l, struct str name, enum dns_type type);

const struct dns_answer *answer_to(const struct look *l, struct str name,
				   enum dns_type type);

/* "no such name", "no TXT record", or why there is no answer. */
struct str says_nothing(const struct look *l, const struct dns_answer *answer,
			enum dns_type type);

/*
 * Nobody answered: a finding that says so is added. False when there is an
 * answer.
 */
bool is_unknown(const struct look *l, const char *check, struct str name,
		enum dns_type type, const struct dns_answer *answer);

/* Whether one that signs is there, now. */
bool has_active_pair(const struct look *l);

void check_spf(const struct look *l);
void check_dkim(const struct look *l);
void check_dmarc(const struct look *l);
void check_mx(const struct look *l);

/* ---- doctor_watch.c ---- */

struct doctor_row;

/* NULL when there is none of this domain. */
const struct doctor_row *row_of(const struct doctor_row *rows, int count,
				struct str domain);

/* ---- doctor_fallback.c ---- */

/* A domain that was looked at. */
struct fallback {
	struct arena *a;
	struct str domain;
	const struct doctor_report *report;
	const struct doctor_row *rows; /* of all domains, as before the look */
	int row_count;
	int64_t now_ms;
	int fell_back; /* partners whose mail is the vendor's from now on */
	int came_back;
};

/*
 * Whom mail is from now, as far as the domain concerns it, and the notices of
 * it: inside the unit that stores what was found.
 */
int fallback_choose(struct db *db, struct fallback *f,
		    struct error *err) MUST_CHECK;

#endif
