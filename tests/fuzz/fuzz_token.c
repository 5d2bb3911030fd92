/*
 * A text is either refused or the one that we would make of what was read: no
 * second text says the same. The bytes of the input are tried as a text, and
 * as the fields of a token that is made, read, and made again.
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

/* What is read, if it is of any kind, makes the same text again. */
static bool
read_and_make(const struct event_keys *keys, struct str text)
{
	struct event_token token;
	struct buf again = { 0 };
	struct error err;
	int good = 0;

	for (int kind = EVENT_TOKEN_OPEN; kind <= EVENT_TOKEN_FORM; kind++) {
		if (event_token_read(keys, text, (enum event_token_kind)kind, 0,
				     &token, &err) < 0)
			continue;
		good++;
		check(token.kind == (enum event_token_kind)kind);
		event_token_make(keys, 1, &token, &again);
		check(str_eq(buf_view(&again), text));
	}
	check(good <= 1);
	buf_fini(&again);
	return good == 1;
}

static struct event_token
fields(const uint8_t *data, size_t size)
{
	struct event_token t = { .kind = EVENT_TOKEN_OPEN };
	uint8_t bytes[32] = { 0 };

	if (size)
		memcpy(bytes, data,
		       size < sizeof(bytes) ? size : sizeof(bytes));
	t.kind = (enum event_token_kind)(bytes[0] % EVENT_TOKEN_FORM + 1);
	t.link = (unsigned)bytes[1] << 8 | bytes[2];
	memcpy(&t.partner_id, bytes + 3, sizeof(t.partner_id));
	t.partner_id &= INT64_MAX;
	for (int i = 11; i < 16; i++)
		t.expires_ms = t.expires_ms << 8 | bytes[i];
	t.expires_ms += 1000;
	memcpy(t.delivery, bytes + 16, sizeof(t.delivery));
	return t;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct event_keys *keys = make_keys();
	struct event_token token = fields(data, size);
	struct buf made = { 0 };

	(void)read_and_make(keys, (struct str){ (const char *)data, size });
	event_token_make(keys, 1, &token, &made);
	check(read_and_make(keys, buf_view(&made)));
	made.p[size % made.len] ^= 1;
	check(!read_and_make(keys, buf_view(&made)));
	buf_fini(&made);
	event_keys_free(&keys);
	return 0;
}
