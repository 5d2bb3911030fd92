#ifndef MIME_MIME_DOMAIN_H
#define MIME_MIME_DOMAIN_H

/*
 * mime_domain - what DMARC asks of domains (RFC 7489 section 3)
 *
 * Domains are in lower-case A-labels, as mime_address_normalise() gives them.
 *
 * Thread rule: pure functions.
 */

#include <stdbool.h>

#include "base/str.h"

/*
 * The organisational domain: one label below the longest public suffix
 * (publicsuffix.org, as libpsl has it); borrowed from the domain, which it is
 * itself when it is a public suffix.
 */
struct str mime_domain_organisational(struct str domain);

/* In alignment: the same, or, relaxed, of one organisation. */
bool mime_domain_aligned(struct str x, struct str y, bool is_strict);

#endif
