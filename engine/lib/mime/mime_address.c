/*
 * The grammar is the part of RFC 5321 that every server accepts, so that an
 * address we take is never refused by a relay for its form, and two spellings
 * of one mailbox become one text: it is hashed, and the hash is for ever.
 *
 * A domain of plain ASCII is folded and checked here. libidn2 sees only what
 * has a U-label or an A-label in it, for it refuses hyphens in places where
 * existing host names have them ("r3---sn"). Its answer goes through the same
 * check: it passes on what UTS 46 maps to '/', '@' or '.'. An answer that does
 * not come back unchanged from a second look is refused, too.
 *
 * Rejected: quoted local parts ("a b"@example.org), which RFC 5321 advises
 * against and forms, logs and other programs mistake; folding of dots and
 * "+tags", which only the receiver may do.
 */
#include "mime/mime.h"

#include <stdlib.h>
#include <string.h>

#include <idn2.h>

#include "base/arena.h"
#include "base/nfc.h"

/* A domain in U-labels may take more bytes than in A-labels. */
enum { TEXT_MAX = 4 * MIME_ADDRESS_MAX, LABEL_MAX = 63, SHOWN_MAX = 80 };

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
}

/* RFC 5322 section 3.2.3 */
static bool
is_atext(char c)
{
	return is_alnum(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/* Foreign bytes for an error's text. */
static const char *
shown(struct arena *a, struct str s)
{
	struct buf b = { .max = 4 * SHOWN_MAX + 8 };
	char *text;

	for (size_t i = 0; i < s.len && i < SHOWN_MAX; i++) {
		char c = s.p[i];

		if (c >= ' ' && c <= '~' && c != '"' && c != '\\')
			buf_char(&b, c);
		else
			buf_printf(&b, "\\x%02x", (unsigned)(unsigned char)c);
	}
	if (s.len > SHOWN_MAX)
		buf_cat(&b, "...");
	text = str_cstr(a, buf_view(&b));
	buf_fini(&b);
	return text;
}

static int
check_local(struct arena *a, struct str local, bool utf8, struct error *err)
{
	struct str rest = local;
	struct str atom;

	if (local.len == 0 || local.len > MIME_LOCAL_MAX)
		return error_set(err, ERROR_INVALID,
				 "%zu characters before the \"@\", "
				 "expected 1 to %d",
				 local.len, MIME_LOCAL_MAX);
	for (size_t i = 0; i < local.len; i++)
		if (local.p[i] != '.' && !is_atext(local.p[i]) &&
		    !(utf8 && (unsigned char)local.p[i] >= 0x80))
			return error_set(err, ERROR_INVALID,
					 "\"%s\" before the \"@\", expected "
					 "letters, digits, dots and any of "
					 "!#$%%&'*+-/=?^_`{|}~",
					 shown(a, str_slice(local, i, i + 1)));
	while (str_split(&rest, '.', &atom) && atom.len > 0)
		continue;
	if (atom.len == 0)
		return error_set(err, ERROR_INVALID,
				 "a stray dot in \"%s\" before the \"@\", "
				 "expected single dots between words",
				 shown(a, local));
	return 0;
}

static const char *
label_fault(struct str label)
{
	if (label.len == 0)
		return "an empty label";
	if (label.len > LABEL_MAX)
		return "a label of more than 63 characters";
	if (label.p[0] == '-' || label.p[label.len - 1] == '-')
		return "a hyphen at the end of a label";
	for (size_t i = 0; i < label.len; i++)
		if (!is_alnum(label.p[i]) && label.p[i] != '-')
			return "a character that no host name has";
	return NULL;
}

static bool
is_number(struct str label)
{
	size_t i = 0;

	while (i < label.len && is_digit(label.p[i]))
		i++;
	return i == label.len;
}

static const char *
domain_fault(struct str domain)
{
	struct str rest = domain;
	struct str label = { 0 };
	const char *fault = NULL;
	int count = 0;

	while (!fault && str_split(&rest, '.', &label)) {
		fault = label_fault(label);
		count++;
	}
	if (fault)
		return fault;
	if (domain.len > MIME_DOMAIN_MAX)
		return "more than 253 characters";
	if (count < 2)
		return "a single label";
	if (domain.p[domain.len - 1] == '.')
		return "an empty label";
	return is_number(label) ? "a number as its last label" : NULL;
}

static bool
needs_idn(struct str domain)
{
	for (size_t i = 0; i < domain.len; i++)
		if ((unsigned char)domain.p[i] >= 0x80 ||
		    str_eq_fold(str_slice(domain, i, i + 4), STR("xn--")))
			return true;
	return false;
}

/* *out in A-labels; NULL, or what libidn2 has against it. */
static const char *
look_up(struct arena *a, struct str domain, struct str *out)
{
	const uint8_t *text = (const uint8_t *)str_cstr(a, domain);
	uint8_t *found = NULL;
	int code =
	    idn2_lookup_u8(text, &found, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);

	check(code != IDN2_MALLOC);
	if (code != IDN2_OK)
		return idn2_strerror(code);
	*out = str_copy(a, str_of((const char *)found));
	idn2_free(found);
	return NULL;
}

static const char *
to_ascii(struct arena *a, struct str domain, struct str *out)
{
	struct str again;
	const char *fault;

	if (!needs_idn(domain)) {
		*out = str_lower(a, domain);
		return NULL;
	}
	fault = look_up(a, domain, out);
	if (!fault)
		fault = look_up(a, *out, &again);
	if (!fault && !str_eq(*out, again))
		fault = "a label that is no IDNA label";
	return fault;
}

static int
normalise_domain(struct arena *a, struct str text, struct str *out,
		 struct error *err)
{
	const char *fault = to_ascii(a, text, out);

	if (!fault)
		fault = domain_fault(*out);
	if (!fault)
		return 0;
	return error_set(err, ERROR_INVALID,
			 "\"%s\" after the \"@\" (%s), expected a host name "
			 "such as example.org",
			 shown(a, text), fault);
}

static struct str
trim_blanks(struct str s)
{
	size_t from = 0;
	size_t to = s.len;

	while (from < to && (s.p[from] == ' ' || s.p[from] == '\t'))
		from++;
	while (to > from && (s.p[to - 1] == ' ' || s.p[to - 1] == '\t'))
		to--;
	return str_slice(s, from, to);
}

/* What no part of an address has, however it is spelled. */
static int
check_bytes(struct arena *a, struct str text, struct error *err)
{
	if (text.len > TEXT_MAX)
		return error_set(err, ERROR_INVALID,
				 "%zu bytes, expected an address of at most %d "
				 "characters",
				 text.len, MIME_ADDRESS_MAX);
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.p[i] <= ' ' || text.p[i] == 0x7f)
			return error_set(err, ERROR_INVALID,
					 "\"%s\" in an address, expected "
					 "neither blanks nor control "
					 "characters",
					 shown(a, str_slice(text, i, i + 1)));
	if (!str_utf8_valid(text))
		return error_set(err, ERROR_INVALID,
				 "\"%s\" is not UTF-8, expected an address",
				 shown(a, text));
	return 0;
}

/* In its normal form, whose length it is that counts. */
static int
normalise_local(struct arena *a, struct str local, bool utf8, struct str *out,
		struct error *err)
{
	bool beyond = utf8 && !str_is_ascii(local);

	if (beyond && nfc_lower(a, local, &local, err) < 0)
		return error_context(err, "before the \"@\"");
	if (check_local(a, local, utf8, err) < 0)
		return -(int)err->code;
	*out = beyond ? local : str_lower(a, local);
	return 0;
}

static int
normalise(struct arena *a, struct str text, bool utf8, struct str *out,
	  struct error *err)
{
	struct str trimmed = trim_blanks(text);
	ptrdiff_t at = str_find_char(trimmed, '@');
	struct str local;
	struct str domain;

	if (check_bytes(a, trimmed, err) < 0)
		return -(int)err->code;
	if (at < 0)
		return error_set(err, ERROR_INVALID,
				 "\"%s\" without \"@\", expected an address",
				 shown(a, trimmed));
	local = str_slice(trimmed, 0, (size_t)at);
	domain = str_slice(trimmed, (size_t)at + 1, trimmed.len);
	if (normalise_local(a, local, utf8, &local, err) < 0 ||
	    normalise_domain(a, domain, &domain, err) < 0)
		return -(int)err->code;
	if (local.len + 1 + domain.len > MIME_ADDRESS_MAX)
		return error_set(err, ERROR_INVALID,
				 "an address of %zu characters, expected at "
				 "most %d",
				 local.len + 1 + domain.len, MIME_ADDRESS_MAX);
	*out = str_printf(a, "%.*s@%.*s", STR_ARG(local), STR_ARG(domain));
	return 0;
}

int
mime_address_normalise(struct arena *a, struct str text, struct str *out,
		       struct error *err)
{
	return normalise(a, text, false, out, err);
}

int
mime_address_normalise_utf8(struct arena *a, struct str text, struct str *out,
			    struct error *err)
{
	return normalise(a, text, true, out, err);
}

struct str
mime_address_domain(struct str address)
{
	ptrdiff_t at = str_find_char(address, '@');

	check(at >= 0);
	return str_slice(address, (size_t)at + 1, address.len);
}
