/*
 * Values written so that they mean nothing but themselves where they stand.
 * Where a language cannot hold a value (an address with another scheme, a
 * value of CSS with a bracket) a word that does nothing is written in its
 * place, which an author sees: BLOCKED.
 *
 * Invariant: what is written inside a tag, a style sheet or an address holds no
 * white space that separates, no quote, no "<" and no ">" of the value.
 *
 * Markup keeps its tags between tags alone. Elsewhere its text counts.
 */
#include "liquid/liquid_escape_priv.h"

#include <string.h>

#include "base/csv.h"
#include "base/escape.h"
#include "base/span.h"

#define BLOCKED_WORD "blocked"
#define BLOCKED_URL  "#" BLOCKED_WORD

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool
is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

static bool
is_wide(char c)
{
	return (unsigned char)c & 0x80;
}

/* ---- addresses ---- */

/* RFC 3986, 2.3. */
static span_set unreserved = "................................"
			     ".............-..0123456789......"
			     ".ABCDEFGHIJKLMNOPQRSTUVWXYZ...._"
			     ".abcdefghijklmnopqrstuvwxyz...~.";

/* And what 2.2 reserves, but for quotes, brackets and &. */
static span_set address = "................................"
			  ".!.#$.....*+,-./0123456789:;.=.?"
			  "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[.]._"
			  ".abcdefghijklmnopqrstuvwxyz...~.";

static struct span_step
percent(char *to, const char *p, const char *end, unsigned escape)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned char u = (unsigned char)*p;

	(void)end;
	(void)escape;
	to[0] = '%';
	to[1] = digits[u >> 4];
	to[2] = digits[u & 15];
	return (struct span_step){ 1, 3 };
}

static struct span_step
ampersand(char *to, unsigned escape)
{
	static const struct span_word in_css = SPAN_WORD("\\26 "),
				      in_attribute = SPAN_WORD("&amp;"),
				      itself = SPAN_WORD("&");

	return span_put(to,
			escape & ESCAPE_IN_CSS	       ? &in_css
			: escape & ESCAPE_IN_ATTRIBUTE ? &in_attribute
						       : &itself,
			1);
}

/* A percent sign that two digits follow is one already. */
static struct span_step
other_in_address(char *to, const char *p, const char *end, unsigned escape)
{
	static const struct span_word sign = SPAN_WORD("%");

	if (*p == '&')
		return ampersand(to, escape);
	if (*p == '%' && end - p > 2 && is_hex(p[1]) && is_hex(p[2]))
		return span_put(to, &sign, 1);
	return percent(to, p, end, escape);
}

static void
add_part(struct buf *out, struct str s, unsigned escape)
{
	span_replace(out, s, address, other_in_address, escape);
}

static void
add_component(struct buf *out, struct str s)
{
	span_replace(out, s, unreserved, percent, 0);
}

/* Dots alone would be a step to another folder. */
static void
add_name(struct buf *out, struct str s)
{
	size_t dots = 0;

	while (dots < s.len && s.p[dots] == '.')
		dots++;
	if (dots == s.len && dots > 0)
		buf_cat(out, BLOCKED_WORD);
	else
		add_component(out, s);
}

/* Browsers drop blanks and controls around an address. */
static struct str
bare(struct str s)
{
	while (s.len && (unsigned char)s.p[0] <= ' ')
		s = str_slice(s, 1, s.len);
	while (s.len && (unsigned char)s.p[s.len - 1] <= ' ')
		s.len--;
	return s;
}

/*
 * A scheme ends with the first colon, if nothing before it is one of / ? #,
 * behind which a colon is of the path. What could be no scheme (RFC 3986, 3.1)
 * some reader may take for one.
 */
