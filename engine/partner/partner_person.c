/*
 * A person is 128 bits of HMAC-SHA256 under a key that only this store has:
 * who steals the rows cannot try addresses against them without the key, and
 * two stores cannot be joined. 128 bits leave one chance in 10^20 that two of
 * a billion people share a hash.
 *
 * What is signed is the address, a NUL (which no address has) and the number
 * of the rule by which it was made normal. A new rule would be a new number,
 * asked beside the old one; the pepper has no second generation to move to,
 * so generation 1 is read by its number.
 */
#include "partner/partner.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "mime/mime.h"

static const char PEPPER_NAME[] = "pepper";

struct partner_pepper {
	struct crypto_mac *mac;
};

int
partner_pepper_open(struct partner_pepper **out, struct db_store *store,
		    struct error *err)
{
	struct partner_pepper *pepper;
	uint8_t key[DB_SECRET_BYTES];

	if (db_secret(store, PEPPER_NAME, key, err) < 0 ||
	    db_secret_get(store, PEPPER_NAME, 1, key, err) < 0)
		return -(int)err->code;
	pepper = calloc(1, sizeof(*pepper));
	check(pepper);
	pepper->mac = crypto_mac_new(key);
	crypto_wipe(key, sizeof(key));
	*out = pepper;
	return 0;
}

void
partner_pepper_free(struct partner_pepper **pepper)
{
	if (*pepper)
		crypto_mac_free(&(*pepper)->mac);
	free(*pepper);
	*pepper = NULL;
}

struct person_hash
partner_person(const struct partner_pepper *pepper, struct str address)
{
	char text[MIME_ADDRESS_MAX + 2];
	uint8_t mac[CRYPTO_HASH_BYTES];
	struct person_hash hash;

	check(address.len > 0 && address.len <= MIME_ADDRESS_MAX);
	memcpy(text, address.p, address.len);
	text[address.len] = '\0';
	text[address.len + 1] = PERSON_RULE_VERSION;
	crypto_mac_compute(pepper->mac, (struct str){ text, address.len + 2 },
			   mac);
	memcpy(hash.bytes, mac, sizeof(hash.bytes));
	return hash;
}

struct str
person_hash_view(const struct person_hash *hash)
{
	return (struct str){ (const char *)hash->bytes, sizeof(hash->bytes) };
}
