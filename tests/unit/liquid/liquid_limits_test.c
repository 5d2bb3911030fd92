/*
 * Templates that want too much: of time, of memory, of depth. Each must end,
 * with LIMIT or by itself, and the arena must not hold more than its limit and
 * a little. What takes long is counted in steps, and the machine stops at a
 * million of them, so nothing here measures time.
 *
 * The first are the tricks by which renderers of templates were brought down;
 * then come some that a generator makes up, always the same ones.
 */
#include "base/arena.h"
#include "liquid/liquid.h"
#include "test.h"

enum { GENERATED = 200, SLACK_BYTES = 256 << 10 };

static int
partial(void *arg, struct str name, struct str *text, struct error *err)
{
	static const struct {
		const char *name;
		const char *text;
	} partials[] = {
		{ "self", "{% include 'self' %}" },
		{ "again", "{% render 'again', x: x %}" },
		{ "fan", "{% include 'fan' %}{% include 'fan' %}" },
		{ "spread", "{% render 'spread' for (1..9) %}" },
		{ "grow",
		  "{% assign s = s | append: s %}{% include 'grow' %}" },
		{ "line", "{{ s }}" },
	};

	(void)arg;
	(void)err;
	for (size_t i = 0; i < COUNT_OF(partials); i++) {
		if (!str_eq_cstr(name, partials[i].name))
			continue;
		*text = str_of(partials[i].text);
		return 1;
	}
	return 0;
}

/* 1: it ran to its end, 0: a limit stopped it. */
static int
ends(struct str text)
{
	static const struct liquid_options options = { .partial = partial };
	struct arena *a = arena_new();
	struct liquid_object *globals = liquid_object_new(a);
	struct liquid_program *p = NULL;
	struct error err = { 0 };
	struct buf out = { 0 };
	size_t before;
	int rc;

	liquid_object_set(globals, STR("s"), liquid_string(STR("<a b> é")));
	if (liquid_compile(&p,
			   &(struct liquid_source){ .name = "t", .text = text },
			   &options, &err) < 0)
		fail_msg("%.*s: %s", STR_ARG(text), err.text);
	before = arena_bytes(a);
	rc = liquid_run(p, &(struct liquid_inputs){ .globals = globals }, a,
			&out, &err);
	if (rc < 0 && err.code != ERROR_LIMIT)
		fail_msg("%.*s: %s", STR_ARG(text), err.text);
	assert_true(out.len <= liquid_default_limits.output_bytes);
	if (arena_bytes(a) - before >
	    liquid_default_limits.arena_bytes + SLACK_BYTES)
		fail_msg("%.*s takes %zu bytes", STR_ARG(text),
			 arena_bytes(a) - before);
	liquid_free(&p);
	buf_fini(&out);
	arena_free(&a);
	return rc == 0;
}

static void
all_stop(const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ends(str_of(texts[i])))
			fail_msg("%s ran to its end", texts[i]);
}

/* What follows is repeated until a limit stops it. */
#define WITHOUT_END "{% for i in (1..999999999999) %}"
#define END	    "{% endfor %}"

/* A text of 256 KB, of these, and a list of it. */
#define LONG(c)                                          \
	"{% assign s = '" c "' %}{% for i in (1..18) %}" \
	"{% assign s = s | append: s %}{% endfor %}"
#define MANY(c)                                 \
	"{% assign a = '" c "' | split: ',' %}" \
	"{% for i in (1..14) %}{% assign a = a | concat: a %}{% endfor %}"

static void
texts_that_double_are_stopped(void **state)
{
	static const char *const texts[] = {
		WITHOUT_END "{% assign s = s | append: s %}" END,
		WITHOUT_END "{% assign s = s | prepend: s %}" END,
		WITHOUT_END "{% capture s %}{{ s }}{{ s }}{% endcapture %}" END,
		WITHOUT_END "{% assign s = s | replace: 'a', s %}" END,
		WITHOUT_END "{% assign s = s | replace: '', s %}" END,
		WITHOUT_END "{% assign s = s | replace_last: 'a', s %}" END,
		WITHOUT_END "{% assign s = s | split: '' | join: s %}" END,
		WITHOUT_END "{% assign s = s | url_encode %}" END,
		WITHOUT_END "{% assign s = s | escape %}" END,
		WITHOUT_END "{% assign s = s | json %}" END,
		WITHOUT_END "{% assign s = s | base64_encode %}" END,
		WITHOUT_END "{% assign s = s | truncate: 1, s %}" END,
		WITHOUT_END "{{ s }}" END,
		WITHOUT_END "{% cycle s, s %}" END,
		WITHOUT_END "{% echo s | append: i %}" END,
		"{% include 'grow' %}",
	};

	(void)state;
	all_stop(texts, COUNT_OF(texts));
}

