#ifndef TESTS_LIB_LIQUID_PLACED_H
#define TESTS_LIB_LIQUID_PLACED_H

/*
 * liquid_placed - a template of HTML, and what becomes of x and y in it
 *
 * y is a list of two. Partials are "site", "open-svg" and "word".
 */

#include "liquid_try.h"

struct placed {
	const char *template;
	const char *x;
	const char *gives;   /* NULL: it does not compile */
	const char *refused; /* a part of the reason */
};

static struct js *
placed_data(const char *x, struct error *err)
{
	struct buf json = { 0 };
	struct js_writer w;
	struct js *js = NULL;

	js_writer_init(&w, &json, false);
	js_begin_object(&w);
	js_key(&w, STR("x"));
	js_string(&w, str_of(x));
	js_key(&w, STR("y"));
	js_begin_array(&w);
	js_string(&w, STR("a"));
	js_string(&w, STR("b"));
	js_end_array(&w);
	js_key(&w, STR("partials"));
	js_begin_object(&w);
	js_key(&w, STR("site"));
	js_string(&w, STR("https://a.example/"));
	js_key(&w, STR("open-svg"));
	js_string(&w, STR("<svg>"));
	js_key(&w, STR("word"));
	js_string(&w, STR("{{ x }}"));
	js_end_object(&w);
	js_end_object(&w);
	js_writer_end(&w);
	assert_ok(js_parse(buf_view(&json), &js, err), *err);
	buf_fini(&json);
	return js;
}

static bool
placed_told(const struct placed *p, int rc, const struct buf *out,
	    const struct error *err)
{
	if (rc >= 0 && (!p->gives || !str_eq_cstr(buf_view(out), p->gives)))
		print_error("%s gives \"%.*s\"\n", p->template,
			    STR_ARG(buf_view(out)));
	else if (rc < 0 && (p->gives || !strstr(err->text, p->refused)))
		print_error("%s: %s\n", p->template, err->text);
	else
		return true;
	print_error("    expected \"%s\"\n", p->gives ? p->gives : p->refused);
	return false;
}

/* Whether it is so; what is not is told. */
static bool
placed_one(const struct placed *p)
{
	const struct liquid_source source = { .name = "t",
					      .text = str_of(p->template),
					      .context = LIQUID_HTML };
	const struct liquid_inputs inputs = { .now_ms = TRY_NOW_MS };
	struct error err = { 0 };
	struct buf out = { 0 };
	struct js *data = placed_data(p->x ? p->x : "", &err);
	int rc = liquid_try_js(data, &source, inputs, &out, &err);
	bool told = placed_told(p, rc, &out, &err);

	buf_fini(&out);
	js_free(&data);
	return told;
}

static inline void
placed_all(const struct placed *list, size_t count)
{
	size_t failed = 0;

	for (size_t i = 0; i < count; i++)
		failed += !placed_one(&list[i]);
	assert_int_equal(failed, 0);
}

#define PLACED(list) placed_all((list), COUNT_OF(list))

#endif
