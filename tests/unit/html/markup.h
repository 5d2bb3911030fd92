#ifndef TESTS_UNIT_HTML_MARKUP_H
#define TESTS_UNIT_HTML_MARKUP_H

/*
 * markup - what becomes of a piece of markup, in one line
 */

#include "base/arena.h"
#include "html/html_priv.h"
#include "test.h"

static struct arena *a;
static struct error err;

static inline int
begin(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static inline int
end(void **state)
{
	(void)state;
	arena_free(&a);
	return 0;
}

#define HTML_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

/* It is kept as `expected`, which is kept as it is. */
#define assert_markup(bytes, expected)                                         \
	do {                                                                   \
		struct str made_, again_;                                      \
                                                                               \
		assert_ok(html_sanitise(a, str_of(bytes), &made_, &err), err); \
		assert_str(made_, expected);                                   \
		assert_ok(html_sanitise(a, made_, &again_, &err), err);        \
		assert_str(again_, expected);                                  \
	} while (0)

/* `count` times the text. */
static inline void
repeat(struct buf *out, const char *text, size_t count)
{
	while (count-- > 0)
		buf_cat(out, text);
}

#endif
