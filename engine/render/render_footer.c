/*
 * What the law wants in every campaign's mail: who sent it, by a postal
 * address, and how to hear no more. Looked for in what was made, not in the
 * template: a template can lose either by a condition, a comment or a typo.
 *
 * In the HTML the address stands escaped, the opt-out as the target of a link,
 * and neither counts inside a comment, nor inside an element that says of
 * itself that it is not shown. What a style sheet hides is not looked for, and
 * neither is a font of size 0: containers have it to close gaps, and their
 * children a size of their own.
 */
#include "render/render_priv.h"

#include <string.h>

#include "base/arena.h"
#include "base/escape.h"

/* ---- what is not shown ---- */

/* Elements without an end. */
static bool
is_void(struct str name)
{
	static const char *const names[] = { "area", "base",   "br",	"col",
					     "hr",   "img",    "input", "link",
					     "meta", "source", "wbr" };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (str_eq_fold(name, str_of(names[i])))
			return true;
	return false;
}

static struct str
tag_name(struct str tag)
{
	size_t n = 0;

	while (n < tag.len && !memchr(" \t\r\n/>", tag.p[n], 6))
		n++;
	return str_slice(tag, 0, n);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* What stands behind a colon, of any case: every mail has hundreds of them. */
static bool
begins_hiding(struct str value)
{
	while (value.len > 0 && is_blank(value.p[0]))
		value = str_slice(value, 1, value.len);
	if (value.len == 0)
		return false;
	switch (value.p[0] | 0x20) {
	case 'n':
		return str_eq_fold(str_slice(value, 0, 4), STR("none"));
	case 'h':
		return str_eq_fold(str_slice(value, 0, 6), STR("hidden"));
	default:
		return false;
	}
}

/* Hardly a tag is looked at more closely. */
static bool
may_hide(struct str tag)
{
	ptrdiff_t colon;

	while ((colon = str_find_char(tag, ':')) >= 0) {
		tag = str_slice(tag, (size_t)colon + 1, tag.len);
		if (begins_hiding(tag))
			return true;
	}
	return false;
}

/* Of a tag as it is written, without regard to case and blanks. */
static bool
says_hidden(struct str tag)
{
	struct buf plain = { 0 };
	bool is;

	if (!may_hide(tag))
		return false;
	for (size_t i = 0; i < tag.len; i++)
		if (!is_blank(tag.p[i]))
			buf_char(&plain, tag.p[i] >= 'A' && tag.p[i] <= 'Z'
					     ? (char)(tag.p[i] - 'A' + 'a')
					     : tag.p[i]);
	is = str_find(buf_view(&plain), STR("style=")) >= 0 &&
	     (str_find(buf_view(&plain), STR("display:none")) >= 0 ||
	      str_find(buf_view(&plain), STR("visibility:hidden")) >= 0);
	buf_fini(&plain);
	return is;
}

static bool
is_comment(struct str tag)
{
	return tag.len > 0 && tag.p[0] == '!' && str_starts(tag, STR("!--"));
}

/* The text up to a tag, and the tag between its brackets; or a comment. */
static bool
next_tag(struct str *rest, struct str *text, struct str *tag)
{
	ptrdiff_t at = str_find_char(*rest, '<');
	size_t past = 1; /* the end of a tag */
	ptrdiff_t end;

	if (at < 0)
		return false;
	*text = str_slice(*rest, 0, (size_t)at);
	*rest = str_slice(*rest, (size_t)at + 1, rest->len);
	end = str_find_char(*rest, '>');
	if (is_comment(*rest)) {
		past = 3;
		end = str_find(*rest, STR("-->"));
	}
	*tag = str_slice(*rest, 0, end < 0 ? rest->len : (size_t)end);
	*rest = str_slice(*rest, tag->len + past, rest->len);
	return true;
}

/* Past the end of the element whose start tag `name` was just read. */
static void
pass_element(struct str *rest, struct str name)
{
	struct str text, tag;
	int depth = 1;

	while (depth > 0 && next_tag(rest, &text, &tag)) {
		bool closes = str_starts(tag, STR("/"));

		if (str_eq_fold(tag_name(str_slice(tag, closes, tag.len)),
				name))
			depth += closes ? -1 : 1;
	}
}

/* The HTML up to the next thing that is not shown, which is passed. */
static bool
next_shown(struct str *rest, struct str *shown)
{
	const char *from = rest->p;
	struct str text, tag;

	if (rest->len == 0)
		return false;
	*shown = *rest;
	while (next_tag(rest, &text, &tag)) {
		bool comment = is_comment(tag);

		if (!comment && (!says_hidden(tag) || is_void(tag_name(tag))))
			continue;
		*shown =
		    (struct str){ from, (size_t)(text.p + text.len - from) };
		if (!comment)
			pass_element(rest, tag_name(tag));
		return true;
	}
	*rest = STR("");
	return true;
}

/* ---- what is there ---- */

struct footer {
	bool postal;
	bool opt_out;
};

/* Told as the template would say it: what it says elsewhere is one reader's. */
static int
lacks(struct footer found, enum render_part kind, struct error *err)
{
	bool both = !found.postal && !found.opt_out;

	return error_set(
	    err, ERROR_INVALID,
	    "mail without %s%s%s in its %s, expected %s%s%s there",
	    found.postal ? "" : "the postal address", both ? " and " : "",
	    found.opt_out ? "" : "a link that opts out",
	    kind == RENDER_HTML ? "HTML" : "text",
	    found.postal ? "" : "{{ sender.postal }}", both ? " and " : "",
	    found.opt_out ? "" : "{{ urls.unsubscribe }}");
}

static struct str
escaped(struct arena *a, struct str text)
{
	struct buf b = { 0 };
	struct str copy;

	escape_html(&b, text);
	copy = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return copy;
}

static void
look_at_html(struct str html, struct str postal, struct str link,
	     struct footer *found)
{
	struct str rest = html, shown;

	while (!(found->postal && found->opt_out) &&
	       next_shown(&rest, &shown)) {
		found->postal = found->postal || str_find(shown, postal) >= 0;
		found->opt_out = found->opt_out || str_find(shown, link) >= 0;
	}
}

int
render_footer_check(struct str part, enum render_part kind,
		    const struct partner_sender *sender, struct str unsubscribe,
		    struct arena *a, struct error *err)
{
	struct str postal = sender->postal_address;
	struct footer found = { 0 };

	if (str_trim(postal).len == 0)
		return error_set(err, ERROR_INVALID,
				 "a sender without a postal address, expected "
				 "one");
	if (kind == RENDER_HTML) {
		look_at_html(
		    part, escaped(a, postal),
		    str_printf(a, "href=\"%.*s\"", STR_ARG(unsubscribe)),
		    &found);
	} else {
		found.postal = str_find(part, postal) >= 0;
		found.opt_out = str_find(part, unsubscribe) >= 0;
	}
	return found.postal && found.opt_out ? 0 : lacks(found, kind, err);
}
