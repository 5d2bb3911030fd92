/*
 * clean: reads a JSON array of one string a line, and answers each with a line:
 * the string that html_sanitise() leaves of it, or null when it is refused. For
 * tests that judge with parsers which are not in C.
 */
#include "answer.h"
#include "base/arena.h"
#include "base/js.h"
#include "html/html.h"

static void
answer(struct str line, struct buf *out)
{
	struct arena *a = arena_new();
	struct js_writer w;
	struct js *js = NULL;
	struct error err;
	struct str markup, left;

	if (js_parse(line, &js, &err) < 0 ||
	    !js_as_str(js_at(js, 0), &markup)) {
		fprintf(stderr, "clean: no array of a string: %.*s\n",
			STR_ARG(line));
		exit(EXIT_FAILURE);
	}
	js_writer_init(&w, out, false);
	js_begin_array(&w);
	if (html_sanitise(a, markup, &left, &err) < 0)
		js_null(&w);
	else
		js_string(&w, left);
	js_end_array(&w);
	js_writer_end(&w);
	js_free(&js);
	arena_free(&a);
}

int
main(void)
{
	return answer_lines(answer);
}
