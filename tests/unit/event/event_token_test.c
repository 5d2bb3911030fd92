#include "event/event_priv.h"

#include "base/encode.h"
#include "base/random.h"
#include "test.h"

enum { TOKENS = 200, RANDOM_TEXTS = 100000 };

static const int64_t now_ms = 1767225600000;

/* Two generations; and a store whose keys are not ours. */
static struct event_keys *keys;
static struct event_keys *foreign;
static struct error err;

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
	event_keys_free(&foreign);
	return 0;
}

/* The nth of many that differ in all their fields. */
static struct event_token
token(int n)
{
	struct event_token t = {
		.kind = (enum event_token_kind)(n % EVENT_TOKEN_FORM + 1),
		.partner_id = (int64_t)n * 12345678901,
		.expires_ms = now_ms + 1000 + (int64_t)n * 86400000,
		.link = (unsigned)(n * 327),
	};

	for (size_t i = 0; i < sizeof(t.delivery); i++)
		t.delivery[i] = (uint8_t)(n * 31 + (int)i);
	return t;
}

static struct str
make(struct buf *out, const struct event_keys *k, int generation,
     const struct event_token *t)
{
	buf_clear(out);
	event_token_make(k, generation, t, out);
	assert_int_equal(out->len, EVENT_TOKEN_CHARS);
	return buf_view(out);
}

static void
assert_denied(struct str text, enum event_token_kind kind)
{
	struct event_token out;

	err = (struct error){ 0 };
	assert_int_equal(event_token_read(keys, text, kind, now_ms, &out, &err),
			 -(int)ERROR_DENIED);
	assert_string_equal(err.text, "not a link of ours");
}

static void
assert_same(const struct event_token *a, const struct event_token *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_true(a->partner_id == b->partner_id);
	assert_true(a->expires_ms == b->expires_ms);
	assert_int_equal(a->link, b->link);
	assert_memory_equal(a->delivery, b->delivery, sizeof(a->delivery));
}

static void
tokens_are_read_as_they_were_made(void **state)
{
	struct buf text = { 0 };
	struct event_token out;

	(void)state;
	for (int i = 0; i < TOKENS; i++) {
		struct event_token t = token(i);

		(void)make(&text, keys, i % 2 + 1, &t);
		assert_ok(event_token_read(keys, buf_view(&text), t.kind,
					   now_ms, &out, &err),
			  err);
		assert_same(&out, &t);
	}
	buf_fini(&text);
}

static void
the_ends_of_all_ranges_fit(void **state)
{
	struct event_token t = {
		.kind = EVENT_TOKEN_FORM,
		.partner_id = INT64_MAX,
		.expires_ms = (((int64_t)1 << 48) - 1) * 1000,
		.link = EVENT_LINK_MAX,
	};
	struct buf text = { 0 };
	struct event_token out;

	(void)state;
	memset(t.delivery, 0xff, sizeof(t.delivery));
	(void)make(&text, keys, 1, &t);
	assert_ok(
	    event_token_read(keys, buf_view(&text), t.kind, now_ms, &out, &err),
	    err);
	assert_same(&out, &t);
	buf_fini(&text);
}

/* Computed from the layout in event.h by another program. */
static void
a_token_has_the_bytes_of_the_layout(void **state)
{
	struct event_token t = {
		.kind = EVENT_TOKEN_CLICK,
		.partner_id = 7,
		.expires_ms = now_ms + 999,
		.link = 3,
		.delivery = "sixteen bytes id",
	};
	struct buf text = { 0 };

	(void)state;
	assert_str(make(&text, keys, 2, &t),
		   "AQIAAgAAAAAAAAAHAABpVbkAAANzaXh0ZWV"
		   "uIGJ5dGVzIGlk0DP8egbekoMPKT6AO_NbjQ");
	buf_fini(&text);
}

static void
the_same_arguments_give_the_same_characters(void **state)
{
	struct event_token t = token(5);
	struct buf a = { 0 };
	struct buf b = { 0 };

	(void)state;
	assert_true(str_eq(make(&a, keys, 1, &t), make(&b, keys, 1, &t)));
	assert_false(str_eq(make(&a, keys, 1, &t), make(&b, keys, 2, &t)));
	buf_fini(&a);
	buf_fini(&b);
}

