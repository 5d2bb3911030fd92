/*
 * One form for each value, whoever typed it.
 *
 * Every function here takes its own output and gives the same, for an export
 * that is imported again must change nothing. What it cannot read it refuses
 * and does not guess: a number that is dialled wrongly or a language nobody
 * speaks is worse than a row somebody has to mend.
 *
 * Phone numbers without a country are the one thing that needs knowledge: a
 * prefix that is dialled inside the country and left out from abroad. Most
 * countries have 0 or none; the table holds those that differ. Rejected: a
 * library with the plans of all countries, which would check lengths better
 * and has to be renewed each month.
 */
#include "partner/partner_import_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/civil.h"
#include "base/js.h"
#include "base/zone.h"
#include "mime/mime.h"

enum {
	PHONE_MIN = 7,
	PHONE_MAX = 15,
	LANGUAGE_MAX = 35,
	TAG_COUNT_MAX = IMPORT_TEXT_MAX
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct str
upper(struct arena *a, struct str s)
{
	char *p = str_cstr(a, s);

	for (size_t i = 0; i < s.len; i++)
		if (p[i] >= 'a' && p[i] <= 'z')
			p[i] = (char)(p[i] - 'a' + 'A');
	return (struct str){ p, s.len };
}

/* ---- text ---- */

/* Besides what str_trim() drops: what is pasted along with a value. */
static const char *const invisible[] = {
	"\xc2\xa0",	/* no-break space */
	"\xe2\x80\x8b", /* zero-width space */
	"\xef\xbb\xbf", /* byte order mark */
};

static struct str
trim_once(struct str s)
{
	s = str_trim(s);
	for (size_t i = 0; i < COUNT_OF(invisible); i++) {
		struct str mark = str_of(invisible[i]);

		if (str_starts(s, mark))
			s = str_slice(s, mark.len, s.len);
		if (str_ends(s, mark))
			s = str_slice(s, 0, s.len - mark.len);
	}
	return s;
}

/* A sign of ASCII that is no blank: nothing to drop ends in one. */
static bool
is_plain(char c)
{
	return c > ' ' && (unsigned char)c < 0x80;
}

struct str
contact_trim(struct str s)
{
	size_t before;

	/* Nearly all values; each is trimmed several times. */
	if (s.len == 0 || (is_plain(s.p[0]) && is_plain(s.p[s.len - 1])))
		return s;
	do {
		before = s.len;
		s = trim_once(s);
	} while (s.len < before);
	return s;
}

enum contact_fault
contact_read_text(struct arena *a, struct str text, struct str *out)
{
	(void)a;
	if (text.len > IMPORT_TEXT_MAX)
		return CONTACT_FAULT_LONG;
	if (!str_utf8_valid(text))
		return CONTACT_FAULT_NOT_UTF8;
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f)
			return CONTACT_FAULT_CONTROL;
	*out = text;
	return CONTACT_FAULT_GOOD;
}

/*
 * Which side of the "@" is at fault, from whether mime takes the other with a
 * good one: its own words quote the address.
 */
static enum contact_fault
address_fault(struct arena *a, struct str text)
{
	ptrdiff_t at = str_find_char(text, '@');
	struct str domain, ignored;
	struct error err;

	if (at < 0)
		return CONTACT_FAULT_ADDRESS_AT;
	domain = str_slice(text, (size_t)at + 1, text.len);
	if (mime_address_normalise(a, str_printf(a, "a@%.*s", STR_ARG(domain)),
				   &ignored, &err) < 0)
		return CONTACT_FAULT_ADDRESS_DOMAIN;
	return CONTACT_FAULT_ADDRESS_LOCAL;
}

enum contact_fault
contact_read_address(struct arena *a, struct str text, struct str *out)
{
	enum contact_fault fault = contact_read_text(a, text, &text);
	struct error err;

	if (fault != CONTACT_FAULT_GOOD)
		return fault;
	if (mime_address_normalise_utf8(a, text, out, &err) < 0)
		return address_fault(a, text);
	return CONTACT_FAULT_GOOD;
}

/* ---- phone ---- */

/* What is dialled before a national number; `digits` long without it, or 0. */
static const struct trunk {
	const char *code;
	const char *prefix;
	size_t digits;
} trunks[] = {
	{ "1", "1", 10 }, { "7", "8", 10 },  { "36", "06", 0 },
	{ "39", "", 0 },  { "370", "8", 8 }, { "375", "80", 0 },
	{ "378", "", 0 }, { "993", "8", 8 },
};

static const struct trunk *
find_trunk(struct str code)
{
	static const struct trunk usual = { "", "0", 0 };

	for (size_t i = 0; i < COUNT_OF(trunks); i++)
		if (str_eq_cstr(code, trunks[i].code))
			return &trunks[i];
	return &usual;
}

