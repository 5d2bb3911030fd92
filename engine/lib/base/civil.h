#ifndef BASE_CIVIL_H
#define BASE_CIVIL_H

/*
 * civil - dates and times of day, as people write them
 *
 * The engine counts time in epoch milliseconds UTC. A struct local_time is
 * what a clock on the wall shows, in whatever zone; zone.h goes from one to
 * the other, the functions here treat it as UTC. The calendar is the proleptic
 * Gregorian one, a day has 86,400 seconds, the year before 1 is 0.
 *
 * Text follows RFC 3339 (a profile of ISO 8601) and, for mail, RFC 5322.
 * Parsing takes the years 0000 to 9999, a whole string with nothing around it,
 * and says what it expected otherwise (INVALID); *out is then untouched.
 *
 * Thread rule: all threads; everything here is a plain value.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"

struct local_time {
	int year;
	int month;  /* 1 to 12 */
	int day;    /* 1 to 31 */
	int hour;   /* 0 to 23 */
	int minute; /* 0 to 59 */
	int second; /* 0 to 59 */
	int ms;	    /* 0 to 999 */
};

enum civil_weekday {
	CIVIL_MONDAY = 1, /* as ISO 8601 counts */
	CIVIL_TUESDAY,
	CIVIL_WEDNESDAY,
	CIVIL_THURSDAY,
	CIVIL_FRIDAY,
	CIVIL_SATURDAY,
	CIVIL_SUNDAY,
};

/* A day there is, at a time there is, in a year within 200 million. */
bool civil_valid(const struct local_time *t);

/* 28 to 31. The month is 1 to 12. */
int civil_month_days(int year, int month);

/* Days since 1970-01-01 of the date in t; and back, the time left as it is. */
int64_t civil_days(const struct local_time *t);
void civil_set_days(struct local_time *t, int64_t days);

enum civil_weekday civil_weekday(const struct local_time *t);

/* The date n days on (back if negative); the time is left as it is. */
void civil_add_days(struct local_time *t, int64_t n);

/* Between epoch milliseconds and what a clock in UTC shows. t is valid. */
int64_t civil_to_ms(const struct local_time *t);
void civil_from_ms(int64_t utc_ms, struct local_time *t);

/* YYYY-MM-DD; the time becomes 00:00. */
int civil_parse_date(struct str s, struct local_time *out,
		     struct error *err) MUST_CHECK;

/* HH:MM, 00:00 to 23:59; only hour to ms of *out are set. */
int civil_parse_time(struct str s, struct local_time *out,
		     struct error *err) MUST_CHECK;

/* YYYY-MM-DDTHH:MM[:SS[.fraction]] without an offset. */
int civil_parse_local(struct str s, struct local_time *out,
		      struct error *err) MUST_CHECK;

/*
 * The same followed by Z or +HH:MM or -HH:MM. A space or a small letter for T
 * will do, digits beyond milliseconds are cut, and second 60 is the first of
 * the next minute.
 */
int civil_parse_instant(struct str s, int64_t *utc_ms,
			struct error *err) MUST_CHECK;

/* 2026-03-29 */
void civil_print_date(const struct local_time *t, struct buf *out);

/*
 * 2026-03-29T09:30:00Z, or 2026-03-29T11:30:00+02:00; with .mmm when there
 * are milliseconds. The seconds of an offset, which the format cannot hold,
 * are dropped from it; the instant stays right.
 */
void civil_print_instant(int64_t utc_ms, int32_t offset_s, struct buf *out);

/* Sun, 29 Mar 2026 11:30:00 +0200, for the header fields of mail. */
void civil_print_mail(int64_t utc_ms, int32_t offset_s, struct buf *out);

#endif
