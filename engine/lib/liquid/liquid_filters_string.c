/*
 * Filters of text. The input is taken as text, whatever it is. Lengths and
 * positions count characters of UTF-8; case folds ASCII alone.
 *
 * Markup: escape and escape_once give a value that is safe in HTML, and so
 * does newline_to_br, which escapes first what is not safe yet. No other
 * filter keeps the mark: what cuts or joins may leave half a reference, and
 * escaping once too often shows, where once too little hurts.
 */
#include <string.h>

#include "base/escape.h"
#include "liquid/liquid_priv.h"

static struct str
input(const struct liquid_call *call)
{
	return liquid_to_text(call->a, &call->input);
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct str
trim(struct str s, bool left, bool right)
{
	while (left && s.len && is_space(s.p[0]))
		s = str_slice(s, 1, s.len);
	while (right && s.len && is_space(s.p[s.len - 1]))
		s.len--;
	return s;
}

static int
strip(const struct liquid_call *call, struct liquid_value *out,
      struct error *err)
{
	(void)err;
	*out = liquid_string(trim(input(call), true, true));
	return 0;
}

static int
lstrip(const struct liquid_call *call, struct liquid_value *out,
       struct error *err)
{
	(void)err;
	*out = liquid_string(trim(input(call), true, false));
	return 0;
}

static int
rstrip(const struct liquid_call *call, struct liquid_value *out,
       struct error *err)
{
	(void)err;
	*out = liquid_string(trim(input(call), false, true));
	return 0;
}

/* ---- markup ---- */

static const char *
reference(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* The length of a reference like &amp; or &#39; at the front, or 0. */
static size_t
reference_length(struct str s)
{
	size_t i = 1;

	if (i < s.len && s.p[i] == '#')
		i++;
	while (i < s.len && i < 32 &&
	       ((s.p[i] >= '0' && s.p[i] <= '9') ||
		((s.p[i] | 32) >= 'a' && (s.p[i] | 32) <= 'z')))
		i++;
	return i > 1 && i < s.len && s.p[i] == ';' ? i + 1 : 0;
}

static void
add_escaped(struct liquid_text *t, struct str s, bool once)
{
	size_t from = 0;

	for (size_t i = 0; i < s.len; i++) {
		const char *with = reference(s.p[i]);

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

static int
escape(const struct liquid_call *call, struct liquid_value *out,
       struct error *err)
{
	struct liquid_text t = liquid_call_text(call);

	add_escaped(&t, input(call), false);
	return markup_done(&t, out, err);
}

static int
escape_once(const struct liquid_call *call, struct liquid_value *out,
	    struct error *err)
{
	struct liquid_text t = liquid_call_text(call);

	add_escaped(&t, input(call), true);
	return markup_done(&t, out, err);
}

static int
newline_to_br(const struct liquid_call *call, struct liquid_value *out,
	      struct error *err)
{
	struct liquid_text t = liquid_call_text(call);
	bool raw = call->input.safe || call->output == LIQUID_TEXT;
	struct str rest = input(call);
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

static int
strip_html(const struct liquid_call *call, struct liquid_value *out,
	   struct error *err)
{
	struct markup_kind kinds[] = {
		{ .from = "<script", .to = "</script>" },
		{ .from = "<style", .to = "</style>" },
		{ .from = "<!--", .to = "-->" },
		{ .from = "<", .to = ">" },
	};
	struct liquid_text t = liquid_call_text(call);
	struct str s = input(call);

	for (size_t i = 0; i < s.len;) {
		size_t len = 0;

		if (s.p[i] == '<')
			len = markup(kinds, COUNT_OF(kinds),
				     str_slice(s, i, s.len));
		if (!len)
			liquid_text_char(&t, s.p[i]);
		i += len ? len : 1;
	}
	return liquid_text_done(&t, out, err);
}

/* ---- letters ---- */

static char
upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static int
letters(const struct liquid_call *call, char (*first)(char),
	char (*others)(char), struct liquid_value *out)
{
	struct str s = str_copy(call->a, input(call));
	char *p = (char *)(uintptr_t)s.p;

	for (size_t i = 0; i < s.len; i++)
		p[i] = i ? others(p[i]) : first(p[i]);
	*out = liquid_string(s);
	return 0;
}

static int
upcase(const struct liquid_call *call, struct liquid_value *out,
       struct error *err)
{
	(void)err;
	return letters(call, upper, upper, out);
}

static int
downcase(const struct liquid_call *call, struct liquid_value *out,
	 struct error *err)
{
	(void)err;
	return letters(call, lower, lower, out);
}

static int
capitalize(const struct liquid_call *call, struct liquid_value *out,
	   struct error *err)
{
	(void)err;
	return letters(call, upper, lower, out);
}

/* ---- putting together ---- */

static int
append(const struct liquid_call *call, struct liquid_value *out,
       struct error *err)
{
	struct liquid_text t = liquid_call_text(call);

	liquid_text_add(&t, input(call));
	liquid_text_add(&t, liquid_arg_text(call, 0));
	return liquid_text_done(&t, out, err);
}

static int
prepend(const struct liquid_call *call, struct liquid_value *out,
	struct error *err)
{
	struct liquid_text t = liquid_call_text(call);

	liquid_text_add(&t, liquid_arg_text(call, 0));
	liquid_text_add(&t, input(call));
	return liquid_text_done(&t, out, err);
}

/* An empty part is found before each character and at the end. */
static int
substitute(const struct liquid_call *call, struct str with, bool all,
	   struct liquid_value *out, struct error *err)
{
	struct liquid_text t = liquid_call_text(call);
	struct str part = liquid_arg_text(call, 0);
	struct str s = input(call);
	ptrdiff_t at;

	while (!t.full && (at = str_find(s, part)) >= 0) {
		size_t end = (size_t)at + part.len;

		liquid_text_add(&t, str_slice(s, 0, (size_t)at));
		liquid_text_add(&t, with);
		s = str_slice(s, end, s.len);
		if (!part.len && all && !s.len)
			break;
		if (!part.len && all) {
			size_t step = str_utf8_sequence(s, 0);

			step = step ? step : 1;
			liquid_text_add(&t, str_slice(s, 0, step));
			s = str_slice(s, step, s.len);
		}
		if (!all)
			break;
	}
	liquid_text_add(&t, s);
	return liquid_text_done(&t, out, err);
}

static int
replace(const struct liquid_call *call, struct liquid_value *out,
	struct error *err)
{
	return substitute(call, liquid_arg_text(call, 1), true, out, err);
}

static int
replace_first(const struct liquid_call *call, struct liquid_value *out,
	      struct error *err)
{
	return substitute(call, liquid_arg_text(call, 1), false, out, err);
}

static int
remove_all(const struct liquid_call *call, struct liquid_value *out,
	   struct error *err)
{
	return substitute(call, (struct str){ 0 }, true, out, err);
}

static int
remove_first(const struct liquid_call *call, struct liquid_value *out,
	     struct error *err)
{
	return substitute(call, (struct str){ 0 }, false, out, err);
}

static int
strip_newlines(const struct liquid_call *call, struct liquid_value *out,
	       struct error *err)
{
	struct liquid_text t = liquid_call_text(call);
	struct str s = input(call);

	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] != '\n' && s.p[i] != '\r')
			liquid_text_char(&t, s.p[i]);
	return liquid_text_done(&t, out, err);
}

/* ---- taking apart ---- */

static size_t
character(struct str s, size_t i)
{
	size_t len = str_utf8_sequence(s, i);

	return len ? len : 1;
}

/* The next part of *rest; an empty separator gives single characters. */
static struct str
next_part(struct str *rest, struct str by, bool *more)
{
	ptrdiff_t at = by.len ? str_find(*rest, by) : -1;
	size_t end = at < 0 ? rest->len : (size_t)at;
	struct str part;

	if (!by.len)
		end = character(*rest, 0);
	part = str_slice(*rest, 0, end);
	*rest = str_slice(*rest, end + by.len, rest->len);
	*more = at >= 0 || (!by.len && rest->len);
	return part;
}

static bool
next_word(struct str *rest, struct str *word)
{
	size_t end = 0;

	*rest = trim(*rest, true, false);
	while (end < rest->len && !is_space(rest->p[end]))
		end++;
	*word = str_slice(*rest, 0, end);
	*rest = str_slice(*rest, end, rest->len);
	return end > 0;
}

/* All parts, stored when `items` is there; *kept without empty ones at the end. */
static size_t
split_into(struct str s, struct str by, struct liquid_value *items,
	   size_t *kept)
{
	bool words = str_eq_cstr(by, " ");
	bool more = s.len > 0;
	size_t count = 0;

	*kept = 0;
	while (more) {
		struct str part;

		if (words)
			more = next_word(&s, &part);
		else
			part = next_part(&s, by, &more);
		if (words && !more)
			break;
		if (items)
			items[count] = liquid_string(part);
		count++;
		if (part.len)
			*kept = count;
	}
	return count;
}

static int
split(const struct liquid_call *call, struct liquid_value *out,
      struct error *err)
{
	struct str by = liquid_arg_text(call, 0);
	struct str s = input(call);
	struct liquid_value *items;
	size_t kept;
	size_t count = split_into(s, by, NULL, &kept);

	if (count > call->room / 2 / sizeof(*items))
		return error_set(err, ERROR_LIMIT, "%zu parts", count);
	items = ARENA_ARRAY(call->a, count, struct liquid_value);
	(void)split_into(s, by, items, &kept);
	*out = liquid_array(items, kept);
	return 0;
}

static int
size(const struct liquid_call *call, struct liquid_value *out,
     struct error *err)
{
	static const struct str name = { "size", 4 };
	struct liquid_key key = liquid_key(name);

	(void)err;
	if (!liquid_member(&call->input, &key, call->a, out))
		*out = liquid_int(0);
	if (call->input.type == LIQUID_OBJECT)
		*out = liquid_int((int64_t)call->input.object->count);
	return 0;
}

static size_t
characters(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i += character(s, i))
		n++;
	return n;
}

/* Characters [from, from + count). */
static struct str
part_of(struct str s, size_t from, size_t count)
{
	size_t begin = 0;
	size_t end;

	for (; from && begin < s.len; from--)
		begin += character(s, begin);
	for (end = begin; count && end < s.len; count--)
		end += character(s, end);
	return str_slice(s, begin, end);
}

static int
slice(const struct liquid_call *call, struct liquid_value *out,
      struct error *err)
{
	bool array = call->input.type == LIQUID_ARRAY;
	struct str s = array ? (struct str){ 0 } : input(call);
	int64_t total =
	    (int64_t)(array ? call->input.array.count : characters(s));
	int64_t from = liquid_whole(&call->args[0]);
	int64_t count = call->arg_count > 1 ? liquid_whole(&call->args[1]) : 1;
	struct liquid_value n;

	if (!liquid_number(&call->args[0], &n) ||
	    (call->arg_count > 1 && !liquid_number(&call->args[1], &n)))
		return error_set(err, ERROR_INVALID,
				 "an argument is no integer");
	if (from < 0)
		from = from < -total ? total + 1 : from + total;
	if (from > total || count < 0)
		count = 0;
	if (from > total)
		from = total;
	if (count > total - from)
		count = total - from;
	if (array)
		*out =
		    liquid_array(call->input.array.items + from, (size_t)count);
	else
		*out = liquid_string(part_of(s, (size_t)from, (size_t)count));
	return 0;
}

static int
truncate(const struct liquid_call *call, struct liquid_value *out,
	 struct error *err)
{
	struct liquid_text t = liquid_call_text(call);
	struct str dots =
	    call->arg_count > 1 ? liquid_arg_text(call, 1) : STR("...");
	int64_t most = call->arg_count ? liquid_whole(&call->args[0]) : 50;
	struct str s = input(call);
	int64_t keep = most - (int64_t)characters(dots);

	if ((int64_t)characters(s) <= most) {
		liquid_text_add(&t, s);
	} else {
		liquid_text_add(&t, part_of(s, 0, keep > 0 ? (size_t)keep : 0));
		liquid_text_add(&t, dots);
	}
	if (call->input.type == LIQUID_NIL)
		return 0;
	return liquid_text_done(&t, out, err);
}

static int
truncatewords(const struct liquid_call *call, struct liquid_value *out,
	      struct error *err)
{
	struct liquid_text t = liquid_call_text(call);
	struct str dots =
	    call->arg_count > 1 ? liquid_arg_text(call, 1) : STR("...");
	int64_t most = call->arg_count ? liquid_whole(&call->args[0]) : 15;
	struct str s = input(call);
	struct str rest = s;
	struct str word;
	int64_t count = 0;

	most = most > 0 ? most : 1;
	while (count < most && next_word(&rest, &word)) {
		if (count++)
			liquid_text_char(&t, ' ');
		liquid_text_add(&t, word);
	}
	if (next_word(&rest, &word)) {
		liquid_text_add(&t, dots);
		return liquid_text_done(&t, out, err);
	}
	*out = liquid_string(s);
	return 0;
}

/* ---- URLs and JSON ---- */

static int
url_encode(const struct liquid_call *call, struct liquid_value *out,
	   struct error *err)
{
	static const char hex[] = "0123456789ABCDEF";
	struct liquid_text t = liquid_call_text(call);
	struct str s = input(call);

	if (call->input.type == LIQUID_NIL)
		return 0;
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char three[3] = { '%', hex[c >> 4], hex[c & 15] };

		if (c == ' ')
			liquid_text_char(&t, '+');
		else if ((c >= '0' && c <= '9') ||
			 ((c | 32) >= 'a' && (c | 32) <= 'z') ||
			 (c && strchr("-_.~", c)))
			liquid_text_char(&t, (char)c);
		else
			liquid_text_add(&t, (struct str){ three, 3 });
	}
	return liquid_text_done(&t, out, err);
}

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
url_decode(const struct liquid_call *call, struct liquid_value *out,
	   struct error *err)
{
	struct liquid_text t = liquid_call_text(call);
	struct str s = input(call);

	if (call->input.type == LIQUID_NIL)
		return 0;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '%' && i + 2 < s.len && digit(s.p[i + 1]) >= 0 &&
		    digit(s.p[i + 2]) >= 0) {
			liquid_text_char(&t, (char)(digit(s.p[i + 1]) * 16 +
						    digit(s.p[i + 2])));
			i += 2;
		} else {
			liquid_text_char(&t, s.p[i] == '+' ? ' ' : s.p[i]);
		}
	}
	if (!str_utf8_valid((struct str){ t.p, t.len }))
		return error_set(err, ERROR_INVALID,
				 "the text is no UTF-8 when decoded");
	return liquid_text_done(&t, out, err);
}

