/*
 * What the library must not be given.
 *
 * It writes addresses to the wire as they are, and more than 1,023 bytes of
 * them from beyond its buffer. It looks for the end of a line at CRLF only, so
 * LF "." LF passes it as text and ends the message at a receiver that is less
 * strict (CVE-2023-51764 and its kind). And it mends headers: one that it
 * misses is added, one that it thinks must be single is dropped when it comes
 * again, Bcc is sent. Then the relay would get other bytes than those whose
 * hash the marker has and whose signature they bear.
 *
 * So what passes here is canonical (mime_check_canonical()), with exactly one of
 * each header that the library would add and at most one of each that it would
 * drop. Our own renderer writes nothing else; a message that fails is HELD, for
 * a person to look at.
 */
#include "base/arena.h"
#include "dispatch/dispatch_smtp_priv.h"
#include "mime/mime.h"

enum {
	ADDRESS_BYTES_MAX = 320, /* 64 "@" 255 */
	MESSAGE_BYTES_MAX = 64 << 20,
};

static const struct {
	const char *name; /* ending in '-': all that begin so */
	int min;
	int max;
} rules[] = {
	{ "Date", 1, 1 },
	{ "From", 1, 1 },
	{ "Message-ID", 1, 1 },
	{ "Sender", 0, 1 },
	{ "Reply-To", 0, 1 },
	{ "To", 0, 1 },
	{ "Cc", 0, 1 },
	{ "Disposition-Notification-To", 0, 1 },
	{ "Bcc", 0, 0 },
	{ "Return-Path", 0, 0 },
	{ "Original-Recipient", 0, 0 },
	{ "Resent-", 0, 0 },
};

/* ---- addresses ---- */

static int
check_address(struct str address, const char *which, struct error *err)
{
	ptrdiff_t at = str_find_char(address, '@');

	if (address.len > ADDRESS_BYTES_MAX)
		return error_set(err, ERROR_INVALID,
				 "%s of %zu bytes, expected %d at most", which,
				 address.len, (int)ADDRESS_BYTES_MAX);
	for (size_t i = 0; i < address.len; i++) {
		char c = address.p[i];

		if ((unsigned char)c <= ' ' || c == 0x7f || c == '<' ||
		    c == '>')
			return error_set(err, ERROR_INVALID,
					 "byte 0x%02x in the address of the %s",
					 (unsigned)(unsigned char)c, which);
	}
	if (!str_utf8_valid(address))
		return error_set(err, ERROR_INVALID,
				 "the address of the %s is not UTF-8", which);
	if (at <= 0 || (size_t)at + 1 == address.len)
		return error_set(err, ERROR_INVALID,
				 "the address of the %s has no name or domain",
				 which);
	return 0;
}

/* ---- lines ---- */

struct reader {
	struct str rest;
	int line; /* from 1 */
};

static int
not_canonical(struct error *err, const struct reader *r, const char *what)
{
	return error_set(err, ERROR_INVALID,
			 "message is not canonical: line %d %s", r->line, what);
}

/* False at the end. All lines end in CRLF: that was looked at before. */
static bool
next_line(struct reader *r, struct str *line)
{
	ptrdiff_t end = str_find_char(r->rest, '\n');

	if (end < 0)
		return false;
	check(end > 0);
	r->line++;
	*line = str_slice(r->rest, 0, (size_t)end - 1);
	r->rest = str_slice(r->rest, (size_t)end + 1, r->rest.len);
	return true;
}

/* ---- headers ---- */

static bool
fits(struct str name, struct str rule)
{
	/* Most differ in their first letter, whatever its case. */
	if ((name.p[0] ^ rule.p[0]) & ~0x20)
		return false;
	if (str_ends(rule, STR("-")))
		name = str_slice(name, 0, rule.len);
	return str_eq_fold(name, rule);
}

static int
count_header(struct str line, int *counts, const struct reader *r,
	     struct error *err)
{
	ptrdiff_t colon = str_find_char(line, ':');
	struct str name = str_slice(line, 0, colon < 0 ? 0 : (size_t)colon);

	if (line.p[0] == ' ' || line.p[0] == '\t')
		return r->line > 1 ? 0
				   : not_canonical(err, r, "continues nothing");
	if (name.len == 0)
		return not_canonical(err, r, "is no header");
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] <= ' ' || name.p[i] > '~')
			return not_canonical(err, r, "has no header's name");
	for (size_t i = 0; i < COUNT_OF(rules); i++)
		if (fits(name, str_of(rules[i].name)))
			counts[i]++;
	return 0;
}

static int
check_counts(const int *counts, struct error *err)
{
	for (size_t i = 0; i < COUNT_OF(rules); i++)
		if (counts[i] < rules[i].min || counts[i] > rules[i].max)
			return error_set(
			    err, ERROR_INVALID,
			    "message is not canonical: %d of the "
			    "header %s, expected %d at %s",
			    counts[i], rules[i].name,
			    counts[i] < rules[i].min ? rules[i].min
						     : rules[i].max,
			    counts[i] < rules[i].min ? "least" : "most");
	return 0;
}

static int
check_headers(struct str bytes, struct error *err)
{
	struct reader r = { .rest = bytes };
	int counts[COUNT_OF(rules)] = { 0 };
	struct str line;

	while (next_line(&r, &line)) {
		if (line.len == 0)
			return check_counts(counts, err);
		if (count_header(line, counts, &r, err) < 0)
			return -(int)err->code;
	}
	return not_canonical(err, &r, "is the last, without a body");
}

/* All else in a message is encoded: mime_check_canonical(). */
bool
relay_needs_utf8(const struct dispatch_message *m)
{
	return !str_is_ascii(m->receiver) || !str_is_ascii(m->sender) ||
	       !str_is_ascii(m->bytes);
}

int
relay_check(const struct dispatch_message *m, struct error *err)
{
	if (check_address(m->sender, "sender", err) < 0 ||
	    check_address(m->receiver, "receiver", err) < 0)
		return -(int)err->code;
	if (m->bytes.len > MESSAGE_BYTES_MAX)
		return error_set(err, ERROR_INVALID,
				 "message of %zu bytes, expected %d at most",
				 m->bytes.len, (int)MESSAGE_BYTES_MAX);
	if (mime_check_canonical(m->bytes, err) < 0)
		return -(int)err->code;
	return check_headers(m->bytes, err);
}
