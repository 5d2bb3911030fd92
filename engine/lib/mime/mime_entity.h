#ifndef MIME_MIME_ENTITY_H
#define MIME_MIME_ENTITY_H

/*
 * mime_entity - a mail that somebody else wrote, taken along in one of ours
 *
 * What it says (its text, its files, their names) is kept byte for byte; only
 * its line ends become CRLF. One thing may stand in the way of that: 8-bit text
 * and lines of more than 998 octets may not be put on our wire
 * (mime_check_canonical()). A part that has them is encoded anew, text in
 * quoted-printable and the rest in base64, as a relay does for a host without
 * 8BITMIME (RFC 6152), and reads the same afterwards.
 *
 *	buf_printf(&b, "--%s\r\n", boundary);
 *	if (mime_entity_put(&b, mail, err) < 0)
 *		(it is attached as a file)
 *
 * The bytes are foreign and no library looks at them: each byte is gone over a
 * few times at most, and depth and number of parts have limits.
 *
 * Thread rule: pure functions.
 */

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"

struct arena;

enum {
	MIME_ENTITY_DEPTH_MAX = 16, /* parts in parts */
	MIME_ENTITY_PARTS_MAX = 1000,
	MIME_ENTITY_BOUNDARY_MAX = 200,
};

/*
 * The mail as a part: the Content- fields of its header, an empty line, its
 * body. LIMIT when it has more than the limits above, INVALID when it says
 * that it is encoded and is not, or has a header that fits no line; `out` is as
 * it was then.
 *
 * A byte of these headers that is not printable ASCII becomes "?". What stands
 * before the first part of a multipart, or behind the last, which nobody is
 * shown (RFC 2046 section 5.1.1), is left out if it may not be on a wire.
 */
int mime_entity_put(struct buf *out, struct str mail,
		    struct error *err) MUST_CHECK;

/*
 * The value of the first field of this name, on one line with single blanks,
 * in `a`; empty when there is none. It is as foreign as before.
 */
struct str mime_entity_field(struct arena *a, struct str mail,
			     const char *name);

/* All before the first empty line. */
struct str mime_entity_header(struct str mail);

#endif
