#include "subject.h"

static const int64_t year_ms = (int64_t)365 * 86400 * 1000;

/* The token in `url` between `before` and `after`. */
static struct str
token_in(struct str url, const char *before, const char *after)
{
	assert_true(str_starts(url, str_of(before)));
	assert_true(str_ends(url, str_of(after)));
	return str_slice(url, strlen(before), url.len - strlen(after));
}

static void
assert_reads(struct str text, enum event_token_kind kind, unsigned link)
{
	struct event_token token;

	assert_ok(event_token_read(keys, text, kind, sent_ms, &token, &err),
		  err);
	assert_int_equal(token.partner_id, 7);
	assert_int_equal(token.link, link);
	assert_memory_equal(token.delivery, delivery.id.bytes,
			    sizeof(token.delivery));
	assert_ok(event_token_read(keys, text, kind, sent_ms + 2 * year_ms - 1,
				   &token, &err),
		  err);
	assert_fails(event_token_read(keys, text, kind,
				      sent_ms + 2 * year_ms + 1000, &token,
				      &err),
		     err, ERROR_NOT_FOUND, "");
}

static void
each_url_has_a_token_of_its_kind(void **state)
{
	struct render_urls urls;
	struct str click;

	(void)state;
	render_urls_of(&subject, &origin, a, &urls);
	click = render_url_click(&subject, &origin, 3, a);
	assert_str(urls.site, "https://go.northwind.example");
	assert_reads(
	    token_in(urls.pixel, "https://go.northwind.example/o/", ".gif"),
	    EVENT_TOKEN_OPEN, 0);
	assert_reads(token_in(urls.view, "https://go.northwind.example/v/", ""),
		     EVENT_TOKEN_VIEW, 0);
	assert_reads(
	    token_in(urls.unsubscribe, "https://go.northwind.example/u/", ""),
	    EVENT_TOKEN_UNSUBSCRIBE, 0);
	assert_reads(token_in(click, "https://go.northwind.example/c/", ""),
		     EVENT_TOKEN_CLICK, 3);
}

static void
a_preview_has_no_token(void **state)
{
	struct render_urls urls;
	struct event_token token;

	(void)state;
	subject.delivery = NULL;
	render_urls_of(&subject, &origin, a, &urls);
	assert_str(urls.unsubscribe, "https://go.northwind.example/u/preview");
	assert_str(urls.pixel, "https://go.northwind.example/o/preview.gif");
	assert_fails(event_token_read(keys, STR("preview"),
				      EVENT_TOKEN_UNSUBSCRIBE, sent_ms, &token,
				      &err),
		     err, ERROR_DENIED, "");
}

static void
a_page_is_named_by_partner_and_activation(void **state)
{
	(void)state;
	assert_str(render_url_page(&subject, &origin, STR("offer"), STR(""), a),
		   "https://go.northwind.example/p/acme/00000000004k7/offer");
	assert_str(render_url_page(&subject, &origin, STR("a/b"), STR("t0"), a),
		   "https://go.northwind.example/p/acme/00000000004k7/a%2Fb"
		   "?t=t0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_url_has_a_token_of_its_kind),
		TEST(a_preview_has_no_token),
		TEST(a_page_is_named_by_partner_and_activation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
