#ifndef DNS_DNS_SPF_H
#define DNS_DNS_SPF_H

/*
 * dns_spf - may this address send mail for this domain? (RFC 7208)
 *
 *	const struct dns_spf_ask ask = { source, &address, domain,
 *					 STR("postmaster"), helo };
 *	dns_spf_check(a, &ask, &verdict);
 *	if (verdict.result == DNS_SPF_PASS) ...
 *
 * Without an address nothing matches, so that all of the record and of those
 * that it leads to is read: whether it is well-formed, and how many lookups it
 * costs in the worst case. The result is then NEUTRAL, or what is wrong.
 *
 * The limits are those of section 4.6.4: 10 terms that look something up, 2 of
 * them in vain, 10 hosts of an "mx", 10 names of an address. Explanations
 * (exp=) are not fetched, and %{p} is "unknown".
 *
 * Thread rule: pure but for the source.
 */

#include "dns/dns.h"

enum {
	DNS_SPF_LOOKUPS_MAX = 10,
	DNS_SPF_VOIDS_MAX = 2,
	DNS_SPF_COUNT_MAX = 40, /* without an address: counted no further */
};

#define DNS_SPF_RESULTS(X)        \
	X(NONE, "none")           \
	X(NEUTRAL, "neutral")     \
	X(PASS, "pass")           \
	X(FAIL, "fail")           \
	X(SOFTFAIL, "softfail")   \
	X(TEMPERROR, "temperror") \
	X(PERMERROR, "permerror")

enum dns_spf_result {
#define DNS_SPF_ENUM(name, text) DNS_SPF_##name,
	DNS_SPF_RESULTS(DNS_SPF_ENUM)
#undef DNS_SPF_ENUM
};

const char *dns_spf_result_name(enum dns_spf_result result);

struct dns_spf_ask {
	struct dns_source source;
	const struct dns_address *address; /* NULL: see above */
	struct str domain;
	struct str local; /* of the envelope's sender */
	struct str helo;
};

struct dns_spf_verdict {
	enum dns_spf_result result;
	struct str record; /* of the domain itself; empty: none */
	struct str term;   /* that decided, with the domain it stands at */
	struct str why;	   /* of an error */
	int records;	   /* how many the domain has: 1 is right */
	int lookups;	   /* terms that looked something up */
	bool lets_all;	   /* without an address: "+all" is in the record */
};

/* What is in the verdict lives in `a` or as long as the source's answers. */
void dns_spf_check(struct arena *a, const struct dns_spf_ask *ask,
		   struct dns_spf_verdict *out);

#endif
