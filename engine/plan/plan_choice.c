/*
 * Whose person somebody is who is on the lists of several partners.
 *
 * Each line of the table is one rule; the first by which two differ decides
 * between them, so the order of partners in the store does not matter and no
 * two are equal. A consent without a date is younger than any with one: an
 * upload that says nothing shall gain nothing.
 *
 * Before the vendor's rules come two that no vendor states: who has mailed the
 * person goes on, and who may not mail them does not come into it.
 */
#include "plan/plan_priv.h"

typedef int64_t rank_fn(const struct plan_rival *r);

static int64_t
or_last(int64_t time_ms)
{
	return time_ms > 0 ? time_ms : INT64_MAX;
}

static int64_t
by_service(const struct plan_rival *r)
{
	return or_last(r->served_ms);
}

static int64_t
by_gate(const struct plan_rival *r)
{
	return !r->may;
}

static int64_t
by_claim(const struct plan_rival *r)
{
	return or_last(r->claim_ms);
}

static int64_t
by_custom(const struct plan_rival *r)
{
	return !r->is_customer;
}

static int64_t
by_consent(const struct plan_rival *r)
{
	return or_last(r->consent_ms);
}

static int64_t
by_upload(const struct plan_rival *r)
{
	return r->added_ms;
}

static int64_t
by_number(const struct plan_rival *r)
{
	return r->partner_id;
}

/* The lower number is the better one. */
static const struct {
	rank_fn *rank;
	const char *why; /* the partner ... */
} rules[] = {
	{ by_service, "has mailed the person first" },
	{ by_gate, "is the only one who may mail the person" },
	{ by_claim, "has the earlier open lead of the person" },
	{ by_custom, "has the person as a customer" },
	{ by_consent, "has the older consent" },
	{ by_upload, "uploaded the person earlier" },
	{ by_number, "has been a partner longer" },
};

/* The rule by which `a` comes before `b`; < 0: it does not. */
static int
rule_between(const struct plan_rival *a, const struct plan_rival *b)
{
	for (size_t i = 0; i < COUNT_OF(rules); i++) {
		int64_t x = rules[i].rank(a);
		int64_t y = rules[i].rank(b);

		if (x != y)
			return x < y ? (int)i : -1;
	}
	return -1;
}

const struct plan_rival *
plan_choose(const struct plan_rival *rivals, size_t count, const char **why)
{
	const struct plan_rival *best = NULL, *next = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct plan_rival *r = &rivals[i];

		if (!best || rule_between(r, best) >= 0) {
			next = best;
			best = r;
		} else if (!next || rule_between(r, next) >= 0) {
			next = r;
		}
	}
	if (!best || (!best->may && best->served_ms == 0))
		return NULL;
	*why = next ? rules[rule_between(best, next)].why
		    : "is the only one who has the person";
	return best;
}