static bool
is_harmless(struct str url)
{
	static const struct str schemes[] = {
		{ "https", 5 }, { "http", 4 }, { "mailto", 6 },
		{ "tel", 3 },	{ "cid", 3 },
	};
	ptrdiff_t colon = str_find_char(url, ':');
	struct str scheme;

	if (colon < 0)
		return true;
	scheme = str_slice(url, 0, (size_t)colon);
	for (size_t k = 0; k < COUNT_OF(schemes); k++)
		if (scheme.len == schemes[k].len &&
		    str_eq_fold(scheme, schemes[k]))
			return true;
	for (size_t i = 0; i < scheme.len; i++)
		if (scheme.p[i] == '/' || scheme.p[i] == '?' ||
		    scheme.p[i] == '#')
			return true;
	return false;
}

static void
add_url(struct buf *out, struct str s, unsigned escape)
{
	s = bare(s);
	if (is_harmless(s))
		add_part(out, s, escape);
	else
		buf_cat(out, BLOCKED_URL);
}

/* "2x", "640w", "" */
static bool
is_descriptor(struct str s)
{
	if (!s.len)
		return true;
	if (s.len > 16 || (s.p[s.len - 1] != 'w' && s.p[s.len - 1] != 'x'))
		return false;
	for (size_t i = 0; i + 1 < s.len; i++)
		if (!is_digit(s.p[i]) && s.p[i] != '.')
			return false;
	return true;
}

static void
add_candidate(struct buf *out, struct str s)
{
	struct str url, size;

	s = bare(s);
	size = s;
	if (!str_word(&size, &url))
		return;
	size = bare(size);
	if (!is_descriptor(size)) {
		buf_cat(out, BLOCKED_URL);
		return;
	}
	add_url(out, url, ESCAPE_IN_ATTRIBUTE);
	if (size.len) {
		buf_char(out, ' ');
		buf_str(out, size);
	}
}

static void
add_srcset(struct buf *out, struct str s)
{
	struct str one;
	bool first = true;

	while (str_split(&s, ',', &one)) {
		if (!first)
			buf_cat(out, ", ");
		add_candidate(out, one);
		first = false;
	}
}

/* ---- style sheets ---- */

static span_set words = "................................"
			" !.#.%.....+,-..0123456789......"
			".ABCDEFGHIJKLMNOPQRSTUVWXYZ...._"
			".abcdefghijklmnopqrstuvwxyz.....";
static span_set string = "................................"
			 " ...........,-..0123456789......"
			 ".ABCDEFGHIJKLMNOPQRSTUVWXYZ...._"
			 ".abcdefghijklmnopqrstuvwxyz.....";

static bool
is_word(struct str s)
{
	char quote = '\0';
	size_t quotes = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (c == '"' || c == '\'') {
			if (quote && quote != c)
				return false;
			quote = c;
			quotes++;
		} else if (!span_has(words, c) && !is_wide(c)) {
			return false;
		}
	}
	return quotes % 2 == 0;
}

/* Words, lengths, colours, lists of them; names of fonts in quotes. */
static void
add_css(struct buf *out, struct str s, unsigned escape)
{
	s = str_trim(s);
	if (!is_word(s) || !str_utf8_valid(s)) {
		buf_cat(out, BLOCKED_WORD);
		return;
	}
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] != '"' && s.p[i] != '\'')
			buf_char(out, s.p[i]);
		else
			buf_cat(out,
				escape & ESCAPE_IN_ATTRIBUTE ? "&#39;" : "'");
	}
}

static void
add_css_string(struct buf *out, struct str s)
{
	bool valid = str_utf8_valid(s);

	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (span_has(string, c) || (is_wide(c) && valid))
			buf_char(out, c);
		else
			buf_printf(out, "\\%x ",
				   c && !is_wide(c) ? (unsigned)c : 0xfffdU);
	}
}

/* ---- scripts ---- */

static void
add_script_string(struct buf *out, struct str s)
{
	size_t from = 0;

	for (size_t i = 0; i < s.len; i++) {
		const char *with = s.p[i] == '\''  ? "\\u0027"
				   : s.p[i] == '`' ? "\\u0060"
				   : s.p[i] == '/' ? "\\/"
						   : NULL;

		if (!with)
			continue;
		escape_json(out, str_slice(s, from, i));
		buf_cat(out, with);
		from = i + 1;
	}
	escape_json(out, str_slice(s, from, s.len));
}

/* ---- other formats ---- */

