/*
 * One form for each value of partners.csv.
 *
 * The file lives in spreadsheets, which change what they show as a number or
 * a date: 01067 becomes 1067, +4930123456 becomes 4930123456 or 4.93E+10, and
 * an id like 3-1 the third of January. Such a value cannot be mended here, for
 * what was lost is not known; but it can be told from a mere slip, and then
 * the message says so, because the next save would do it again.
 *
 * Postcodes are checked against the country where all of a country's have the
 * same number of digits. Rejected: tables of what there is, which grow old.
 */
#include <string.h>

#include "base/arena.h"
#include "base/zone.h"
#include "campaign/campaign_partners_priv.h"
#include "campaign/campaign_priv.h"
#include "mime/mime.h"

enum { ID_MAX = 64, LANGUAGE_MAX = 35, PHONE_MIN = 7, PHONE_MAX = 15 };

#define LOGO_FOLDER STR("assets/")

struct partner_logo {
	struct str name;
	struct str bytes;
};

typedef int read_fn(struct partner_reading *r, struct str text, struct str *out,
		    struct error *err);

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool
is_alpha(char c)
{
	return is_lower(c) || (c >= 'A' && c <= 'Z');
}

static bool
all_digits(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_digit(s.p[i]))
			return false;
	return s.len > 0;
}

static struct str
upper(struct arena *a, struct str s)
{
	char *p = str_cstr(a, s);

	for (size_t i = 0; i < s.len; i++)
		if (is_lower(p[i]))
			p[i] = (char)(p[i] - 'a' + 'A');
	return (struct str){ p, s.len };
}

static int
wrong(struct str found, const char *expected, struct error *err)
{
	return error_set(err, ERROR_INVALID, "found \"%.*s\", expected %s",
			 STR_ARG(str_slice(found, 0, 80)), expected);
}

/* ---- what spreadsheets leave ---- */

/* 4.93E+10, 1,2E+05 */
static bool
is_rounded(struct str s)
{
	ptrdiff_t e = str_find(s, STR("E+"));
	struct str mantissa = str_slice(s, 0, e < 0 ? 0 : (size_t)e);

	if (mantissa.len == 0 ||
	    !all_digits(str_slice(s, (size_t)e + 2, s.len)))
		return false;
	for (size_t i = 0; i < mantissa.len; i++)
		if (!is_digit(mantissa.p[i]) && mantissa.p[i] != '.' &&
		    mantissa.p[i] != ',')
			return false;
	return true;
}

static bool
is_month(struct str s)
{
	static const char *const months[] = {
		"jan", "feb", "mar", "mär", "apr", "may", "mai", "jun",
		"jul", "aug", "sep", "oct", "okt", "nov", "dec", "dez",
	};

	s = str_ends(s, STR(".")) ? str_slice(s, 0, s.len - 1) : s;
	for (size_t i = 0; i < COUNT_OF(months); i++)
		if (str_eq_fold(s, str_of(months[i])))
			return true;
	return false;
}

/* 3-Jan, Jan-03, 03.01.2026, 1/3/26, 2026-01-03 */
static bool
is_date(struct str s)
{
	int numbers = 0, months = 0, parts = 0;
	size_t from = 0;

	for (size_t i = 0; i <= s.len; i++) {
		struct str part = str_slice(s, from, i);

		if (i < s.len && !strchr("-/. ", s.p[i]))
			continue;
		from = i + 1;
		if (part.len == 0)
			continue;
		parts++;
		numbers += all_digits(part) && part.len <= 4;
		months += is_month(part);
	}
	return parts == numbers + months &&
	       ((months == 1 && (parts == 2 || parts == 3)) ||
		(numbers == 3 && s.len >= 6));
}

static bool
is_sheet_error(struct str s)
{
	static const char *const errors[] = {
		"#REF!",   "#N/A",  "#NAME?", "#VALUE!",
		"#DIV/0!", "#NUM!", "#NULL!", "####",
	};

	for (size_t i = 0; i < COUNT_OF(errors); i++)
		if (str_starts(s, str_of(errors[i])))
			return true;
	return false;
}