/* Digits alone; false when there is anything else but what separates them. */
static bool
phone_digits(struct str s, struct buf *out)
{
	while (s.len) {
		if (is_digit(s.p[0]))
			buf_char(out, s.p[0]);
		else if (str_starts(s, STR("\xc2\xa0")))
			s = str_slice(s, 1, s.len);
		else if (!strchr(" ()-./", s.p[0]))
			return false;
		s = str_slice(s, 1, s.len);
	}
	return true;
}

/* After the +: "49 (0)30 1234" is written for both, dialled from here or there. */
static bool
international_digits(struct str s, struct buf *out)
{
	ptrdiff_t both = str_find(s, STR("(0)"));

	if (both < 0)
		return phone_digits(s, out);
	if (!phone_digits(str_slice(s, 0, (size_t)both), out))
		return false;
	if (find_trunk(buf_view(out))->prefix[0] == '\0')
		buf_char(out, '0');
	return phone_digits(str_slice(s, (size_t)both + 3, s.len), out);
}

static bool
national_digits(struct str code, struct str digits, struct buf *out)
{
	const struct trunk *trunk = find_trunk(code);
	struct str prefix = str_of(trunk->prefix);
	size_t full = trunk->digits + prefix.len;

	if (str_starts(digits, prefix) &&
	    (!trunk->digits || digits.len == full))
		digits = str_slice(digits, prefix.len, digits.len);
	/* Where 0 is no prefix it is part of the number. */
	if (digits.len == 0 || (digits.p[0] == '0' && prefix.len))
		return false;
	buf_str(out, code);
	buf_str(out, digits);
	return true;
}

static enum contact_fault
read_phone(struct str code, struct str text, struct buf *digits,
	   struct buf *full)
{
	if (str_starts(text, STR("+")))
		return international_digits(str_slice(text, 1, text.len), full)
			   ? CONTACT_FAULT_GOOD
			   : CONTACT_FAULT_PHONE;
	if (str_starts(text, STR("00")))
		return international_digits(str_slice(text, 2, text.len), full)
			   ? CONTACT_FAULT_GOOD
			   : CONTACT_FAULT_PHONE;
	if (!phone_digits(text, digits) || digits->len < 3 ||
	    digits->len > PHONE_MAX)
		return CONTACT_FAULT_PHONE;
	if (code.len == 0)
		return CONTACT_FAULT_PHONE_NATIONAL;
	return national_digits(code, buf_view(digits), full)
		   ? CONTACT_FAULT_GOOD
		   : CONTACT_FAULT_PHONE;
}

static struct str
with_plus(struct arena *a, struct str digits)
{
	char *p = arena_array(a, digits.len + 2, 1);

	p[0] = '+';
	memcpy(p + 1, digits.p, digits.len);
	return (struct str){ p, digits.len + 1 };
}

enum contact_fault
contact_read_phone(struct arena *a, struct str calling_code, struct str text,
		   struct str *out)
{
	struct buf digits = { 0 };
	struct buf full = { 0 };
	enum contact_fault fault = contact_read_text(a, text, &text);

	if (fault == CONTACT_FAULT_GOOD)
		fault = read_phone(calling_code, text, &digits, &full);
	if (fault == CONTACT_FAULT_GOOD &&
	    (full.len < PHONE_MIN || full.len > PHONE_MAX || full.p[0] == '0'))
		fault = CONTACT_FAULT_PHONE;
	if (fault == CONTACT_FAULT_GOOD)
		*out = with_plus(a, buf_view(&full));
	buf_fini(&digits);
	buf_fini(&full);
	return fault;
}

/* ---- language, country, zone ---- */

/* A part of a tag: letters for the first one, letters and digits after it. */
static bool
is_subtag(struct str s, bool first)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_alpha(s.p[i]) && (first || !is_digit(s.p[i])))
			return false;
	return first ? s.len == 2 || s.len == 3 : s.len >= 1 && s.len <= 8;
}

/* RFC 5646 section 2.1.1: zh-Hant-TW */
static void
add_subtag(struct arena *a, struct buf *out, struct str s)
{
	const bool region = s.len == 2 && out->len && !is_digit(s.p[0]);
	const bool script = s.len == 4 && out->len && !is_digit(s.p[0]);

	if (out->len)
		buf_char(out, '-');
	if (region)
		buf_str(out, upper(a, s));
	else if (script)
		buf_str(out, upper(a, str_slice(s, 0, 1)));
	if (!region)
		buf_str(out, str_lower(a, str_slice(s, script, s.len)));
}

enum contact_fault
contact_read_language(struct arena *a, struct str text, struct str *out)
{
	char tag[LANGUAGE_MAX];
	struct str rest = { tag, text.len };
	struct buf b = { 0 };
	struct str part;
	bool good = text.len <= LANGUAGE_MAX;

	for (size_t i = 0; good && i < text.len; i++)
		tag[i] = text.p[i] == '_' ? '-' : text.p[i];
	good = good && !str_ends(rest, STR("-"));
	while (good && str_split(&rest, '-', &part)) {
		good = is_subtag(part, b.len == 0);
		if (good)
			add_subtag(a, &b, part);
	}
	if (good)
		*out = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return good ? CONTACT_FAULT_GOOD : CONTACT_FAULT_LANGUAGE;
}