static void
no_bit_of_the_bytes_can_be_flipped(void **state)
{
	struct buf text = { 0 };
	struct buf bytes = { 0 };

	(void)state;
	for (int i = 0; i < TOKENS; i++) {
		struct event_token t = token(i);

		buf_clear(&bytes);
		assert_ok(
		    decode_base64url(&bytes, make(&text, keys, 1, &t), &err),
		    err);
		for (size_t bit = 0; bit < bytes.len * 8; bit++) {
			char mask = (char)(1 << bit % 8);

			bytes.p[bit / 8] ^= mask;
			buf_clear(&text);
			encode_base64url(&text, buf_view(&bytes));
			assert_denied(buf_view(&text), t.kind);
			bytes.p[bit / 8] ^= mask;
		}
	}
	buf_fini(&text);
	buf_fini(&bytes);
}

static void
no_bit_of_the_text_can_be_flipped(void **state)
{
	struct buf text = { 0 };

	(void)state;
	for (int i = 0; i < TOKENS; i++) {
		struct event_token t = token(i);

		(void)make(&text, keys, 1, &t);
		for (size_t bit = 0; bit < text.len * 8; bit++) {
			char mask = (char)(1 << bit % 8);

			text.p[bit / 8] ^= mask;
			assert_denied(buf_view(&text), t.kind);
			text.p[bit / 8] ^= mask;
		}
	}
	buf_fini(&text);
}

static void
a_token_is_good_for_its_own_kind_only(void **state)
{
	struct buf text = { 0 };

	(void)state;
	for (int made = EVENT_TOKEN_OPEN; made <= EVENT_TOKEN_FORM; made++) {
		struct event_token t = token(1);

		t.kind = (enum event_token_kind)made;
		(void)make(&text, keys, 2, &t);
		for (int asked = 0; asked <= EVENT_TOKEN_FORM + 1; asked++)
			if (asked != made)
				assert_denied(buf_view(&text),
					      (enum event_token_kind)asked);
	}
	buf_fini(&text);
}

/* `from`'s bytes with `count` of `with`'s at `at`, signed as `from`. */
static void
splice(struct buf *out, const struct event_token *from,
       const struct event_token *with, size_t at, size_t count)
{
	struct buf text = { 0 };
	struct buf a = { 0 };
	struct buf b = { 0 };

	assert_ok(decode_base64url(&a, make(&text, keys, 1, from), &err), err);
	assert_ok(decode_base64url(&b, make(&text, keys, 1, with), &err), err);
	assert_memory_not_equal(a.p + at, b.p + at, count);
	memcpy(a.p + at, b.p + at, count);
	buf_clear(out);
	encode_base64url(out, buf_view(&a));
	buf_fini(&text);
	buf_fini(&a);
	buf_fini(&b);
}

/* Kind, partner, expiry, link, delivery, signature: each from another token. */
static void
fields_cannot_be_taken_from_another_token(void **state)
{
	static const struct {
		size_t at;
		size_t count;
	} fields[] = { { 1, 1 },  { 4, 8 },   { 12, 6 },
		       { 18, 2 }, { 20, 16 }, { 36, 16 } };
	struct event_token with = token(7);
	struct buf text = { 0 };

	(void)state;
	for (int i = 0; i < 5; i++)
		for (size_t f = 0; f < COUNT_OF(fields); f++) {
			struct event_token from = token(20 + i);

			if (f == 0 && from.kind == with.kind)
				continue;
			splice(&text, &from, &with, fields[f].at,
			       fields[f].count);
			assert_denied(buf_view(&text), from.kind);
			assert_denied(buf_view(&text), with.kind);
		}
	buf_fini(&text);
}

