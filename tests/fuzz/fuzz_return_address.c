/*
 * No text has a tag of ours in it unless we made one: not the bytes of the
 * input, and not a tag that one bit was changed of. One that is made is found,
 * whatever stands before it.
 */
#include "event/event_priv.h"

#include <string.h>

#include "fuzz.h"

static struct event_keys *
make_keys(void)
{
	struct event_keys *keys = event_keys_new();

	crypto_init();
	event_keys_add(keys,
		       (const uint8_t *)"a key that no store ever had....");
	return keys;
}

static bool
find(const struct event_keys *keys, struct str text, struct event_address *out)
{
	return event_address_find(keys, text, EVENT_ADDRESS_BOUNCE, out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str input = { (const char *)data, size };
	struct event_keys *keys = make_keys();
	struct event_address a = { .kind = EVENT_ADDRESS_BOUNCE }, out;
	struct buf text = { 0 };

	check(!find(keys, input, &out));
	memcpy(a.delivery, data,
	       size < sizeof(a.delivery) ? size : sizeof(a.delivery));
	a.partner_id = (int64_t)size;
	buf_char(&text, '+');
	event_address_make(keys, 1, &a, &text);
	buf_cat(&text, "@x");
	check(find(keys, buf_view(&text), &out));
	check(memcmp(out.delivery, a.delivery, sizeof(a.delivery)) == 0);
	text.p[1 + size % EVENT_ADDRESS_CHARS] ^= 1;
	check(!find(keys, buf_view(&text), &out));
	buf_fini(&text);
	event_keys_free(&keys);
	return 0;
}
