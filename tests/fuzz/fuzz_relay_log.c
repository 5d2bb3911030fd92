/*
 * A relay's log, whatever its bytes are: what is proven is SENT or READY, a
 * Message-ID that is not in the bytes is never SENT, and it does not matter how
 * they are cut into pieces.
 */
#include <string.h>

#include "base/arena.h"
#include "dispatch/dispatch_relay_log.h"
#include "dispatch/dispatch_resolve.h"
#include "fuzz.h"

static const char id[] = "a@b.example";

/* What is proven of the one in doubt; READY is told from nothing by 1. */
static int
judge(const struct dispatch_doubts *doubts, struct str bytes, size_t piece)
{
	struct arena *a = arena_new();
	struct relay_proof proof;
	struct relay_log *log;
	int found = 0;

	relay_log_open(&log, doubts, NULL, INT64_C(1796081000000));
	relay_log_file(log);
	for (size_t i = 0; i < bytes.len; i += piece)
		relay_log_feed(log, str_slice(bytes, i, i + piece));
	if (relay_log_proves(log, doubts->items[0], a, &proof)) {
		check(proof.to == OUTBOX_SENT || proof.to == OUTBOX_READY);
		check(proof.evidence.len > 0);
		found = proof.to == OUTBOX_SENT ? 2 : 1;
	}
	relay_log_close(&log);
	arena_free(&a);
	return found;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = { (const char *)data, size };
	struct dispatch_doubt doubt = {
		.delivery.marked_ms = INT64_C(1796080980000),
		.message_id = str_of(id),
	};
	struct dispatch_doubt *items[] = { &doubt };
	const struct dispatch_doubts doubts = { .items = items, .count = 1 };
	int whole = judge(&doubts, bytes, size ? size : 1);

	check(whole == judge(&doubts, bytes, 7));
	if (str_find(bytes, str_of(id)) < 0)
		check(whole != 2);
	return 0;
}
