/*
 * Filters that look for items by what they have under a name: those with a
 * truthy value there, or with one that is equal to a second argument. An
 * explicit nil is no second argument.
 *
 * An item that cannot be asked at all (nil, true, 1.5) makes the whole result
 * nil, as it does in Ruby.
 */
#include "liquid/liquid_priv.h"

/* 1 and *yes; 0: it cannot be asked; < 0. */
static int
matches(const struct liquid_call *call, const struct liquid_value *item,
	bool *yes, struct error *err)
{
	struct liquid_value v;
	int rc = liquid_property(call, item, &call->args[0], &v, err);

	--*call->steps;
	if (call->arg_count > 1 && call->args[1].type != LIQUID_NIL)
		*yes = liquid_equal(&v, &call->args[1], call->steps);
	else
		*yes = liquid_truthy(&v);
	return rc;
}

/* Those that match, or those that do not. */
static int
choose(const struct liquid_call *call, bool wanted, struct liquid_value *out,
       struct error *err)
{
	struct liquid_value in, *items = NULL;
	size_t count = 0;
	bool yes;
	int rc = liquid_items(call, &call->input, &in, err);

	if (rc == 0)
		rc = liquid_new_items(call, in.array.count, &items, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < in.array.count && *call->steps >= 0; i++) {
		rc = matches(call, &in.array.items[i], &yes, err);
		if (rc <= 0)
			return rc;
		if (yes == wanted)
			items[count++] = in.array.items[i];
	}
	*out = liquid_array(items, count);
	return 0;
}

static int
where(const struct liquid_call *call, struct liquid_value *out,
      struct error *err)
{
	return choose(call, true, out, err);
}

static int
reject(const struct liquid_call *call, struct liquid_value *out,
       struct error *err)
{
	return choose(call, false, out, err);
}

/* The first that matches: 1 and *at; 0 and *none: there is no answer. */
static int
seek(const struct liquid_call *call, struct liquid_value *in, size_t *at,
     bool *none, struct error *err)
{
	bool yes;
	int rc = liquid_items(call, &call->input, in, err);

	*none = false;
	for (size_t i = 0; rc >= 0 && i < in->array.count && *call->steps >= 0;
	     i++) {
		rc = matches(call, &in->array.items[i], &yes, err);
		if (rc == 0) {
			*none = true;
			return 0;
		}
		if (rc > 0 && yes) {
			*at = i;
			return 1;
		}
	}
	return rc < 0 ? rc : 0;
}

static int
find(const struct liquid_call *call, struct liquid_value *out,
     struct error *err)
{
	struct liquid_value in;
	size_t at;
	bool none;
	int rc = seek(call, &in, &at, &none, err);

	if (rc > 0)
		*out = in.array.items[at];
	return rc;
}

static int
find_index(const struct liquid_call *call, struct liquid_value *out,
	   struct error *err)
{
	struct liquid_value in;
	size_t at;
	bool none;
	int rc = seek(call, &in, &at, &none, err);

	if (rc > 0)
		*out = liquid_int((int64_t)at);
	return rc;
}

static int
has(const struct liquid_call *call, struct liquid_value *out, struct error *err)
{
	struct liquid_value in;
	size_t at;
	bool none;
	int rc = seek(call, &in, &at, &none, err);

	if (rc >= 0 && !none)
		*out = liquid_bool(rc > 0);
	return rc;
}

/* Without nil, or without those that have nil under a name. */
static int
compact(const struct liquid_call *call, struct liquid_value *out,
	struct error *err)
{
	bool named = call->arg_count && call->args[0].type != LIQUID_NIL;
	struct liquid_value in, v, *items = NULL;
	size_t count = 0;
	int rc = liquid_items(call, &call->input, &in, err);

	if (rc == 0)
		rc = liquid_new_items(call, in.array.count, &items, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < in.array.count; i++) {
		v = in.array.items[i];
		if (named) {
			rc = liquid_property(call, &in.array.items[i],
					     &call->args[0], &v, err);
			if (rc <= 0)
				return rc;
		}
		if (v.type != LIQUID_NIL)
			items[count++] = in.array.items[i];
	}
	*out = liquid_array(items, count);
	return 0;
}

const struct liquid_filter liquid_find_filters[] = {
	{ "compact", 0, 1, compact },
	{ "find", 1, 2, find },
	{ "find_index", 1, 2, find_index },
	{ "has", 1, 2, has },
	{ "reject", 1, 2, reject },
	{ "where", 1, 2, where },
	{ .name = NULL },
};
