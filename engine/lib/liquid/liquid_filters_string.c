/*
 * Filters of text that keep it whole: white space, letters, putting together,
 * replacing. The input is taken as text, whatever it is.
 */
#include <string.h>

#include "liquid/liquid_priv.h"

static int
stripped(const struct liquid_call *call, bool left, bool right,
	 struct liquid_value *out)
{
	*out = liquid_string(liquid_trim(liquid_input_text(call), left, right));
	return 0;
}

static int
strip(const struct liquid_call *call, struct liquid_value *out,
      struct error *err)
{
	(void)err;
	return stripped(call, true, true, out);
}

static int
lstrip(const struct liquid_call *call, struct liquid_value *out,
       struct error *err)
{
	(void)err;
	return stripped(call, true, false, out);
}

static int
rstrip(const struct liquid_call *call, struct liquid_value *out,
       struct error *err)
{
	(void)err;
	return stripped(call, false, true, out);
}

static int
strip_newlines(const struct liquid_call *call, struct liquid_value *out,
	       struct error *err)
{
	struct liquid_text t = liquid_call_text(call);
	struct str s = liquid_input_text(call);

	for (size_t i = 0; i < s.len; i++) {
		bool gone =
		    s.p[i] == '\n' ||
		    (s.p[i] == '\r' && i + 1 < s.len && s.p[i + 1] == '\n');

		if (!gone)
			liquid_text_char(&t, s.p[i]);
	}
	return liquid_text_done(&t, out, err);
}

/* ---- letters ---- */

static int
upcase(const struct liquid_call *call, struct liquid_value *out,
       struct error *err)
{
	struct liquid_text t = liquid_call_text(call);

	liquid_add_upper(&t, liquid_input_text(call));
	return liquid_text_done(&t, out, err);
}

static int
downcase(const struct liquid_call *call, struct liquid_value *out,
	 struct error *err)
{
	struct liquid_text t = liquid_call_text(call);

	liquid_add_lower(&t, liquid_input_text(call));
	return liquid_text_done(&t, out, err);
}

static int
capitalize(const struct liquid_call *call, struct liquid_value *out,
	   struct error *err)
{
	struct liquid_text t = liquid_call_text(call);
	struct str s = liquid_input_text(call);
	struct str first = liquid_characters(s, 0, 1);

	liquid_add_title(&t, first);
	liquid_add_lower(&t, str_slice(s, first.len, s.len));
	return liquid_text_done(&t, out, err);
}

/* ---- putting together ---- */

static int
append(const struct liquid_call *call, struct liquid_value *out,
       struct error *err)
{
	struct liquid_text t = liquid_call_text(call);

	liquid_text_add(&t, liquid_input_text(call));
	liquid_text_add(&t, liquid_arg_text(call, 0));
	return liquid_text_done(&t, out, err);
}

static int
prepend(const struct liquid_call *call, struct liquid_value *out,
	struct error *err)
{
	struct liquid_text t = liquid_call_text(call);

	liquid_text_add(&t, liquid_arg_text(call, 0));
	liquid_text_add(&t, liquid_input_text(call));
	return liquid_text_done(&t, out, err);
}

/* ---- replacing ---- */

/* An empty part is found before each character and at the end. */
static int
substitute(const struct liquid_call *call, struct str with, bool all,
	   struct liquid_value *out, struct error *err)
{
	struct liquid_text t = liquid_call_text(call);
	struct str part = liquid_arg_text(call, 0);
	struct str s = liquid_input_text(call);
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
	return substitute(call, STR(""), true, out, err);
}

static int
remove_first(const struct liquid_call *call, struct liquid_value *out,
	     struct error *err)
{
	return substitute(call, STR(""), false, out, err);
}

/* Where `part` begins for the last time; -1: nowhere. */
static ptrdiff_t
find_last(struct str s, struct str part, int64_t *steps)
{
	if (part.len > s.len)
		return -1;
	for (size_t i = s.len - part.len + 1; i-- > 0 && *steps >= 0;) {
		if (part.len && s.p[i] != part.p[0])
			continue;
		*steps -= 1 + (int64_t)part.len / BYTES_A_STEP;
		if (str_starts(str_slice(s, i, s.len), part))
			return (ptrdiff_t)i;
	}
	return -1;
}

static int
substitute_last(const struct liquid_call *call, struct str with,
		struct liquid_value *out, struct error *err)
{
	struct liquid_text t = liquid_call_text(call);
	struct str part = liquid_arg_text(call, 0);
	struct str s = liquid_input_text(call);
	ptrdiff_t at = find_last(s, part, call->steps);

	*out = liquid_string(s);
	if (at < 0)
		return 0;
	liquid_text_add(&t, str_slice(s, 0, (size_t)at));
	liquid_text_add(&t, with);
	liquid_text_add(&t, str_slice(s, (size_t)at + part.len, s.len));
	return liquid_text_done(&t, out, err);
}

static int
replace_last(const struct liquid_call *call, struct liquid_value *out,
	     struct error *err)
{
	return substitute_last(call, liquid_arg_text(call, 1), out, err);
}

static int
remove_last(const struct liquid_call *call, struct liquid_value *out,
	    struct error *err)
{
	return substitute_last(call, STR(""), out, err);
}

/* ---- what stands in for nothing ---- */

/*
 * An object as the second argument is what was named; as the only one it is
 * the default like any other value.
 */
static int
default_to(const struct liquid_call *call, struct liquid_value *out,
	   struct error *err)
{
	static const struct liquid_value empty = { .type = LIQUID_EMPTY };
	struct liquid_value allow = liquid_nil();
	bool missing;

	(void)err;
	if (call->arg_count > 1 && call->args[1].type == LIQUID_OBJECT)
		(void)liquid_object_find(call->args[1].object,
					 STR("allow_false"), &allow);
	missing = liquid_truthy(&allow) ? call->input.type == LIQUID_NIL
					: !liquid_truthy(&call->input);
	*out = call->input;
	if (missing || liquid_equal(&call->input, &empty, call->steps))
		*out = call->arg_count ? call->args[0] : liquid_string(STR(""));
	return 0;
}

const struct liquid_filter liquid_string_filters[] = {
	{ "append", 1, 1, append },
	{ "capitalize", 0, 0, capitalize },
	{ "default", 0, 1 | LIQUID_NAMED, default_to },
	{ "downcase", 0, 0, downcase },
	{ "lstrip", 0, 0, lstrip },
	{ "prepend", 1, 1, prepend },
	{ "remove", 1, 1, remove_all },
	{ "remove_first", 1, 1, remove_first },
	{ "remove_last", 1, 1, remove_last },
	{ "replace", 1, 2, replace },
	{ "replace_first", 1, 2, replace_first },
	{ "replace_last", 2, 2, replace_last },
	{ "rstrip", 0, 0, rstrip },
	{ "strip", 0, 0, strip },
	{ "strip_newlines", 0, 0, strip_newlines },
	{ "upcase", 0, 0, upcase },
	{ .name = NULL },
};
