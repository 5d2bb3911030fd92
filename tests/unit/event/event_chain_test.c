/*
 * The expected digests were computed from the layout in event_chain.c by
 * another program. A change here is a change of the format.
 */
#include "event/event_priv.h"

#include "base/encode.h"
#include "test.h"

static const struct event_link first = {
	.lane = 1,
	.seq = 1,
	.at_ms = 1767225600000,
	.kind = EVENT_APPLIED,
};

static int
init(void **state)
{
	(void)state;
	crypto_init();
	return 0;
}

static void
assert_hex(const uint8_t hash[32], const char *expected)
{
	struct buf hex = { 0 };

	encode_hex(&hex, (struct str){ (const char *)hash, 32 });
	assert_str(buf_view(&hex), expected);
	buf_fini(&hex);
}

static struct event_link
second(const uint8_t data_hash[32])
{
	return (struct event_link){
		.lane = 1,
		.seq = 2,
		.at_ms = 1767225600001,
		.kind = EVENT_SENT,
		.partner_id = 7,
		.activation_id = 9,
		.delivery = STR("sixteen bytes id"),
		.data_hash = { (const char *)data_hash, 32 },
	};
}

static void
rows_hash_as_the_layout_says(void **state)
{
	const uint8_t zeros[32] = { 0 };
	uint8_t data_hash[32];
	uint8_t hash[32];
	struct event_link link;

	(void)state;
	event_data_hash(STR("0123456789abcdef"), STR("{\"a\":1}"), data_hash);
	assert_hex(data_hash, "565a924995d14ab0c6c7b06a42fee6e9"
			      "94ddd8c9b3f638165febfe709c085cd5");
	event_link_hash(zeros, &first, hash);
	assert_hex(hash, "bc848d91349061d4ed613f8a5b47e92d"
			 "e05ac09a1ed172df1f4ea85ef82ad851");
	link = second(data_hash);
	event_link_hash(hash, &link, hash);
	assert_hex(hash, "2b6c5cf948deec908f58952be3a4b368"
			 "1d79a5c583d6c21522e895bcf1e4015c");
}

static void
each_field_changes_the_hash(void **state)
{
	uint8_t before[32] = { 0 };
	uint8_t data_hash[32] = { 0 };
	uint8_t hashes[10][32];
	struct event_link links[9];

	(void)state;
	for (int i = 0; i < 9; i++)
		links[i] = second(data_hash);
	links[1].lane++;
	links[2].seq++;
	links[3].at_ms--;
	links[4].kind++;
	links[5].partner_id++;
	links[6].activation_id++;
	links[7].delivery = (struct str){ 0 };
	links[8].data_hash = (struct str){ 0 };
	for (int i = 0; i < 9; i++)
		event_link_hash(before, &links[i], hashes[i]);
	before[31] ^= 1;
	event_link_hash(before, &links[0], hashes[9]);
	for (int i = 0; i < 10; i++)
		for (int j = 0; j < i; j++)
			assert_memory_not_equal(hashes[i], hashes[j], 32);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_hash_as_the_layout_says),
		cmocka_unit_test(each_field_changes_the_hash),
	};

	return cmocka_run_group_tests_name("event/chain", tests, init, NULL);
}
