#include "subject.h"

#define TAGS                                                  \
	"utm_source=northwind&utm_medium=email&utm_campaign=" \
	"spring-launch&utm_content=invite"

static void
urls_are_tagged_where_they_take_it(void **state)
{
	static const struct {
		const char *url;
		const char *expected;
	} rows[] = {
		{ "https://a.example", "https://a.example?" TAGS },
		{ "https://a.example/", "https://a.example/?" TAGS },
		{ "HTTPS://A.example/x", "HTTPS://A.example/x?" TAGS },
		{ "http://a.example:8080/x;y",
		  "http://a.example:8080/x;y?" TAGS },
		{ "https://a.example?", "https://a.example?" TAGS },
		{ "https://a.example/?q=1", "https://a.example/?q=1&" TAGS },
		{ "https://a.example/?q=1&", "https://a.example/?q=1&" TAGS },
		{ "https://a.example/?q", "https://a.example/?q&" TAGS },
		{ "https://a.example/?q=a?b",
		  "https://a.example/?q=a?b&" TAGS },
		{ "https://a.example/#top", "https://a.example/?" TAGS "#top" },
		{ "https://a.example/?q=1#/r?x=2",
		  "https://a.example/?q=1&" TAGS "#/r?x=2" },
		{ "https://a.example/%C3%A9?q=%20+",
		  "https://a.example/%C3%A9?q=%20+&" TAGS },
		{ "https://a.example/?utm_source=x",
		  "https://a.example/?utm_source=x&utm_medium=email&"
		  "utm_campaign=spring-launch&utm_content=invite" },
		{ "https://a.example/?UTM_Medium&utm%5Fsource=&utm_campaign=%",
		  "https://a.example/?UTM_Medium&utm%5Fsource=&utm_campaign=%"
		  "&utm_content=invite" },
		{ "https://a.example/?my_utm_source=1&utm_source2=2",
		  "https://a.example/?my_utm_source=1&utm_source2=2&" TAGS },
		{ "https://a.example/#utm_source=x",
		  "https://a.example/?" TAGS "#utm_source=x" },
		{ "mailto:a@b.example?subject=x",
		  "mailto:a@b.example?subject=x" },
		{ "tel:+441225000000", "tel:+441225000000" },
	};
	struct str got;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_ok(render_url_tag(str_of(rows[i].url), RENDER_EMAIL,
					 &origin, a, &got, &err),
			  err);
		assert_str(got, rows[i].expected);
		assert_ok(
		    render_url_tag(got, RENDER_SOCIAL, &origin, a, &got, &err),
		    err);
		assert_str(got, rows[i].expected);
	}
}

static void
values_are_lower_case_and_encoded(void **state)
{
	struct str got;

	(void)state;
	origin.brand = STR("North & Wind");
	origin.campaign = STR("");
	assert_ok(render_url_tag(STR("https://a.example/"), RENDER_SOCIAL,
				 &origin, a, &got, &err),
		  err);
	assert_str(got, "https://a.example/?utm_source=north%20%26%20wind&"
			"utm_medium=social&utm_content=invite");
}

static void
each_medium_has_its_name(void **state)
{
	static const struct {
		enum render_medium medium;
		const char *name;
	} rows[] = { { RENDER_EMAIL, "?utm_medium=email" },
		     { RENDER_SOCIAL, "?utm_medium=social" },
		     { RENDER_WEB, "?utm_medium=web" },
		     { RENDER_PRINT, "?utm_medium=print" } };
	struct str got;

	(void)state;
	origin = (struct render_origin){ 0 };
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_ok(render_url_tag(STR("https://a.example/"),
					 rows[i].medium, &origin, a, &got,
					 &err),
			  err);
		assert_str(got,
			   str_cstr(a, str_printf(a, "https://a.example/%s",
						  rows[i].name)));
	}
}

static void
what_is_no_such_url_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"/x",
		"//a.example/",
		"a.example",
		"javascript:alert(1)",
		"JavaScript://a.example/%0aalert(1)",
		"data:text/html,x",
		"https:a.example",
		"https://",
		"https:///x",
		"https://?x",
		" https://a.example",
		"https://a.example/a b",
		"https://a.example/\r\nSet-Cookie: x",
		"https://a.example/\"><script>",
		"https://a.example\\@b.example",
		"https://a.example/\xc3\xa9",
	};
	struct str got;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_fails(render_url_tag(str_of(bad[i]), RENDER_EMAIL,
					    &origin, a, &got, &err),
			     err, ERROR_INVALID, "expected");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(urls_are_tagged_where_they_take_it),
		TEST(values_are_lower_case_and_encoded),
		TEST(each_medium_has_its_name),
		TEST(what_is_no_such_url_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
