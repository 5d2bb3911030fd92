/*
 * escape: reads a JSON array of a context, a template and a value a line, and
 * answers each with a line: what the template makes of {{ x }}, or null where
 * it does not compile. For tests that judge with parsers which are not in C.
 */
#include "answer.h"
#include "base/arena.h"
#include "base/js.h"
#include "liquid/liquid.h"

static const char *const contexts[] = {
	[LIQUID_TEXT] = "text", [LIQUID_HTML] = "html",
	[LIQUID_JSON] = "json", [LIQUID_HEADER] = "header",
	[LIQUID_ICS] = "ics",	[LIQUID_CSV] = "csv",
	[LIQUID_PDF] = "pdf",
};

static int
run(struct arena *a, const struct js *js, struct buf *made)
{
	struct str words[3] = { 0 };
	struct liquid_object *globals = liquid_object_new(a);
	struct liquid_source source = { .name = "template" };
	struct liquid_program *p = NULL;
	struct error err;
	int rc;

	for (size_t i = 0; i < COUNT_OF(words); i++)
		(void)js_as_str(js_at(js, i), &words[i]);
	for (size_t i = 0; i < COUNT_OF(contexts); i++)
		if (str_eq_cstr(words[0], contexts[i]))
			source.context = (enum liquid_context)i;
	source.text = words[1];
	liquid_object_set(globals, STR("x"), liquid_string(words[2]));
	rc = liquid_compile(&p, &source, NULL, &err);
	if (rc == 0)
		rc =
		    liquid_run(p, &(struct liquid_inputs){ .globals = globals },
			       a, made, &err);
	liquid_free(&p);
	return rc;
}

static void
answer(struct str line, struct buf *out)
{
	struct arena *a = arena_new();
	struct buf made = { 0 };
	struct js_writer w;
	struct js *js = NULL;
	struct error err;

	if (js_parse(line, &js, &err) < 0 || js_count(js) != 3) {
		fprintf(stderr, "escape: no array of three: %.*s\n",
			STR_ARG(line));
		exit(EXIT_FAILURE);
	}
	js_writer_init(&w, out, false);
	js_begin_array(&w);
	if (run(a, js, &made) < 0)
		js_null(&w);
	else
		js_string(&w, buf_view(&made));
	js_end_array(&w);
	js_writer_end(&w);
	buf_fini(&made);
	js_free(&js);
	arena_free(&a);
}

int
main(void)
{
	return answer_lines(answer);
}
