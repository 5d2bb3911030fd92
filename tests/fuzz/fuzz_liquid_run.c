/*
 * What compiles runs within its limits, and without the filters and tags that
 * give markup, nothing but the source's own text has a bare "<".
 */
#include <string.h>

#include "base/arena.h"
#include "fuzz.h"
#include "liquid/liquid.h"

static int
partial(void *arg, struct str name, struct str *text, struct error *err)
{
	(void)err;
	*text = *(const struct str *)arg;
	return name.len == 1;
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
		.partial_arg = &text,
	};
	struct liquid_inputs inputs = {
		.limits = { .steps = 20000,
			    .output_bytes = 20000,
			    .arena_bytes = 1 << 20,
			    .depth = 8 },
	};
	struct arena *a = arena_new();
	struct liquid_object *globals = liquid_object_new(a);
	struct liquid_program *p = NULL;
	struct buf out = { 0 };
	struct error err = { 0 };

	liquid_object_set(globals, STR("x"), liquid_string(STR("<x>")));
	inputs.globals = globals;
	if (liquid_compile(&p, &source, &options, &err) == 0) {
		if (liquid_run(p, &inputs, a, &out, &err) < 0)
			check(strchr(err.text, ':'));
		check(out.len <= 20000);
		check(str_find_char(text, '<') >= 0 ||
		      str_find(text, STR("newline_to_br")) >= 0 ||
		      str_find(text, STR("url_decode")) >= 0 ||
		      str_find_char(buf_view(&out), '<') < 0);
	}
	liquid_free(&p);
	buf_fini(&out);
	arena_free(&a);
	return 0;
}
