#ifndef BASE_ZONE_PRIV_H
#define BASE_ZONE_PRIV_H

/*
 * A zone is a list of instants at which the local time changes, each with the
 * type in force from then on, and a tail: the rule for all time after the
 * last of them. Seconds are epoch seconds UTC.
 */

#include "base/zone.h"

enum {
	/* No offset is further from UTC (RFC 9636 allows -25 h to +26 h). */
	ZONE_OFFSET_MAX_S = 26 * 3600,
};

/* Before and after all instants, with room to add offsets. */
#define ZONE_EVER_S (INT64_C(1) << 61)

struct zone_type {
	int32_t offset_s;
	bool dst;
	const char *abbrev;
};

/* From from_s up to but not including to_s, the type holds. */
struct zone_span {
	int64_t from_s;
	int64_t to_s;
	const struct zone_type *type;
};

enum zone_day {
	ZONE_DAY_OF_WEEK,      /* Mm.w.d: day d of week w of month m */
	ZONE_DAY_WITHOUT_LEAP, /* Jn: 1 to 365, 29 February has none */
	ZONE_DAY_OF_YEAR,      /* n: 0 to 365 */
};

struct zone_change {
	enum zone_day kind;
	int month;
	int week;	/* 5: the last */
	int day;	/* 0 is Sunday when of a week */
	int32_t time_s; /* after that day's midnight; may be negative */
};

struct zone_tail {
	struct zone_type standard;
	struct zone_type summer;
	bool has_summer;
	struct zone_change to_summer;
	struct zone_change to_standard;
};

struct zone {
	const char *name;
	size_t count;
	int64_t *at_s;		 /* strictly ascending */
	uint8_t *which;		 /* the type from at_s[i] on */
	struct zone_type *types; /* [0] holds before the first change */
	bool has_tail;
	struct zone_tail tail;
};

/* A POSIX TZ string as extended by RFC 9636, abbreviations in the arena. */
int zone_tail_parse(struct arena *a, struct str text, struct zone_tail *out,
		    struct error *err) MUST_CHECK;

void zone_tail_span(const struct zone_tail *tail, int64_t at_s,
		    struct zone_span *out);

#endif
