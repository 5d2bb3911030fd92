/*
 * The retry law: pure, so that a virtual clock lives through the same year
 * twice. Full jitter over the whole interval spreads a batch that failed
 * together better than a fixed wait with some jitter added, and it needs no
 * generator: the hash of id and attempt is as even, and it can be repeated.
 */
#include "outbox/outbox_priv.h"

#include <string.h>

#include "base/crypto.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS	  (60 * MINUTE_MS)
#define DAY_MS	  (24 * HOUR_MS)

#define FIRST_WAIT_MS  MINUTE_MS
#define LAST_WAIT_MS   (4 * HOUR_MS)
#define AGE_MAX_MS     (3 * DAY_MS)
#define RETRY_AFTER_MS DAY_MS

/* The longest wait after this attempt. */
static int64_t
ceiling_ms(int64_t attempt)
{
	int64_t wait = FIRST_WAIT_MS;

	while (--attempt > 0 && wait < LAST_WAIT_MS)
		wait *= 2;
	return wait < LAST_WAIT_MS ? wait : LAST_WAIT_MS;
}

static uint64_t
hash_of(const struct outbox_id *id, int64_t attempt)
{
	uint8_t digest[CRYPTO_HASH_BYTES];
	char bytes[OUTBOX_ID_BYTES + 8];
	uint64_t hash = 0;

	memcpy(bytes, id->bytes, OUTBOX_ID_BYTES);
	for (size_t i = 0; i < 8; i++)
		bytes[OUTBOX_ID_BYTES + i] =
		    (char)((uint64_t)attempt >> (56 - 8 * i) & 0xff);
	crypto_sha256((struct str){ bytes, sizeof(bytes) }, digest);
	for (size_t i = 0; i < sizeof(hash); i++)
		hash = hash << 8 | digest[i];
	return hash;
}

int64_t
outbox_retry_at(const struct outbox_id *id, int64_t attempt, int64_t first_ms,
		int64_t now_ms)
{
	uint64_t ceiling = (uint64_t)ceiling_ms(attempt);

	check(attempt > 0);
	if (now_ms - first_ms >= AGE_MAX_MS)
		return -1;
	return now_ms + 1 + (int64_t)(hash_of(id, attempt) % ceiling);
}

int64_t
outbox_wait_until(int64_t first_ms)
{
	return first_ms + AGE_MAX_MS;
}

/* The waits of Standard Webhooks; the last is for all that follow. */
static const int64_t hook_waits_ms[] = {
	5 * 1000,     5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS,  5 * HOUR_MS,
	10 * HOUR_MS, 14 * HOUR_MS,  20 * HOUR_MS,   24 * HOUR_MS,
};

int64_t
outbox_hook_retry_at(const struct outbox_id *id, int64_t attempt,
		     int64_t now_ms)
{
	int64_t last = (int64_t)COUNT_OF(hook_waits_ms);
	int64_t wait;

	check(attempt > 0);
	wait = hook_waits_ms[(attempt < last ? attempt : last) - 1];
	return now_ms + wait +
	       (int64_t)(hash_of(id, attempt) % (uint64_t)(wait / 10));
}

int64_t
outbox_retry_wish(int64_t at_ms, int64_t now_ms, int64_t retry_after_ms)
{
	int64_t wait =
	    retry_after_ms < RETRY_AFTER_MS ? retry_after_ms : RETRY_AFTER_MS;

	return now_ms + wait > at_ms ? now_ms + wait : at_ms;
}
