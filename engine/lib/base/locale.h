#ifndef BASE_LOCALE_H
#define BASE_LOCALE_H

/*
 * locale - dates, numbers, money, plurals and lists as a language writes them
 *
 * The words and their order are those of the CLDR, read from ICU. A locale is
 * a tag of BCP 47: "de", "de-CH", "fr-CA", "zh-Hant"; "de_CH" will do. What a
 * tag has beyond what is known is let go, from its end: "de-XX" is "de". A
 * language that is not known, and no tag at all, is English. The machine's own
 * locale is never asked.
 *
 *	struct buf b = { 0 };
 *
 *	if (locale_date(STR("fr"), &when, (struct locale_style){
 *		.date = LOCALE_LONG, .time = LOCALE_SHORT }, &b, err) < 0)
 *		...                             2 août 2026 à 09:05
 *
 * ICU brings time zones too, which are as old as itself. It is asked for none:
 * a time comes here as what a clock on the wall shows, from zone.h, and with
 * its offset if that is to be seen.
 *
 * A number is decimal text, "-1234.50": digits with at most one "-" before and
 * one "." within, no exponent, LOCALE_NUMBER_MAX bytes. Amounts of money never
 * become binary fractions. What must be cut is rounded, halves away from zero.
 *
 * Output is added to `out`; on failure nothing is. INVALID says what was found
 * and expected, LIMIT that it is too much, INTERNAL that ICU lacks its data.
 *
 * Thread rule: all threads. Formatters are kept for the next caller, a bounded
 * number of them; no thread waits for another to format.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/civil.h"
#include "base/error.h"
#include "base/str.h"

enum {
	LOCALE_TAG_MAX = 64, /* a longer one is not known */
	LOCALE_SKELETON_MAX = 64,
	LOCALE_NUMBER_MAX = 40,
	LOCALE_DECIMALS_MAX = 10,
	LOCALE_LIST_MAX = 1000,
	LOCALE_LIST_MAX_BYTES = 64 * 1024,
};

/*
 * Whether a tag is well formed (INVALID) and its language one that is known
 * (NOT_FOUND). Who formats need not ask.
 */
int locale_check(struct str tag, struct error *err) MUST_CHECK;

/* ---- dates ---- */

enum locale_width {
	LOCALE_NONE,   /* it is left out */
	LOCALE_SHORT,  /* 02/08/2026, 09:05 */
	LOCALE_MEDIUM, /* 2 Aug 2026, 09:05:00 */
	LOCALE_LONG,   /* 2 August 2026, 09:05:00 GMT+2 */
	LOCALE_FULL,   /* Sunday 2 August 2026, 09:05:00 GMT+02:00 */
};

/* The width of that name, "short" to "full"; false if it is none. */
bool locale_width_of(struct str name, enum locale_width *out);

struct locale_style {
	enum locale_width date; /* not both NONE */
	enum locale_width time;
};

struct locale_time {
	struct local_time clock; /* civil_valid */
	bool has_offset;	 /* else LONG and FULL times are MEDIUM ones */
	int32_t offset_s;	 /* east of UTC, within a day */
};

int locale_date(struct str tag, const struct locale_time *t,
		struct locale_style style, struct buf *out,
		struct error *err) MUST_CHECK;

/*
 * The fields of a skeleton (UTS 35, part 4), in the order and with the words
 * of the locale: "yMMMMd" is 2 August 2026, "EEEEjm" Sunday 09:05. Letters:
 * G era, y year, Q quarter, M L month, w week, d day, E c weekday, a b B half
 * of the day, j hour as the locale counts it, H h hour, m minute, s second.
 */
int locale_date_fields(struct str tag, const struct locale_time *t,
		       struct str skeleton, struct buf *out,
		       struct error *err) MUST_CHECK;

/* ---- numbers ---- */

/* Whether this is a number as above. */
bool locale_is_number(struct str text);

/* As many decimals as there are, but at most 3 (percent: none). */
enum { LOCALE_DECIMALS_ANY = -1 };

/* 1,234.5; with so many decimals, up to LOCALE_DECIMALS_MAX. */
int locale_number(struct str tag, struct str number, int decimals,
		  struct buf *out, struct error *err) MUST_CHECK;

/* 0.25 is 25%. */
int locale_percent(struct str tag, struct str number, int decimals,
		   struct buf *out, struct error *err) MUST_CHECK;

struct locale_money {
	struct str currency; /* a code of ISO 4217, in capitals */
	int decimals;	     /* LOCALE_DECIMALS_ANY: those of the currency */
};

/* $1,234.50, and 1.234,50 $ in German. */
int locale_money(struct str tag, struct str amount,
		 const struct locale_money *money, struct buf *out,
		 struct error *err) MUST_CHECK;

/*
 * The amount of so many of the currency's smallest unit: 4990 of EUR is
 * "49.90", of JPY "4990".
 */
int locale_money_of_minor(int64_t units, struct str currency, struct buf *out,
			  struct error *err) MUST_CHECK;

/* ---- plurals ---- */

#define LOCALE_PLURALS(X) \
	X(ZERO, "zero")   \
	X(ONE, "one")     \
	X(TWO, "two")     \
	X(FEW, "few")     \
	X(MANY, "many")   \
	X(OTHER, "other")

enum locale_plural {
#define LOCALE_PLURAL_ENUM(name, word) LOCALE_##name,
	LOCALE_PLURALS(LOCALE_PLURAL_ENUM)
#undef LOCALE_PLURAL_ENUM
	    LOCALE_PLURAL_COUNT
};

const char *locale_plural_name(enum locale_plural plural);

/*
 * Which words go with a number, as locale_number() writes it: in English one
 * for 1, other for 1.0 and 2. *out is set and `number` written as well.
 */
int locale_plural(struct str tag, struct str number, int decimals,
		  enum locale_plural *plural, struct buf *out,
		  struct error *err) MUST_CHECK;

/* ---- lists ---- */

enum locale_join {
	LOCALE_AND,  /* A, B and C */
	LOCALE_OR,   /* A, B or C */
	LOCALE_UNIT, /* A, B, C */
};

struct locale_list {
	const struct str *items;
	size_t count;
	enum locale_join join;
};

int locale_list(struct str tag, const struct locale_list *list, struct buf *out,
		struct error *err) MUST_CHECK;

#endif
