/*
 * Filters of markup: escape and escape_once give a value that is safe in HTML,
 * and so does newline_to_br, which escapes first what is not safe yet. No other
 * filter keeps the mark: what cuts or joins may leave half a reference, and
 * escaping once too often shows, where once too little hurts.
 */
#include <string.h>

#include "base/escape.h"
#include "liquid/liquid_priv.h"

/* The length of &amp; or &#39; at the front, or 0. */
static size_t
reference_length(struct str s)
{
	bool number = s.len > 1 && s.p[1] == '#';
	size_t first = number ? 2 : 1;
	size_t i = first;

	while (i < s.len &&
	       (number ? s.p[i] >= '0' && s.p[i] <= '9'
		       : (s.p[i] | 32) >= 'a' && (s.p[i] | 32) <= 'z'))
		i++;
	return i > first && i < s.len && s.p[i] == ';' ? i + 1 : 0;
}

static void
add_escaped(struct liquid_text *t, struct str s, bool once)
{
	size_t from = 0;

	for (size_t i = 0; i < s.len; i++) {
		const char *with = escape_reference(s.p[i]);

		if (!with)
			continue;
		if (once && s.p[i] == '&' &&
		    reference_length(str_slice(s, i, s.len)))
			continue;
		liquid_text_add(t, str_slice(s, from, i));
		liquid_text_add(t, str_of(with));
		from = i + 1;
	}
	liquid_text_add(t, str_slice(s, from, s.len));
}

static int
markup_done(struct liquid_text *t, struct liquid_value *out, struct error *err)
{
	int rc = liquid_text_done(t, out, err);

	out->safe = rc == 0;
	return rc;
}

int
liquid_escape_filter(const struct liquid_call *call, struct liquid_value *out,
		     struct error *err)
{
	struct liquid_text t = liquid_call_text(call);

	if (call->input.type == LIQUID_NIL)
		return 0;
	add_escaped(&t, liquid_input_text(call), false);
	return markup_done(&t, out, err);
}

static int
escape_once(const struct liquid_call *call, struct liquid_value *out,
	    struct error *err)
{
	struct liquid_text t = liquid_call_text(call);

	add_escaped(&t, liquid_input_text(call), true);
	return markup_done(&t, out, err);
}

static int
newline_to_br(const struct liquid_call *call, struct liquid_value *out,
	      struct error *err)
{
	struct liquid_text t = liquid_call_text(call);
	bool raw = call->input.safe || call->output != LIQUID_HTML;
	struct str rest = liquid_input_text(call);
	ptrdiff_t at;

	do {
		struct str line;

		at = str_find_char(rest, '\n');
		line = str_slice(rest, 0, at < 0 ? rest.len : (size_t)at);
		if (at > 0 && line.p[at - 1] == '\r')
			line.len--;
		if (raw)
			liquid_text_add(&t, line);
		else
			add_escaped(&t, line, false);
		if (at >= 0)
			liquid_text_add(&t, STR("<br />\n"));
		rest = str_slice(rest, (size_t)at + 1, rest.len);
	} while (at >= 0 && !t.full);
	return markup_done(&t, out, err);
}

/* The length of what begins with `from` and ends with `to`, or 0. */
static size_t
span(struct str s, const char *from, const char *to)
{
	size_t skip = strlen(from);
	ptrdiff_t end;

	if (!str_starts(s, str_of(from)))
		return 0;
	end = str_find(str_slice(s, skip, s.len), str_of(to));
	return end < 0 ? 0 : skip + (size_t)end + strlen(to);
}

struct markup_kind {
	const char *from;
	const char *to;
	bool gone; /* none of its ends is ahead: not searched again */
};

/* The length of the markup at the front of s, or 0. */
static size_t
markup(struct markup_kind *kinds, size_t count, struct str s)
{
	for (size_t i = 0; i < count; i++) {
		struct markup_kind *k = &kinds[i];
		size_t len;

		if (k->gone || !str_starts(s, str_of(k->from)))
			continue;
		len = span(s, k->from, k->to);
		if (len)
			return len;
		k->gone = true;
	}
	return 0;
}

/* Without what begins and ends like one of the kinds. */
static struct str
without(const struct liquid_call *call, struct str s, struct markup_kind *kinds,
	size_t count)
{
	struct liquid_text t = liquid_call_text(call);

	while (s.len && !t.full) {
		ptrdiff_t at = str_find_char(s, '<');
		size_t text = at < 0 ? s.len : (size_t)at, gone;

		liquid_text_add(&t, str_slice(s, 0, text));
		s = str_slice(s, text, s.len);
		gone = markup(kinds, count, s);
		if (s.len && !gone)
			liquid_text_char(&t, '<');
		s = str_slice(s, gone ? gone : 1, s.len);
	}
	if (t.full)
		*call->steps = -1;
	return (struct str){ t.p, t.len };
}

/* Elements that are no text go first, with what is in them. */
static int
strip_html(const struct liquid_call *call, struct liquid_value *out,
	   struct error *err)
{
	struct markup_kind blocks[] = {
		{ .from = "<script", .to = "</script>" },
		{ .from = "<!--", .to = "-->" },
		{ .from = "<style", .to = "</style>" },
	};
	struct markup_kind tags[] = { { .from = "<", .to = ">" } };
	struct str s =
	    without(call, liquid_input_text(call), blocks, COUNT_OF(blocks));

	(void)err;
	*call->steps -= (int64_t)s.len / CHARS_A_STEP;
	*out = liquid_string(without(call, s, tags, COUNT_OF(tags)));
	return 0;
}

const struct liquid_filter liquid_markup_filters[] = {
	{ "escape", 0, 0, liquid_escape_filter },
	{ "escape_once", 0, 0, escape_once },
	{ "h", 0, 0, liquid_escape_filter },
	{ "newline_to_br", 0, 0, newline_to_br },
	{ "strip_html", 0, 0, strip_html },
	{ .name = NULL },
};
