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

static int
check_has(const char *part, struct str in, struct str wanted, const char *what,
	  struct error *err)
{
	if (str_find(in, wanted) >= 0)
		return 0;
	return error_set(err, ERROR_INVALID,
			 "mail without %s in its %s, expected \"%.*s\"", what,
			 part, STR_ARG(wanted));
}

static void
add_without_comments(struct buf *out, struct str html)
{
	struct str rest = html;
	ptrdiff_t at;

	while ((at = str_find(rest, STR("<!--"))) >= 0) {
		ptrdiff_t end;

		buf_str(out, str_slice(rest, 0, (size_t)at));
		rest = str_slice(rest, (size_t)at + 4, rest.len);
		end = str_find(rest, STR("-->"));
		rest = end < 0 ? STR("")
			       : str_slice(rest, (size_t)end + 3, rest.len);
	}
	buf_str(out, rest);
}

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
has_word(struct str tag, size_t at, struct str word)
{
	return str_eq_fold(str_slice(tag, at, at + word.len), word);
}

/* Neither word has blanks in it: hardly a tag is looked at more closely. */
static bool
may_hide(struct str tag)
{
	for (size_t i = 0; i < tag.len; i++)
		switch (tag.p[i]) {
		case 'n':
		case 'N':
			if (has_word(tag, i, STR("none")))
				return true;
			break;
		case 'h':
		case 'H':
			if (has_word(tag, i, STR("hidden")))
				return true;
			break;
		default:
			break;
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
		if (!memchr(" \t\r\n", tag.p[i], 4))
			buf_char(&plain, tag.p[i] >= 'A' && tag.p[i] <= 'Z'
					     ? (char)(tag.p[i] - 'A' + 'a')
					     : tag.p[i]);
	is = str_find(buf_view(&plain), STR("style=")) >= 0 &&
	     (str_find(buf_view(&plain), STR("display:none")) >= 0 ||
	      str_find(buf_view(&plain), STR("visibility:hidden")) >= 0);
	buf_fini(&plain);
	return is;
}

/* The text up to a tag, and the tag between its brackets. */
static bool
next_tag(struct str *rest, struct str *text, struct str *tag)
{
	ptrdiff_t at = str_find_char(*rest, '<');
	ptrdiff_t end;

	if (at < 0)
		return false;
	*text = str_slice(*rest, 0, (size_t)at);
	*rest = str_slice(*rest, (size_t)at + 1, rest->len);
	end = str_find_char(*rest, '>');
	*tag = str_slice(*rest, 0, end < 0 ? rest->len : (size_t)end);
	*rest = str_slice(*rest, tag->len + 1, rest->len);
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

static void
add_shown(struct buf *out, struct str html)
{
	struct str rest = html, text, tag;

	while (next_tag(&rest, &text, &tag)) {
		struct str name = tag_name(tag);

		buf_str(out, text);
		if (says_hidden(tag) && !is_void(name)) {
			pass_element(&rest, name);
			continue;
		}
		buf_char(out, '<');
		buf_str(out, tag);
		buf_char(out, '>');
	}
	buf_str(out, rest);
}

/* ---- what is there ---- */

static int
check_html(struct str html, struct str postal, struct str unsubscribe,
	   struct arena *a, struct error *err)
{
	struct buf said = { 0 };
	struct buf seen = { 0 };
	struct buf escaped = { 0 };
	struct str link = str_printf(a, "href=\"%.*s\"", STR_ARG(unsubscribe));
	int code;

	add_without_comments(&said, html);
	add_shown(&seen, buf_view(&said));
	escape_html(&escaped, postal);
	code = check_has("HTML", buf_view(&seen), buf_view(&escaped),
			 "the postal address", err);
	if (code >= 0)
		code = check_has("HTML", buf_view(&seen), link,
				 "a link that opts out", err);
	buf_fini(&said);
	buf_fini(&seen);
	buf_fini(&escaped);
	return code;
}

int
render_footer_check(const struct render_content *content,
		    const struct partner_sender *sender, struct str unsubscribe,
		    struct arena *a, struct error *err)
{
	struct str postal = sender->postal_address;

	if (str_trim(postal).len == 0)
		return error_set(err, ERROR_INVALID,
				 "a sender without a postal address, expected "
				 "one");
	if (check_html(content->html, postal, unsubscribe, a, err) < 0 ||
	    check_has("text", content->text, postal, "the postal address",
		      err) < 0 ||
	    check_has("text", content->text, unsubscribe,
		      "a link that opts out", err) < 0)
		return -(int)err->code;
	return 0;
}
