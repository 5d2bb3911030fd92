#ifndef BASE_ZONE_H
#define BASE_ZONE_H

/*
 * zone - time zones by name, read from the system's time-zone files
 *
 * A zone answers two questions: what does a clock there show at an instant,
 * and at which instant does a clock there show this. The second has no or two
 * answers when clocks change. The rule, everywhere in the engine:
 *
 *   gap      the time does not exist (clocks went forward over it). It moves
 *            forward by the length of the gap: 02:30 becomes 03:30.
 *   overlap  the time comes twice (clocks went back). The first is taken.
 *
 * Names are those of the IANA database, "Europe/Berlin", in their exact case.
 * A file is read once in the life of the process; who wants newer rules
 * starts a new one. Files are TZif versions 1 to 4 (RFC 9636); those that
 * count leap seconds ("right/...") are refused.
 *
 * Thread rule: zone_init() before threads, all else from all threads. A zone
 * never changes and is never freed, except one from zone_parse(), which lives
 * in its arena.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/check.h"
#include "base/civil.h"
#include "base/error.h"
#include "base/str.h"

struct arena;
struct zone;

enum { ZONE_FILE_MAX_BYTES = 64 * 1024 };

enum zone_fit { ZONE_EXACT, ZONE_GAP, ZONE_OVERLAP };

/*
 * Where the files are, if not in /usr/share/zoneinfo: main passes TZDIR, or
 * NULL for the default. Borrowed for the life of the process.
 */
void zone_init(const char *directory);

/*
 * The zone of that name. NOT_FOUND when there is none (or the name is none),
 * LIMIT when its file is larger than 64 KB, INVALID when the file is broken.
 */
int zone_get(const char *name, const struct zone **out,
	     struct error *err) MUST_CHECK;

/* As zone_get() of a file with these bytes; what is refused leaves no trace. */
int zone_parse(struct arena *a, const char *name, struct str bytes,
	       const struct zone **out, struct error *err) MUST_CHECK;

const char *zone_name(const struct zone *z);

/*
 * What holds at the instant: seconds east of UTC, whether it is summer time
 * and the abbreviation ("CEST"). Each out parameter may be NULL.
 */
void zone_offset(const struct zone *z, int64_t utc_ms, int32_t *offset_s,
		 bool *dst, const char **abbrev);

/*
 * When what holds at the instant ends: a later one, at which clocks change or
 * another rule begins; the end of all times when none does.
 */
int64_t zone_until(const struct zone *z, int64_t utc_ms);

/* What a clock there shows. */
void zone_to_local(const struct zone *z, int64_t utc_ms, struct local_time *t);

/*
 * When a clock there shows t (civil_valid), by the rule above. *fit, unless
 * NULL, tells whether the rule was needed.
 */
int64_t zone_to_utc(const struct zone *z, const struct local_time *t,
		    enum zone_fit *fit);

#endif
