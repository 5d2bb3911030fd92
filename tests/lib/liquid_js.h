#ifndef TESTS_LIQUID_JS_H
#define TESTS_LIQUID_JS_H

/* JSON as the values of a template. Strings are borrowed from `js`. */

#include "base/arena.h"
#include "base/js.h"
#include "liquid/liquid.h"

static inline struct liquid_value
liquid_of_js(struct arena *a, const struct js *js)
{
	struct liquid_value v = liquid_nil();
	struct liquid_value *items;
	struct liquid_object *object;
	struct js_member m = { 0 };

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
		items = ARENA_ARRAY(a, js_count(js), struct liquid_value);
		for (size_t i = 0; i < js_count(js); i++)
			items[i] = liquid_of_js(a, js_at(js, i));
		v = liquid_array(items, js_count(js));
		break;
	case JS_OBJECT:
		object = liquid_object_new(a);
		while (js_next(js, &m))
			liquid_object_set(object, m.key,
					  liquid_of_js(a, m.value));
		v = liquid_of(object);
		break;
	}
	return v;
}

#endif
