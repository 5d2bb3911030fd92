/*
 * Filters of arrays. Nil is an array of none, a value that is no array one of
 * one; objects count as a single item except where their pairs are asked for.
 * What is in an array may be shared with the input: values never change.
 *
 * sort is a merge sort, so equal items keep their order.
 */
#include <stdlib.h>
#include <string.h>

#include "liquid/liquid_priv.h"

/* The input as items; nested arrays are laid flat one level, as in Ruby. */
static int
items_of(const struct liquid_call *call, const struct liquid_value *from,
	 struct liquid_value *array, struct error *err)
{
	size_t count = liquid_count(from);
	struct liquid_value *items;

	*array = *from;
	if (from->type == LIQUID_ARRAY)
		return 0;
	if (from->type == LIQUID_OBJECT)
		count = 1;
	if (count > call->room / 2 / sizeof(*items))
		return error_set(err, ERROR_LIMIT, "an array of %zu items",
				 count);
	items = ARENA_ARRAY(call->a, count, struct liquid_value);
	if (from->type == LIQUID_OBJECT)
		items[0] = *from;
	for (size_t i = 0; from->type != LIQUID_OBJECT && i < count; i++)
		liquid_item(from, i, call->a, &items[i]);
	*array = liquid_array(items, count);
	return 0;
}

static int
new_items(const struct liquid_call *call, size_t count,
	  struct liquid_value **items, struct error *err)
{
	if (count > call->room / 2 / sizeof(**items))
		return error_set(err, ERROR_LIMIT, "an array of %zu items",
				 count);
	*items = ARENA_ARRAY(call->a, count, struct liquid_value);
	return 0;
}

/* Items of the input and as much fresh room. */
static int
two_arrays(const struct liquid_call *call, struct liquid_value *in,
	   struct liquid_value **items, struct error *err)
{
	int rc = items_of(call, &call->input, in, err);

	return rc < 0 ? rc : new_items(call, in->array.count, items, err);
}

static struct liquid_value
property(const struct liquid_call *call, const struct liquid_value *item)
{
	struct liquid_value v = liquid_nil();
	struct liquid_key key = liquid_key(liquid_arg_text(call, 0));

	(void)liquid_member(item, &key, call->a, &v);
	return v;
}

static int
join(const struct liquid_call *call, struct liquid_value *out,
     struct error *err)
{
	struct liquid_text t = liquid_call_text(call);
	struct str glue = call->arg_count ? liquid_arg_text(call, 0) : STR(" ");
	struct liquid_value in;
	int rc = items_of(call, &call->input, &in, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < in.array.count && !t.full; i++) {
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
	enum liquid_type type = call->input.type;

	(void)err;
	*out = liquid_nil();
	if ((type == LIQUID_ARRAY || type == LIQUID_OBJECT ||
	     type == LIQUID_RANGE) &&
	    liquid_count(&call->input))
		liquid_item(&call->input, 0, call->a, out);
	return 0;
}

static int
last(const struct liquid_call *call, struct liquid_value *out,
     struct error *err)
{
	size_t count = liquid_count(&call->input);

	(void)err;
	*out = liquid_nil();
	if ((call->input.type == LIQUID_ARRAY ||
	     call->input.type == LIQUID_RANGE) &&
	    count)
		liquid_item(&call->input, count - 1, call->a, out);
	return 0;
}

static int
reverse(const struct liquid_call *call, struct liquid_value *out,
	struct error *err)
{
	struct liquid_value in, *items = NULL;
	int rc = two_arrays(call, &in, &items, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < in.array.count; i++)
		items[i] = in.array.items[in.array.count - 1 - i];
	*out = liquid_array(items, in.array.count);
	return 0;
}

static int
map(const struct liquid_call *call, struct liquid_value *out, struct error *err)
{
	struct liquid_value in, *items = NULL;
	int rc = two_arrays(call, &in, &items, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < in.array.count; i++)
		items[i] = property(call, &in.array.items[i]);
	*out = liquid_array(items, in.array.count);
	return 0;
}

static bool
selected(const struct liquid_call *call, const struct liquid_value *item)
{
	struct liquid_value v = property(call, item);

	if (call->arg_count > 1 && call->args[1].type != LIQUID_NIL)
		return liquid_equal(&v, &call->args[1]);
	return liquid_truthy(&v);
}

/* Those for which `keep` holds. */
static int
choose(const struct liquid_call *call,
       bool (*keep)(const struct liquid_call *call,
		    const struct liquid_value *item),
       struct liquid_value *out, struct error *err)
{
	struct liquid_value in, *items = NULL;
	size_t count = 0;
	int rc = two_arrays(call, &in, &items, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < in.array.count; i++)
		if (keep(call, &in.array.items[i]))
			items[count++] = in.array.items[i];
	*out = liquid_array(items, count);
	return 0;
}

static int
where(const struct liquid_call *call, struct liquid_value *out,
      struct error *err)
{
	return choose(call, selected, out, err);
}

static bool
is_there(const struct liquid_call *call, const struct liquid_value *item)
{
	return (call->arg_count ? property(call, item).type : item->type) !=
	       LIQUID_NIL;
}

static int
compact(const struct liquid_call *call, struct liquid_value *out,
	struct error *err)
{
	return choose(call, is_there, out, err);
}

static int
concat(const struct liquid_call *call, struct liquid_value *out,
       struct error *err)
{
	struct liquid_value a, b, *items = NULL;
	int rc;

