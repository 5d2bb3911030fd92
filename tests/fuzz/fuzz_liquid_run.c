/*
 * What compiles runs within its limits, to its first failure or over all of
 * them, and without the filters and tags that give markup, nothing but the
 * source's own text has a bare "<". Any name of one letter is a partial, and
 * the source itself.
 */
#include <string.h>

#include "base/arena.h"
#include "fuzz.h"
#include "liquid/liquid.h"

/* Before a limit is seen, and what is not of the template's making. */
enum { SLACK_BYTES = 2 << 20 };

static int
partial(void *arg, struct str name, struct str *text, struct error *err)
{
	(void)err;
	*text = *(const struct str *)arg;
	return name.len == 1;
}

static bool
partial_name(void *arg, size_t i, struct str *name)
{
	(void)arg;
	*name = STR("p");
	return i == 0;
}

/* Something of each kind that data can be of. */
static struct liquid_object *
globals_of(struct arena *a)
{
	struct liquid_object *globals = liquid_object_new(a);
	struct liquid_object *member = liquid_object_new(a);
	struct liquid_value *items = ARENA_ARRAY(a, 6, struct liquid_value);

	liquid_object_set(member, STR("k"), liquid_int(7));
	items[0] = liquid_string(STR("<b c>"));
	items[1] = liquid_int(-3);
	items[2] = liquid_float(2.5);
	items[3] = liquid_of(member);
	items[4] = liquid_array(items, 2);
	liquid_object_set(globals, STR("x"), liquid_string(STR("<x>")));
	liquid_object_set(globals, STR("n"), liquid_int(5));
	liquid_object_set(globals, STR("o"), liquid_of(member));
	liquid_object_set(globals, STR("a"), liquid_array(items, 6));
	return globals;
}

static void
note(void *arg, const char *text)
{
	(void)arg;
	check(strchr(text, ':'));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct liquid_source source = {
		.name = "fuzz",
		.text = text,
		.context = LIQUID_HTML,
	};
	const struct liquid_options options = {
		.partial = partial,
		.partial_name = partial_name,
		.partial_arg = &text,
	};
	struct liquid_inputs inputs = {
		.now_ms = INT64_C(1781524800000),
		.limits = { .steps = 20000,
			    .output_bytes = 20000,
			    .arena_bytes = 1 << 20,
			    .depth = 8 },
	};
	const struct liquid_failed failed = { note, NULL };
	struct arena *a = arena_new();
	struct liquid_program *p = NULL;
	struct buf out = { 0 };
	struct error err = { 0 };

	inputs.globals = globals_of(a);
	if (liquid_compile(&p, &source, &options, &err) == 0) {
		if (liquid_run(p, &inputs, a, &out, &err) < 0)
			check(strchr(err.text, ':'));
		check(out.len <= 20000);
		check(arena_bytes(a) <= (1 << 20) + SLACK_BYTES);
		check(str_find_char(text, '<') >= 0 ||
		      str_find(text, STR("newline_to_br")) >= 0 ||
		      str_find(text, STR("url_decode")) >= 0 ||
		      str_find(text, STR("tablerow")) >= 0 ||
		      str_find_char(buf_view(&out), '<') < 0);
		buf_clear(&out);
		inputs.failed = &failed;
		if (liquid_run(p, &inputs, a, &out, &err) < 0)
			check(strchr(err.text, ':'));
		check(out.len <= 20000);
	}
	liquid_free(&p);
	buf_fini(&out);
	arena_free(&a);
	return 0;
}