static void
add_header(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		buf_char(out, is_control(s.p[i]) ? ' ' : s.p[i]);
}

/* A line end of one or two characters is one. */
static size_t
line_end(struct str s, size_t i)
{
	if (s.p[i] == '\r' && i + 1 < s.len && s.p[i + 1] == '\n')
		return 2;
	return s.p[i] == '\r' || s.p[i] == '\n';
}

static void
add_with_backslashes(struct buf *out, struct str s, const char *these)
{
	size_t i = 0;

	while (i < s.len) {
		size_t end = line_end(s, i);

		if (end) {
			buf_cat(out, "\\n");
			i += end;
			continue;
		}
		if (s.p[i] && strchr(these, s.p[i]))
			buf_char(out, '\\');
		if (!is_control(s.p[i]) || s.p[i] == '\t')
			buf_char(out, s.p[i]);
		i++;
	}
}

static void
add_cell(struct buf *out, struct str s)
{
	struct csv_writer w = { .out = out };

	csv_write(&w, s);
}

/* ---- markup where it is none ---- */

static size_t
tag_length(struct str s)
{
	ptrdiff_t end = str_find_char(s, '>');

	return end < 0 ? s.len : (size_t)end + 1;
}

/* The length of a reference like &amp; or &#39; at the front, or 0. */
static size_t
reference_length(struct str s)
{
	size_t i = s.len > 1 && s.p[1] == '#' ? 2 : 1;
	size_t from = i;

	while (i < s.len && i < 32 && (is_letter(s.p[i]) || is_digit(s.p[i])))
		i++;
	return i > from && i < s.len && s.p[i] == ';' ? i + 1 : 0;
}

static void
add_reference(struct buf *out, struct str ref, bool decode)
{
	static const struct {
		const char *ref;
		const char *text;
	} known[] = {
		{ "&amp;", "&" },   { "&lt;", "<" },  { "&gt;", ">" },
		{ "&quot;", "\"" }, { "&#39;", "'" }, { "&apos;", "'" },
		{ "&nbsp;", " " },
	};

	for (size_t i = 0; decode && i < COUNT_OF(known); i++) {
		if (!str_eq_cstr(ref, known[i].ref))
			continue;
		buf_cat(out, known[i].text);
		return;
	}
	buf_str(out, ref);
}

/*
 * The text of markup. For an attribute its references stay as they are and the
 * rest is escaped; elsewhere those that escaping makes are read.
 */
static void
add_text_of(struct buf *out, struct str s, bool decode)
{
	size_t i = 0;

	while (i < s.len) {
		struct str rest = str_slice(s, i, s.len);
		size_t len = 1;

		if (s.p[i] == '<') {
			len = tag_length(rest);
		} else if (s.p[i] == '&' && reference_length(rest)) {
			len = reference_length(rest);
			add_reference(out, str_slice(rest, 0, len), decode);
		} else if (decode) {
			buf_char(out, s.p[i]);
		} else {
			while (len < rest.len && rest.p[len] != '<' &&
			       rest.p[len] != '&')
				len++;
			escape_html(out, str_slice(rest, 0, len));
		}
		i += len;
	}
}

/* ---- all ---- */

/* Apart from add(), which most values pass through and which saves nothing. */
__attribute__((noinline)) static void
add_rare(struct buf *out, struct str s, unsigned escape)
{
	switch ((enum liquid_escape)(escape & ESCAPE_KIND)) {
	case ESCAPE_URL_PART:
		add_part(out, s, escape);
		break;
	case ESCAPE_URL_QUERY:
		add_component(out, s);
		break;
	case ESCAPE_URL_NAME:
		add_name(out, s);
		break;
	case ESCAPE_SRCSET:
		add_srcset(out, s);
		break;
	case ESCAPE_CSS:
		add_css(out, s, escape);
		break;
	case ESCAPE_CSS_STRING:
		add_css_string(out, s);
		break;
	case ESCAPE_SCRIPT_STRING:
		add_script_string(out, s);
		break;
	case ESCAPE_HEADER:
		add_header(out, s);
		break;
	case ESCAPE_ICS:
		add_with_backslashes(out, s, "\\;,");
		break;
	case ESCAPE_CSV:
		add_cell(out, s);
		break;
	case ESCAPE_PDF:
		add_with_backslashes(out, s, "\\()");
		break;
	default:
		buf_str(out, s);
	}
}