	if (call->args[0].type != LIQUID_ARRAY &&
	    call->args[0].type != LIQUID_RANGE)
		return error_set(err, ERROR_INVALID,
				 "the argument is no array");
	rc = items_of(call, &call->input, &a, err);
	if (rc == 0)
		rc = items_of(call, &call->args[0], &b, err);
	if (rc == 0)
		rc =
		    new_items(call, a.array.count + b.array.count, &items, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < a.array.count; i++)
		items[i] = a.array.items[i];
	for (size_t i = 0; i < b.array.count; i++)
		items[a.array.count + i] = b.array.items[i];
	*out = liquid_array(items, a.array.count + b.array.count);
	return 0;
}

static struct liquid_value
sort_key(const struct liquid_call *call, const struct liquid_value *item)
{
	return call->arg_count ? property(call, item) : *item;
}

/* Nil last; what has no order is left as it stands. */
static bool
comes_before(const struct liquid_value *a, const struct liquid_value *b)
{
	int order = 0;

	if (a->type == LIQUID_NIL || b->type == LIQUID_NIL)
		return a->type != LIQUID_NIL;
	return liquid_compare(a, b, &order) && order < 0;
}

struct keyed {
	struct liquid_value key;
	struct liquid_value item;
};

static void
merge(struct keyed *to, const struct keyed *from, size_t middle, size_t end)
{
	size_t a = 0, b = middle;

	for (size_t i = 0; i < end; i++) {
		bool take_b =
		    a == middle ||
		    (b < end && comes_before(&from[b].key, &from[a].key));

		to[i] = take_b ? from[b++] : from[a++];
	}
}

static int
sort(const struct liquid_call *call, struct liquid_value *out,
     struct error *err)
{
	struct liquid_value in, *items = NULL;
	struct keyed *from, *to, *swap;
	size_t count;
	int rc = two_arrays(call, &in, &items, err);

	if (rc < 0)
		return rc;
	count = in.array.count;
	if (count > call->room / 2 / (5 * sizeof(*items)))
		return error_set(err, ERROR_LIMIT, "an array of %zu items",
				 count);
	from = ARENA_ARRAY(call->a, count, struct keyed);
	to = ARENA_ARRAY(call->a, count, struct keyed);
	for (size_t i = 0; i < count; i++)
		from[i] = (struct keyed){
			.key = sort_key(call, &in.array.items[i]),
			.item = in.array.items[i],
		};
	for (size_t run = 1; run < count; run *= 2) {
		for (size_t i = 0; i < count; i += run * 2) {
			size_t left = count - i;

			merge(to + i, from + i, run < left ? run : left,
			      run * 2 < left ? run * 2 : left);
		}
		swap = from;
		from = to;
		to = swap;
	}
	for (size_t i = 0; i < count; i++)
		items[i] = from[i].item;
	*out = liquid_array(items, count);
	return 0;
}

/* Each item is compared with all that were kept, and pays for that. */
static int
uniq(const struct liquid_call *call, struct liquid_value *out,
     struct error *err)
{
	struct liquid_value in, *items = NULL, *keys = NULL;
	size_t count = 0;
	int rc = two_arrays(call, &in, &items, err);

	if (rc == 0)
		rc = new_items(call, in.array.count, &keys, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < in.array.count && *call->steps >= 0; i++) {
		size_t j = 0;

		keys[count] = sort_key(call, &in.array.items[i]);
		while (j < count && !liquid_equal(&keys[j], &keys[count]))
			j++;
		*call->steps -= (int64_t)j;
		if (j == count)
			items[count++] = in.array.items[i];
	}
	*out = liquid_array(items, count);
	return 0;
}

static int
sum(const struct liquid_call *call, struct liquid_value *out, struct error *err)
{
	const struct liquid_filter *plus =
	    liquid_filter_find(&(struct liquid_options){ 0 }, STR("plus"));
	struct liquid_value total = liquid_int(0);
	struct liquid_value in;
	int rc = items_of(call, &call->input, &in, err);

	for (size_t i = 0; rc == 0 && i < in.array.count; i++) {
		struct liquid_value n = sort_key(call, &in.array.items[i]);
		struct liquid_call add = {
			.a = call->a, .input = total, .args = &n, .arg_count = 1
		};

		rc = plus->apply(&add, &total, err);
	}
	*out = total;
	return rc;
}

const struct liquid_filter liquid_array_filters[] = {
	{ "compact", 0, 1, compact }, { "concat", 1, 1, concat },
	{ "first", 0, 0, first },     { "join", 0, 1, join },
	{ "last", 0, 0, last },	      { "map", 1, 1, map },
	{ "reverse", 0, 0, reverse }, { "sort", 0, 1, sort },
	{ "sum", 0, 1, sum },	      { "uniq", 0, 1, uniq },
	{ "where", 1, 2, where },     { .name = NULL },
};