int
partner_value_text(struct str text, struct str *out, struct error *err)
{
	if (text.len > PARTNER_VALUE_MAX)
		return error_set(err, ERROR_INVALID,
				 "found %zu bytes, expected at most %d",
				 text.len, PARTNER_VALUE_MAX);
	if (!str_utf8_valid(text) || str_find(text, STR("\xef\xbf\xbd")) >= 0)
		return error_set(err, ERROR_INVALID,
				 "found bytes that are no UTF-8, expected the "
				 "file saved as \"CSV UTF-8\"");
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f)
			return error_set(err, ERROR_INVALID,
					 "found a control character or line "
					 "end, expected text in one line");
	if (is_sheet_error(text))
		return wrong(text, "a value: a formula of a spreadsheet failed",
			     err);
	*out = text;
	return 0;
}

/* ---- columns ---- */

static int
read_id(struct partner_reading *r, struct str text, struct str *out,
	struct error *err)
{
	bool good = text.len <= ID_MAX && text.p[0] != '-' &&
		    text.p[text.len - 1] != '-';

	(void)r;
	if (is_date(text) || is_rounded(text))
		return wrong(text,
			     "an id: a spreadsheet made a date or number of "
			     "it, format the column as text",
			     err);
	for (size_t i = 0; i < text.len; i++)
		good = good && (is_lower(text.p[i]) || is_digit(text.p[i]) ||
				text.p[i] == '-');
	if (!good)
		return wrong(text,
			     "an id of small letters, digits and hyphens "
			     "between, at most 64",
			     err);
	*out = text;
	return 0;
}

/* A name in an audience, which lists them between blanks. */
static int
read_word(struct partner_reading *r, struct str text, struct str *out,
	  struct error *err)
{
	(void)r;
	if (str_find_char(text, ' ') >= 0)
		return wrong(text, "one word, as audiences name it", err);
	*out = text;
	return 0;
}

static int
read_country(struct partner_reading *r, struct str text, struct str *out,
	     struct error *err)
{
	if (text.len != 2 || !is_alpha(text.p[0]) || !is_alpha(text.p[1]))
		return wrong(text, "a country's two letters, such as DE", err);
	*out = upper(r->a, text);
	return 0;
}

/* RFC 5646 section 2.1.1: zh-Hant-TW */
static bool
add_subtag(struct arena *a, struct buf *out, struct str s)
{
	const bool first = out->len == 0;
	bool alpha = true,
	     good = first ? s.len == 2 || s.len == 3 : s.len >= 1 && s.len <= 8;

	for (size_t i = 0; i < s.len; i++) {
		alpha = alpha && is_alpha(s.p[i]);
		good = good && (is_alpha(s.p[i]) || is_digit(s.p[i]));
	}
	if (!good || (first && !alpha))
		return false;
	if (!first)
		buf_char(out, '-');
	s = str_lower(a, s);
	if (!first && alpha && s.len == 2)
		s = upper(a, s);
	if (!first && alpha && s.len == 4) {
		buf_str(out, upper(a, str_slice(s, 0, 1)));
		s = str_slice(s, 1, 4);
	}
	buf_str(out, s);
	return true;
}

static int
read_language(struct partner_reading *r, struct str text, struct str *out,
	      struct error *err)
{
	struct buf b = { 0 };
	struct str rest = text, part;
	bool good = text.len <= LANGUAGE_MAX && !str_ends(text, STR("-"));

	while (good && str_split(&rest, '-', &part))
		good = add_subtag(r->a, &b, part);
	if (good)
		*out = str_copy(r->a, buf_view(&b));
	buf_fini(&b);
	return good ? 0
		    : wrong(text, "a language tag, such as de or pt-BR", err);
}

static int
read_zone(struct partner_reading *r, struct str text, struct str *out,
	  struct error *err)
{
	const struct zone *zone;
	struct error ignored;

	if (zone_get(str_cstr(r->a, text), &zone, &ignored) < 0)
		return wrong(text, "a time zone, such as Europe/Berlin", err);
	*out = text;
	return 0;
}

