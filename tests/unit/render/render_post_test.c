#include "subject.h"

static struct render_post_content post;

static struct str
many(const char *text, size_t count)
{
	char *p = arena_alloc(a, count * strlen(text));

	for (size_t i = 0; i < count; i++)
		memcpy(p + i * strlen(text), text, strlen(text));
	return (struct str){ p, count * strlen(text) };
}

static void
assert_length(const char *channel, size_t count, const char *link, bool fits)
{
	struct str json;

	post = (struct render_post_content){ .channel = str_of(channel),
					     .text = many("\xc3\xa9", count),
					     .link = str_of(link) };
	if (fits)
		assert_ok(
		    render_post_make(&subject, &origin, &post, a, &json, &err),
		    err);
	else
		assert_fails(
		    render_post_make(&subject, &origin, &post, a, &json, &err),
		    err, ERROR_LIMIT, "partner acme: post of ");
}

static void
a_post_is_a_standard_webhook(void **state)
{
	struct str json;

	(void)state;
	post = (struct render_post_content){
		.channel = STR("mastodon:@acme@social.example"),
		.text = STR("\"Zero\" trust\n\xe2\x80\x94 now"),
		.link = STR("https://go.northwind.example/p/acme/1/offer"),
	};
	assert_ok(render_post_make(&subject, &origin, &post, a, &json, &err),
		  err);
	assert_str(json,
		   "{\"type\":\"post.due\","
		   "\"timestamp\":\"2026-03-02T08:00:00Z\","
		   "\"data\":{\"network\":\"mastodon\","
		   "\"account\":\"@acme@social.example\","
		   "\"text\":\"\\\"Zero\\\" trust\\n\xe2\x80\x94 now\","
		   "\"link\":\"https://go.northwind.example/p/acme/1/offer\","
		   "\"partner\":\"acme\",\"campaign\":\"spring-launch\","
		   "\"step\":\"invite\"}}");
}

static void
what_is_absent_is_left_out(void **state)
{
	struct str json;

	(void)state;
	subject.delivery = NULL;
	subject.sender = NULL;
	subject.contact = NULL;
	post = (struct render_post_content){ .channel = STR("linkedin"),
					     .text = STR("Hello") };
	assert_ok(render_post_make(&subject, &origin, &post, a, &json, &err),
		  err);
	assert_str(json,
		   "{\"type\":\"post.due\","
		   "\"timestamp\":\"2026-03-02T00:00:00Z\","
		   "\"data\":{\"network\":\"linkedin\","
		   "\"text\":\"Hello\",\"partner\":\"acme\","
		   "\"campaign\":\"spring-launch\",\"step\":\"invite\"}}");
}

static void
each_network_has_its_limit(void **state)
{
	(void)state;
	assert_length("linkedin", 3000, "", true);
	assert_length("linkedin", 3001, "", false);
	assert_length("linkedin", 2980, "https://a.example/x", true);
	assert_length("linkedin", 2981, "https://a.example/x", false);
	assert_length("mastodon", 500, "", true);
	assert_length("mastodon:acme", 501, "", false);
	assert_length("mastodon", 476, "https://a.example/a-very-long-path/",
		      true);
	assert_length("mastodon", 477, "https://a.example/", false);
	assert_length("intranet", 5000, "", true);
}

static void
a_blank_post_is_refused(void **state)
{
	struct str json;

	(void)state;
	post = (struct render_post_content){ .channel = STR("linkedin"),
					     .text = STR(" \n") };
	assert_fails(render_post_make(&subject, &origin, &post, a, &json, &err),
		     err, ERROR_INVALID,
		     "partner acme: post with a blank text");
	post.text = STR("\xff");
	assert_fails(render_post_make(&subject, &origin, &post, a, &json, &err),
		     err, ERROR_INVALID, "not UTF-8");
}

static void
partners_spread_over_the_variants(void **state)
{
	size_t counts[3] = { 0 };
	struct str channel = STR("linkedin");

	(void)state;
	for (int64_t id = 1; id <= 3000; id++) {
		size_t n = render_post_variant(id, &origin, channel, 3);

		assert_true(n < 3);
		assert_int_equal(n,
				 render_post_variant(id, &origin, channel, 3));
		counts[n]++;
	}
	for (size_t i = 0; i < COUNT_OF(counts); i++)
		assert_in_range(counts[i], 900, 1100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_post_is_a_standard_webhook),
		TEST(what_is_absent_is_left_out),
		TEST(each_network_has_its_limit),
		TEST(a_blank_post_is_refused),
		TEST(partners_spread_over_the_variants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
