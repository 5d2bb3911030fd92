/*
 * golden-liquid: templates by others with what Ruby's Liquid makes of them.
 * The number that pass is a floor, which may only rise. The names of those
 * that fail go to liquid_golden_failed.txt in the working directory.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/js.h"
#include "liquid/liquid.h"
#include "test.h"

enum { FLOOR = 510 };

static struct liquid_value
value_of(struct arena *a, const struct js *js)
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
			items[i] = value_of(a, js_at(js, i));
		v = liquid_array(items, js_count(js));
		break;
	case JS_OBJECT:
		object = liquid_object_new(a);
		while (js_next(js, &m))
			liquid_object_set(object, m.key, value_of(a, m.value));
		v = liquid_of(object);
		break;
	}
	return v;
}

static int
partial(void *arg, struct str name, struct str *text, struct error *err)
{
	const struct js *partials = arg;
	struct js_member m = { 0 };

	(void)err;
	while (js_next(partials, &m))
		if (str_eq(m.key, name))
			return js_as_str(m.value, text);
	return 0;
}

static int
render(const struct js *test, struct arena *a, struct buf *out,
       struct error *err)
{
	const struct js *data = js_find(test, "data");
	struct liquid_options options = {
		.partial = partial,
		.partial_arg = (void *)(uintptr_t)js_find(test, "templates"),
	};
	struct liquid_source source = { .name = "golden" };
	struct liquid_inputs inputs = { 0 };
	struct liquid_program *p = NULL;
	int rc;

	(void)js_as_str(js_find(test, "template"), &source.text);
	rc = liquid_compile(&p, &source, &options, err);
	if (rc < 0)
		return rc;
	if (data)
		inputs.globals = value_of(a, data).object;
	rc = liquid_run(p, &inputs, a, out, err);
	liquid_free(&p);
	return rc;
}

static bool
passes(const struct js *test, struct buf *out, struct error *err)
{
	const struct js *several = js_find(test, "results");
	struct arena *a = arena_new();
	struct str wanted = { 0 };
	bool invalid = false;
	bool same;
	int rc = render(test, a, out, err);

	(void)js_as_bool(js_find(test, "invalid"), &invalid);
	(void)js_as_str(js_find(test, "result"), &wanted);
	same = !several && str_eq(buf_view(out), wanted);
	for (size_t i = 0; i < js_count(several); i++)
		if (js_as_str(js_at(several, i), &wanted))
			same |= str_eq(buf_view(out), wanted);
	arena_free(&a);
	return invalid ? rc < 0 : rc == 0 && same;
}

static size_t
run_all(const struct js *tests, FILE *failed)
{
	size_t passed = 0;

	for (size_t i = 0; i < js_count(tests); i++) {
		const struct js *test = js_at(tests, i);
		struct error err = { 0 };
		struct buf out = { 0 };
		struct str name = { 0 };

		(void)js_as_str(js_find(test, "name"), &name);
		if (passes(test, &out, &err))
			passed++;
		else
			fprintf(failed, "%.*s | %.*s | %s\n", STR_ARG(name),
				STR_ARG(buf_view(&out)), err.text);
		buf_fini(&out);
	}
	return passed;
}

static void
read_all(const char *path, struct buf *text)
{
	FILE *f = fopen(path, "rb");
	char part[4096];
	size_t len;

	if (!f)
		fail_msg("%s cannot be read", path);
	while ((len = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(text, part, len);
	fclose(f);
}

static void
golden_templates_come_out_as_expected(void **state)
{
	const char *corpora = getenv("GUIDON_CORPORA");
	struct error err = { 0 };
	struct buf path = { 0 }, text = { 0 };
	struct js *js = NULL;
	const struct js *tests;
	FILE *failed;
	size_t passed;

	(void)state;
	if (!corpora) {
		print_message("SKIPPED: GUIDON_CORPORA is not set\n");
		skip();
	}
	buf_printf(&path, "%s/golden-liquid/golden_liquid.json", corpora);
	read_all(buf_cstr(&path), &text);
	assert_ok(js_parse(buf_view(&text), &js, &err), err);
	tests = js_find(js, "tests");
	failed = fopen("liquid_golden_failed.txt", "w");
	assert_non_null(failed);
	passed = run_all(tests, failed);
	fclose(failed);
	print_message("golden-liquid: %zu passed, %zu failed\n", passed,
		      js_count(tests) - passed);
	assert_true(passed >= FLOOR);
	js_free(&js);
	buf_fini(&text);
	buf_fini(&path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_templates_come_out_as_expected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