static void
add(struct buf *out, struct str s, unsigned escape)
{
	switch ((enum liquid_escape)(escape & ESCAPE_KIND)) {
	case ESCAPE_NOTHING:
		buf_str(out, s);
		break;
	case ESCAPE_REFERENCES:
		escape_references(out, s);
		break;
	case ESCAPE_HTML:
	case ESCAPE_ATTRIBUTE:
		escape_html(out, s);
		break;
	case ESCAPE_URL:
		add_url(out, s, escape);
		break;
	default:
		add_rare(out, s, escape);
	}
}

static bool
takes_markup(unsigned escape)
{
	unsigned kind = escape & ESCAPE_KIND;

	return kind >= ESCAPE_HTML && kind <= ESCAPE_CSS_STRING &&
	       !(escape & ESCAPE_MARKUP);
}

static void
add_text_first(struct buf *out, struct str s, unsigned escape)
{
	struct buf text = { .max = out->max };

	add_text_of(&text, s, true);
	add(out, buf_view(&text), escape);
	out->full |= text.full;
	buf_fini(&text);
}

__attribute__((noinline)) static void
add_markup(struct buf *out, struct str s, unsigned escape)
{
	if (escape == ESCAPE_HTML)
		buf_str(out, s);
	else if (escape == ESCAPE_ATTRIBUTE)
		add_text_of(out, s, false);
	else
		add_text_first(out, s, escape);
}

void
liquid_escape_text(struct buf *out, struct str s, bool markup, unsigned escape)
{
	if (markup && takes_markup(escape))
		add_markup(out, s, escape);
	else
		add(out, s, escape);
}

/* ---- values of a script ---- */

static void
add_object(struct buf *out, const struct liquid_object *o, int depth)
{
	buf_char(out, '{');
	for (size_t i = 0; i < o->count && !buf_full(out); i++) {
		buf_cat(out, i ? ",\"" : "\"");
		add_script_string(out, o->members[i].key.name);
		buf_cat(out, "\":");
		liquid_escape_script(out, &o->members[i].value, depth + 1);
	}
	buf_char(out, '}');
}

static void
add_array(struct buf *out, const struct liquid_value *v, int depth)
{
	buf_char(out, '[');
	for (size_t i = 0; i < v->array.count && !buf_full(out); i++) {
		if (i)
			buf_char(out, ',');
		liquid_escape_script(out, &v->array.items[i], depth + 1);
	}
	buf_char(out, ']');
}

/* A blank before it keeps "-" and a negative number apart. */
static void
add_number(struct buf *out, const struct liquid_value *v)
{
	if (v->type == LIQUID_INT)
		buf_printf(out, " %lld", (long long)v->n);
	else if (v->d - v->d == 0)
		buf_printf(out, " %.17g", v->d);
	else
		buf_cat(out, " null");
}

void
liquid_escape_script(struct buf *out, const struct liquid_value *v, int depth)
{
	if (depth > EXPR_DEPTH_MAX) {
		buf_cat(out, " null");
		return;
	}
	switch (v->type) {
	case LIQUID_BOOL:
		buf_cat(out, v->truth ? " true" : " false");
		break;
	case LIQUID_INT:
	case LIQUID_FLOAT:
		add_number(out, v);
		break;
	case LIQUID_STRING:
		buf_char(out, '"');
		add_script_string(out, v->s);
		buf_char(out, '"');
		break;
	case LIQUID_ARRAY:
		add_array(out, v, depth);
		break;
	case LIQUID_OBJECT:
		add_object(out, v->object, depth);
		break;
	case LIQUID_RANGE:
		buf_printf(out, "\"%lld..%lld\"", (long long)v->range.first,
			   (long long)v->range.last);
		break;
	default:
		buf_cat(out, " null");
	}
}
