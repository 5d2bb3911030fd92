/*
 * Numbers. There are two kinds: integers of 64 bits, and floats. Text is a
 * number by the rules of Ruby, which Liquid's were: "1.5" all of it is one
 * with a fraction, else what stands in front counts as far as it is an
 * integer, and everything else is 0.
 *
 * Arithmetic on floats is decimal, so that 0.1 plus 0.2 is 0.3: a float is
 * taken as the shortest digits that read back the same, and the exact result
 * becomes the float next to it. Those digits are 17 at most and 128 bits hold
 * 38, so sums and products of two are exact; what is too small to be seen in
 * the result is dropped, and a quotient keeps one odd digit for its rest, which
 * is all that rounding needs to know.
 *
 * An integer that 64 bits do not hold becomes a float; Ruby goes on with more
 * digits there.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "liquid/liquid_priv.h"

enum { OPERAND_DIGITS = 19, ROOM_DIGITS = 36 };

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static liquid_int128
power_of_ten(int n)
{
	liquid_int128 p = 1;

	for (; n > 0; n--)
		p *= 10;
	return p;
}

static liquid_int128
magnitude(liquid_int128 n)
{
	return n < 0 ? -n : n;
}

/* ---- text as a number ---- */

/* Digits, where single underscores may part them, as a number that stays. */
static size_t
read_digits(struct str s, unsigned base, uint64_t *n)
{
	size_t i = 0;

	*n = 0;
	while (i < s.len) {
		int digit = encode_hex_value(s.p[i]);

		if (i && s.p[i] == '_' && i + 1 < s.len && s.p[i - 1] != '_') {
			i++;
			continue;
		}
		if (digit < 0 || (unsigned)digit >= base)
			break;
		if (*n <= (uint64_t)INT64_MAX)
			*n = *n * base + (unsigned)digit;
		if (*n > (uint64_t)INT64_MAX)
			*n = (uint64_t)INT64_MAX;
		i++;
	}
	if (i && s.p[i - 1] == '_')
		i--;
	return i;
}

static bool
take_minus(struct str *s)
{
	bool minus = s->len && s->p[0] == '-';

	if (minus || (s->len && s->p[0] == '+'))
		*s = str_slice(*s, 1, s->len);
	return minus;
}

static int64_t
leading_integer(struct str s)
{
	uint64_t n;
	bool minus;

	s = liquid_trim(s, true, false);
	minus = take_minus(&s);
	(void)read_digits(s, 10, &n);
	return minus ? -(int64_t)n : (int64_t)n;
}

static unsigned
take_base(struct str *s)
{
	static const struct {
		char letter;
		unsigned base;
	} bases[] = { { 'x', 16 }, { 'b', 2 }, { 'o', 8 }, { 'd', 10 } };

	if (s->len < 2 || s->p[0] != '0')
		return 10;
	for (size_t i = 0; i < COUNT_OF(bases); i++) {
		if ((s->p[1] | 32) != bases[i].letter)
			continue;
		*s = str_slice(*s, 2, s->len);
		return bases[i].base;
	}
	return 8;
}

/* All of the text is an integer, as Ruby would write it in a program. */
static bool
whole_integer(struct str s, int64_t *out)
{
	uint64_t n;
	unsigned base;
	bool minus;

	s = liquid_trim(s, true, true);
	minus = take_minus(&s);
	base = take_base(&s);
	if (!s.len || read_digits(s, base, &n) != s.len)
		return false;
	*out = minus ? -(int64_t)n : (int64_t)n;
	return true;
}

bool
liquid_integer(const struct liquid_value *v, int64_t *out)
{
	if (v->type == LIQUID_INT) {
		*out = v->n;
		return true;
	}
	return v->type == LIQUID_STRING && whole_integer(v->s, out);
}

static int64_t
truncated(double d)
{
	return d > -9e18 && d < 9e18 ? (int64_t)d : 0;
}