static void
a_token_expires(void **state)
{
	struct event_token t = token(1);
	struct buf text = { 0 };
	struct event_token out;

	(void)state;
	(void)make(&text, keys, 1, &t);
	assert_ok(event_token_read(keys, buf_view(&text), t.kind,
				   t.expires_ms - 1, &out, &err),
		  err);
	assert_fails(event_token_read(keys, buf_view(&text), t.kind,
				      t.expires_ms, &out, &err),
		     err, ERROR_NOT_FOUND, "the link has expired");
	/* One that was never ours did not expire. */
	(void)make(&text, foreign, 1, &t);
	assert_fails(event_token_read(keys, buf_view(&text), t.kind,
				      t.expires_ms, &out, &err),
		     err, ERROR_DENIED, "not a link of ours");
	buf_fini(&text);
}

static void
a_token_of_another_store_is_denied(void **state)
{
	struct buf text = { 0 };

	(void)state;
	for (int i = 0; i < TOKENS; i++) {
		struct event_token t = token(i);

		(void)make(&text, foreign, i % 2 + 1, &t);
		assert_denied(buf_view(&text), t.kind);
	}
	buf_fini(&text);
}

static void
a_generation_that_is_not_ours_is_denied(void **state)
{
	static const uint8_t third[] = "the third key of this test......";
	struct event_keys *newer = keys_of("the first key of this test......",
					   "the second key of this test.....");
	struct event_token t = token(1);
	struct buf text = { 0 };
	struct event_token out;

	(void)state;
	event_keys_add(newer, third);
	assert_int_equal(event_keys_newest(newer), 3);
	assert_denied(make(&text, newer, 3, &t), t.kind);
	assert_ok(event_token_read(newer, buf_view(&text), t.kind, now_ms, &out,
				   &err),
		  err);
	assert_ok(event_token_read(newer, make(&text, keys, 1, &t), t.kind,
				   now_ms, &out, &err),
		  err);
	event_keys_free(&newer);
	buf_fini(&text);
}

static void
a_text_of_another_length_is_denied(void **state)
{
	struct event_token t = token(1);
	struct buf text = { 0 };

	(void)state;
	(void)make(&text, keys, 1, &t);
	buf_cat(&text, "AA==");
	for (size_t len = 0; len <= text.len; len++)
		if (len != EVENT_TOKEN_CHARS)
			assert_denied(str_slice(buf_view(&text), 0, len),
				      t.kind);
	buf_fini(&text);
}

/* With all but the signature right: that one is random too. */
static void
random_texts_are_denied(void **state)
{
	uint8_t bytes[52] = { 1 };
	struct buf text = { 0 };

	(void)state;
	for (int i = 0; i < RANDOM_TEXTS; i++) {
		random_bytes(bytes + 1, sizeof(bytes) - 1);
		if (i % 2 == 0) {
			bytes[1] = EVENT_TOKEN_UNSUBSCRIBE;
			bytes[2] = 0;
			bytes[3] = 1;
		}
		buf_clear(&text);
		encode_base64url(&text,
				 (struct str){ (char *)bytes, sizeof(bytes) });
		assert_denied(buf_view(&text), EVENT_TOKEN_UNSUBSCRIBE);
	}
	buf_fini(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_are_read_as_they_were_made),
		cmocka_unit_test(the_ends_of_all_ranges_fit),
		cmocka_unit_test(a_token_has_the_bytes_of_the_layout),
		cmocka_unit_test(the_same_arguments_give_the_same_characters),
		cmocka_unit_test(no_bit_of_the_bytes_can_be_flipped),
		cmocka_unit_test(no_bit_of_the_text_can_be_flipped),
		cmocka_unit_test(a_token_is_good_for_its_own_kind_only),
		cmocka_unit_test(fields_cannot_be_taken_from_another_token),
		cmocka_unit_test(a_token_expires),
		cmocka_unit_test(a_token_of_another_store_is_denied),
		cmocka_unit_test(a_generation_that_is_not_ours_is_denied),
		cmocka_unit_test(a_text_of_another_length_is_denied),
		cmocka_unit_test(random_texts_are_denied),
	};

	return cmocka_run_group_tests_name("event/token", tests, make_keys,
					   free_keys);
}
