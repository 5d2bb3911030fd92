/*
 * The id of a key. What is hashed is every field in the order of the struct:
 * a number as eight bytes, a text as its length in eight bytes and then
 * itself. So two keys that differ anywhere give different bytes, whatever
 * their texts hold; a separator could be forged by a text that has it.
 *
 * Rejected: a number drawn for each row. Then a decision made twice, in two
 * processes or after a restore, would be two deliveries.
 */
#include "outbox/outbox_priv.h"

#include <string.h>

#include "base/crypto.h"

static void
add_int(struct crypto_hash *h, int64_t n)
{
	char bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)((uint64_t)n >> (56 - 8 * i) & 0xff);
	crypto_hash_add(h, (struct str){ bytes, sizeof(bytes) });
}

static void
add_str(struct crypto_hash *h, struct str s)
{
	add_int(h, (int64_t)s.len);
	crypto_hash_add(h, s);
}

struct outbox_id
outbox_id_of(const struct outbox_key *key)
{
	struct outbox_id id = { .partner_id = key->partner_id };
	uint8_t digest[CRYPTO_HASH_BYTES];
	struct crypto_hash h;

	crypto_hash_init(&h);
	add_int(&h, key->partner_id);
	add_int(&h, key->activation_id);
	add_str(&h, key->step);
	add_int(&h, (int64_t)key->subject_kind);
	add_str(&h, key->subject);
	add_str(&h, key->channel);
	add_int(&h, key->seq);
	crypto_hash_end(&h, digest);
	memcpy(id.bytes, digest, sizeof(id.bytes));
	return id;
}

struct str
outbox_id_view(const struct outbox_id *id)
{
	return (struct str){ (const char *)id->bytes, sizeof(id->bytes) };
}

bool
outbox_tells_partner(const struct outbox_key *key)
{
	if (key->subject_kind == OUTBOX_REPLY)
		return str_eq_cstr(key->step, OUTBOX_STEP_REPLY);
	if (key->subject_kind == OUTBOX_NOTICE)
		return str_eq_cstr(key->step, OUTBOX_STEP_NOTICE);
	return key->subject_kind == OUTBOX_LEAD &&
	       (str_eq_cstr(key->step, OUTBOX_STEP_LEAD_NOTIFY) ||
		str_eq_cstr(key->step, OUTBOX_STEP_LEAD_HOOK));
}
