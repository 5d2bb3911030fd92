/*
 * SHA-256 is OpenSSL's, which uses the processor's own instructions: it runs
 * over whole files. Its digest is fetched once; EVP_sha256() would look it up
 * again at each use. HMAC is libsodium's, though its SHA-256 is plain C: its
 * keyed state is a value that is copied to the stack for each message, where
 * OpenSSL's allocates, and messages are short.
 */
#include "base/crypto.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <sodium.h>

#include "base/random.h"

enum {
	NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
};

_Static_assert((int)CRYPTO_SEAL_BYTES == (int)NONCE_BYTES + (int)TAG_BYTES,
	       "the sealed form is nonce, cipher text, tag");

struct crypto_mac {
	crypto_auth_hmacsha256_state keyed;
};

static EVP_MD *sha256;

static const unsigned char *
bytes(struct str s)
{
	return (const unsigned char *)(s.p ? s.p : "");
}

void
crypto_init(void)
{
	check(sodium_init() >= 0);
	if (!sha256)
		sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	check(sha256);
}

void
crypto_sha256(struct str data, uint8_t out[32])
{
	check(sha256);
	check(EVP_Digest(bytes(data), data.len, out, NULL, sha256, NULL) == 1);
}

void
crypto_hash_init(struct crypto_hash *h)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	check(sha256 && ctx);
	check(EVP_DigestInit_ex(ctx, sha256, NULL) == 1);
	h->state = ctx;
}

void
crypto_hash_add(struct crypto_hash *h, struct str data)
{
	check(h->state);
	check(EVP_DigestUpdate(h->state, bytes(data), data.len) == 1);
}

void
crypto_hash_end(struct crypto_hash *h, uint8_t out[32])
{
	check(h->state);
	check(EVP_DigestFinal_ex(h->state, out, NULL) == 1);
	EVP_MD_CTX_free(h->state);
	h->state = NULL;
}

static void
mac_init(struct crypto_mac *mac, const uint8_t key[32])
{
	check(sha256);
	crypto_auth_hmacsha256_init(&mac->keyed, key, CRYPTO_KEY_BYTES);
}

struct crypto_mac *
crypto_mac_new(const uint8_t key[32])
{
	struct crypto_mac *mac = malloc(sizeof(*mac));

	check(mac);
	mac_init(mac, key);
	return mac;
}

void
crypto_mac_compute(const struct crypto_mac *mac, struct str data,
		   uint8_t out[32])
{
	crypto_auth_hmacsha256_state state = mac->keyed;

	crypto_auth_hmacsha256_update(&state, bytes(data), data.len);
	crypto_auth_hmacsha256_final(&state, out);
	crypto_wipe(&state, sizeof(state));
}

void
crypto_mac_free(struct crypto_mac **mac)
{
	if (!*mac)
		return;
	crypto_wipe(*mac, sizeof(**mac));
	free(*mac);
	*mac = NULL;
}

void
crypto_hmac(const uint8_t key[32], struct str data, uint8_t out[32])
{
	struct crypto_mac mac;

	mac_init(&mac, key);
	crypto_mac_compute(&mac, data, out);
	crypto_wipe(&mac, sizeof(mac));
}

void
crypto_hmac_key(struct str key, struct str data, uint8_t out[32])
{
	struct crypto_mac mac;

	crypto_auth_hmacsha256_init(&mac.keyed, bytes(key), key.len);
	crypto_mac_compute(&mac, data, out);
	crypto_wipe(&mac, sizeof(mac));
}

bool
crypto_equal(const void *a, const void *b, size_t len)
{
	return sodium_memcmp(a, b, len) == 0;
}

void
crypto_wipe(void *p, size_t len)
{
	sodium_memzero(p, len);
}

void
crypto_seal(const uint8_t key[32], struct str plain, struct str aad,
	    struct buf *out)
{
	unsigned char *at;

	check(sha256 && plain.len < SIZE_MAX - CRYPTO_SEAL_BYTES);
	at = (unsigned char *)buf_grow(out, plain.len + CRYPTO_SEAL_BYTES);
	if (!at)
		return;
	random_bytes(at, NONCE_BYTES);
	crypto_aead_xchacha20poly1305_ietf_encrypt(
	    at + NONCE_BYTES, NULL, bytes(plain), plain.len, bytes(aad),
	    aad.len, NULL, at, key);
}

int
crypto_open(const uint8_t key[32], struct str sealed, struct str aad,
	    struct buf *out, struct error *err)
{
	const unsigned char *nonce = bytes(sealed);
	size_t before = out->len;
	size_t len;
	unsigned char *at;

	check(sha256);
	if (sealed.len < CRYPTO_SEAL_BYTES)
		return error_set(err, ERROR_DENIED,
				 "sealed data of %zu bytes is cut short",
				 sealed.len);
	len = sealed.len - CRYPTO_SEAL_BYTES;
	at = (unsigned char *)buf_grow(out, len);
	if (!at)
		return error_set(err, ERROR_LIMIT,
				 "sealed data holds %zu bytes, too many", len);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(
		at, NULL, NULL, nonce + NONCE_BYTES, len + TAG_BYTES,
		bytes(aad), aad.len, nonce, key) != 0) {
		buf_truncate(out, before);
		return error_set(err, ERROR_DENIED,
				 "sealed data does not verify: it was altered, "
				 "or the key is another");
	}
	return 0;
}

void
crypto_derive(const uint8_t key[32], const char *label, uint8_t out[32])
{
	crypto_auth_hmacsha256_state state;
	const unsigned char first_block = 1;

	check(sha256);
	crypto_auth_hmacsha256_init(&state, key, CRYPTO_KEY_BYTES);
	crypto_auth_hmacsha256_update(&state, bytes(str_of(label)),
				      strlen(label));
	crypto_auth_hmacsha256_update(&state, &first_block, 1);
	crypto_auth_hmacsha256_final(&state, out);
	crypto_wipe(&state, sizeof(state));
}
