#ifndef DOCTOR_DOCTOR_H
#define DOCTOR_DOCTOR_H

/*
 * doctor - what DNS says of those in whose name mail goes, and whether that is
 * what receivers want
 *
 *	doctor_want(&source, a, &sender);		for each, at once
 *	doctor_sender(&source, a, &sender, &relay, now_ms, &report);
 *	doctor_relay(&source, a, &relay, &report);
 *
 * Of a sender's domain: the records of the keys that sign (DKIM, RFC 6376) and
 * DMARC with the alignment of both (RFC 7489); of each domain that MAIL FROM has
 * beside it, SPF (RFC 7208) and where bounces go (MX, RFC 5321 section 5.1). Of
 * the relay: what its addresses are called, and whether that name leads back to
 * them (PTR).
 *
 * A finding is an ERROR when large receivers refuse mail for it, UNKNOWN when
 * nobody answered.
 *
 * Thread rule: pure but for the source.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "dns/dns.h"
#include "partner/partner.h"

struct arena;

#define DOCTOR_GRADES(X)      \
	X(OK, "ok")           \
	X(WARNING, "warning") \
	X(UNKNOWN, "unknown") \
	X(ERROR, "error")

/* The worse, the greater. */
enum doctor_grade {
#define DOCTOR_GRADE_ENUM(name, text) DOCTOR_##name,
	DOCTOR_GRADES(DOCTOR_GRADE_ENUM)
#undef DOCTOR_GRADE_ENUM
	    DOCTOR_GRADE_COUNT
};

const char *doctor_grade_name(enum doctor_grade grade);

struct doctor_finding {
	struct str about;  /* a sender's domain, or the relay */
	const char *check; /* "spf", "dkim", "dmarc", "mx", "ptr", "relay" */
	enum doctor_grade grade;
	struct str asked; /* "TXT mail.example.com" */
	struct str found;
	struct str expected; /* empty: what was found is right */
	struct str advice;   /* what to do; empty: nothing */
};

/* In the order in which they were found. */
struct doctor_report {
	struct doctor_finding *items;
	size_t count;
	size_t by_grade[DOCTOR_GRADE_COUNT];
};

/* Of MAIL FROM, which is where bounces go. */
struct doctor_envelope {
	struct str domain;
	struct str from;    /* an address that mail with it is from; or empty */
	struct str bounces; /* as of a partner_sender; empty: back to `from` */
};

/* A domain that mail is from. */
struct doctor_sender {
	struct str domain; /* of From */
	const struct doctor_envelope
	    *envelopes; /* each domain once, one at least */
	size_t envelope_count;
	struct str who; /* "vendor, acme, boreal and 9 more" */
	/*
	 * Behind "guidon partner dns" for this domain: " acme", or empty for
	 * the vendor's.
	 */
	struct str operand;
	const struct partner_dkim *pairs; /* of the domain */
	const struct str *operands;	  /* the same, of each pair */
	int pair_count;
};

/*
 * All senders of the store: the domains of partners' mail and those that keys
 * were made for; partner_id >= 0: those of one partner. `own` are the vendor's,
 * which come first. Returns the count; all is in `a`.
 */
struct doctor_own {
	struct str domain;
	struct str bounces; /* as of a partner_sender; empty: to the domain */
};

struct doctor_scope {
	int64_t partner_id; /* -1: all */
	const struct doctor_own *own;
	int own_count;
};
int doctor_senders(struct db *db, struct arena *a,
		   const struct doctor_scope *scope, struct doctor_sender **out,
		   struct error *err) MUST_CHECK;

/* What hands our mail on, as the world sees it. */
struct doctor_relay {
	struct str host; /* that it has in GUIDON_MAIL; empty: none, or us */
	const struct dns_address *addresses;
	size_t count;	/* 0: not known */
	bool is_stated; /* the addresses were given, not looked up */
};

/* Asks what will be wanted first, without waiting. */
void doctor_want(const struct dns_source *source, struct arena *a,
		 const struct doctor_sender *sender);

/* Adds to the report, whose first state is all zeroes. */
void doctor_sender(const struct dns_source *source, struct arena *a,
		   const struct doctor_sender *sender,
		   const struct doctor_relay *relay, int64_t now_ms,
		   struct doctor_report *report);
void doctor_relay(const struct dns_source *source, struct arena *a,
		  const struct doctor_relay *relay,
		  struct doctor_report *report);

/*
 * The addresses of relay->host, in `a`, unless they are stated; inner ones,
 * which are not how the world sees it, do not count.
 */
void doctor_relay_find(const struct dns_source *source, struct arena *a,
		       struct doctor_relay *relay);

#endif
