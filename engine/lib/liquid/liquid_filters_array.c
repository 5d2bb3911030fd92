/*
 * Filters that put arrays together, turn them round and take them apart.
 */
#include "liquid/liquid_priv.h"

static int
join(const struct liquid_call *call, struct liquid_value *out,
     struct error *err)
{
	struct liquid_text t = liquid_call_text(call);
	struct str glue = call->arg_count ? liquid_arg_text(call, 0) : STR(" ");
	struct liquid_value in;
	int rc = liquid_items(call, &call->input, &in, err);

	if (rc < 0)
		return rc;
	*call->steps -= (int64_t)in.array.count;
	for (size_t i = 0; i < in.array.count && !t.full && *call->steps >= 0;
	     i++) {
		if (i)
			liquid_text_add(&t, glue);
		liquid_text_value(&t, &in.array.items[i]);
	}
	return liquid_text_done(&t, out, err);
}

static int
first(const struct liquid_call *call, struct liquid_value *out,
      struct error *err)
{
	(void)err;
	(void)liquid_first(&call->input, call->a, out);
	return 0;
}

static int
last(const struct liquid_call *call, struct liquid_value *out,
     struct error *err)
{
	(void)err;
	(void)liquid_last(&call->input, out);
	return 0;
}

static int
reverse(const struct liquid_call *call, struct liquid_value *out,
	struct error *err)
{
	struct liquid_value in, *items = NULL;
	int rc = liquid_items(call, &call->input, &in, err);

	if (rc == 0)
		rc = liquid_new_items(call, in.array.count, &items, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < in.array.count; i++)
		items[i] = in.array.items[in.array.count - 1 - i];
	*out = liquid_array(items, in.array.count);
	return 0;
}

static int
concat(const struct liquid_call *call, struct liquid_value *out,
       struct error *err)
{
	const struct liquid_value *more = &call->args[0];
	struct liquid_value in, *items = NULL;
	size_t count;
	int rc;

	if (more->type != LIQUID_ARRAY)
		return error_set(err, ERROR_INVALID,
				 "found %s, expected an array",
				 liquid_found(more).text);
	rc = liquid_items(call, &call->input, &in, err);
	if (rc < 0)
		return rc;
	count = in.array.count;
	rc = liquid_new_items(call, count + more->array.count, &items, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < count; i++)
		items[i] = in.array.items[i];
	for (size_t i = 0; i < more->array.count; i++)
		items[count + i] = more->array.items[i];
	*out = liquid_array(items, count + more->array.count);
	return 0;
}

static int
map(const struct liquid_call *call, struct liquid_value *out, struct error *err)
{
	struct liquid_value in, *items = NULL;
	int rc = liquid_items(call, &call->input, &in, err);

	if (rc == 0)
		rc = liquid_new_items(call, in.array.count, &items, err);
	for (size_t i = 0; rc >= 0 && i < in.array.count; i++)
		rc = liquid_property(call, &in.array.items[i], &call->args[0],
				     &items[i], err);
	if (rc < 0)
		return rc;
	*out = liquid_array(items, in.array.count);
	return 0;
}

/* The items themselves, or what each has; 0 for one that has nothing. */
static int
addends(const struct liquid_call *call, struct liquid_value *array,
	struct error *err)
{
	struct liquid_value in, *items = NULL;
	int rc = liquid_items(call, &call->input, &in, err);

	*array = in;
	if (rc < 0 || !call->arg_count || call->args[0].type == LIQUID_NIL)
		return rc;
	rc = liquid_new_items(call, in.array.count, &items, err);
	for (size_t i = 0; rc >= 0 && i < in.array.count; i++)
		rc = liquid_property(call, &in.array.items[i], &call->args[0],
				     &items[i], err);
	if (rc < 0)
		return rc;
	in = liquid_array(items, in.array.count);
	return liquid_items(call, &in, array, err);
}

static int
sum(const struct liquid_call *call, struct liquid_value *out, struct error *err)
{
	struct liquid_decimal total = { .whole = true };
	struct liquid_value in;
	int rc = addends(call, &in, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < in.array.count && *call->steps >= 0; i++) {
		const struct liquid_value *item = &in.array.items[i];

		total = liquid_plus(total, liquid_decimal(item));
		*call->steps -= DECIMAL_STEPS;
		if (item->type == LIQUID_STRING)
			*call->steps -= (int64_t)item->s.len / BYTES_A_STEP;
	}
	*out = liquid_from_decimal(&total);
	return 0;
}

static int
size(const struct liquid_call *call, struct liquid_value *out,
     struct error *err)
{
	(void)err;
	*out = liquid_int(liquid_size(&call->input));
	return 0;
}

const struct liquid_filter liquid_array_filters[] = {
	{ "concat", 1, 1, concat }, { "first", 0, 0, first },
	{ "join", 0, 1, join },	    { "last", 0, 0, last },
	{ "map", 1, 1, map },	    { "reverse", 0, 0, reverse },
	{ "size", 0, 0, size },	    { "sum", 0, 1, sum },
	{ .name = NULL },
};
