#include "outbox/outbox.h"

#include "base/crypto.h"
#include "base/encode.h"
#include "test.h"

static const struct outbox_key invite = {
	.partner_id = 7,
	.activation_id = INT64_C(0x123456789abcdef0),
	.step = { "invite", 6 },
	.subject_kind = OUTBOX_PERSON,
	.subject = { "0123456789abcdef", 16 },
	.channel = { "email", 5 },
	.seq = 0,
};

static void
assert_id(struct outbox_key key, const char *hex)
{
	struct outbox_id id = outbox_id_of(&key);
	struct buf text = { 0 };

	encode_hex(&text, (struct str){ (const char *)id.bytes, 16 });
	assert_str(buf_view(&text), hex);
	assert_int_equal(id.partner_id, key.partner_id);
	buf_fini(&text);
}

/* If one of these changes, everybody is mailed again. */
static void
the_id_of_a_key_never_changes(void **state)
{
	struct outbox_key post = {
		.partner_id = 0,
		.activation_id = 1,
		.step = STR("teaser"),
		.subject_kind = OUTBOX_ACCOUNT,
		.subject = STR("@northwind"),
		.channel = STR("mastodon"),
		.seq = 2,
	};

	(void)state;
	assert_id(invite, "acfbb4cea071ac03c08889d8cd859095");
	assert_id(post, "21a9f868d93e79c50b43ed66aa3c7ed5");
}

static void
each_field_counts(void **state)
{
	struct outbox_key keys[8];
	struct outbox_id ids[8];

	(void)state;
	for (int i = 0; i < 8; i++)
		keys[i] = invite;
	keys[1].partner_id++;
	keys[2].activation_id++;
	keys[3].step = STR("invitf");
	keys[4].subject_kind = OUTBOX_USER;
	keys[5].subject.len--;
	keys[6].channel = STR("e-mail");
	keys[7].seq = 1;
	for (int i = 0; i < 8; i++) {
		ids[i] = outbox_id_of(&keys[i]);
		for (int j = 0; j < i; j++)
			assert_memory_not_equal(ids[i].bytes, ids[j].bytes,
						OUTBOX_ID_BYTES);
	}
}

/* However the same bytes are dealt to the texts, the ids differ. */
static void
no_text_can_reach_into_the_next(void **state)
{
	static char bytes[] = "ab\0\0\0\0\0\0\0\1cd";
	const size_t len = sizeof(bytes) - 1;
	struct outbox_id ids[200];
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i <= len; i++)
		for (size_t j = i; j <= len; j++) {
			struct outbox_key key = invite;

			key.step = (struct str){ bytes, i };
			key.subject = (struct str){ bytes + i, j - i };
			key.channel = (struct str){ bytes + j, len - j };
			assert_true(count < COUNT_OF(ids));
			ids[count] = outbox_id_of(&key);
			for (size_t k = 0; k < count; k++)
				assert_memory_not_equal(ids[k].bytes,
							ids[count].bytes,
							OUTBOX_ID_BYTES);
			count++;
		}
	assert_int_equal(count, (len + 1) * (len + 2) / 2);
}

static void
states_have_names_and_ends(void **state)
{
	(void)state;
	assert_string_equal(outbox_state_name(OUTBOX_READY), "ready");
	assert_string_equal(outbox_state_name(OUTBOX_SKIPPED), "skipped");
	assert_false(outbox_state_final(OUTBOX_INDOUBT));
	assert_false(outbox_state_final(OUTBOX_HELD));
	assert_true(outbox_state_final(OUTBOX_SENT));
	assert_true(outbox_state_final(OUTBOX_CANCELLED));
}

static void
an_owner_has_a_name_for_its_lock(void **state)
{
	char name[OUTBOX_OWNER_NAME_BYTES];

	(void)state;
	outbox_owner_name(INT64_MAX, name);
	assert_string_equal(name, "owner-9223372036854775807");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_id_of_a_key_never_changes),
		cmocka_unit_test(each_field_counts),
		cmocka_unit_test(no_text_can_reach_into_the_next),
		cmocka_unit_test(states_have_names_and_ends),
		cmocka_unit_test(an_owner_has_a_name_for_its_lock),
	};

	crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
