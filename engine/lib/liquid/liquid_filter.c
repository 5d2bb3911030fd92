/*
 * Filters by name: the caller's come first, so that it may replace one of
 * ours. They are looked up when a template is compiled, never when it runs.
 */
#include "liquid/liquid_priv.h"

enum { NAMES_MAX = 128 };

const struct liquid_filter *const liquid_filter_tables[] = {
	liquid_string_filters,
	liquid_part_filters,
	liquid_markup_filters,
	liquid_encode_filters,
	liquid_array_filters,
	liquid_find_filters,
	liquid_sort_filters,
	liquid_number_filters,
	liquid_date_filters,
	liquid_locale_filters,
	NULL,
};

const struct liquid_filter *
liquid_filter_find(const struct liquid_options *options, struct str name)
{
	const struct liquid_filter *const *t;

	for (size_t i = 0; i < options->filter_count; i++)
		if (str_eq_cstr(name, options->filters[i].name))
			return &options->filters[i];
	for (t = liquid_filter_tables; *t; t++)
		for (const struct liquid_filter *f = *t; f->name; f++)
			if (f->name[0] == name.p[0] &&
			    str_eq_cstr(name, f->name))
				return f;
	return NULL;
}

const char *
liquid_filter_nearest(const struct liquid_options *options, struct str name)
{
	const struct liquid_filter *const *t;
	const char *names[NAMES_MAX];
	size_t count = 0;

	for (t = liquid_filter_tables; *t; t++)
		for (const struct liquid_filter *f = *t; f->name; f++)
			names[count++] = f->name;
	check(count <= COUNT_OF(names));
	for (size_t i = 0; i < options->filter_count && count < COUNT_OF(names);
	     i++)
		names[count++] = options->filters[i].name;
	return str_nearest(name, names, count);
}

size_t
liquid_call_room(const struct liquid_call *call)
{
	size_t taken = arena_bytes(call->a) - call->used;

	return taken < call->room ? call->room - taken : 0;
}

struct liquid_text
liquid_call_text(const struct liquid_call *call)
{
	return (struct liquid_text){ .a = call->a,
				     .steps = call->steps,
				     .room = call->used + call->room };
}

/* What is too long has no steps left, so the run ends behind the filter. */
struct str
liquid_call_to_text(const struct liquid_call *call,
		    const struct liquid_value *v)
{
	struct liquid_text t = liquid_call_text(call);

	if (v->type == LIQUID_STRING)
		return v->s;
	liquid_text_value(&t, v);
	*call->steps -= (int64_t)t.len;
	if (t.full)
		*call->steps = -1;
	return (struct str){ t.p, t.len };
}

struct str
liquid_input_text(const struct liquid_call *call)
{
	return liquid_call_to_text(call, &call->input);
}

struct str
liquid_arg_text(const struct liquid_call *call, size_t i)
{
	if (i >= call->arg_count)
		return STR("");
	return liquid_call_to_text(call, &call->args[i]);
}

int
liquid_text_done(struct liquid_text *t, struct liquid_value *out,
		 struct error *err)
{
	if (t->full)
		return error_set(err, ERROR_LIMIT,
				 "no room for more than %zu bytes of a text",
				 t->len);
	*out = liquid_string((struct str){ t->p, t->len });
	return 0;
}