static void
arrays_that_grow_are_stopped(void **state)
{
	static const char *const texts[] = {
		"{% assign a = 'x' | split: ',' %}" WITHOUT_END
		"{% assign a = a | concat: a %}" END,
		MANY("x,y") WITHOUT_END "{% assign b = a | reverse %}" END,
		MANY("x,y") WITHOUT_END "{% assign b = a | sort %}" END,
		MANY("x,y") WITHOUT_END "{% assign b = a | sort_natural %}" END,
		MANY("x,y") WITHOUT_END "{% assign b = a | uniq %}" END,
		MANY("x,y") WITHOUT_END "{% assign b = a | where: 'x' %}" END,
		MANY("x,y") WITHOUT_END "{% assign b = a | has: 'z' %}" END,
		MANY("x,y") WITHOUT_END "{% assign b = a | map: 'x' %}" END,
		MANY("1,2") WITHOUT_END "{% assign b = a | sum %}" END,
		MANY("1.5,2.5") WITHOUT_END "{% assign b = a | sum %}" END,
		MANY("x,y") WITHOUT_END "{% assign b = a | join: s %}" END,
		MANY("x,y") WITHOUT_END "{% assign b = a | upcase %}" END,
		MANY("x,y") WITHOUT_END
		"{% if a contains 'z' %}{% endif %}" END,
		MANY("x,y") "{% assign b = a | concat: a %}" WITHOUT_END
			    "{% if a == b %}{% endif %}" END,
		MANY("x,y") WITHOUT_END
		"{% capture b %}{{ a }}{% endcapture %}" END,
	};

	(void)state;
	all_stop(texts, COUNT_OF(texts));
}

static void
looking_at_long_texts_is_paid_for(void **state)
{
	static const char *const texts[] = {
		LONG("x") WITHOUT_END "{% if s.size %}{% endif %}" END,
		LONG("x") WITHOUT_END "{% if s == blank %}{% endif %}" END,
		LONG(" ") WITHOUT_END "{% if s == blank %}{% endif %}" END,
		LONG("x") "{% assign t = s | append: 'y' %}"
			  "{% assign s = s | append: 'z' %}" WITHOUT_END
			  "{% if s == t %}{% endif %}" END,
		LONG("x") "{% assign t = s | append: 'y' %}" WITHOUT_END
			  "{% if s < t %}{% endif %}" END,
		LONG("x") WITHOUT_END "{% if s contains 'y' %}{% endif %}" END,
		LONG("x") "{% assign t = s | slice: 0, 99999 %}"
			  "{% assign t = t | append: 'y' %}" WITHOUT_END
			  "{% if s contains t %}{% endif %}" END,
		LONG("1") WITHOUT_END "{% assign n = 1 | plus: s %}" END,
		LONG("1") WITHOUT_END "{% assign n = (1..s) %}" END,
		LONG("1") WITHOUT_END "{% for j in (1..2) limit: s %}"
				      "{% endfor %}" END,
		LONG("1") WITHOUT_END "{% assign n = 'x' | slice: s %}" END,
		LONG("x") WITHOUT_END "{{ o[s] }}{{ [s] }}" END,
		LONG("x") WITHOUT_END
		"{% ifchanged %}{{ s }}{% endifchanged %}" END,
		LONG("x") WITHOUT_END "{% assign n = s | size %}" END,
		LONG("x") WITHOUT_END "{% assign n = s | date: '%Y' %}" END,
		LONG("x") "{% assign t = s | slice: 0, 99999 %}"
			  "{% assign t = t | append: 'y' %}" WITHOUT_END
			  "{% assign n = s | replace_last: t, '' %}" END,
		LONG("x") "{% assign t = s | append: 'y' %}"
			  "{% assign t = t | split: ',' %}"
			  "{% for i in (1..10) %}"
			  "{% assign t = t | concat: t %}{% endfor %}"
			  "{% assign s = s | append: 'z' %}" WITHOUT_END
			  "{% if t contains s %}{% endif %}"
			  "{% assign n = t | where: 'q' | size %}"
			  "{% assign n = t | sort | size %}" END,
	};

	(void)state;
	all_stop(texts, COUNT_OF(texts));
}

