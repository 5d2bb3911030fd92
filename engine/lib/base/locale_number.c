/*
 * Numbers, percent, money and the plural that goes with a number. Decimal text
 * goes to ICU as it is, which reckons in decimals too; nothing here becomes a
 * double.
 *
 * What is wanted is said in ICU's words for it, a number skeleton, which is
 * the pattern a tool is kept under. A plural is found from the number as it
 * was formatted: its visible decimals count.
 */
#include <stdio.h>
#include <string.h>
#include <unicode/ucurr.h>
#include <unicode/unumberformatter.h>
#include <unicode/upluralrules.h>
#include <unicode/ustring.h>

#include "base/locale_priv.h"

enum { TEXT_MAX = 128, CODE_LEN = 3 };

/* ---- tools ---- */

static void *
open_number(const char *locale, const char *pattern, UErrorCode *status)
{
	UChar skeleton[LOCALE_PATTERN_MAX + 1];

	u_uastrncpy(skeleton, pattern, LOCALE_PATTERN_MAX + 1);
	return unumf_openForSkeletonAndLocale(
	    skeleton, (int32_t)strlen(pattern), locale, status);
}

static void
close_number(void *tool)
{
	unumf_close(tool);
}

static void *
open_plural(const char *locale, const char *pattern, UErrorCode *status)
{
	(void)pattern;
	return uplrules_openForType(locale, UPLURAL_TYPE_CARDINAL, status);
}

static void
close_plural(void *tool)
{
	uplrules_close(tool);
}

static const struct locale_kind numbers = { open_number, close_number };
static const struct locale_kind plurals = { open_plural, close_plural };

/* ---- what is wanted ---- */

