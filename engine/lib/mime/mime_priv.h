#ifndef MIME_MIME_PRIV_H
#define MIME_MIME_PRIV_H

/*
 * mime, inside - bodies of parts
 */

#include "base/str.h"

/*
 * Adds `text` in quoted-printable (RFC 2045 section 6.7). LF and CRLF end a
 * line; a CR alone is data. The last line gets a CRLF only if it had one.
 */
void mime_quoted_printable(struct buf *out, struct str text);

#endif
