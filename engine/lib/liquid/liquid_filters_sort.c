/*
 * sort, sort_natural and uniq. What is compared is the item, or what it has
 * under a name. Each comparison pays for what it looks at, so an array that
 * is long or made of long texts stops at the limit of steps.
 *
 * It is a merge sort, so equal items keep their order. sort knows numbers and
 * texts, and refuses to mix them; sort_natural takes everything as text and
 * folds the case of ASCII. Both put nil last.
 */
#include "liquid/liquid_priv.h"

struct keyed {
	struct liquid_value key;
	struct liquid_value item;
};

typedef bool before_fn(const struct liquid_value *a,
		       const struct liquid_value *b, int64_t *steps,
		       bool *failed);

static bool
in_order(const struct liquid_value *a, const struct liquid_value *b,
	 int64_t *steps, bool *failed)
{
	int order;

	if (liquid_compare(a, b, &order, steps))
		return order < 0;
	if (liquid_equal(a, b, steps))
		return false;
	*failed |= a->type != LIQUID_NIL && b->type != LIQUID_NIL;
	return a->type != LIQUID_NIL;
}

static char
fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool
in_natural_order(const struct liquid_value *a, const struct liquid_value *b,
		 int64_t *steps, bool *failed)
{
	size_t i = 0;
	int order = 0;

	(void)failed;
	if (a->type == LIQUID_NIL || b->type == LIQUID_NIL)
		return a->type != LIQUID_NIL && b->type == LIQUID_NIL;
	for (; !order && i < a->s.len && i < b->s.len; i++)
		order = (unsigned char)fold(a->s.p[i]) -
			(unsigned char)fold(b->s.p[i]);
	*steps -= (int64_t)i / BYTES_A_STEP;
	return order ? order < 0 : a->s.len < b->s.len;
}

struct sorting {
	before_fn *before;
	int64_t *steps;
	bool failed;
};

static void
merge(struct sorting *s, struct keyed *to, const struct keyed *from,
      size_t middle, size_t end)
{
	size_t a = 0, b = middle;

	for (size_t i = 0; i < end; i++) {
		bool take_b = a == middle;

		if (!take_b && b < end)
			take_b = s->before(&from[b].key, &from[a].key, s->steps,
					   &s->failed);
		to[i] = take_b ? from[b++] : from[a++];
	}
	*s->steps -= (int64_t)end;
}

/* Of the two arrays, the one that is sorted in the end. */
static struct keyed *
merge_sort(struct sorting *s, struct keyed *from, struct keyed *to,
	   size_t count)
{
	struct keyed *swap;

	for (size_t run = 1; run < count && *s->steps >= 0; run *= 2) {
		for (size_t i = 0; i < count; i += run * 2) {
			size_t left = count - i;

			merge(s, to + i, from + i, run < left ? run : left,
			      run * 2 < left ? run * 2 : left);
		}
		swap = from;
		from = to;
		to = swap;
	}
	return from;
}

static bool
has_property(const struct liquid_call *call)
{
	return call->arg_count && call->args[0].type != LIQUID_NIL;
}

/*
 * 1, 0: an item cannot be asked, so there is no result; < 0. A single item is
 * not asked at all.
 */
static int
set_keys(const struct liquid_call *call, const struct liquid_value *in,
	 struct keyed *keyed, struct error *err)
{
	int rc = 1;

	for (size_t i = 0; has_property(call) && i < in->array.count; i++)
		if (!liquid_has_properties(&in->array.items[i]))
			return 0;
	for (size_t i = 0; rc > 0 && i < in->array.count; i++) {
		keyed[i].item = in->array.items[i];
		keyed[i].key = in->array.items[i];
		if (has_property(call) && in->array.count > 1)
			rc =
			    liquid_property(call, &keyed[i].item,
					    &call->args[0], &keyed[i].key, err);
	}
	return rc;
}

static int
sort_by(const struct liquid_call *call, before_fn *before,
	struct liquid_value *out, struct error *err)
{
	struct sorting s = { .before = before, .steps = call->steps };
	struct liquid_value in, *items = NULL;
	struct keyed *keyed, *sorted;
	size_t count;
	int rc = liquid_items(call, &call->input, &in, err);

	if (rc == 0)
		rc = liquid_items_fit(call, in.array.count * 5, err);
	if (rc == 0)
		rc = liquid_new_items(call, in.array.count, &items, err);
	if (rc < 0)
		return rc;
	count = in.array.count;
	keyed = ARENA_ARRAY(call->a, count, struct keyed);
	rc = set_keys(call, &in, keyed, err);
	if (rc <= 0)
		return rc;
	for (size_t i = 0; before == in_natural_order && i < count; i++)
		if (keyed[i].key.type != LIQUID_NIL)
			keyed[i].key = liquid_string(
			    liquid_call_to_text(call, &keyed[i].key));
	sorted = merge_sort(&s, keyed,
			    ARENA_ARRAY(call->a, count, struct keyed), count);
	if (s.failed)
		return error_set(err, ERROR_INVALID,
				 "found items of kinds that have no order, "
				 "expected numbers alone or texts alone");
	for (size_t i = 0; i < count; i++)
		items[i] = sorted[i].item;
	*out = liquid_array(items, count);
	return 0;
}

static int
sort(const struct liquid_call *call, struct liquid_value *out,
     struct error *err)
{
	return sort_by(call, in_order, out, err);
}

static int
sort_natural(const struct liquid_call *call, struct liquid_value *out,
	     struct error *err)
{
	return sort_by(call, in_natural_order, out, err);
}

/* Each item is compared with all that were kept, and pays for that. */
static bool
is_new(const struct liquid_value *keys, size_t count, int64_t *steps)
{
	const struct liquid_value *key = &keys[count];

	for (size_t i = 0; i < count && --*steps >= 0; i++)
		if (keys[i].type == key->type &&
		    liquid_equal(&keys[i], key, steps))
			return false;
	return true;
}

static int
uniq(const struct liquid_call *call, struct liquid_value *out,
     struct error *err)
{
	struct liquid_value in, *items = NULL, *keys = NULL;
	size_t count = 0;
	int rc = liquid_items(call, &call->input, &in, err);

	if (rc == 0)
		rc = liquid_new_items(call, in.array.count, &items, err);
	if (rc == 0)
		rc = liquid_new_items(call, in.array.count, &keys, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < in.array.count && *call->steps >= 0; i++) {
		keys[count] = in.array.items[i];
		if (has_property(call) && in.array.count > 1) {
			rc = liquid_property(call, &in.array.items[i],
					     &call->args[0], &keys[count], err);
			if (rc <= 0)
				return rc;
		}
		if (is_new(keys, count, call->steps))
			items[count++] = in.array.items[i];
	}
	*out = liquid_array(items, count);
	return 0;
}

const struct liquid_filter liquid_sort_filters[] = {
	{ "sort", 0, 1, sort },
	{ "sort_natural", 0, 1, sort_natural },
	{ "uniq", 0, 1, uniq },
	{ .name = NULL },
};
