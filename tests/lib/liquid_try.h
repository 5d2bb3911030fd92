#ifndef TESTS_LIB_LIQUID_TRY_H
#define TESTS_LIB_LIQUID_TRY_H

/*
 * liquid_try - one template, and what must come of it
 *
 *	gives("{'a': [1, 2]}", "{{ a | join: '-' }}", "1-2");
 *	refuses("", "{{ 1 | divided_by: 0 }}", "divided by 0");
 *
 * The data is JSON in single quotes; empty: there is none. Its member
 * "partials" holds what include and render may name. Now is TRY_NOW_MS.
 */

#include "liquid_json.h"
#include "test.h"

#define TRY_NOW_MS INT64_C(1781524800000) /* 2026-06-15T12:00:00Z */

static int
liquid_try_partial(void *arg, struct str name, struct str *text,
		   struct error *err)
{
	struct js_member m = { 0 };

	(void)err;
	while (arg && js_next(arg, &m))
		if (str_eq(m.key, name))
			return js_as_str(m.value, text);
	return 0;
}

static bool
liquid_try_name(void *arg, size_t i, struct str *name)
{
	struct js_member m = { 0 };

	do
		if (!arg || !js_next(arg, &m))
			return false;
	while (i--);
	*name = m.key;
	return true;
}

/* The inputs lack their globals, which are the data. */
static int
liquid_try_js(const struct js *data, const struct liquid_source *source,
	      struct liquid_inputs inputs, struct buf *out, struct error *err)
{
	const struct js *partials = js_find(data, "partials");
	const struct liquid_options options = {
		.partial = liquid_try_partial,
		.partial_name = liquid_try_name,
		.partial_arg = (void *)(uintptr_t)partials,
	};
	struct arena *a = arena_new();
	struct liquid_program *p = NULL;
	int rc;

	inputs.globals = liquid_from_json(a, data).object;
	rc = liquid_compile(&p, source, &options, err);
	if (rc >= 0)
		rc = liquid_run(p, &inputs, a, out, err);
	liquid_free(&p);
	arena_free(&a);
	return rc;
}

static inline int
liquid_try(const char *data, const char *text, struct buf *out,
	   struct error *err)
{
	const struct liquid_source source = { .name = "t",
					      .text = str_of(text) };
	const struct liquid_inputs inputs = { .now_ms = TRY_NOW_MS };
	struct arena *a = arena_new();
	char *json = str_cstr(a, str_of(data[0] ? data : "{}"));
	struct js *js = NULL;
	int rc;

	for (char *c = json; *c; c++)
		if (*c == '\'')
			*c = '"';
	assert_ok(js_parse(str_of(json), &js, err), *err);
	rc = liquid_try_js(js, &source, inputs, out, err);
	js_free(&js);
	arena_free(&a);
	return rc;
}

static inline void
gives(const char *data, const char *text, const char *expected)
{
	struct error err = { 0 };
	struct buf out = { 0 };

	if (liquid_try(data, text, &out, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	if (!str_eq_cstr(buf_view(&out), expected))
		fail_msg("%s gives \"%s\", expected \"%s\"", text,
			 buf_cstr(&out), expected);
	buf_fini(&out);
}

static inline void
refuses(const char *data, const char *text, const char *part)
{
	struct error err = { 0 };
	struct buf out = { 0 };

	if (liquid_try(data, text, &out, &err) >= 0)
		fail_msg("%s gives \"%s\", expected an error", text,
			 buf_cstr(&out));
	if (err.code != ERROR_INVALID || !strstr(err.text, part))
		fail_msg("error \"%s\" lacks \"%s\"", err.text, part);
	buf_fini(&out);
}

#endif
