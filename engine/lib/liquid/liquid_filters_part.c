/*
 * Filters that take a text, or an array, apart: split, slice and truncate.
 * Lengths and positions count characters of UTF-8.
 */
#include <string.h>

#include "liquid/liquid_priv.h"

static size_t
character(struct str s, size_t i)
{
	size_t len = str_utf8_sequence(s, i);

	return len ? len : 1;
}

static size_t
characters(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i += character(s, i))
		n++;
	return n;
}

struct str
liquid_characters(struct str s, size_t from, size_t count)
{
	size_t begin = 0;
	size_t end;

	for (; from && begin < s.len; from--)
		begin += character(s, begin);
	for (end = begin; count && end < s.len; count--)
		end += character(s, end);
	return str_slice(s, begin, end);
}

/* ---- split ---- */

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

	*rest = liquid_trim(*rest, true, false);
	while (end < rest->len && !liquid_is_space(rest->p[end]))
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
	struct str s = liquid_input_text(call);
	struct liquid_value *items;
	size_t kept;
	size_t count = split_into(s, by, NULL, &kept);

	int rc = liquid_new_items(call, count, &items, err);

	if (rc < 0)
		return rc;
	(void)split_into(s, by, items, &kept);
	*out = liquid_array(items, kept);
	return 0;
}

/* ---- slice ---- */

static int
integer(const struct liquid_value *v, int64_t *n, struct error *err)
{
	if (liquid_integer(v, n))
		return 0;
	return error_set(err, ERROR_INVALID, "found %s, expected an integer",
			 liquid_found(v).text);
}

/* Of a text or array of `total`: false when it begins behind the end. */
static bool
span(int64_t total, int64_t *from, int64_t *count)
{
	if (*from < 0)
		*from += total;
	if (*from < 0 || *from > total || *count < 0)
		return false;
	if (*count > total - *from)
		*count = total - *from;
	return true;
}

static int
slice(const struct liquid_call *call, struct liquid_value *out,
      struct error *err)
{
	bool array = call->input.type == LIQUID_ARRAY;
	struct str s = array ? STR("") : liquid_input_text(call);
	int64_t from, count = 1;
	int rc = integer(&call->args[0], &from, err);

	if (rc == 0 && call->arg_count > 1 && liquid_truthy(&call->args[1]))
		rc = integer(&call->args[1], &count, err);
	if (rc < 0)
		return rc;
	*out = array ? liquid_array(NULL, 0) : liquid_string(s);
	if (array && span((int64_t)call->input.array.count, &from, &count))
		*out =
		    liquid_array(call->input.array.items + from, (size_t)count);
	if (!array && span((int64_t)characters(s), &from, &count))
		*out = liquid_string(
		    liquid_characters(s, (size_t)from, (size_t)count));
	else if (!array)
		*out = liquid_string(STR(""));
	return 0;
}

/* ---- truncate ---- */

/* How many are kept, and what stands for the rest, where they are given. */
static int
cut_arguments(const struct liquid_call *call, int64_t *most, struct str *dots,
	      struct error *err)
{
	if (call->arg_count > 1)
		*dots = liquid_arg_text(call, 1);
	return call->arg_count ? integer(&call->args[0], most, err) : 0;
}

static int
truncate(const struct liquid_call *call, struct liquid_value *out,
	 struct error *err)
{
	struct liquid_text t = liquid_call_text(call);
	struct str s, dots = STR("...");
	int64_t keep, most = 50;

	if (call->input.type == LIQUID_NIL)
		return 0;
	if (cut_arguments(call, &most, &dots, err) < 0)
		return -(int)err->code;
	s = liquid_input_text(call);
	*out = liquid_string(s);
	if ((int64_t)characters(s) <= most)
		return 0;
	keep = most > 0 ? most - (int64_t)characters(dots) : 0;
	liquid_text_add(&t,
			liquid_characters(s, 0, keep > 0 ? (size_t)keep : 0));
	liquid_text_add(&t, dots);
	return liquid_text_done(&t, out, err);
}

/* What follows the last word, be it blanks alone, counts as one more. */
static int
truncatewords(const struct liquid_call *call, struct liquid_value *out,
	      struct error *err)
{
	struct liquid_text t = liquid_call_text(call);
	struct str s, rest, word, dots = STR("...");
	int64_t count = 0, most = 15;

	if (call->input.type == LIQUID_NIL)
		return 0;
	if (cut_arguments(call, &most, &dots, err) < 0)
		return -(int)err->code;
	s = liquid_input_text(call);
	rest = s;
	most = most > 0 ? most : 1;
	while (count < most && next_word(&rest, &word)) {
		if (count++)
			liquid_text_char(&t, ' ');
		liquid_text_add(&t, word);
	}
	*out = liquid_string(s);
	if (count < most || !rest.len)
		return 0;
	liquid_text_add(&t, dots);
	return liquid_text_done(&t, out, err);
}

const struct liquid_filter liquid_part_filters[] = {
	{ "slice", 1, 2, slice },
	{ "split", 1, 1, split },
	{ "truncate", 0, 2, truncate },
	{ "truncatewords", 0, 2, truncatewords },
	{ .name = NULL },
};
