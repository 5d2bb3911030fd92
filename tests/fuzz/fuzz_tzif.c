/*
 * What parses answers for every instant, and its local times lead back.
 */
#include "base/arena.h"
#include "base/zone.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = { (const char *)data, size };
	struct arena *a = arena_new();
	const struct zone *z;
	struct local_time shown;
	struct local_time again;
	struct error err;

	if (zone_parse(a, "fuzz", bytes, &z, &err) == 0) {
		for (int64_t year = -100; year <= 100; year++) {
			zone_to_local(z, year * INT64_C(31556952123), &shown);
			zone_to_local(z, zone_to_utc(z, &shown, NULL), &again);
			check(civil_to_ms(&shown) == civil_to_ms(&again));
		}
	}
	arena_free(&a);
	return 0;
}
