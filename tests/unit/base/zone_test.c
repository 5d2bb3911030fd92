#include "base/zone.h"

#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "test.h"

enum { ZONES = 100, INSTANTS = 20 };

static const struct zone *
zone(const char *name)
{
	struct error err = { 0 };
	const struct zone *z = NULL;

	assert_ok(zone_get(name, &z, &err), err);
	return z;
}

static int64_t
utc_of(const char *text)
{
	struct error err = { 0 };
	int64_t ms = 0;

	assert_ok(civil_parse_instant(str_of(text), &ms, &err), err);
	return ms;
}

/* What the C library says, whose zone must have been set. */
static void
assert_as_libc(const struct zone *z, int64_t utc_ms)
{
	time_t at = (time_t)(utc_ms / 1000);
	struct local_time ours;
	char expected[64];
	char found[64];
	char name[16];
	const char *abbrev;
	struct tm tm;
	bool dst;

	assert_non_null(localtime_r(&at, &tm));
	strftime(name, sizeof(name), "%Z", &tm);
	snprintf(expected, sizeof(expected), "%d-%d-%d %d:%d:%d %d %s",
		 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		 tm.tm_min, tm.tm_sec, tm.tm_isdst > 0, name);
	zone_to_local(z, utc_ms, &ours);
	zone_offset(z, utc_ms, NULL, &dst, &abbrev);
	snprintf(found, sizeof(found), "%d-%d-%d %d:%d:%d %d %s", ours.year,
		 ours.month, ours.day, ours.hour, ours.minute, ours.second, dst,
		 abbrev);
	if (strcmp(found, expected) != 0)
		fail_msg("%s at %lld: %s, libc says %s", zone_name(z),
			 (long long)at, found, expected);
}

static void
assert_round_trip(const struct zone *z, int64_t utc_ms)
{
	struct local_time local;
	struct local_time again;
	enum zone_fit fit;
	int64_t back;

	zone_to_local(z, utc_ms, &local);
	back = zone_to_utc(z, &local, &fit);
	zone_to_local(z, back, &again);
	assert_memory_equal(&again, &local, sizeof(local));
	assert_true(fit != ZONE_GAP);
	if (back != utc_ms) {
		assert_int_equal(fit, ZONE_OVERLAP);
		assert_true(back < utc_ms);
	}
}

static int32_t
offset_at(const struct zone *z, int64_t utc_ms)
{
	int32_t offset_s;

	zone_offset(z, utc_ms, &offset_s, NULL, NULL);
	return offset_s;
}

/* A whole second at which the offset changes, the offsets at both differing. */
static int64_t
change_between(const struct zone *z, int64_t from_s, int64_t to_s)
{
	int64_t mid;

	while (to_s - from_s > 1) {
		mid = from_s + (to_s - from_s) / 2;
		if (offset_at(z, mid * 1000) == offset_at(z, from_s * 1000))
			from_s = mid;
		else
			to_s = mid;
	}
	return to_s;
}

static int64_t
pseudo_random_second(uint64_t *seed)
{
	static const uint64_t span = UINT64_C(6311433600); /* 200 years */

	*seed = *seed * UINT64_C(6364136223846793005) + 1;
	return (int64_t)((*seed >> 20) % span) - INT64_C(2208988800);
}

static void
compare_zone(const struct zone *z, uint64_t *seed)
{
	int64_t last_s = 0;
	int64_t at_s;

	setenv("TZ", zone_name(z), 1);
	tzset();
	for (int i = 0; i < INSTANTS; i++) {
		at_s = pseudo_random_second(seed);
		assert_as_libc(z, at_s * 1000);
		assert_round_trip(z, at_s * 1000 + 7);
		if (offset_at(z, at_s * 1000) != offset_at(z, last_s * 1000)) {
			last_s = last_s < at_s
				     ? change_between(z, last_s, at_s)
				     : change_between(z, at_s, last_s);
			for (int64_t s = last_s - 1; s <= last_s + 1; s++)
				assert_as_libc(z, s * 1000);
			for (int64_t s = -7200; s <= 7200; s += 900)
				assert_round_trip(z, (last_s + s) * 1000);
		}
		last_s = at_s;
	}
}

/* The name in a line of zone1970.tab: country codes, coordinates, name. */
static bool
name_in_line(struct str line, char *out, size_t size)
{
	struct str rest = str_trim(line);
	struct str name;

	if (str_starts(rest, STR("#")) || !str_split(&rest, '\t', &name) ||
	    !str_split(&rest, '\t', &name) || !str_split(&rest, '\t', &name))
		return false;
	snprintf(out, size, "%.*s", STR_ARG(name));
	return true;
}

