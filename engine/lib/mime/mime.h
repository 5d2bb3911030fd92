#ifndef MIME_MIME_H
#define MIME_MIME_H

/*
 * mime - internet messages: addresses, messages built from parts, and their
 * signatures
 *
 * Thread rule: pure functions.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"

struct arena;
struct sign_key;

/* ---- addresses ---- */

/* RFC 5321 section 4.5.3.1, RFC 3696 erratum 1690. */
enum { MIME_LOCAL_MAX = 64, MIME_DOMAIN_MAX = 253, MIME_ADDRESS_MAX = 254 };

/*
 * A mailbox as it may stand in MAIL FROM and RCPT TO: dot-atom local part
 * (RFC 5322 section 3.2.3; no quoted string, no comment, no domain literal),
 * "@", a domain of at least two labels, the last of which is no number. The
 * domain may be a U-label and comes out in lower-case A-labels (UTS 46,
 * non-transitional); the local part must be ASCII, and comes out with A-Z
 * folded to a-z. Spaces and tabs around are dropped;
 * a line end is not. What comes out, put in again, comes out the same.
 *
 * *out lives in `a`. INVALID says what was found and what was expected, in
 * printable ASCII: every other byte, '"' and '\' are shown as \xNN.
 */
int mime_address_normalise(struct arena *a, struct str text, struct str *out,
			   struct error *err) MUST_CHECK;

/*
 * The same, and the local part may be of RFC 6531: letters beyond ASCII too,
 * which come out in NFC and lower case (base/nfc.h), MIME_LOCAL_MAX octets of
 * UTF-8. Whoever is written to by it is reached by relays with SMTPUTF8 alone;
 * so it is for those who receive, and not for what we send from.
 */
int mime_address_normalise_utf8(struct arena *a, struct str text,
				struct str *out, struct error *err) MUST_CHECK;

/* The part after the "@" of a normalised address. */
struct str mime_address_domain(struct str address);

/* ---- composing a message ---- */

/*
 * A message is built once as bytes with CRLF, canonical: no bare CR or LF, no
 * NUL, no line over 998 octets (RFC 5322 section 2.1.1), 8-bit text only
 * inside quoted-printable. Every header goes through one of the functions
 * below: a control character in a value is refused, so no value can add a
 * header. Non-ASCII text becomes encoded-words (RFC 2047), long values are
 * folded at 76.
 *
 *	if (mime_header_mailbox(&b, "From", name, address, err) < 0 ||
 *	    mime_header(&b, "Subject", subject, err) < 0 ||
 *	    mime_alternative(&b, boundary, text, html, err) < 0)
 *		return -(int)err->code;
 *
 * What is built depends on nothing but its arguments: the boundary too. A name
 * is ours, so one that is no header name, or is longer than MIME_NAME_MAX, is
 * a bug and aborts. On failure nothing was added to `out`.
 */
enum {
	MIME_NAME_MAX = 40,
	MIME_VALUE_MAX = 4096, /* bytes of a value, before encoding */
	MIME_LINE_MAX = 998,   /* without its CRLF */
	MIME_BOUNDARY_MAX = 68,
};

/*
 * The value is text: encoded and folded as needed, and gets back out as it
 * was. INVALID on a control character or malformed UTF-8, LIMIT when long.
 */
int mime_header(struct buf *out, const char *name, struct str value,
		struct error *err) MUST_CHECK;

/*
 * `display name <address>` for From, To, Reply-To: the name as a quoted string
 * or encoded-words, left out when empty; the address as
 * mime_address_normalise_utf8() gave it, else INVALID; beyond ASCII it stands
 * as it is (RFC 6532).
 */
int mime_header_mailbox(struct buf *out, const char *name, struct str display,
			struct str address, struct error *err) MUST_CHECK;

/*
 * A value that is structured already (URIs, tokens): printable ASCII, folded
 * at blanks, which are single and between words. INVALID on all else; LIMIT
 * when a word fits no line.
 */
int mime_header_raw(struct buf *out, const char *name, struct str value,
		    struct error *err) MUST_CHECK;

/*
 * multipart/alternative of text/plain and text/html, both UTF-8 in
 * quoted-printable; ends the headers that were written before. LF and CRLF
 * both end a line of text. INVALID on NUL and malformed UTF-8.
 *
 * `boundary` is 1 to MIME_BOUNDARY_MAX of A-Z a-z 0-9 - _ (else INVALID); it
 * is written behind "=_", which quoted-printable never has, so it may be known
 * to strangers and still ends no part.
 */
int mime_alternative(struct buf *out, struct str boundary, struct str text,
		     struct str html, struct error *err) MUST_CHECK;

/* One text/plain part in quoted-printable; ends the headers. */
int mime_text(struct buf *out, struct str text, struct error *err) MUST_CHECK;

/* The same inside a multipart of the caller's, to be shown below what is before. */
int mime_text_part(struct buf *out, struct str text,
		   struct error *err) MUST_CHECK;

/*
 * Is it what may be put on a wire: lines of at most MIME_LINE_MAX octets of
 * ASCII without NUL, in headers of UTF-8 too, each ended by CRLF, the last too?
 * INVALID names the line.
 */
int mime_check_canonical(struct str message, struct error *err) MUST_CHECK;

/* ---- signing ---- */

/*
 * DKIM (RFC 6376, and RFC 8463 for Ed25519): the domain of the From says that
 * the message is its own.
 *
 *	mime_dkim_sign(&b, message, &how, err)	adds the headers
 *	buf_str(&b, message)			below them
 *
 * Signed are the whole body, without l=, and of the headers those by which a
 * mail is read, answered, sorted and left: From, To, Reply-To, Subject, Date,
 * Message-ID, MIME-Version, Content-Type, List-Id, List-Unsubscribe,
 * List-Unsubscribe-Post and Feedback-ID, as far as they are there. From, To,
 * Subject and Date are named once more than they are there, so that nobody can
 * add another one. Both are canonicalised in the relaxed way. Lines are
 * shorter than 78 octets but for what a long domain makes of one.
 */
struct mime_dkim {
	struct str domain; /* in A-labels */
	int64_t at_ms;	   /* t=, cut to seconds: never the clock's */
	const struct mime_dkim_signer {
		struct str selector;
		const struct sign_key *key;
	} * signers; /* a header for each, in this order */
	size_t signer_count;
};

/*
 * Adds the headers to `out`: the same for the same arguments. INVALID when the
 * message is not canonical or has no From.
 */
int mime_dkim_sign(struct buf *out, struct str message,
		   const struct mime_dkim *how, struct error *err) MUST_CHECK;

#endif
