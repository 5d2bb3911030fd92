#ifndef MIME_MIME_PRIV_H
#define MIME_MIME_PRIV_H

/*
 * mime, inside - bodies of parts, and what is hashed of a message
 */

#include "base/str.h"

/*
 * Adds `text` in quoted-printable (RFC 2045 section 6.7). LF and CRLF end a
 * line; a CR alone is data. The last line gets a CRLF only if it had one.
 */
void mime_quoted_printable(struct buf *out, struct str text);

/*
 * The relaxed forms of RFC 6376 section 3.4: of a header field, folded or not
 * and without its last CRLF, which is added; of a body whose lines end in CRLF.
 */
void mime_relaxed_header(struct buf *out, struct str field);
void mime_relaxed_body(struct buf *out, struct str body);

#endif