static void
add_json(struct liquid_text *t, const struct liquid_value *v, int depth)
{
	struct buf b = { 0 };
	size_t count = liquid_count(v);
	bool object = v->type == LIQUID_OBJECT;

	if (depth > EXPR_DEPTH_MAX || v->type == LIQUID_NIL ||
	    v->type == LIQUID_EMPTY || v->type == LIQUID_BLANK ||
	    v->type == LIQUID_LOOP) {
		liquid_text_add(t, STR("null"));
	} else if (object || v->type == LIQUID_ARRAY) {
		liquid_text_char(t, object ? '{' : '[');
		for (size_t i = 0; i < count && !t->full; i++) {
			struct liquid_value key;

			if (i)
				liquid_text_char(t, ',');
			if (object) {
				key = liquid_string(
				    v->object->members[i].key.name);
				add_json(t, &key, depth + 1);
				liquid_text_char(t, ':');
			}
			add_json(t,
				 object ? &v->object->members[i].value
					: &v->array.items[i],
				 depth + 1);
		}
		liquid_text_char(t, object ? '}' : ']');
	} else if (v->type == LIQUID_STRING || v->type == LIQUID_RANGE) {
		b.max = t->room;
		escape_json(&b, liquid_to_text(t->a, v));
		liquid_text_char(t, '"');
		liquid_text_add(t, buf_view(&b));
		liquid_text_char(t, '"');
		t->full |= buf_full(&b);
		buf_fini(&b);
	} else {
		liquid_text_value(t, v);
	}
}

