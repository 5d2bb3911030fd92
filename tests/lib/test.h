#ifndef TESTS_LIB_TEST_H
#define TESTS_LIB_TEST_H

/*
 * test - what every unit test includes: cmocka with its prerequisites, and
 * assertions for our own types.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/str.h"

#define assert_str(actual, expected)                              \
	do {                                                      \
		struct str actual_ = (actual);                    \
		const char *expected_ = (expected);               \
                                                                  \
		if (!str_eq_cstr(actual_, expected_))             \
			fail_msg("got \"%.*s\", expected \"%s\"", \
				 STR_ARG(actual_), expected_);    \
	} while (0)

/* The call succeeded; prints the error's text if not. */
#define assert_ok(call, err)                                   \
	do {                                                   \
		if ((call) < 0)                                \
			fail_msg("%s: %s", #call, (err).text); \
	} while (0)

/* The call failed with this code, and its text has `part` in it. */
#define assert_fails(call, err, wanted, part)                             \
	do {                                                              \
		assert_true((call) < 0);                                  \
		assert_int_equal((err).code, (wanted));                   \
		if (!strstr((err).text, (part)))                          \
			fail_msg("error \"%s\" lacks \"%s\"", (err).text, \
				 (part));                                 \
	} while (0)

#endif
