/*
 * Addresses: which delivery a mail that comes in is about, and the proof that
 * we named it. Who has one has seen the envelope or the headers of that mail,
 * so the most that can be done with it is done by its receiver.
 *
 * 96 bits of the signature, where a token has 128: an address is tried by a
 * mail, and each bit is paid for in a local part that has room for 64
 * characters. Kinds are part of the signed bytes and not of the tag.
 *
 * Rejected: a random number for each delivery, which would have to be stored
 * before the mail leaves; the receiver's address in the tag, as VERP has it in
 * mailing lists, which is longer, personal, and anybody's to write.
 */
#include "event/event_priv.h"

#include <string.h>

#include "base/encode.h"

enum {
	MAC_BYTES = 12,
	NAMED_BYTES = 2 + 4 + EVENT_DELIVERY_BYTES,
	TAG_BYTES = NAMED_BYTES + MAC_BYTES,
};

_Static_assert((TAG_BYTES * 8 + 4) / 5 == EVENT_ADDRESS_CHARS,
	       "base32 without padding");
_Static_assert(EVENT_ADDRESS_NAME_MAX + 1 + EVENT_ADDRESS_CHARS == 64,
	       "a local part");

static void
sign(const struct event_keys *keys, int generation,
     enum event_address_kind kind, const uint8_t named[NAMED_BYTES],
     uint8_t out[CRYPTO_HASH_BYTES])
{
	static const char purpose[] = "address";
	uint8_t bytes[sizeof(purpose) + 1 + NAMED_BYTES];

	memcpy(bytes, purpose, sizeof(purpose));
	bytes[sizeof(purpose)] = (uint8_t)kind;
	memcpy(bytes + sizeof(purpose) + 1, named, NAMED_BYTES);
	event_keys_sign(keys, generation,
			(struct str){ (const char *)bytes, sizeof(bytes) },
			out);
}

void
event_address_make(const struct event_keys *keys, int generation,
		   const struct event_address *address, struct buf *out)
{
	uint8_t bytes[TAG_BYTES];
	uint8_t mac[CRYPTO_HASH_BYTES];
	uint8_t *at = bytes;

	check(address->partner_id >= 0 && address->partner_id <= UINT32_MAX);
	at = event_put_number(at, (uint64_t)generation, 2);
	at = event_put_number(at, (uint64_t)address->partner_id, 4);
	memcpy(at, address->delivery, EVENT_DELIVERY_BYTES);
	sign(keys, generation, address->kind, bytes, mac);
	memcpy(bytes + NAMED_BYTES, mac, MAC_BYTES);
	encode_base32(out, (struct str){ (char *)bytes, sizeof(bytes) });
}

/* ---- reading ---- */

static bool
decode(struct str tag, uint8_t bytes[TAG_BYTES])
{
	char small[EVENT_ADDRESS_CHARS];
	struct buf decoded = { 0 };
	struct error ignored;
	bool good;

	check(tag.len == sizeof(small));
	for (size_t i = 0; i < tag.len; i++)
		small[i] = tag.p[i] >= 'A' && tag.p[i] <= 'Z'
			       ? (char)(tag.p[i] - 'A' + 'a')
			       : tag.p[i];
	good = decode_base32(&decoded, (struct str){ small, sizeof(small) },
			     &ignored) >= 0;
	if (good) {
		check(decoded.len == TAG_BYTES);
		memcpy(bytes, decoded.p, TAG_BYTES);
	}
	buf_fini(&decoded);
	return good;
}

static bool
read_tag(const struct event_keys *keys, struct str tag,
	 enum event_address_kind kind, struct event_address *out)
{
	uint8_t bytes[TAG_BYTES];
	uint8_t mac[CRYPTO_HASH_BYTES];
	const uint8_t *at = bytes;
	uint64_t generation;

	if (!decode(tag, bytes))
		return false;
	generation = event_take_number(&at, 2);
	if (generation < 1 || generation > (uint64_t)event_keys_newest(keys))
		return false;
	sign(keys, (int)generation, kind, bytes, mac);
	if (!crypto_equal(mac, bytes + NAMED_BYTES, MAC_BYTES))
		return false;
	out->kind = kind;
	out->partner_id = (int64_t)event_take_number(&at, 4);
	memcpy(out->delivery, at, EVENT_DELIVERY_BYTES);
	return true;
}

static bool
is_base32(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '2' && c <= '7');
}

bool
event_address_find(const struct event_keys *keys, struct str text,
		   enum event_address_kind kind, struct event_address *out)
{
	size_t run = 0; /* how many characters of a tag end here */
	int tries = 0;

	for (size_t i = 0; i < text.len && tries < EVENT_ADDRESS_TRIES; i++) {
		if (text.p[i] == '@' && run >= EVENT_ADDRESS_CHARS) {
			tries++;
			if (read_tag(
				keys,
				str_slice(text, i - EVENT_ADDRESS_CHARS, i),
				kind, out))
				return true;
		}
		run = is_base32(text.p[i]) ? run + 1 : 0;
	}
	return false;
}