int64_t
liquid_whole(const struct liquid_value *v)
{
	switch (v->type) {
	case LIQUID_INT:
		return v->n;
	case LIQUID_FLOAT:
		return truncated(v->d);
	case LIQUID_STRING:
		return leading_integer(v->s);
	default:
		return 0;
	}
}

/* ---- decimals ---- */

/* -12.50 or 1.5e+20, no more than OPERAND_DIGITS of it. */
static struct liquid_decimal
read_decimal(struct str s)
{
	struct liquid_decimal d = { 0 };
	bool minus = take_minus(&s);
	bool point = false;
	size_t i;

	for (i = 0; i < s.len && (is_digit(s.p[i]) || s.p[i] == '.'); i++) {
		if (s.p[i] == '.') {
			point = true;
			continue;
		}
		if (d.n >= power_of_ten(OPERAND_DIGITS - 1)) {
			d.exponent += !point;
			continue;
		}
		d.n = d.n * 10 + (s.p[i] - '0');
		d.exponent -= point;
	}
	if (i < s.len && s.p[i] == 'e')
		d.exponent += (int)leading_integer(str_slice(s, i + 1, s.len));
	if (minus)
		d.n = -d.n;
	return d;
}

/* -?digits.digits and nothing else */
static bool
has_fraction(struct str s)
{
	size_t i = s.len && s.p[0] == '-';
	size_t before = i, point;

	while (i < s.len && is_digit(s.p[i]))
		i++;
	point = i;
	if (i == before || i == s.len || s.p[i] != '.')
		return false;
	for (i++; i < s.len && is_digit(s.p[i]); i++)
		;
	return i == s.len && i > point + 1;
}

/* Of 15 digits, which always come back, those without the zeros behind. */
static int
without_zeros(double d, char *digits)
{
	int precision = 15;

	while (precision > 1 && digits[precision] == '0')
		precision--;
	snprintf(digits, 40, "%.*e", precision - 1, d);
	return precision;
}

int
liquid_shortest(double d, char digits[static 40])
{
	snprintf(digits, 40, "%.14e", fabs(d));
	if (strtod(digits, NULL) == fabs(d)) {
		int precision = without_zeros(fabs(d), digits);

		snprintf(digits, 40, "%.*e", precision - 1, d);
		return precision;
	}
	snprintf(digits, 40, "%.15e", d);
	if (strtod(digits, NULL) == d)
		return 16;
	snprintf(digits, 40, "%.16e", d);
	return 17;
}

static struct liquid_decimal
whole_decimal(int64_t n)
{
	return (struct liquid_decimal){ .n = n, .whole = true };
}

struct liquid_decimal
liquid_decimal(const struct liquid_value *v)
{
	char digits[40];
	struct str s;

	if (v->type == LIQUID_INT)
		return whole_decimal(v->n);
	if (v->type == LIQUID_FLOAT && isfinite(v->d)) {
		(void)liquid_shortest(v->d, digits);
		return read_decimal(str_of(digits));
	}
	if (v->type != LIQUID_STRING)
		return whole_decimal(0);
	s = liquid_trim(v->s, true, true);
	return has_fraction(s) ? read_decimal(s)
			       : whole_decimal(leading_integer(v->s));
}

static double
to_double(const struct liquid_decimal *d)
{
	liquid_int128 n = magnitude(d->n);
	char text[64];
	size_t at = sizeof(text) - 12;

	snprintf(text + at, 12, "e%d", d->exponent);
	do {
		text[--at] = (char)('0' + (int)(n % 10));
		n /= 10;
	} while (n);
	if (d->n < 0)
		text[--at] = '-';
	return strtod(text + at, NULL);
}

struct liquid_value
liquid_from_decimal(const struct liquid_decimal *d)
{
	if (d->whole && !d->exponent && d->n >= INT64_MIN && d->n <= INT64_MAX)
		return liquid_int((int64_t)d->n);
	return liquid_float(to_double(d));
}

