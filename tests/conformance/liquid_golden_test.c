/*
 * golden-liquid: templates by others with what Ruby's Liquid makes of them.
 * Every file of the corpus is run, each case once as `check` compiles and once
 * as messages are made, and all must pass. Those that do not are named.
 */
#include <dirent.h>
#include <stdlib.h>

#include "corpus.h"
#include "liquid_json.h"

enum { NAMES_MAX = 256 };

/* A day of the year that the pages say it is. */
#define FIXTURES_NOW_MS INT64_C(1750000000000)

/* ---- templates ---- */

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

static bool
partial_name(void *arg, size_t i, struct str *name)
{
	const struct js *partials = arg;
	struct js_member m = { 0 };

	do
		if (!js_next(partials, &m))
			return false;
	while (i--);
	*name = m.key;
	return true;
}

static void
note_finding(void *arg, int line, int column, const char *text)
{
	(void)line;
	(void)column;
	(void)text;
	++*(int *)arg;
}

/* As `check` compiles, or as a message is made. */
enum mode { CHECKING, RENDERING };

struct template
{
	struct str text;
	const struct js *partials;
	const struct js *data;
};

/* A compiler that fails has something to report, and only then. */
static int
compile(const struct template *t, enum mode mode, struct liquid_program **out,
	struct error *err)
{
	int findings = 0;
	const struct liquid_report report = { .report = note_finding,
					      .arg = &findings };
	const struct liquid_options options = {
		.partial = partial,
		.partial_name = partial_name,
		.partial_arg = (void *)(uintptr_t)t->partials,
		.report = mode == CHECKING ? &report : NULL,
	};
	int rc = liquid_compile(
	    out, &(struct liquid_source){ .name = "golden", .text = t->text },
	    &options, err);

	if (mode == CHECKING)
		assert_int_equal(findings > 0, rc < 0);
	return rc;
}

static int
render(const struct template *t, enum mode mode, struct buf *out,
       struct error *err)
{
	struct arena *a = arena_new();
	struct liquid_inputs inputs = { 0 };
	struct liquid_program *p = NULL;
	int rc = compile(t, mode, &p, err);

	if (rc >= 0) {
		if (t->data)
			inputs.globals = liquid_from_json(a, t->data).object;
		rc = liquid_run(p, &inputs, a, out, err);
	}
	liquid_free(&p);
	arena_free(&a);
	return rc;
}

/* ---- cases ---- */

static bool
is_wanted(const struct js *test, struct str out)
{
	const struct js *several = js_find(test, "results");
	struct str wanted = { 0 };

	if (js_as_str(js_find(test, "result"), &wanted))
		return str_eq(out, wanted);
	for (size_t i = 0; i < js_count(several); i++)
		if (js_as_str(js_at(several, i), &wanted) &&
		    str_eq(out, wanted))
			return true;
	return false;
}

static bool
passes(const struct js *test, enum mode mode)
{
	struct template t = { .partials = js_find(test, "templates"),
			      .data = js_find(test, "data") };
	struct error err = { 0 };
	struct buf out = { 0 };
	struct str name = { 0 };
	bool invalid = false, same;
	int rc;

	(void)js_as_str(js_find(test, "template"), &t.text);
	(void)js_as_str(js_find(test, "name"), &name);
	(void)js_as_bool(js_find(test, "invalid"), &invalid);
	rc = render(&t, mode, &out, &err);
	same = invalid ? rc < 0 : rc == 0 && is_wanted(test, buf_view(&out));
	if (!same)
		print_message("%.*s | %.*s | %s\n", STR_ARG(name),
			      STR_ARG(buf_view(&out)), err.text);
	buf_fini(&out);
	return same;
}

struct tally {
	size_t passed;
	size_t failed;
};

static void
run_file(const char *path, struct tally *tally)
{
	struct buf text = { 0 };
	struct error err = { 0 };
	struct js *js = NULL;
	const struct js *tests;

	corpus_read(path, &text);
	assert_ok(js_parse(buf_view(&text), &js, &err), err);
	tests = js_find(js, "tests");
	for (size_t i = 0; i < js_count(tests); i++) {
		bool checked = passes(js_at(tests, i), CHECKING);
		bool rendered = passes(js_at(tests, i), RENDERING);

		tally->passed += checked && rendered;
		tally->failed += !checked || !rendered;
	}
	js_free(&js);
	buf_fini(&text);
}

/* ---- what there is ---- */