static size_t
digits_at(struct str s, size_t i)
{
	size_t from = i;

	while (i < s.len && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	return i - from;
}

bool
locale_is_number(struct str text)
{
	size_t at = text.len > 0 && text.p[0] == '-';
	size_t whole = digits_at(text, at);

	at += whole;
	if (whole == 0 || text.len > LOCALE_NUMBER_MAX)
		return false;
	if (at == text.len)
		return true;
	return text.p[at] == '.' && digits_at(text, at + 1) > 0 &&
	       at + 1 + digits_at(text, at + 1) == text.len;
}

static int
check_number(struct str number, int decimals, struct error *err)
{
	if (!locale_is_number(number))
		return error_set(err, ERROR_INVALID,
				 "found \"%.*s\", expected a number such as "
				 "1234.50",
				 STR_ARG(str_slice(number, 0, 100)));
	if (decimals < LOCALE_DECIMALS_ANY || decimals > LOCALE_DECIMALS_MAX)
		return error_set(err, ERROR_INVALID,
				 "found %d decimals, expected 0 to %d",
				 decimals, LOCALE_DECIMALS_MAX);
	return 0;
}

/* "-" is no minus before a zero. */
#define COMMON "rounding-mode-half-up sign-negative"

static void
write_skeleton(char out[LOCALE_PATTERN_MAX + 1], const char *unit,
	       const char *standard, int decimals)
{
	const char *precision = standard;
	char exact[LOCALE_DECIMALS_MAX + 2] = ".";

	if (decimals == 0) {
		precision = "precision-integer";
	} else if (decimals > 0) {
		memset(exact + 1, '0', (size_t)decimals);
		precision = exact;
	}
	snprintf(out, LOCALE_PATTERN_MAX + 1, "%s%s " COMMON, unit, precision);
}

/* ---- formatting ---- */

/* The number as `tool` writes it, to be closed by the caller. */
static UFormattedNumber *
formatted(const struct locale_tool *tool, struct str number, UErrorCode *status)
{
	UFormattedNumber *n = unumf_openResult(status);

	unumf_formatDecimal(tool->tool, number.p, (int32_t)number.len, n,
			    status);
	return n;
}

static void
add_formatted(const UFormattedNumber *n, struct buf *out, UErrorCode *status)
{
	UChar text[TEXT_MAX];
	int32_t len = unumf_resultToString(n, text, TEXT_MAX, status);

	if (U_SUCCESS(*status))
		locale_add(text, len, out);
}

static int
format_number(struct str tag, struct str number, const char *skeleton,
	      struct buf *out, struct error *err)
{
	UErrorCode status = U_ZERO_ERROR;
	struct locale_tool tool;
	UFormattedNumber *n;

	if (locale_take(&numbers, tag, skeleton, &tool, err) < 0)
		return -(int)err->code;
	n = formatted(&tool, number, &status);
	add_formatted(n, out, &status);
	unumf_closeResult(n);
	locale_give(&tool);
	return U_FAILURE(status) ? locale_failed(status, skeleton, err) : 0;
}

int
locale_number(struct str tag, struct str number, int decimals, struct buf *out,
	      struct error *err)
{
	char skeleton[LOCALE_PATTERN_MAX + 1];

	if (check_number(number, decimals, err) < 0)
		return -(int)err->code;
	write_skeleton(skeleton, "", ".###", decimals);
	return format_number(tag, number, skeleton, out, err);
}

int
locale_percent(struct str tag, struct str number, int decimals, struct buf *out,
	       struct error *err)
{
	char skeleton[LOCALE_PATTERN_MAX + 1];

	if (check_number(number, decimals, err) < 0)
		return -(int)err->code;
	write_skeleton(skeleton, "percent scale/100 ", "precision-integer",
		       decimals);
	return format_number(tag, number, skeleton, out, err);
}

/* ---- money ---- */

static int
check_currency(struct str code, UChar out[CODE_LEN + 1], struct error *err)
{
	UErrorCode status = U_ZERO_ERROR;
	bool known = code.len == CODE_LEN;

	for (size_t i = 0; known && i < code.len; i++) {
		known = code.p[i] >= 'A' && code.p[i] <= 'Z';
		out[i] = (UChar)code.p[i];
	}
	out[CODE_LEN] = 0;
	if (known && ucurr_isAvailable(out, -8.64e15, 8.64e15, &status) &&
	    U_SUCCESS(status))
		return 0;
	return error_set(err, ERROR_INVALID,
			 "found currency \"%.*s\", expected a code of ISO 4217 "
			 "such as EUR",
			 STR_ARG(str_slice(code, 0, 100)));
}

int
locale_money(struct str tag, struct str amount,
	     const struct locale_money *money, struct buf *out,
	     struct error *err)
{
	char skeleton[LOCALE_PATTERN_MAX + 1];
	UChar code[CODE_LEN + 1];
	char unit[16];

	if (check_currency(money->currency, code, err) < 0 ||
	    check_number(amount, money->decimals, err) < 0)
		return -(int)err->code;
	snprintf(unit, sizeof(unit), "currency/%.*s ",
		 STR_ARG(money->currency));
	write_skeleton(skeleton, unit, "precision-currency-standard",
		       money->decimals);
	return format_number(tag, amount, skeleton, out, err);
}

int
locale_money_of_minor(int64_t units, struct str currency, struct buf *out,
		      struct error *err)
{
	UErrorCode status = U_ZERO_ERROR;
	uint64_t size = units < 0 ? -(uint64_t)units : (uint64_t)units;
	uint64_t scale = 1;
	UChar code[CODE_LEN + 1];
	int32_t digits;

	if (check_currency(currency, code, err) < 0)
		return -(int)err->code;
	digits = ucurr_getDefaultFractionDigits(code, &status);
	if (U_FAILURE(status))
		return locale_failed(status, "currency", err);
	for (int32_t i = 0; i < digits; i++)
		scale *= 10;
	buf_printf(out, "%s%llu", units < 0 ? "-" : "",
		   (unsigned long long)(size / scale));
	if (digits > 0)
		buf_printf(out, ".%0*llu", (int)digits,
			   (unsigned long long)(size % scale));
	return 0;
}

/* ---- plurals ---- */

static const char *const plural_names[] = {
#define LOCALE_PLURAL_NAME(name, word) [LOCALE_##name] = word,
	LOCALE_PLURALS(LOCALE_PLURAL_NAME)
#undef LOCALE_PLURAL_NAME
};

const char *
locale_plural_name(enum locale_plural plural)
{
	return plural_names[plural];
}

static enum locale_plural
select_plural(const struct locale_tool *rules, const UFormattedNumber *n,
	      UErrorCode *status)
{
	UChar word[TEXT_MAX];
	char ascii[TEXT_MAX];
	int32_t len =
	    uplrules_selectFormatted(rules->tool, n, word, TEXT_MAX, status);

	if (U_FAILURE(*status))
		return LOCALE_OTHER;
	u_UCharsToChars(word, ascii, len);
	for (size_t i = 0; i < COUNT_OF(plural_names); i++)
		if (str_eq_cstr((struct str){ ascii, (size_t)len },
				plural_names[i]))
			return (enum locale_plural)i;
	return LOCALE_OTHER;
}

int
locale_plural(struct str tag, struct str number, int decimals,
	      enum locale_plural *plural, struct buf *out, struct error *err)
{
	char skeleton[LOCALE_PATTERN_MAX + 1];
	UErrorCode status = U_ZERO_ERROR;
	struct locale_tool tool, rules;
	UFormattedNumber *n;

	if (check_number(number, decimals, err) < 0)
		return -(int)err->code;
	write_skeleton(skeleton, "", ".###", decimals);
	if (locale_take(&numbers, tag, skeleton, &tool, err) < 0)
		return -(int)err->code;
	if (locale_take(&plurals, tag, "", &rules, err) < 0) {
		locale_give(&tool);
		return -(int)err->code;
	}
	n = formatted(&tool, number, &status);
	*plural = select_plural(&rules, n, &status);
	add_formatted(n, out, &status);
	unumf_closeResult(n);
	locale_give(&rules);
	locale_give(&tool);
	return U_FAILURE(status) ? locale_failed(status, skeleton, err) : 0;
}
