#include "http/http_imap.h"

#include "test.h"

static struct error err;

static void
what_is_found_is_read(void **state)
{
	uint32_t uids[4];

	(void)state;
	assert_int_equal(http_imap_read_search(STR("* OK x\r\n"
						   "* SEARCH 3 5 4294967295\r\n"
						   "* 12 EXISTS\r\n"),
					       uids, 4),
			 3);
	assert_int_equal(uids[0], 3);
	assert_int_equal(uids[2], UINT32_MAX);
	assert_int_equal(http_imap_read_search(STR("* search\r\n"), uids, 4),
			 0);
	assert_int_equal(http_imap_read_search(STR(""), uids, 4), 0);
}

static void
what_is_no_number_and_what_is_too_many_is_left_out(void **state)
{
	uint32_t uids[2];

	(void)state;
	assert_int_equal(http_imap_read_search(
			     STR("* SEARCH 0 -1 x 4294967296 7 8 9"), uids, 2),
			 2);
	assert_int_equal(uids[0], 7);
	assert_int_equal(uids[1], 8);
}

static void
assert_bad(const char *url, const char *part)
{
	struct http_imap *box;

	assert_fails(http_imap_open(&box, url, &err), err, ERROR_CONFIG, part);
}

static void
a_url_says_who_and_where_and_no_password(void **state)
{
	struct http_imap *box;

	(void)state;
	assert_bad("imaps://host/INBOX", "expected imaps://USER");
	assert_bad("imaps://user@host", "expected imaps://USER");
	assert_bad("imaps://user:word@host/INBOX", "seen by others");
	assert_bad("imap://user@host.example/INBOX", "without TLS");
	assert_bad("imaps://user@host/INBOX?from=x", "expected imaps://USER");
	assert_bad("imaps://user@host/INBOX?to=a%22b", "letters, digits");
	assert_ok(http_imap_open(&box, "imap://a%40b@127.0.0.1:1/INBOX?to=Done",
				 &err),
		  err);
	http_imap_close(&box);
	assert_ok(http_imap_open(&box, "imaps://a@mail.example/INBOX", &err),
		  err);
	http_imap_close(&box);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_found_is_read),
		cmocka_unit_test(
		    what_is_no_number_and_what_is_too_many_is_left_out),
		cmocka_unit_test(a_url_says_who_and_where_and_no_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
