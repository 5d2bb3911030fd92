/*
 * What filters of arrays have in common: their input as items, and what an
 * item has under a name.
 *
 * An array is laid flat, however deep it is; a range is written out, up to a
 * bound; nil is nothing, and any other value, an object too, is one item.
 * What is in an array may be shared with the input: values never change.
 *
 * An item is asked as Ruby asks it. An object has members; a text has the
 * parts of it that are named, and characters by their index; an integer has
 * bits. Anything else has nothing that could be named.
 */
#include "liquid/liquid_priv.h"

enum { RANGE_MAX = 10000, NESTED_MAX = 100 };

int
liquid_items_fit(const struct liquid_call *call, size_t count,
		 struct error *err)
{
	if (count > liquid_call_room(call) / sizeof(struct liquid_value))
		return error_set(err, ERROR_LIMIT, "an array of %zu items",
				 count);
	return 0;
}

int
liquid_new_items(const struct liquid_call *call, size_t count,
		 struct liquid_value **items, struct error *err)
{
	int rc = liquid_items_fit(call, count, err);

	if (rc < 0)
		return rc;
	*items = ARENA_ARRAY(call->a, count, struct liquid_value);
	return 0;
}

static int
write_out(const struct liquid_call *call, const struct liquid_value *range,
	  struct liquid_value *array, struct error *err)
{
	size_t count = liquid_count(range);
	struct liquid_value *items = NULL;
	int rc;

	if (count > RANGE_MAX)
		return error_set(err, ERROR_LIMIT,
				 "a range of %zu items, expected at most %d",
				 count, RANGE_MAX);
	rc = liquid_new_items(call, count, &items, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < count; i++)
		liquid_item(range, i, call->a, &items[i]);
	*call->steps -= (int64_t)count;
	*array = liquid_array(items, count);
	return 0;
}

/* How many items are in it when it is flat; < 0 when it is too deep. */
static int64_t
count_flat(const struct liquid_value *array, int64_t *steps, int depth)
{
	int64_t count = 0, inner;

	if (depth > NESTED_MAX)
		return -1;
	*steps -= (int64_t)array->array.count;
	for (size_t i = 0; i < array->array.count; i++) {
		inner = 1;
		if (array->array.items[i].type == LIQUID_ARRAY)
			inner = count_flat(&array->array.items[i], steps,
					   depth + 1);
		if (inner < 0 || *steps < 0)
			return -1;
		count += inner;
	}
	return count;
}

static size_t
lay_flat(const struct liquid_value *array, struct liquid_value *items)
{
	size_t count = 0;

	for (size_t i = 0; i < array->array.count; i++) {
		if (array->array.items[i].type == LIQUID_ARRAY)
			count +=
			    lay_flat(&array->array.items[i], items + count);
		else
			items[count++] = array->array.items[i];
	}
	return count;
}

static bool
is_flat(const struct liquid_value *array)
{
	for (size_t i = 0; i < array->array.count; i++)
		if (array->array.items[i].type == LIQUID_ARRAY)
			return false;
	return true;
}

static int
flatten(const struct liquid_call *call, const struct liquid_value *from,
	struct liquid_value *array, struct error *err)
{
	struct liquid_value *items = NULL;
	int64_t count;
	int rc;

	*array = *from;
	if (is_flat(from))
		return 0;
	count = count_flat(from, call->steps, 0);
	if (count < 0)
		return error_set(err, ERROR_LIMIT,
				 "arrays are nested too deep or too large");
	rc = liquid_new_items(call, (size_t)count, &items, err);
	if (rc < 0)
		return rc;
	*array = liquid_array(items, lay_flat(from, items));
	return 0;
}

int
liquid_items(const struct liquid_call *call, const struct liquid_value *from,
	     struct liquid_value *array, struct error *err)
{
	struct liquid_value *items = NULL;
	int rc;

	if (from->type == LIQUID_ARRAY)
		return flatten(call, from, array, err);
	if (from->type == LIQUID_RANGE)
		return write_out(call, from, array, err);
	*array = liquid_array(NULL, 0);
	if (from->type == LIQUID_NIL)
		return 0;
	rc = liquid_new_items(call, 1, &items, err);
	if (rc < 0)
		return rc;
	items[0] = *from;
	*array = liquid_array(items, 1);
	return 0;
}

/* ---- what an item has ---- */

static int
no_name(const struct liquid_value *name, struct error *err)
{
	if (name->type == LIQUID_STRING)
		return error_set(err, ERROR_INVALID,
				 "found a number as an item, expected an "
				 "object with %s",
				 liquid_found(name).text);
	return error_set(err, ERROR_INVALID,
			 "found %s, expected the name of a property",
			 liquid_found(name).text);
}

/* "foo" has "oo", and "f" at 0. */
static int
part_of_text(const struct liquid_call *call, struct str s,
	     const struct liquid_value *name, struct liquid_value *out,
	     struct error *err)
{
	int64_t at = liquid_whole(name);
	int64_t count;

	*call->steps -= (int64_t)s.len / BYTES_A_STEP;
	if (name->type == LIQUID_STRING) {
		if (str_find(s, name->s) >= 0)
			*out = *name;
		return 1;
	}
	if (name->type != LIQUID_INT && name->type != LIQUID_FLOAT)
		return no_name(name, err);
	count = (int64_t)str_characters(s);
	if (at < 0)
		at += count;
	if (at >= 0 && at < count)
		*out = liquid_string(liquid_characters(s, (size_t)at, 1));
	return 1;
}

static int
bit_of(int64_t n, const struct liquid_value *name, struct liquid_value *out,
       struct error *err)
{
	int64_t at = liquid_whole(name);

	if (name->type != LIQUID_INT && name->type != LIQUID_FLOAT)
		return no_name(name, err);
	*out = liquid_int(at < 0 ? 0 : (n >> (at < 63 ? at : 63)) & 1);
	return 1;
}

bool
liquid_has_properties(const struct liquid_value *item)
{
	return item->type == LIQUID_OBJECT || item->type == LIQUID_STRING ||
	       item->type == LIQUID_INT || item->type == LIQUID_LOOP;
}

int
liquid_property(const struct liquid_call *call, const struct liquid_value *item,
		const struct liquid_value *name, struct liquid_value *out,
		struct error *err)
{
	*out = liquid_nil();
	if (name->type == LIQUID_STRING)
		*call->steps -= (int64_t)name->s.len / BYTES_A_STEP;
	switch (item->type) {
	case LIQUID_OBJECT:
	case LIQUID_LOOP:
		(void)liquid_index(item, name, out);
		return 1;
	case LIQUID_STRING:
		return part_of_text(call, item->s, name, out, err);
	case LIQUID_INT:
		return bit_of(item->n, name, out, err);
	default:
		return 0;
	}
}
