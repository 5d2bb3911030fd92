/*
 * The writer knows where it is from one bit a level and two flags, so it
 * allocates nothing. An empty object or array is written without a line break.
 */
#include "base/js.h"

#include <inttypes.h>

#include "base/escape.h"

static bool
in_object(const struct js_writer *w)
{
	return w->depth > 0 && (w->objects >> (w->depth - 1) & 1);
}

void
js_writer_init(struct js_writer *w, struct buf *out, bool indent)
{
	*w = (struct js_writer){ .out = out, .indent = indent };
}

void
js_writer_end(struct js_writer *w)
{
	check(w->depth == 0 && w->after_value);
	if (w->indent)
		buf_char(w->out, '\n');
}

static void
new_line(struct js_writer *w)
{
	if (!w->indent)
		return;
	buf_char(w->out, '\n');
	for (int i = 0; i < w->depth; i++)
		buf_cat(w->out, "  ");
}

/* What stands between the last thing on this level and the next. */
static void
separate(struct js_writer *w)
{
	if (w->after_value)
		buf_char(w->out, ',');
	if (w->depth)
		new_line(w);
	w->after_value = true;
}

static void
before_value(struct js_writer *w)
{
	check(in_object(w) == w->after_key);
	check(w->depth || !w->after_value);
	if (!w->after_key)
		separate(w);
	w->after_key = false;
}

static void
begin(struct js_writer *w, bool object)
{
	uint64_t bit;

	before_value(w);
	check(w->depth < JS_DEPTH_MAX);
	bit = UINT64_C(1) << w->depth;
	w->objects = object ? w->objects | bit : w->objects & ~bit;
	w->depth++;
	w->after_value = false;
	buf_char(w->out, object ? '{' : '[');
}

static void
end(struct js_writer *w, bool object)
{
	check(w->depth > 0 && in_object(w) == object && !w->after_key);
	w->depth--;
	if (w->after_value)
		new_line(w);
	w->after_value = true;
	buf_char(w->out, object ? '}' : ']');
}

void
js_begin_object(struct js_writer *w)
{
	begin(w, true);
}

void
js_end_object(struct js_writer *w)
{
	end(w, true);
}

void
js_begin_array(struct js_writer *w)
{
	begin(w, false);
}

void
js_end_array(struct js_writer *w)
{
	end(w, false);
}

static void
quoted(struct buf *out, struct str s)
{
	buf_char(out, '"');
	escape_json(out, s);
	buf_char(out, '"');
}

void
js_key(struct js_writer *w, struct str key)
{
	check(in_object(w) && !w->after_key);
	separate(w);
	quoted(w->out, key);
	buf_cat(w->out, w->indent ? ": " : ":");
	w->after_key = true;
}

void
js_string(struct js_writer *w, struct str s)
{
	before_value(w);
	quoted(w->out, s);
}

void
js_int(struct js_writer *w, int64_t n)
{
	before_value(w);
	buf_printf(w->out, "%" PRId64, n);
}

void
js_bool(struct js_writer *w, bool b)
{
	before_value(w);
	buf_cat(w->out, b ? "true" : "false");
}

void
js_null(struct js_writer *w)
{
	before_value(w);
	buf_cat(w->out, "null");
}

void
js_key_str(struct js_writer *w, const char *key, struct str value)
{
	js_key(w, str_of(key));
	js_string(w, value);
}

void
js_key_int(struct js_writer *w, const char *key, int64_t value)
{
	js_key(w, str_of(key));
	js_int(w, value);
}

void
js_key_bool(struct js_writer *w, const char *key, bool value)
{
	js_key(w, str_of(key));
	js_bool(w, value);
}