static void
loops_and_ranges_are_stopped(void **state)
{
	static const char *const texts[] = {
		WITHOUT_END END,
		"{% for a in (1..9999) %}{% for b in (1..9999) %}"
		"{% for c in (1..9999) %}{% endfor %}{% endfor %}{% endfor %}",
		"{% for i in (-9223372036854775807..9223372036854775807) %}"
		"{% endfor %}",
		"{% tablerow i in (1..999999999999) cols: 1 %}{% endtablerow %}",
		"{{ (1..999999999) | join }}",
		"{{ (1..999999999) | reverse }}",
		"{{ (1..999999999) | sort | first }}",
		"{{ (1..999999999) | map: 'x' }}",
		"{{ (1..999999999) | where: 0 }}",
		"{{ (1..999999999) | sum }}",
		"{{ (1..999999999) | uniq }}",
		"{{ (-9223372036854775807..9223372036854775807) | compact }}",
		"{{ (1..10001) | join }}",
		WITHOUT_END "{% case i %}{% when 1, 2, 3 %}x{% endcase %}" END,
		WITHOUT_END "{% cycle i: 1, 2 %}" END,
		WITHOUT_END "{% increment n %}{% decrement n %}" END,
		WITHOUT_END "{% assign n = i | times: 1.1 %}" END,
		WITHOUT_END "{% assign n = i | divided_by: 7.0 %}" END,
		WITHOUT_END "{{ 0.1234567890123456 }}" END,
		WITHOUT_END "{% assign n = '5 May 2026' | date: '%c' %}" END,
	};

	(void)state;
	all_stop(texts, COUNT_OF(texts));
}

static void
partials_without_end_are_stopped(void **state)
{
	static const char *const texts[] = {
		"{% include 'self' %}",
		"{% render 'again' %}",
		"{% include 'fan' %}",
		"{% render 'spread' %}",
		"{% render 'line' for (1..999999999999) %}",
		WITHOUT_END "{% render 'line', s: i %}" END,
		WITHOUT_END "{% include 'line' %}" END,
	};

	(void)state;
	all_stop(texts, COUNT_OF(texts));
}

static void
a_width_has_a_bound(void **state)
{
	static const char *const texts[] = {
		"{{ 0 | date: '%999999999Y' }}",
		"{{ 0 | date: '%65d' }}",
		"{{ 0 | date: '%99999999999999999999N' }}",
		"{{ 0 | date: '%-65B' }}",
		LONG("%64Y") "{{ 0 | date: s }}",
		LONG("%c") "{{ 0 | date: s }}",
	};

	(void)state;
	all_stop(texts, COUNT_OF(texts));
	assert_true(ends(STR("{{ 0 | date: '%64d%64N%64c' }}")));
}

static void
huge_numbers_do_no_harm(void **state)
{
	static const char *const texts[] = {
		"{{ 9223372036854775807 | times: 9223372036854775807 }}",
		"{{ -9223372036854775807 | minus: 9223372036854775807 }}",
		"{{ 5 | round: 9223372036854775807 }}",
		"{{ 5.5 | round: -9223372036854775807 }}",
		"{{ s | slice: 9223372036854775807, 9223372036854775807 }}",
		"{{ s | slice: -9223372036854775807, 9223372036854775807 }}",
		"{{ s | truncate: 9223372036854775807 }}",
		"{{ s | truncate: -9223372036854775807 }}",
		"{{ s | truncatewords: 9223372036854775807 }}",
		"{% for i in (1..3) limit: 9223372036854775807 "
		"offset: 9223372036854775807 %}{% endfor %}",
		"{% for i in (1..3) limit: -9223372036854775807 "
		"offset: -9223372036854775807 %}{% endfor %}",
		"{% tablerow i in (1..3) cols: 9223372036854775807 %}"
		"{% endtablerow %}",
		"{% assign r = (-9223372036854775807..9223372036854775807) %}"
		"{{ r.size }}{{ r | size }}{{ r.first }}{{ r.last }}",
		"{{ 9223372036854775807 | date: '%c' }}",
		"{{ '99999999999999999999999999999999' | plus: 1 }}",
		"{{ '0.00000000000000000000000000000000000000000001' | "
		"times: 3 }}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (!ends(str_of(texts[i])))
			fail_msg("%s does not end", texts[i]);
}

/* ---- made up ---- */

static uint64_t
draw(uint64_t *seed, uint64_t below)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (*seed >> 11) % below;
}