/*
 * The digits of "49 (0)30 12-34"; false when there is anything else. A (0) is
 * dialled inside the country alone, but in Italy and San Marino always.
 */
static bool
add_digits(struct buf *out, struct str s)
{
	for (; s.len; s = str_slice(s, 1, s.len)) {
		struct str code = buf_view(out);

		if (str_starts(s, STR("(0)")) && !str_eq_cstr(code, "39") &&
		    !str_eq_cstr(code, "378"))
			s = str_slice(s, 2, s.len);
		else if (is_digit(s.p[0]))
			buf_char(out, s.p[0]);
		else if (!strchr(" ()-./", s.p[0]))
			return false;
	}
	return true;
}

/* E.164: + and 7 to 15 digits, whatever separates them. */
static int
read_phone(struct partner_reading *r, struct str text, struct str *out,
	   struct error *err)
{
	bool plus = str_starts(text, STR("+"));
	struct str rest = str_slice(text, plus ? 1 : 2, text.len);
	struct buf b = { 0 };
	bool good;

	if (!plus && !str_starts(text, STR("00")))
		return wrong(text,
			     is_rounded(text) || all_digits(text)
				 ? "+ and the country's code first: a "
				   "spreadsheet takes a leading + or 00 away, "
				   "format the column as text"
				 : "a number with + and the country's code, "
				   "such as +49 30 123456",
			     err);
	good = add_digits(&b, rest) && b.len >= PHONE_MIN &&
	       b.len <= PHONE_MAX && b.p[0] != '0';
	if (good)
		*out = str_printf(r->a, "+%s", buf_cstr(&b));
	buf_fini(&b);
	return good ? 0
		    : wrong(text,
			    "+, the country's code and the number, 7 to 15 "
			    "digits together",
			    err);
}

/* Countries all of whose postcodes have so many digits, zeros first too. */
static const struct {
	const char *country;
	size_t digits;
} postcodes[] = {
	{ "DE", 5 }, { "FR", 5 }, { "IT", 5 }, { "ES", 5 }, { "FI", 5 },
	{ "US", 5 }, { "MX", 5 }, { "TR", 5 }, { "AT", 4 }, { "CH", 4 },
	{ "BE", 4 }, { "DK", 4 }, { "NO", 4 }, { "HU", 4 }, { "AU", 4 },
	{ "RO", 6 }, { "SG", 6 }, { "IN", 6 }, { "BR", 8 }, { "JP", 7 },
};

static int
read_postcode(struct partner_reading *r, struct str text, struct str *out,
	      struct error *err)
{
	*out = text;
	if (is_rounded(text))
		return wrong(text,
			     "a postcode: a spreadsheet rounded it, format "
			     "the column as text",
			     err);
	if (!all_digits(text))
		return 0;
	for (size_t i = 0; i < COUNT_OF(postcodes); i++)
		if (str_eq_cstr(r->row->country, postcodes[i].country) &&
		    text.len < postcodes[i].digits)
			return error_set(err, ERROR_INVALID,
					 "found \"%.*s\", expected %zu digits "
					 "for %s: a spreadsheet takes leading "
					 "zeros away, format the column as "
					 "text",
					 STR_ARG(text), postcodes[i].digits,
					 postcodes[i].country);
	return 0;
}

static int
read_website(struct partner_reading *r, struct str text, struct str *out,
	     struct error *err)
{
	struct str host = { 0 };

	(void)r;
	if (str_starts(text, STR("https://")))
		host = str_slice(text, 8, text.len);
	else if (str_starts(text, STR("http://")))
		host = str_slice(text, 7, text.len);
	for (size_t i = 0; i < text.len; i++)
		if (strchr(" \"<>\\^`{|}", text.p[i]))
			host.len = 0;
	if (host.len == 0 || host.p[0] == '/')
		return wrong(text, "an address that begins with https://", err);
	*out = text;
	return 0;
}

static int
read_address(struct partner_reading *r, struct str text, struct str *out,
	     struct error *err)
{
	return mime_address_normalise(r->a, text, out, err);
}

