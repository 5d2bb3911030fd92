/*
 * Dates. ICU is told that all clocks stand in Greenwich, and so prints the one
 * it is given. Only where an offset is to be seen is its zone one, of exactly
 * that offset: "GMT+02:00", of which ICU knows no rules.
 *
 * The calendar is the locale's (Thai years are Buddhist ones). A Gregorian one
 * has no Julian past, as in civil.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/ucal.h>
#include <unicode/udat.h>
#include <unicode/udatpg.h>
#include <unicode/ustring.h>

#include "base/locale_priv.h"

enum { ZONE_MAX = 16, TEXT_MAX = 512 };

bool
locale_width_of(struct str name, enum locale_width *out)
{
	static const char *const names[] = {
		[LOCALE_SHORT] = "short",
		[LOCALE_MEDIUM] = "medium",
		[LOCALE_LONG] = "long",
		[LOCALE_FULL] = "full",
	};

	for (size_t i = LOCALE_SHORT; i < COUNT_OF(names); i++)
		if (str_eq_cstr(name, names[i])) {
			*out = (enum locale_width)i;
			return true;
		}
	return false;
}

/* ---- tools ---- */

static void
forget_julian(UDateFormat *format, UErrorCode *status)
{
	UErrorCode unsupported = U_ZERO_ERROR; /* by other calendars */
	UCalendar *c = ucal_clone(udat_getCalendar(format), status);

	if (U_FAILURE(*status))
		return;
	ucal_setGregorianChange(c, -8.64e15, &unsupported);
	udat_setCalendar(format, c);
	ucal_close(c);
}

static UDateFormatStyle
style_of(char digit)
{
	static const UDateFormatStyle styles[] = {
		[LOCALE_NONE] = UDAT_NONE,     [LOCALE_SHORT] = UDAT_SHORT,
		[LOCALE_MEDIUM] = UDAT_MEDIUM, [LOCALE_LONG] = UDAT_LONG,
		[LOCALE_FULL] = UDAT_FULL,
	};

	return styles[digit - '0'];
}

/* Two digits, the widths of date and time, and a zone. */
static void *
open_style(const char *locale, const char *pattern, UErrorCode *status)
{
	UChar zone[ZONE_MAX + 1];
	UDateFormat *format;

	u_uastrncpy(zone, pattern + 2, ZONE_MAX);
	zone[ZONE_MAX] = 0;
	format = udat_open(style_of(pattern[1]), style_of(pattern[0]), locale,
			   zone, -1, NULL, 0, status);
	if (U_SUCCESS(*status))
		forget_julian(format, status);
	return format;
}

static void *
open_fields(const char *locale, const char *pattern, UErrorCode *status)
{
	UChar skeleton[LOCALE_SKELETON_MAX + 1], best[TEXT_MAX];
	UDateTimePatternGenerator *generator = udatpg_open(locale, status);
	UDateFormat *format = NULL;
	int32_t len;

	if (U_FAILURE(*status))
		return NULL;
	u_uastrncpy(skeleton, pattern, LOCALE_SKELETON_MAX + 1);
	len =
	    udatpg_getBestPattern(generator, skeleton, (int32_t)strlen(pattern),
				  best, TEXT_MAX, status);
	if (U_SUCCESS(*status))
		format = udat_open(UDAT_PATTERN, UDAT_PATTERN, locale, u"GMT",
				   -1, best, len, status);
	if (U_SUCCESS(*status))
		forget_julian(format, status);
	udatpg_close(generator);
	return format;
}

static void
close_date(void *tool)
{
	udat_close(tool);
}

static const struct locale_kind styles = { open_style, close_date };
static const struct locale_kind fields = { open_fields, close_date };

/* ---- */

static int
format_date(const struct locale_tool *tool, int64_t at_ms, struct buf *out,
	    struct error *err)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar text[TEXT_MAX];
	int32_t len = udat_format(tool->tool, (UDate)at_ms, text, TEXT_MAX,
				  NULL, &status);

	locale_give(tool);
	if (U_FAILURE(status))
		return locale_failed(status, tool->pattern, err);
	locale_add(text, len, out);
	return 0;
}

int
locale_date(struct str tag, const struct locale_time *t,
	    struct locale_style style, struct buf *out, struct error *err)
{
	char pattern[LOCALE_PATTERN_MAX + 1];
	int64_t at_ms = civil_to_ms(&t->clock);
	struct locale_tool tool;
	char zone[ZONE_MAX + 1] = "GMT";
	int east = abs(t->offset_s);

	check(style.date != LOCALE_NONE || style.time != LOCALE_NONE);
	check(east < 24 * 3600);
	if (style.time > LOCALE_MEDIUM && t->has_offset) {
		snprintf(zone, sizeof(zone), "GMT%c%02d:%02d",
			 t->offset_s < 0 ? '-' : '+', east / 3600 % 24,
			 east / 60 % 60);
		/* Seconds of an offset, of old, are not shown. */
		east -= east % 60;
		at_ms -= (t->offset_s < 0 ? -east : east) * INT64_C(1000);
	} else if (style.time > LOCALE_MEDIUM) {
		style.time = LOCALE_MEDIUM;
	}
	snprintf(pattern, sizeof(pattern), "%c%c%s", '0' + (int)style.date,
		 '0' + (int)style.time, zone);
	if (locale_take(&styles, tag, pattern, &tool, err) < 0)
		return -(int)err->code;
	return format_date(&tool, at_ms, out, err);
}

static int
check_skeleton(struct str skeleton, struct error *err)
{
	static const char letters[] = "GyQMLwdEcabBjHhms";

	if (skeleton.len > LOCALE_SKELETON_MAX)
		return error_set(err, ERROR_LIMIT,
				 "found %zu letters, expected at most %d",
				 skeleton.len, LOCALE_SKELETON_MAX);
	for (size_t i = 0; i < skeleton.len; i++)
		if (!skeleton.p[i] || !strchr(letters, skeleton.p[i]))
			return error_set(
			    err, ERROR_INVALID,
			    "found \"%.*s\", expected short, medium, long, "
			    "full or letters such as yMMMMd, of %s",
			    STR_ARG(skeleton), letters);
	if (skeleton.len == 0)
		return error_set(err, ERROR_INVALID,
				 "found no letters, expected some such as "
				 "yMMMMd");
	return 0;
}

int
locale_date_fields(struct str tag, const struct locale_time *t,
		   struct str skeleton, struct buf *out, struct error *err)
{
	char pattern[LOCALE_SKELETON_MAX + 1];
	struct locale_tool tool;

	if (check_skeleton(skeleton, err) < 0)
		return -(int)err->code;
	snprintf(pattern, sizeof(pattern), "%.*s", STR_ARG(skeleton));
	if (locale_take(&fields, tag, pattern, &tool, err) < 0)
		return -(int)err->code;
	return format_date(&tool, civil_to_ms(&t->clock), out, err);
}
