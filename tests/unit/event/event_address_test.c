#include "event/event_priv.h"

#include "test.h"

enum { ADDRESSES = 200 };

static struct event_keys *keys;
static struct event_keys *foreign;
static struct buf text;

static struct event_keys *
keys_of(const char *first, const char *second)
{
	struct event_keys *k = event_keys_new();

	event_keys_add(k, (const uint8_t *)first);
	event_keys_add(k, (const uint8_t *)second);
	return k;
}

static int
make_keys(void **state)
{
	(void)state;
	crypto_init();
	keys = keys_of("the first key of this test......",
		       "the second key of this test.....");
	foreign = keys_of("the first key of another store..",
			  "the second key of another store.");
	return 0;
}

static int
free_keys(void **state)
{
	(void)state;
	event_keys_free(&keys);
	event_keys_free(&foreign);
	buf_fini(&text);
	return 0;
}

static struct event_address
address(int n)
{
	struct event_address a = {
		.kind = EVENT_ADDRESS_BOUNCE,
		.partner_id = (int64_t)n * 21000000,
	};

	for (size_t i = 0; i < sizeof(a.delivery); i++)
		a.delivery[i] = (uint8_t)(n * 31 + (int)i);
	return a;
}

/* before + the tag + after, in `text`. */
static struct str
around(const char *before, const struct event_address *a, const char *after)
{
	buf_clear(&text);
	buf_cat(&text, before);
	event_address_make(keys, 2, a, &text);
	buf_cat(&text, after);
	return buf_view(&text);
}

static bool
find(struct str where, struct event_address *out)
{
	return event_address_find(keys, where, EVENT_ADDRESS_BOUNCE, out);
}

static void
assert_found(struct str where, const struct event_address *expected)
{
	struct event_address out;

	assert_true(find(where, &out));
	assert_int_equal(out.partner_id, expected->partner_id);
	assert_memory_equal(out.delivery, expected->delivery,
			    sizeof(out.delivery));
}

/* ---- cases ---- */

static void
a_tag_says_which_delivery_it_was(void **state)
{
	(void)state;
	for (int i = 0; i < ADDRESSES; i++) {
		const struct event_address a = address(i);

		assert_found(around("", &a, "@back.example.org"), &a);
	}
}

static void
a_local_part_has_64_octets_at_most(void **state)
{
	const struct event_address a = address(7);

	(void)state;
	assert_int_equal(around("bounces8+", &a, "").len, 64);
}

static void
it_is_found_wherever_an_address_stands(void **state)
{
	const struct event_address a = address(3);

	(void)state;
	assert_found(around("bounces+", &a, "@b.example"), &a);
	assert_found(around("To: <b+", &a, "@b.example>\r\n"), &a);
	assert_found(around("prvs=0123456789=b+", &a, "@b.example"), &a);
	assert_found(
	    around("x@y.example aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@z <",
		   &a, "@b.example>"),
	    &a);
}

static void
the_case_of_letters_does_not_matter(void **state)
{
	const struct event_address a = address(11);
	struct str all = around("B+", &a, "@B.EXAMPLE");

	(void)state;
	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] >= 'a' && text.p[i] <= 'z')
			text.p[i] = (char)(text.p[i] - 'a' + 'A');
	assert_found(all, &a);
}

static void
a_tag_that_was_changed_anywhere_is_none(void **state)
{
	static const char others[] = "abcdefghijklmnopqrstuvwxyz234567";
	const struct event_address a = address(5);
	struct event_address out;

	(void)state;
	for (size_t i = 0; i < EVENT_ADDRESS_CHARS; i++) {
		struct str all = around("", &a, "@b.example");

		for (size_t k = 0; others[k]; k++) {
			char was = text.p[i];

			if (others[k] == was)
				continue;
			text.p[i] = others[k];
			assert_false(find(all, &out));
			text.p[i] = was;
		}
	}
}

static void
a_tag_of_another_store_or_generation_is_none(void **state)
{
	const struct event_address a = address(5);
	struct event_address out;

	(void)state;
	buf_clear(&text);
	event_address_make(foreign, 2, &a, &text);
	buf_cat(&text, "@b.example");
	assert_false(find(buf_view(&text), &out));
}

static void
a_tag_that_no_address_is_made_of_is_none(void **state)
{
	const struct event_address a = address(5);
	struct event_address out;

	(void)state;
	assert_false(find(around("", &a, ""), &out));
	assert_false(find(around("", &a, "%b.example"), &out));
	assert_false(find(around("", &a, "a@b.example"), &out));
	assert_false(find(STR("@"), &out));
	assert_false(find(STR(""), &out));
}

static void
who_tries_on_and_on_is_not_heard_to_the_end(void **state)
{
	const struct event_address a = address(5);
	struct buf many = { 0 };
	struct event_address out;

	(void)state;
	for (int i = 0; i < EVENT_ADDRESS_TRIES; i++)
		buf_cat(&many,
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			"aaaaaaaaaaaa@x\n");
	buf_str(&many, around("b+", &a, "@b.example"));
	assert_false(find(buf_view(&many), &out));
	buf_fini(&many);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tag_says_which_delivery_it_was),
		cmocka_unit_test(a_local_part_has_64_octets_at_most),
		cmocka_unit_test(it_is_found_wherever_an_address_stands),
		cmocka_unit_test(the_case_of_letters_does_not_matter),
		cmocka_unit_test(a_tag_that_was_changed_anywhere_is_none),
		cmocka_unit_test(a_tag_of_another_store_or_generation_is_none),
		cmocka_unit_test(a_tag_that_no_address_is_made_of_is_none),
		cmocka_unit_test(who_tries_on_and_on_is_not_heard_to_the_end),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