static int
read_status(struct partner_reading *r, struct str text, struct str *out,
	    struct error *err)
{
	(void)r;
	if (!str_eq_cstr(text, "active") && !str_eq_cstr(text, "ended"))
		return wrong(text, "active or ended", err);
	*out = text;
	return 0;
}

static int
read_replies(struct partner_reading *r, struct str text, struct str *out,
	     struct error *err)
{
	(void)r;
	if (!str_eq_cstr(text, "direct") && !str_eq_cstr(text, "forwarded"))
		return wrong(text, "direct or forwarded", err);
	*out = text;
	return 0;
}

/* ---- logos ---- */

static int
load_logo(struct partner_reading *r, struct str path, struct error *err)
{
	struct partner_logo *logo = ARENA_NEW(r->a, struct partner_logo);
	int got;

	if (campaign_path_check(path, err) < 0)
		return -(int)err->code;
	got = r->files->read(r->files, r->a, path, &logo->bytes, err);
	if (got == 0)
		return error_set(err, ERROR_INVALID,
				 "found no file %.*s, expected an image there",
				 STR_ARG(path));
	if (got < 0)
		return got;
	if (campaign_asset_name(logo->bytes, r->a, &logo->name, err) < 0)
		return error_context(err, "%.*s", STR_ARG(path));
	(void)map_put(&r->logos, path, logo);
	return 0;
}

static int
read_logo(struct partner_reading *r, struct str text, struct str *out,
	  struct error *err)
{
	const struct partner_logo *logo;
	struct str path;

	if (str_starts(text, LOGO_FOLDER))
		text = str_slice(text, LOGO_FOLDER.len, text.len);
	path = str_printf(r->a, "assets/%.*s", STR_ARG(text));
	if (!map_find(&r->logos, path) && load_logo(r, path, err) < 0)
		return -(int)err->code;
	logo = map_get(&r->logos, path);
	r->row->logo_name = logo->name;
	r->row->logo_bytes = logo->bytes;
	*out = text;
	return 0;
}

static read_fn *const readers[PARTNER_COLUMN_COUNT] = {
	[PARTNER_COLUMN_id] = read_id,
	[PARTNER_COLUMN_tier] = read_word,
	[PARTNER_COLUMN_region] = read_word,
	[PARTNER_COLUMN_country] = read_country,
	[PARTNER_COLUMN_language] = read_language,
	[PARTNER_COLUMN_time_zone] = read_zone,
	[PARTNER_COLUMN_phone] = read_phone,
	[PARTNER_COLUMN_postcode] = read_postcode,
	[PARTNER_COLUMN_website] = read_website,
	[PARTNER_COLUMN_owner_email] = read_address,
	[PARTNER_COLUMN_lead_email] = read_address,
	[PARTNER_COLUMN_logo] = read_logo,
	[PARTNER_COLUMN_replies] = read_replies,
	[PARTNER_COLUMN_status] = read_status,
};

int
partner_value_read(struct partner_reading *r, enum partner_column column,
		   struct str text, struct str *out, struct error *err)
{
	struct str value;

	if (text.len == 0) {
		*out = column == PARTNER_COLUMN_status ? STR("active") : text;
		return 0;
	}
	if (partner_value_text(text, &value, err) < 0)
		return -(int)err->code;
	if (readers[column])
		return readers[column](r, value, out, err);
	*out = value;
	return 0;
}

int
campaign_partner_value(struct arena *a, struct str column, struct str text,
		       struct str *out, struct error *err)
{
	struct campaign_partner_row row = { .line = 0 };
	struct partner_reading r = { .a = a, .row = &row };

	*out = text;
	for (size_t i = 0; i < PARTNER_COLUMN_COUNT; i++)
		if (i != PARTNER_COLUMN_logo &&
		    str_eq_cstr(column, partner_column_names[i]) &&
		    partner_value_read(&r, (enum partner_column)i, text, out,
				       err) < 0)
			return error_context(err, "%s",
					     partner_column_names[i]);
	return 0;
}
