#ifndef DNS_DNS_SPF_PRIV_H
#define DNS_DNS_SPF_PRIV_H

/*
 * A record of SPF taken apart, and its macros: dns_spf_record.c,
 * dns_spf_macro.c. Pure.
 */

#include "dns/dns_spf.h"

enum { SPF_TERMS_MAX = 128 };

/* Those that look something up have 1. */
#define SPF_MECHANISMS(X)        \
	X(ALL, "all", 0)         \
	X(INCLUDE, "include", 1) \
	X(A, "a", 1)             \
	X(MX, "mx", 1)           \
	X(PTR, "ptr", 1)         \
	X(IP4, "ip4", 0)         \
	X(IP6, "ip6", 0)         \
	X(EXISTS, "exists", 1)

enum spf_mechanism {
#define SPF_MECHANISM_ENUM(name, text, looks) SPF_##name,
	SPF_MECHANISMS(SPF_MECHANISM_ENUM)
#undef SPF_MECHANISM_ENUM
};

struct spf_term {
	enum spf_mechanism mechanism;
	bool looks;		    /* counts as a lookup */
	enum dns_spf_result result; /* of a match */
	struct str text;
	struct str domain;	    /* with macros; empty: the present one */
	struct dns_address network; /* of ip4, ip6 */
	int bits4, bits6;
};

struct spf_record {
	struct spf_term *terms;
	size_t count;
	struct str redirect; /* empty: none */
};

/* Whether the text is a record of SPF, good or bad. */
bool spf_is_record(struct str text);

/* INVALID names the term that is wrong. In `a`, borrowing from text. */
int spf_record_parse(struct arena *a, struct str text, struct spf_record *out,
		     struct error *err) MUST_CHECK;

/* What stands for the letters. */
struct spf_macros {
	const struct dns_address *address; /* NULL: not known */
	struct str local;
	struct str sender_domain;
	struct str domain;
	struct str helo;
};

/* That it is a domain-spec: INVALID. */
int spf_macro_check(struct str spec, struct error *err) MUST_CHECK;

/*
 * The name that a spec, which was checked, gives; cut from the left to
 * DNS_NAME_MAX. 0 when it needs an address that is not known.
 */
int spf_macro_expand(struct arena *a, struct str spec,
		     const struct spf_macros *macros, struct str *out);

#endif
