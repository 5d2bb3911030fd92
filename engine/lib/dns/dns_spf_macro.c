/*
 * Macros of SPF: RFC 7208 section 7. "%{ir}.%{v}._spf.%{d2}": a letter, how
 * many parts are kept, whether they are turned round, and what parts them.
 */
#include "dns/dns_spf_priv.h"

#include <string.h>

#include "base/arena.h"
#include "base/encode.h"

enum { PARTS_MAX = 128 };

static const char letters[] = "slodiphv"; /* c, r, t: in explanations alone */
static const char delimiters[] = ".-+,/_=";

struct macro {
	char letter;  /* small */
	bool is_url;  /* was a capital */
	int64_t keep; /* parts from the right; 0: all */
	bool is_reversed;
	struct str delimiters;
};

static bool
is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

/* What stands between the braces. */
static bool
parse_macro(struct str text, struct macro *out)
{
	size_t digits = 1;

	if (text.len == 0)
		return false;
	*out = (struct macro){ .letter = (char)(text.p[0] | 0x20),
			       .is_url = !(text.p[0] & 0x20),
			       .delimiters = STR(".") };
	if (!is_one_of(out->letter, letters))
		return false;
	while (digits < text.len && text.p[digits] >= '0' &&
	       text.p[digits] <= '9')
		digits++;
	if (digits > 1 &&
	    !str_int(str_slice(text, 1, digits), 1, PARTS_MAX, &out->keep))
		return false;
	text = str_slice(text, digits, text.len);
	if (text.len > 0 && (text.p[0] | 0x20) == 'r') {
		out->is_reversed = true;
		text = str_slice(text, 1, text.len);
	}
	for (size_t i = 0; i < text.len; i++)
		if (!is_one_of(text.p[i], delimiters))
			return false;
	if (text.len > 0)
		out->delimiters = text;
	return true;
}

/*
 * Takes the next piece off: 1 a macro, 0 as it stands in *plain, -1 wrong.
 */
static int
next_piece(struct str *rest, struct macro *macro, struct str *plain)
{
	ptrdiff_t end;
	size_t at = 0;

	while (at < rest->len && rest->p[at] != '%')
		at++;
	if (at > 0) {
		*plain = str_slice(*rest, 0, at);
		*rest = str_slice(*rest, at, rest->len);
		return 0;
	}
	if (rest->len < 2)
		return -1;
	if (rest->p[1] != '{') {
		if (!is_one_of(rest->p[1], "%_-"))
			return -1;
		*plain = rest->p[1] == '%'   ? STR("%")
			 : rest->p[1] == '_' ? STR(" ")
					     : STR("%20");
		*rest = str_slice(*rest, 2, rest->len);
		return 0;
	}
	end = str_find_char(*rest, '}');
	if (end < 0 || !parse_macro(str_slice(*rest, 2, (size_t)end), macro))
		return -1;
	*rest = str_slice(*rest, (size_t)end + 1, rest->len);
	return 1;
}

/* RFC 7208 section 7.1: a last label that is no number, or a macro. */
static bool
ends_well(struct str spec)
{
	struct str label;
	bool is_number = true;
	size_t from;

	if (spec.len > 0 && spec.p[spec.len - 1] == '}')
		return true;
	if (spec.len > 0 && spec.p[spec.len - 1] == '.')
		spec.len--;
	for (from = spec.len; from > 0 && spec.p[from - 1] != '.'; from--)
		continue;
	label = str_slice(spec, from, spec.len);
	if (from == 0 || label.len == 0 || label.p[0] == '-' ||
	    label.p[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++) {
		char c = label.p[i];
		bool is_digit = c >= '0' && c <= '9';
		bool is_letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

		if (!is_digit && !is_letter && c != '-')
			return false;
		is_number &= is_digit;
	}
	return !is_number;
}

int
spf_macro_check(struct str spec, struct error *err)
{
	struct str rest = spec;
	struct macro macro;
	struct str plain;

	while (rest.len > 0)
		if (next_piece(&rest, &macro, &plain) < 0)
			return error_set(err, ERROR_INVALID,
					 "macro \"%.*s\", expected "
					 "%%{LETTER...}",
					 STR_ARG(rest));
	if (!ends_well(spec))
		return error_set(err, ERROR_INVALID,
				 "\"%.*s\", expected a domain", STR_ARG(spec));
	return 0;
}

/* Parts in the order in which they are written; the last `keep` of them. */
static struct str
transform(struct arena *a, const struct macro *m, struct str value)
{
	struct str parts[PARTS_MAX];
	size_t count = 0, first = 0, from = 0;
	struct buf b = { 0 };
	struct str text;

	for (size_t i = 0; i <= value.len && count < PARTS_MAX; i++) {
		if (i < value.len &&
		    str_find_char(m->delimiters, value.p[i]) < 0)
			continue;
		parts[count++] = str_slice(value, from, i);
		from = i + 1;
	}
	for (size_t i = 0; m->is_reversed && i < count / 2; i++) {
		struct str other = parts[i];

		parts[i] = parts[count - 1 - i];
		parts[count - 1 - i] = other;
	}
	if (m->keep > 0 && (size_t)m->keep < count)
		first = count - (size_t)m->keep;
	for (size_t i = first; i < count; i++) {
		if (i > first)
			buf_char(&b, '.');
		if (m->is_url)
			encode_percent(&b, parts[i]);
		else
			buf_str(&b, parts[i]);
	}
	text = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return text;
}

static struct str
value_of(struct arena *a, char letter, const struct spf_macros *macros)
{
	switch (letter) {
	case 's':
		return str_printf(a, "%.*s@%.*s", STR_ARG(macros->local),
				  STR_ARG(macros->sender_domain));
	case 'l':
		return macros->local;
	case 'o':
		return macros->sender_domain;
	case 'd':
		return macros->domain;
	case 'h':
		return macros->helo;
	case 'i':
		return dns_address_dotted(a, macros->address);
	case 'v':
		return macros->address->is_v6 ? STR("ip6") : STR("in-addr");
	default:
		check(letter == 'p');
		return STR("unknown");
	}
}

/* Labels go from the left until it is no longer than a name may be. */
static struct str
cut(struct str name)
{
	if (name.len > 0 && name.p[name.len - 1] == '.')
		name.len--;
	while (name.len > DNS_NAME_MAX) {
		ptrdiff_t dot = str_find_char(name, '.');

		if (dot < 0)
			return STR("");
		name = str_slice(name, (size_t)dot + 1, name.len);
	}
	return name;
}

int
spf_macro_expand(struct arena *a, struct str spec,
		 const struct spf_macros *macros, struct str *out)
{
	struct buf b = { 0 };
	struct macro macro;
	struct str plain;
	bool known = true;

	while (known && spec.len > 0) {
		int got = next_piece(&spec, &macro, &plain);

		check(got >= 0);
		if (got > 0 && !macros->address &&
		    is_one_of(macro.letter, "iv"))
			known = false;
		else
			buf_str(&b, got == 0
					? plain
					: transform(a, &macro,
						    value_of(a, macro.letter,
							     macros)));
	}
	*out = cut(str_copy(a, buf_view(&b)));
	buf_fini(&b);
	return known;
}