static const char *
corpus(void)
{
	static char path[4096];
	const char *corpora = getenv("GUIDON_CORPORA");

	if (!corpora) {
		print_message("SKIPPED: GUIDON_CORPORA is not set\n");
		skip();
	}
	snprintf(path, sizeof(path), "%s/golden-liquid", corpora);
	return path;
}

/* All files of the folder with this end, in no order. */
static struct str *
list(const char *folder, const char *suffix, struct arena *a, size_t *count)
{
	struct str *names = ARENA_ARRAY(a, NAMES_MAX, struct str);
	DIR *dir = opendir(folder);
	struct dirent *entry;

	*count = 0;
	if (!dir)
		fail_msg("%s cannot be read", folder);
	while ((entry = readdir(dir))) {
		struct str name = str_of(entry->d_name);

		if (name.p[0] == '.' || !str_ends(name, str_of(suffix)))
			continue;
		assert_true(*count < NAMES_MAX);
		names[(*count)++] = str_copy(a, name);
	}
	closedir(dir);
	return names;
}

static void
golden_templates_come_out_as_expected(void **state)
{
	const char *folder = corpus();
	struct arena *a = arena_new();
	struct tally tally = { 0 };
	size_t count;
	struct str *names = list(folder, ".json", a, &count);

	(void)state;
	for (size_t i = 0; i < count; i++)
		run_file(arena_printf(a, "%s/%s", folder, names[i].p), &tally);
	arena_free(&a);
	print_message("golden-liquid: %zu passed, %zu failed\n", tally.passed,
		      tally.failed);
	assert_true(tally.passed > 0);
	assert_int_equal(tally.failed, 0);
}

/* ---- fixtures: a folder of templates, data.json, expected_result.txt ---- */

static int
file_partial(void *arg, struct str name, struct str *text, struct error *err)
{
	struct arena *a = arena_new();
	struct buf *kept = arg; /* the folder, then what was read last */
	const char *path = arena_printf(a, "%s/templates/%.*s",
					buf_cstr(&kept[0]), STR_ARG(name));

	(void)err;
	buf_clear(&kept[1]);
	corpus_read(path, &kept[1]);
	*text = buf_view(&kept[1]);
	arena_free(&a);
	return 1;
}

/* The files end their last line, the templates do not. */
static struct str
without_end(struct buf *b)
{
	while (b->len && b->p[b->len - 1] == '\n')
		buf_truncate(b, b->len - 1);
	return str_of(buf_cstr(b));
}

static void
run_fixture(const char *folder)
{
	struct arena *a = arena_new();
	struct buf kept[2] = { 0 }, data = { 0 }, wanted = { 0 }, main = { 0 },
		   out = { 0 };
	const struct liquid_options options = { .partial = file_partial,
						.partial_arg = kept };
	struct error err = { 0 };
	struct js *js = NULL;
	struct liquid_program *p = NULL;

	buf_cat(&kept[0], folder);
	corpus_read(arena_printf(a, "%s/data.json", folder), &data);
	corpus_read(arena_printf(a, "%s/expected_result.txt", folder), &wanted);
	corpus_read(arena_printf(a, "%s/templates/index.liquid", folder),
		    &main);
	assert_ok(js_parse(buf_view(&data), &js, &err), err);
	assert_ok(liquid_compile(&p,
				 &(struct liquid_source){
				     .name = "index", .text = buf_view(&main) },
				 &options, &err),
		  err);
	assert_ok(liquid_run(p,
			     &(struct liquid_inputs){
				 .globals = liquid_from_json(a, js).object,
				 .now_ms = FIXTURES_NOW_MS },
			     a, &out, &err),
		  err);
	assert_str(without_end(&out), without_end(&wanted).p);
	liquid_free(&p);
	js_free(&js);
	buf_fini(&out);
	buf_fini(&main);
	buf_fini(&wanted);
	buf_fini(&data);
	buf_fini(&kept[0]);
	buf_fini(&kept[1]);
	arena_free(&a);
}

static void
whole_pages_come_out_as_expected(void **state)
{
	const char *corpora = corpus();
	struct arena *a = arena_new();
	const char *folder = arena_printf(a, "%s/benchmark_fixtures", corpora);
	size_t count;
	struct str *names = list(folder, "", a, &count);

	(void)state;
	assert_true(count > 0);
	for (size_t i = 0; i < count; i++)
		run_fixture(arena_printf(a, "%s/%s", folder, names[i].p));
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_templates_come_out_as_expected),
		cmocka_unit_test(whole_pages_come_out_as_expected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
