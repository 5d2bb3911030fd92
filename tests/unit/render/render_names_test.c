/*
 * docs/templates.md has a table with a row for each name:
 *
 *	| `partner.phone` | all | ... |
 *
 * What a row says of name and kinds is what the compiler takes.
 */
#include "kit.h"

static struct map rows; /* name -> kinds, in the order of the tables */

static void
add(struct str name, const char *kind)
{
	struct str *kinds = map_find(&rows, name);

	if (!kinds) {
		kinds = ARENA_NEW(a, struct str);
		map_put(&rows, name, kinds);
	}
	*kinds = str_printf(a, "%.*s%s%s", STR_ARG(*kinds),
			    kinds->len ? " " : "", kind);
}

static void
add_all(struct str prefix, const struct liquid_names *names, const char *kind)
{
	for (; names->name; names++) {
		struct str name =
		    str_printf(a, "%.*s%s%s", STR_ARG(prefix), names->name,
			       names->any ? ".*" : "");

		if (names->members)
			add_all(str_printf(a, "%.*s.", STR_ARG(name)),
				names->members, kind);
		else
			add(name, kind);
	}
}

/* "all" and "all but href" are shorter than lists of all kinds. */
static void
gather(void)
{
	struct str every = { 0 }, most = { 0 };

	map_init(&rows, a, NULL);
	for (const struct liquid_names *k = render_kit_names; k->name; k++) {
		most = every;
		every = str_printf(a, "%.*s%s%s", STR_ARG(every),
				   every.len ? " " : "", k->name);
		add_all(STR(""), k->members, k->name);
	}
	map_foreach (&rows, e) {
		struct str *kinds = e->value;

		if (str_eq(*kinds, every))
			*kinds = STR("all");
		else if (str_eq(*kinds, most))
			*kinds = STR("all but href");
	}
}

static struct str
read_doc(void)
{
	static char text[1 << 16];
	FILE *f = fopen(DOC, "rb");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	return (struct str){ text, n };
}

static struct str
cell(struct str *rest)
{
	struct str c = { 0 };

	(void)str_split(rest, '|', &c);
	return str_trim(c);
}

static void
the_reference_has_every_name_and_no_other(void **state)
{
	struct str doc = read_doc(), line, name, kinds;
	const struct str *expected;
	size_t missing = 0;
	ptrdiff_t names = str_find(doc, STR("\n## Names\n"));
	struct map told;

	(void)state;
	gather();
	assert_true(names >= 0);
	doc = str_slice(doc, (size_t)names, doc.len);
	map_init(&told, a, NULL);
	while (str_split(&doc, '\n', &line)) {
		if (!str_starts(line, STR("| `")))
			continue;
		line = str_slice(line, 1, line.len);
		name = cell(&line);
		name = str_slice(name, 1, name.len - 1);
		kinds = cell(&line);
		expected = map_find(&rows, name);
		if (!expected)
			fail_msg("%.*s is in the reference alone",
				 STR_ARG(name));
		if (!str_eq(*expected, kinds))
			fail_msg("%.*s is for \"%.*s\", the reference says "
				 "\"%.*s\"",
				 STR_ARG(name), STR_ARG(*expected),
				 STR_ARG(kinds));
		map_put(&told, name, &rows);
	}
	map_foreach (&rows, e)
		if (!map_find(&told, e->key)) {
			print_error("| `%.*s` | %.*s | |\n", STR_ARG(e->key),
				    STR_ARG(*(const struct str *)e->value));
			missing++;
		}
	if (missing > 0)
		fail_msg("%zu rows are missing in the reference", missing);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(the_reference_has_every_name_and_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