static void
agrees_with_libc(void **state)
{
	static const char *const special[] = {
		"UTC",
		"Etc/GMT+5",
		"America/Nuuk",
		"Asia/Jerusalem",
		"Europe/Dublin",
		"Africa/Casablanca",
		"Australia/Lord_Howe",
	};
	FILE *f = fopen("/usr/share/zoneinfo/zone1970.tab", "re");
	uint64_t seed = 42;
	char line[256];
	char name[65];
	int count = 0;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (!name_in_line(str_of(line), name, sizeof(name)))
			continue;
		compare_zone(zone(name), &seed);
		count++;
	}
	fclose(f);
	assert_true(count >= ZONES);
	for (size_t i = 0; i < COUNT_OF(special); i++)
		compare_zone(zone(special[i]), &seed);
}

static void
gaps_move_forward_and_overlaps_take_the_first(void **state)
{
	static const struct {
		const char *zone;
		const char *local;
		const char *utc;
		enum zone_fit fit;
	} cases[] = {
		{ "Europe/Berlin", "2026-03-29T01:59:59",
		  "2026-03-29T00:59:59Z", ZONE_EXACT },
		{ "Europe/Berlin", "2026-03-29T02:00:00",
		  "2026-03-29T01:00:00Z", ZONE_GAP },
		{ "Europe/Berlin", "2026-03-29T02:30:00.250",
		  "2026-03-29T01:30:00.250Z", ZONE_GAP },
		{ "Europe/Berlin", "2026-03-29T03:00:00",
		  "2026-03-29T01:00:00Z", ZONE_EXACT },
		{ "Europe/Berlin", "2026-10-25T02:30:00",
		  "2026-10-25T00:30:00Z", ZONE_OVERLAP },
		{ "Europe/Berlin", "2026-10-25T03:00:00",
		  "2026-10-25T02:00:00Z", ZONE_EXACT },
		{ "Europe/Berlin", "2090-03-26T02:30:00",
		  "2090-03-26T01:30:00Z", ZONE_GAP },
		{ "America/New_York", "2026-03-08T02:30:00",
		  "2026-03-08T07:30:00Z", ZONE_GAP },
		{ "America/New_York", "2026-11-01T01:30:00",
		  "2026-11-01T05:30:00Z", ZONE_OVERLAP },
		{ "Australia/Lord_Howe", "2026-10-04T02:15:00",
		  "2026-10-03T15:45:00Z", ZONE_GAP },
		{ "Australia/Lord_Howe", "2026-04-05T01:45:00",
		  "2026-04-04T14:45:00Z", ZONE_OVERLAP },
		/* Samoa had no 30 December. */
		{ "Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T22:00:00Z",
		  ZONE_GAP },
		{ "UTC", "1969-12-31T23:59:59.999", "1969-12-31T23:59:59.999Z",
		  ZONE_EXACT },
	};
	struct error err = { 0 };
	struct local_time t;
	enum zone_fit fit;
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_ok(civil_parse_local(str_of(cases[i].local), &t, &err),
			  err);
		ms = zone_to_utc(zone(cases[i].zone), &t, &fit);
		if (ms != utc_of(cases[i].utc) || fit != cases[i].fit)
			fail_msg("%s %s: got %lld, fit %d", cases[i].zone,
				 cases[i].local, (long long)ms, (int)fit);
		assert_true(zone_to_utc(zone(cases[i].zone), &t, NULL) == ms);
	}
}

static void
a_zone_is_loaded_once(void **state)
{
	(void)state;
	assert_ptr_equal(zone("Asia/Tokyo"), zone("Asia/Tokyo"));
	assert_string_equal(zone_name(zone("Asia/Tokyo")), "Asia/Tokyo");
}

