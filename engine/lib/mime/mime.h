#ifndef MIME_MIME_H
#define MIME_MIME_H

/*
 * mime - internet messages: addresses
 *
 * Thread rule: pure functions.
 */

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"

struct arena;

/* RFC 5321 section 4.5.3.1, RFC 3696 erratum 1690. */
enum { MIME_LOCAL_MAX = 64, MIME_DOMAIN_MAX = 253, MIME_ADDRESS_MAX = 254 };

/*
 * A mailbox as it may stand in MAIL FROM and RCPT TO: dot-atom local part
 * (RFC 5322 section 3.2.3; no quoted string, no comment, no domain literal),
 * "@", a domain of at least two labels, the last of which is no number. The
 * domain may be a U-label and comes out in lower-case A-labels (UTS 46,
 * non-transitional); the local part must be ASCII, as no SMTPUTF8 is spoken,
 * and comes out with A-Z folded to a-z. Spaces and tabs around are dropped;
 * a line end is not. What comes out, put in again, comes out the same.
 *
 * *out lives in `a`. INVALID says what was found and what was expected, in
 * printable ASCII: every other byte, '"' and '\' are shown as \xNN.
 */
int mime_address_normalise(struct arena *a, struct str text, struct str *out,
			   struct error *err) MUST_CHECK;

/* The part after the "@" of a normalised address. */
struct str mime_address_domain(struct str address);

#endif