static void
narrow(struct liquid_decimal *d)
{
	while (magnitude(d->n) >= power_of_ten(OPERAND_DIGITS)) {
		d->n /= 10;
		d->exponent++;
	}
}

/* Both with one exponent; digits far below what the greater shows are lost. */
static void
align(struct liquid_decimal *a, struct liquid_decimal *b)
{
	struct liquid_decimal *high = a->exponent > b->exponent ? a : b;
	struct liquid_decimal *low = high == a ? b : a;

	if (!high->n)
		high->exponent = low->exponent;
	while (high->exponent > low->exponent &&
	       magnitude(high->n) < power_of_ten(ROOM_DIGITS)) {
		high->n *= 10;
		high->exponent--;
	}
	while (high->exponent > low->exponent && low->n) {
		low->n /= 10;
		low->exponent++;
	}
	low->exponent = high->exponent;
}

struct liquid_decimal
liquid_plus(struct liquid_decimal a, struct liquid_decimal b)
{
	align(&a, &b);
	a.n += b.n;
	a.whole = a.whole && b.whole;
	return a;
}

struct liquid_decimal
liquid_times(struct liquid_decimal a, struct liquid_decimal b)
{
	narrow(&a);
	narrow(&b);
	a.n *= b.n;
	a.exponent += b.exponent;
	a.whole = a.whole && b.whole;
	return a;
}

static liquid_int128
floor_div(liquid_int128 a, liquid_int128 b)
{
	return a / b - (a % b && (a < 0) != (b < 0));
}

struct liquid_decimal
liquid_quotient(struct liquid_decimal a, struct liquid_decimal b)
{
	liquid_int128 rest;

	check(b.n != 0);
	if (a.whole && b.whole) {
		a.n = floor_div(a.n, b.n);
		return a;
	}
	narrow(&b);
	while (a.n && magnitude(a.n) < power_of_ten(ROOM_DIGITS)) {
		a.n *= 10;
		a.exponent--;
	}
	rest = a.n % b.n;
	a.n = a.n / b.n * 10;
	if (rest)
		a.n += (rest < 0) != (b.n < 0) ? -1 : 1;
	a.exponent -= b.exponent + 1;
	a.whole = false;
	return a;
}

struct liquid_decimal
liquid_remainder(struct liquid_decimal a, struct liquid_decimal b)
{
	check(b.n != 0);
	align(&a, &b);
	if (b.n)
		a.n -= floor_div(a.n, b.n) * b.n;
	a.whole = a.whole && b.whole;
	return a;
}

int
liquid_decimal_cmp(struct liquid_decimal a, struct liquid_decimal b)
{
	align(&a, &b);
	return (a.n > b.n) - (a.n < b.n);
}

struct liquid_decimal
liquid_rounded(struct liquid_decimal d, int64_t places,
	       enum liquid_rounding rounding)
{
	int64_t drop = -(int64_t)d.exponent - places;
	liquid_int128 unit, rest;

	if (drop <= 0)
		return d;
	if (drop > ROOM_DIGITS + 1) {
		rest = d.n;
		d.n = 0;
		unit = 0;
	} else {
		unit = power_of_ten((int)drop);
		rest = d.n % unit;
		d.n /= unit;
	}
	if (rounding == ROUND_HALF && unit && magnitude(rest) >= unit / 2)
		d.n += rest < 0 ? -1 : 1;
	d.n += rounding == ROUND_UP && rest > 0;
	d.n -= rounding == ROUND_DOWN && rest < 0;
	d.exponent = places > 0 ? -(int)places : (int)-places;
	return d;
}

struct liquid_decimal
liquid_as_whole(struct liquid_decimal d)
{
	while (d.exponent > 0 && d.n &&
	       magnitude(d.n) < power_of_ten(ROOM_DIGITS)) {
		d.n *= 10;
		d.exponent--;
	}
	if (!d.n)
		d.exponent = 0;
	d.whole = true;
	return d;
}