static int
json(const struct liquid_call *call, struct liquid_value *out,
     struct error *err)
{
	struct liquid_text t = liquid_call_text(call);

	add_json(&t, &call->input, 0);
	return liquid_text_done(&t, out, err);
}

static int
default_to(const struct liquid_call *call, struct liquid_value *out,
	   struct error *err)
{
	const struct liquid_value *last = NULL;
	struct liquid_value empty = { .type = LIQUID_EMPTY };
	struct liquid_value allow = liquid_nil();
	size_t plain = call->arg_count;

	(void)err;
	if (plain && call->args[plain - 1].type == LIQUID_OBJECT)
		last = &call->args[--plain];
	if (last)
		(void)liquid_object_find(last->object, STR("allow_false"),
					 &allow);
	*out = call->input;
	if ((liquid_truthy(&call->input) ||
	     (call->input.type == LIQUID_BOOL && liquid_truthy(&allow))) &&
	    !liquid_equal(&call->input, &empty))
		return 0;
	*out = plain ? call->args[0] : liquid_string((struct str){ 0 });
	return 0;
}

const struct liquid_filter liquid_string_filters[] = {
	{ "append", 1, 1, append },
	{ "capitalize", 0, 0, capitalize },
	{ "default", 0, 1, default_to },
	{ "downcase", 0, 0, downcase },
	{ "escape", 0, 0, escape },
	{ "escape_once", 0, 0, escape_once },
	{ "h", 0, 0, escape },
	{ "json", 0, 0, json },
	{ "lstrip", 0, 0, lstrip },
	{ "newline_to_br", 0, 0, newline_to_br },
	{ "prepend", 1, 1, prepend },
	{ "remove", 1, 1, remove_all },
	{ "remove_first", 1, 1, remove_first },
	{ "replace", 1, 2, replace },
	{ "replace_first", 1, 2, replace_first },
	{ "rstrip", 0, 0, rstrip },
	{ "size", 0, 0, size },
	{ "slice", 1, 2, slice },
	{ "split", 1, 1, split },
	{ "strip", 0, 0, strip },
	{ "strip_html", 0, 0, strip_html },
	{ "strip_newlines", 0, 0, strip_newlines },
	{ "truncate", 0, 2, truncate },
	{ "truncatewords", 0, 2, truncatewords },
	{ "upcase", 0, 0, upcase },
	{ "url_decode", 0, 0, url_decode },
	{ "url_encode", 0, 0, url_encode },
	{ .name = NULL },
};
