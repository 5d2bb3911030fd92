#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

/*
 * report - what became of a campaign, in numbers
 *
 *	if (report_campaign(db, a, STR("spring"), -1, &report, err) < 0)
 *		return error_context(err, "report");
 *	report_text(&report, 1, &b);	or report_csv(), report_json()
 *
 * A row is a step of the campaign at one partner; the totals are the same
 * steps over all partners of the report. Nothing is stored: every number is
 * counted from deliveries, the journal and leads when it is asked for.
 *
 * planned is the number of deliveries there are, and is always the sum of
 * waiting, sent, bounced, held, in_doubt, skipped and cancelled. opened,
 * clicked, unsubscribed and replied count deliveries, each once however often it
 * was opened; what machines fetch is no event and does not count. A lead counts
 * for the mail that brought it, and for its page when no mail did.
 *
 * What tells of a lead (its steps begin with "@") is not part of a campaign's
 * numbers.
 *
 * Thread rule: reading on the caller's connection; the forms are pure.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"
#include "db/db.h"

struct arena;

#define REPORT_NUMBERS(X) \
	X(planned)        \
	X(waiting)        \
	X(sent)           \
	X(bounced)        \
	X(held)           \
	X(in_doubt)       \
	X(skipped)        \
	X(cancelled)      \
	X(opened)         \
	X(clicked)        \
	X(unsubscribed)   \
	X(replied)        \
	X(leads)

struct report_row {
	struct str partner; /* its slug; empty in the totals */
	struct str step;
	int64_t first_ms; /* the earliest due time; INT64_MAX: none was due */
#define REPORT_FIELD(name) int64_t name;
	REPORT_NUMBERS(REPORT_FIELD)
#undef REPORT_FIELD
};

struct report {
	struct str campaign;
	struct report_row *rows; /* by partner, then in the order of time */
	size_t row_count;
	struct report_row *totals; /* by step, in the order of time */
	size_t total_count;
};

/*
 * partner_id -1: of all partners. A campaign that nobody runs gives no rows.
 */
int report_campaign(struct db *db, struct arena *a, struct str campaign,
		    int64_t partner_id, struct report *out,
		    struct error *err) MUST_CHECK;

/*
 * What may be handed to a partner: how long its list is, and how many mails the
 * vendor's policies kept from it (partner/partner_policy.h), in fives, of days
 * with five at least, two days late at most. All else of this folder is the
 * vendor's.
 */
struct report_shared {
	struct str campaign;
	int64_t contacts;
	int64_t held; /* 0: fewer than five on each day */
};

int report_shared(struct db *db, struct arena *a, struct str campaign,
		  int64_t partner_id, int64_t now_ms, struct report_shared *out,
		  struct error *err) MUST_CHECK;

/*
 * Of several campaigns all are in one table: each row then begins with its
 * campaign.
 *
 * For people: the totals and, unless it is one partner's, the partners.
 */
void report_text(const struct report *reports, size_t count, struct buf *out);
/* For spreadsheets: a header, and a line for each row. */
void report_csv(const struct report *reports, size_t count, struct buf *out);
/* For programs: an array of objects with campaign, totals and rows. */
void report_json(const struct report *reports, size_t count, struct buf *out);
/* The one object, for who named the campaign. */
void report_json_one(const struct report *report, struct buf *out);

#endif
