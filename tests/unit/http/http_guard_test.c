#include "http/http.h"
#include "test.h"

#define H(n, v)                          \
	{                                \
		{ n, sizeof(n) - 1 },    \
		{                        \
			v, sizeof(v) - 1 \
		}                        \
	}
#define GUARD(version, ...)                                                 \
	http_guard(version, (const struct http_header[]){ __VA_ARGS__ },    \
		   COUNT_OF(((const struct http_header[]){ __VA_ARGS__ })), \
		   &err)

static void
ordinary_heads_pass(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_ok(GUARD("HTTP/1.1", H("Host", "x")), err);
	assert_ok(GUARD("HTTP/1.0", H("hOST", "x"), H("X", "a\tb")), err);
	assert_ok(GUARD("HTTP/1.1", H("Host", "x"), H("Content-Length", "0")),
		  err);
	assert_ok(GUARD("HTTP/1.1", H("Host", "x"),
			H("Transfer-Encoding", "Chunked")),
		  err);
	assert_ok(
	    GUARD("HTTP/1.1", H("Host", "x"), H("X", "gr\xc3\xbc\xc3\x9f")),
	    err);
}

static void
there_is_exactly_one_host(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_fails(GUARD("HTTP/1.1", H("X", "y")), err, ERROR_INVALID,
		     "0 Host");
	assert_fails(GUARD("HTTP/1.1", H("Host", "a"), H("host", "a")), err,
		     ERROR_INVALID, "2 Host");
}

static void
the_length_is_given_once(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_fails(GUARD("HTTP/1.1", H("Host", "x"), H("Content-Length", "4"),
			   H("Transfer-Encoding", "chunked")),
		     err, ERROR_INVALID, "twice");
	assert_fails(GUARD("HTTP/1.1", H("Host", "x"), H("Content-Length", "4"),
			   H("content-length", "4")),
		     err, ERROR_INVALID, "twice");
	assert_fails(GUARD("HTTP/1.1", H("Host", "x"),
			   H("Transfer-Encoding", "chunked"),
			   H("Transfer-Encoding", "chunked")),
		     err, ERROR_INVALID, "twice");
	assert_fails(GUARD("HTTP/1.0", H("Host", "x"),
			   H("Transfer-Encoding", "chunked")),
		     err, ERROR_INVALID, "before HTTP/1.1");
}

static void
the_length_is_digits(void **state)
{
	static const char *const bad[] = {
		"",   "+1", "-1",  "0x1", "1, 1",
		"1 ", " 1", "1.0", "1e3", "9999999999999999"
	};
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct http_header head[] = { H("Host", "x"),
					      { STR("Content-Length"),
						str_of(bad[i]) } };

		assert_fails(http_guard("HTTP/1.1", head, 2, &err), err,
			     ERROR_INVALID, "no number");
	}
	assert_ok(GUARD("HTTP/1.1", H("Host", "x"),
			H("Content-Length", "999999999999999")),
		  err);
}

static void
the_encoding_is_chunked_and_nothing_else(void **state)
{
	static const char *const bad[] = {
		"",	    "identity",	     "xchunked",
		"chunked ", "gzip, chunked", "chunked, chunked",
		"\tchunked"
	};
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct http_header head[] = { H("Host", "x"),
					      { STR("Transfer-Encoding"),
						str_of(bad[i]) } };

		assert_fails(http_guard("HTTP/1.1", head, 2, &err), err,
			     ERROR_INVALID, "not chunked");
	}
}

static void
names_are_tokens_and_values_have_no_controls(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_fails(GUARD("HTTP/1.1", H("Content-Length ", "1")), err,
		     ERROR_INVALID, "no token");
	assert_fails(GUARD("HTTP/1.1", H("", "1")), err, ERROR_INVALID,
		     "no token");
	assert_fails(GUARD("HTTP/1.1", H("a\0b", "1")), err, ERROR_INVALID,
		     "no token");
	assert_fails(GUARD("HTTP/1.1", H("X", "a\rb")), err, ERROR_INVALID,
		     "control");
	assert_fails(GUARD("HTTP/1.1", H("X", "a\0b")), err, ERROR_INVALID,
		     "control");
	assert_fails(GUARD("HTTP/1.1", H("X", "\x7f")), err, ERROR_INVALID,
		     "control");
}

static void
other_versions_are_refused(void **state)
{
	static const char *const bad[] = { "", "HTTP/0.9", "HTTP/1.2",
					   "HTTP/2.0", "http/1.1" };
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_fails(GUARD(bad[i], H("Host", "x")), err, ERROR_INVALID,
			     "version");
}

static void
heads_have_limits(void **state)
{
	static char big[HTTP_HEAD_BYTES];
	struct http_header head[HTTP_HEADERS_MAX + 1];
	struct error err = { 0 };

	(void)state;
	head[0] = (struct http_header)H("Host", "x");
	for (size_t i = 1; i < COUNT_OF(head); i++)
		head[i] = (struct http_header)H("X", "y");
	assert_ok(http_guard("HTTP/1.1", head, HTTP_HEADERS_MAX, &err), err);
	assert_fails(http_guard("HTTP/1.1", head, COUNT_OF(head), &err), err,
		     ERROR_LIMIT, "64 headers");
	memset(big, 'a', sizeof(big));
	head[1].value = (struct str){ big, sizeof(big) - 6 };
	assert_ok(http_guard("HTTP/1.1", head, 2, &err), err);
	head[1].value.len++;
	assert_fails(http_guard("HTTP/1.1", head, 2, &err), err, ERROR_LIMIT,
		     "bytes");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_heads_pass),
		cmocka_unit_test(there_is_exactly_one_host),
		cmocka_unit_test(the_length_is_given_once),
		cmocka_unit_test(the_length_is_digits),
		cmocka_unit_test(the_encoding_is_chunked_and_nothing_else),
		cmocka_unit_test(names_are_tokens_and_values_have_no_controls),
		cmocka_unit_test(other_versions_are_refused),
		cmocka_unit_test(heads_have_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
