/*
 * What the law wants in every campaign's mail: who sent it, by a postal
 * address, and how to hear no more. Looked for in what was made, not in the
 * template: a template can lose either by a condition, a comment or a typo.
 *
 * In the HTML the address stands escaped, the opt-out as the target of a link,
 * and neither counts inside a comment.
 */
#include "render/render_priv.h"

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

static int
check_html(struct str html, struct str postal, struct str unsubscribe,
	   struct arena *a, struct error *err)
{
	struct buf seen = { 0 };
	struct buf escaped = { 0 };
	struct str link = str_printf(a, "href=\"%.*s\"", STR_ARG(unsubscribe));
	int code;

	add_without_comments(&seen, html);
	escape_html(&escaped, postal);
	code = check_has("HTML", buf_view(&seen), buf_view(&escaped),
			 "the postal address", err);
	if (code >= 0)
		code = check_has("HTML", buf_view(&seen), link,
				 "a link that opts out", err);
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