enum contact_fault
contact_read_country(struct arena *a, struct str text, struct str *out)
{
	if (text.len != 2 || !is_alpha(text.p[0]) || !is_alpha(text.p[1]))
		return CONTACT_FAULT_COUNTRY;
	*out = upper(a, text);
	return CONTACT_FAULT_GOOD;
}

enum contact_fault
contact_read_zone(struct arena *a, struct str text, struct str *out)
{
	const struct zone *zone;
	struct error err;

	if (contact_read_text(a, text, out) != CONTACT_FAULT_GOOD ||
	    zone_get(str_cstr(a, text), &zone, &err) < 0)
		return CONTACT_FAULT_ZONE;
	return CONTACT_FAULT_GOOD;
}

/* ---- tags ---- */

static int
compare_strs(const void *x, const void *y)
{
	const struct str *a = x;
	const struct str *b = y;

	return str_cmp(*a, *b);
}

/* Its words into tags[]; how many, or -1 when one is too long. */
static int
split_tags(struct str text, struct str *tags)
{
	struct str rest = text;
	struct str word;
	int count = 0;

	while (str_word(&rest, &word)) {
		if (word.len > IMPORT_TAG_MAX)
			return -1;
		check(count < TAG_COUNT_MAX);
		tags[count++] = word;
	}
	return count;
}

static struct str
join_tags(struct arena *a, const struct str *tags, int count)
{
	struct buf b = { 0 };
	struct str joined;

	for (int i = 0; i < count; i++) {
		if (i > 0 && str_eq(tags[i], tags[i - 1]))
			continue;
		if (b.len)
			buf_char(&b, ' ');
		buf_str(&b, tags[i]);
	}
	joined = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return joined;
}

enum contact_fault
contact_read_tags(struct arena *a, struct str text, struct str *out)
{
	struct str tags[TAG_COUNT_MAX];
	char blanks[IMPORT_TEXT_MAX];
	enum contact_fault fault;
	int count;

	if (text.len > sizeof(blanks))
		return CONTACT_FAULT_LONG;
	for (size_t i = 0; i < text.len; i++)
		blanks[i] = strchr(",;|\t\r\n", text.p[i]) ? ' ' : text.p[i];
	fault = contact_read_text(a, (struct str){ blanks, text.len }, &text);
	if (fault != CONTACT_FAULT_GOOD)
		return fault;
	text = str_lower(a, text);
	count = split_tags(text, tags);
	if (count < 0)
		return CONTACT_FAULT_TAGS;
	qsort(tags, (size_t)count, sizeof(*tags), compare_strs);
	*out = join_tags(a, tags, count);
	return CONTACT_FAULT_GOOD;
}

/* ---- consent ---- */

/* The first of each state is the one that is exported. */
static const struct {
	const char *word;
	enum consent_state state;
} words[] = {
	{ "none", CONSENT_NONE },	    { "given", CONSENT_GIVEN },
	{ "withdrawn", CONSENT_WITHDRAWN }, { "no", CONSENT_NONE },
	{ "yes", CONSENT_GIVEN },
};

const char *
consent_word(enum consent_state state)
{
	size_t i = 0;

	while (words[i].state != state)
		i++;
	return words[i].word;
}

enum contact_fault
contact_read_consent(struct str text, enum consent_state *out)
{
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (str_eq_fold(text, str_of(words[i].word))) {
			*out = words[i].state;
			return CONTACT_FAULT_GOOD;
		}
	return CONTACT_FAULT_CONSENT;
}

enum contact_fault
contact_read_date(struct str text, int64_t now_ms, int64_t *out)
{
	struct local_time day = { 0 };
	struct error err;
	int64_t ms;

	if (civil_parse_date(text, &day, &err) >= 0)
		ms = civil_to_ms(&day);
	else if (civil_parse_instant(text, &ms, &err) < 0)
		return CONTACT_FAULT_DATE;
	if (ms <= 0)
		return CONTACT_FAULT_DATE;
	if (ms > now_ms)
		return CONTACT_FAULT_FUTURE;
	*out = ms;
	return CONTACT_FAULT_GOOD;
}

/* ---- attributes ---- */

enum contact_fault
contact_read_attributes(struct arena *a, struct str text, struct str *out)
{
	struct js *js = NULL;
	struct error err;
	bool good;

	(void)a;
	if (text.len > IMPORT_ATTRIBUTES_MAX)
		return CONTACT_FAULT_ATTRIBUTES_LONG;
	good = js_parse(text, &js, &err) >= 0 && js_kind(js) == JS_OBJECT;
	js_free(&js);
	if (!good)
		return CONTACT_FAULT_ATTRIBUTES;
	*out = text;
	return CONTACT_FAULT_GOOD;
}