static void
what_is_no_name_finds_nothing(void **state)
{
	static const char *const names[] = {
		"",
		"/etc/passwd",
		"../zoneinfo/UTC",
		"Europe/../UTC",
		"Europe",
		"Europe/",
		"Europe//Berlin",
		"Europe/Berlin/",
		"Europe/berlim",
		"Europe/Berlin/x",
		"zone.tab",
		"Europe/Ber\nlin",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	const struct zone *z = NULL;
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_fails(zone_get(names[i], &z, &err), err, ERROR_NOT_FOUND,
			     "expected a name like");
	assert_null(z);
}

/* A version 1 header that counts one type and `chars` bytes of names. */
#define HEADER(version, changes, chars)                                \
	"TZif" version "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" /* reserved */ \
	"\0\0\0\0\0\0\0\0\0\0\0\0" /* isut, isstd, leap */             \
	"\0\0\0" changes "\0\0\0\1\0\0\0" chars
#define TYPE_UTC "\0\0\0\0\0\0UTC\0"
#define WITH_RULE(rule)         \
	HEADER("2", "\0", "\4") \
	TYPE_UTC HEADER("2", "\0", "\4") TYPE_UTC "\n" rule "\n"

static void
reads_version_1_and_rules_alone(void **state)
{
	struct arena *a = arena_new();
	struct error err = { 0 };
	const struct zone *z;
	bool dst;

	(void)state;
	assert_ok(zone_parse(a, "v1", STR(HEADER("\0", "\0", "\4") TYPE_UTC),
			     &z, &err),
		  err);
	assert_int_equal(offset_at(z, 0), 0);
	assert_ok(zone_parse(a, "all-year summer",
			     STR(WITH_RULE("XXX3EDT4,0/0,J365/23")), &z, &err),
		  err);
	for (int64_t day = 0; day < 800; day++) {
		zone_offset(z, day * 86400000, NULL, &dst, NULL);
		assert_true(dst);
		assert_int_equal(offset_at(z, day * 86400000), -4 * 3600);
		assert_round_trip(z, day * 86400000);
	}
	assert_ok(zone_parse(a, "leapless",
			     STR(WITH_RULE("<+01>-1:00:00<+03>-3,J60/-24,"
					   "300/167:59:59")),
			     &z, &err),
		  err);
	/* J60 is 1 March in every year; its midnight less 24 hours. */
	assert_int_equal(offset_at(z, utc_of("2028-02-28T22:59:59Z")), 3600);
	assert_int_equal(offset_at(z, utc_of("2028-02-29T00:00:00Z")), 10800);
	arena_free(&a);
}

static void
broken_files_are_refused(void **state)
{
	static const struct {
		struct str bytes;
		const char *part;
	} cases[] = {
		{ { "", 0 }, "begin with TZif" },
		{ { "TZif2", 5 }, "begin with TZif" },
#define CASE(bytes, part) { { bytes, sizeof(bytes) - 1 }, part }
		CASE(HEADER("1", "\0", "\4") TYPE_UTC, "expected version"),
		CASE(HEADER("\0", "\0", "\5") TYPE_UTC, "cut short"),
		CASE(HEADER("\0", "\1", "\4") TYPE_UTC, "cut short"),
		CASE(HEADER("\0", "\0", "\0") "\0\0\0\0\0\0", "1 to 256 types"),
		CASE(HEADER("\0", "\0", "\4") "\0\0\0\0\0\4UTC\0",
		     "without an abbreviation"),
		CASE(HEADER("\0", "\0", "\4") "\0\0\0\0\0\0U/C\0",
		     "letters and digits"),
		CASE(HEADER("\0", "\0", "\4") "\x7f\0\0\0\0\0UTC\0",
		     "26 hours"),
		CASE(HEADER("\0", "\1", "\4") "\0\0\0\0\1" TYPE_UTC,
		     "a type it lacks"),
		CASE(HEADER("\0", "\2", "\4") "\0\0\0\7\0\0\0\7\0\0" TYPE_UTC,
		     "order of time"),
		CASE(HEADER("2", "\0", "\4") TYPE_UTC, "begin with TZif"),
		CASE(WITH_RULE("CET"), "rule breaks off"),
		CASE(WITH_RULE("CE-1"), "rule breaks off"),
		CASE(WITH_RULE("CET-25"), "rule breaks off"),
		CASE(WITH_RULE("CET-1CEST"), "rule breaks off"),
		CASE(WITH_RULE("CET-1CEST,M3.6.0,M10.5.0"), "rule breaks off"),
		CASE(WITH_RULE("CET-1CEST,M3.5.0,M10.5.0/168"),
		     "rule breaks off"),
		CASE(WITH_RULE("CET-1CEST,M3.5.0,M10.5.0x"), "rule breaks off"),
		CASE(WITH_RULE("<CET-1"), "rule breaks off"),
#undef CASE
	};
	struct arena *a = arena_new();
	const struct zone *z = NULL;
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_fails(zone_parse(a, "x", cases[i].bytes, &z, &err), err,
			     ERROR_INVALID, cases[i].part);
	assert_null(z);
	assert_int_equal(arena_bytes(a), 0);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_libc),
		cmocka_unit_test(gaps_move_forward_and_overlaps_take_the_first),
		cmocka_unit_test(a_zone_is_loaded_once),
		cmocka_unit_test(what_is_no_name_finds_nothing),
		cmocka_unit_test(reads_version_1_and_rules_alone),
		cmocka_unit_test(broken_files_are_refused),
	};

	return cmocka_run_group_tests_name("base/zone", tests, NULL, NULL);
}
