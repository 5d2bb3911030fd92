#include "http/http_routes.h"

#include "test.h"

static const struct http_route routes[] = {
	{ .method = HTTP_GET, .prefix = "/u/" },
	{ .method = HTTP_POST, .prefix = "/u/" },
	{ .method = HTTP_GET, .prefix = "/u/all/" },
	{ .method = HTTP_POST, .prefix = "/in" },
	{ .method = HTTP_GET, .prefix = "/healthz" },
};

static const char *allow;

static const struct http_route *
find(const char *method, const char *path)
{
	struct http_asked asked = { .path = str_of(path) };

	http_asked_method(&asked, method);
	return http_route_find(routes, COUNT_OF(routes), asked, &allow);
}

static void
the_longest_prefix_wins(void **state)
{
	(void)state;
	assert_ptr_equal(find("GET", "/u/x"), &routes[0]);
	assert_ptr_equal(find("GET", "/u/"), &routes[0]);
	assert_ptr_equal(find("GET", "/u/all/x"), &routes[2]);
	assert_ptr_equal(find("POST", "/u/x"), &routes[1]);
	assert_ptr_equal(find("HEAD", "/u/x"), &routes[0]);
}

static void
a_prefix_without_slash_is_the_whole_path(void **state)
{
	(void)state;
	assert_ptr_equal(find("GET", "/healthz"), &routes[4]);
	assert_null(find("GET", "/healthz/"));
	assert_null(allow);
	assert_null(find("GET", "/healthzz"));
	assert_null(find("GET", "/u"));
	assert_null(find("GET", "/"));
}

static void
a_method_that_is_missing_is_told_from_a_path(void **state)
{
	(void)state;
	assert_null(find("POST", "/u/all/x"));
	assert_string_equal(allow, "GET, HEAD");
	assert_null(find("GET", "/in"));
	assert_string_equal(allow, "POST");
	assert_null(find("HEAD", "/in"));
	assert_string_equal(allow, "POST");
	assert_null(find("DELETE", "/u/x"));
	assert_string_equal(allow, "GET, HEAD, POST");
	assert_null(find("get", "/u/x"));
	assert_non_null(allow);
}

static void
a_target_is_path_and_query(void **state)
{
	struct str path, query;

	(void)state;
	assert_true(http_target_split(STR("/p?q=1?2"), &path, &query));
	assert_str(path, "/p");
	assert_str(query, "q=1?2");
	assert_true(http_target_split(STR("/%2e/p"), &path, &query));
	assert_str(path, "/%2e/p");
	assert_str(query, "");
	assert_true(http_target_split(STR("http://h:1/p?"), &path, &query));
	assert_str(path, "/p");
	assert_str(query, "");
}

static void
other_targets_are_none(void **state)
{
	static const char *const bad[] = { "",		"*",	 "p",
					   "http://h",	"h:443", "/a b",
					   "/\xc3\xbc", "/\x7f" };
	struct str path, query;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(http_target_split(str_of(bad[i]), &path, &query));
}

static void
the_peer_is_counted_from_our_own_proxies(void **state)
{
	static const struct str list = { "9.9.9.9, 1.1.1.1 ,2.2.2.2", 25 };

	(void)state;
	assert_str(http_forwarded(list, 0), "");
	assert_str(http_forwarded(list, 1), "2.2.2.2");
	assert_str(http_forwarded(list, 2), "1.1.1.1");
	assert_str(http_forwarded(list, 3), "9.9.9.9");
	assert_str(http_forwarded(list, 4), "");
	assert_str(http_forwarded(STR(""), 1), "");
	assert_str(http_forwarded(STR(""), 2), "");
	assert_str(http_forwarded(STR("1.1.1.1,"), 1), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_prefix_wins),
		cmocka_unit_test(a_prefix_without_slash_is_the_whole_path),
		cmocka_unit_test(a_method_that_is_missing_is_told_from_a_path),
		cmocka_unit_test(a_target_is_path_and_query),
		cmocka_unit_test(other_targets_are_none),
		cmocka_unit_test(the_peer_is_counted_from_our_own_proxies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
