/*
 * What a filter was called with. The compiler puts the arguments that have
 * names into one object behind the others, so an object in the last place is
 * that one: no filter takes an object as an argument of its own.
 */
#include <stdio.h>

#include "liquid/liquid_priv.h"

static const struct liquid_object *
names_of(const struct liquid_call *call)
{
	const struct liquid_value *last;

	if (call->arg_count == 0)
		return NULL;
	last = &call->args[call->arg_count - 1];
	return last->type == LIQUID_OBJECT ? last->object : NULL;
}

size_t
liquid_unnamed(const struct liquid_call *call)
{
	return call->arg_count - (names_of(call) != NULL);
}

struct liquid_value
liquid_named(const struct liquid_call *call, const char *name)
{
	const struct liquid_object *o = names_of(call);
	struct liquid_value v = liquid_nil();

	if (o)
		(void)liquid_object_find(o, str_of(name), &v);
	return v;
}

struct str
liquid_named_text(const struct liquid_call *call, const char *name)
{
	struct liquid_value v = liquid_named(call, name);

	return liquid_call_to_text(call, &v);
}

int
liquid_check_named(const struct liquid_call *call, const char *const *known,
		   struct error *err)
{
	const struct liquid_object *o = names_of(call);
	struct buf names = { 0 };
	int rc = 0;

	for (size_t i = 0; o && i < o->count && rc == 0; i++) {
		struct str name = o->members[i].key.name;
		size_t k = 0;

		while (known[k] && !str_eq_cstr(name, known[k]))
			k++;
		if (known[k])
			continue;
		for (k = 0; known[k]; k++)
			buf_printf(&names, "%s%s", k ? ", " : "", known[k]);
		rc = error_set(err, ERROR_INVALID,
			       "found argument \"%.*s\", expected one of %s",
			       STR_ARG(str_slice(name, 0, 60)),
			       buf_cstr(&names));
	}
	buf_fini(&names);
	return rc;
}
