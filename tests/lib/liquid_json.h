#ifndef TESTS_LIB_LIQUID_JSON_H
#define TESTS_LIB_LIQUID_JSON_H

/*
 * liquid_json - JSON as the values of a template, which borrow from its tree
 */

#include "base/arena.h"
#include "base/js.h"
#include "liquid/liquid.h"

static struct liquid_value liquid_from_json(struct arena *a,
					    const struct js *js);

static struct liquid_value
liquid_json_array(struct arena *a, const struct js *js)
{
	struct liquid_value *items =
	    ARENA_ARRAY(a, js_count(js), struct liquid_value);

	for (size_t i = 0; i < js_count(js); i++)
		items[i] = liquid_from_json(a, js_at(js, i));
	return liquid_array(items, js_count(js));
}

static struct liquid_value
liquid_json_object(struct arena *a, const struct js *js)
{
	struct liquid_object *object = liquid_object_new(a);
	struct js_member m = { 0 };

	while (js_next(js, &m))
		liquid_object_set(object, m.key, liquid_from_json(a, m.value));
	return liquid_of(object);
}

static struct liquid_value
liquid_from_json(struct arena *a, const struct js *js)
{
	struct liquid_value v = liquid_nil();

	switch (js_kind(js)) {
	case JS_NULL:
		break;
	case JS_BOOL:
		v = liquid_bool(false);
		(void)js_as_bool(js, &v.truth);
		break;
	case JS_INT:
		v = liquid_int(0);
		(void)js_as_int(js, &v.n);
		break;
	case JS_REAL:
		v = liquid_float(0);
		(void)js_as_real(js, &v.d);
		break;
	case JS_STRING:
		v = liquid_string((struct str){ 0 });
		(void)js_as_str(js, &v.s);
		break;
	case JS_ARRAY:
		v = liquid_json_array(a, js);
		break;
	case JS_OBJECT:
		v = liquid_json_object(a, js);
		break;
	}
	return v;
}

#endif
