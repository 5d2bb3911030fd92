#ifndef DNS_DNS_TAGS_H
#define DNS_DNS_TAGS_H

/*
 * dns_tags - "v=DMARC1; p=none": the records of DKIM and DMARC (RFC 6376
 * section 3.2)
 *
 * Thread rule: pure functions.
 */

#include "dns/dns.h"

enum { DNS_TAGS_MAX = 64 };

struct dns_tag {
	struct str name;
	struct str value; /* without white space around it */
};

struct dns_tags {
	struct dns_tag *items;
	size_t count;
};

/*
 * INVALID when it is no such list or a name comes twice. What is in *out is
 * borrowed from the text, the list lives in `a`.
 */
int dns_tags_parse(struct arena *a, struct str text, struct dns_tags *out,
		   struct error *err) MUST_CHECK;

/* Its value, or NULL. Names have a case. */
const struct str *dns_tags_find(const struct dns_tags *tags, const char *name);

/* Whether a list with ':' between has this word. */
bool dns_tags_has(struct str list, struct str word);

#endif