#define PICK(seed, list) ((list)[draw((seed), COUNT_OF(list))])

/* One of three variables through filters that can be put behind any other. */
static void
make_value(struct buf *b, uint64_t *seed)
{
	static const char *const names[] = { "a", "b", "s" };
	static const char *const filters[] = {
		"append: s",
		"prepend: b",
		"replace: 'a', s",
		"split: ''",
		"split: ' '",
		"join: s",
		"reverse",
		"uniq",
		"compact",
		"escape",
		"url_encode",
		"json",
		"upcase",
		"base64_encode",
		"newline_to_br",
		"size",
		"sort_natural",
		"strip_html",
		"default: s",
		"times: 1.5",
		"plus: 9007199254740993",
		"replace: '', b",
		"truncatewords: 99, s",
		"first",
		"split: 'a' | concat: c",
		"remove_last: 'a'",
		"date: '%64c %c'",
		"slice: 0, 99999",
	};

	buf_cat(b, PICK(seed, names));
	for (uint64_t n = 1 + draw(seed, 4); n > 0; n--)
		buf_printf(b, " | %s", PICK(seed, filters));
}

static void make_block(struct buf *b, uint64_t *seed, int depth);

static void
make_nested(struct buf *b, uint64_t *seed, int depth)
{
	static const char *const opens[] = {
		"{% for i in (1..999999999) %}",
		"{% for i in c %}",
		"{% tablerow i in (1..9999) cols: 3 %}",
		"{% capture s %}",
		"{% capture b %}{{ s }}",
		"{% ifchanged %}",
		"{% if a contains b %}",
		"{% case a %}{% when b, s, nil, a %}",
	};
	static const char *const closes[] = {
		"{% endfor %}",	    "{% endfor %}",	"{% endtablerow %}",
		"{% endcapture %}", "{% endcapture %}", "{% endifchanged %}",
		"{% endif %}",	    "{% endcase %}",
	};
	size_t which = draw(seed, COUNT_OF(opens));

	buf_cat(b, opens[which]);
	make_block(b, seed, depth - 1);
	buf_cat(b, closes[which]);
}

static void
make_block(struct buf *b, uint64_t *seed, int depth)
{
	static const char *const simple[] = {
		"{{ s }}",
		"{% cycle a: s, b %}",
		"{% increment n %}",
		"{% render 'line', s: b %}",
		"{% include 'line' %}",
		"{% assign c = s | split: 'a' %}",
		"{{ c | size }}",
	};

	for (uint64_t n = 1 + draw(seed, 4); n > 0; n--) {
		uint64_t kind = draw(seed, 8);

		if (kind < 3 && depth > 0) {
			make_nested(b, seed, depth);
		} else if (kind < 6) {
			buf_printf(
			    b, "{%% assign %c = ", (int)"abs"[draw(seed, 3)]);
			make_value(b, seed);
			buf_cat(b, " %}");
		} else {
			buf_cat(b, PICK(seed, simple));
		}
	}
}

static void
made_up_templates_end(void **state)
{
	uint64_t seed = 20260615;
	struct buf b = { 0 };
	int stopped = 0;

	(void)state;
	for (int i = 0; i < GENERATED; i++) {
		buf_clear(&b);
		buf_cat(&b, "{% assign a = s %}{% assign b = 'ab ' %}"
			    "{% assign c = 'x,y,z' | split: ',' %}"
			    "{% for k in (1..999999999) %}");
		make_block(&b, &seed, 3);
		buf_cat(&b, "{% endfor %}");
		stopped += !ends(buf_view(&b));
	}
	buf_fini(&b);
	/* A generator whose templates are all tame would prove nothing. */
	assert_true(stopped > GENERATED / 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_that_double_are_stopped),
		cmocka_unit_test(arrays_that_grow_are_stopped),
		cmocka_unit_test(looking_at_long_texts_is_paid_for),
		cmocka_unit_test(loops_and_ranges_are_stopped),
		cmocka_unit_test(partials_without_end_are_stopped),
		cmocka_unit_test(a_width_has_a_bound),
		cmocka_unit_test(huge_numbers_do_no_harm),
		cmocka_unit_test(made_up_templates_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
