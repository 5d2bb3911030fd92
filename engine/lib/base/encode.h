#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H

/*
 * encode - bytes and ids as text, and back
 *
 *	encode_base64url(&b, digest);
 *	if (decode_base64url(&b, text, err) < 0)
 *		return error_context(err, "token");
 *
 * encode_x() and decode_x() add to the end of a buf. Decoding is strict: for
 * each value there is exactly one text, the one encode_x() writes. Wrong
 * case, white space, missing or needless padding and bits set behind the last
 * byte are INVALID, and the buf is as it was. A buf that reaches its max
 * while decoding is LIMIT.
 *
 *	hex           0-9 a-f                        RFC 4648 section 8
 *	base64        A-Z a-z 0-9 + / with =         RFC 4648 section 4
 *	base64url     A-Z a-z 0-9 - _ without =      RFC 4648 section 5
 *	base32        a-z 2-7 without =              RFC 4648 section 6
 *	id            0-9 a-z without i l o u        Crockford's base 32
 *
 * Input and output must not be the same memory.
 *
 * Thread rule: none beyond that of a buf.
 */

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

enum { ENCODE_ID_CHARS = 13 };

void encode_hex(struct buf *out, struct str bytes);
void encode_base64(struct buf *out, struct str bytes);
void encode_base64url(struct buf *out, struct str bytes);
void encode_base32(struct buf *out, struct str bytes);

int decode_hex(struct buf *out, struct str text, struct error *err) MUST_CHECK;
int decode_base64(struct buf *out, struct str text,
		  struct error *err) MUST_CHECK;
int decode_base64url(struct buf *out, struct str text,
		     struct error *err) MUST_CHECK;
int decode_base32(struct buf *out, struct str text,
		  struct error *err) MUST_CHECK;

/* What a hexadecimal digit stands for, in either case; -1: it is none. */
int encode_hex_value(char c);

/*
 * An id as ENCODE_ID_CHARS characters; ids >= 0 sort as their texts do. A
 * negative one is written as its two's complement.
 */
void encode_id(struct buf *out, int64_t id);
int decode_id(struct str text, int64_t *out, struct error *err) MUST_CHECK;

/*
 * One component of a URL: all but the unreserved A-Z a-z 0-9 - . _ ~ becomes
 * %XX (RFC 3986 section 2.3).
 */
void encode_percent(struct buf *out, struct str component);

#endif
