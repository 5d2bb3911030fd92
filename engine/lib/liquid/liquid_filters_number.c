/*
 * Filters of numbers. Integers stay integers until a float takes part or 64
 * bits do not hold the result; then it is a float. Text that begins with a
 * number is that number, all else is 0.
 *
 * A float result is rounded to 15 digits, which makes it what decimal
 * arithmetic would give: 0.1 plus 0.2 is 0.3.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "liquid/liquid_priv.h"

static double
real(struct liquid_value n)
{
	return n.type == LIQUID_INT ? (double)n.n : n.d;
}

static struct liquid_value
decimal(double d)
{
	char digits[40];

	snprintf(digits, sizeof(digits), "%.15g", d);
	return liquid_float(strtod(digits, NULL));
}

static struct liquid_value
whole(double d)
{
	if (!(d > -9e18 && d < 9e18))
		return liquid_float(d);
	return liquid_int((int64_t)d);
}

static void
operands(const struct liquid_call *call, struct liquid_value *a,
	 struct liquid_value *b)
{
	(void)liquid_number(&call->input, a);
	(void)liquid_number(&call->args[0], b);
}

static bool
both_int(const struct liquid_value *a, const struct liquid_value *b)
{
	return a->type == LIQUID_INT && b->type == LIQUID_INT;
}

static int
plus(const struct liquid_call *call, struct liquid_value *out,
     struct error *err)
{
	struct liquid_value a, b;
	int64_t n;

	(void)err;
	operands(call, &a, &b);
	if (both_int(&a, &b) && !__builtin_add_overflow(a.n, b.n, &n))
		*out = liquid_int(n);
	else
		*out = decimal(real(a) + real(b));
	return 0;
}

static int
minus(const struct liquid_call *call, struct liquid_value *out,
      struct error *err)
{
	struct liquid_value a, b;
	int64_t n;

	(void)err;
	operands(call, &a, &b);
	if (both_int(&a, &b) && !__builtin_sub_overflow(a.n, b.n, &n))
		*out = liquid_int(n);
	else
		*out = decimal(real(a) - real(b));
	return 0;
}

static int
times(const struct liquid_call *call, struct liquid_value *out,
      struct error *err)
{
	struct liquid_value a, b;
	int64_t n;

	(void)err;
	operands(call, &a, &b);
	if (both_int(&a, &b) && !__builtin_mul_overflow(a.n, b.n, &n))
		*out = liquid_int(n);
	else
		*out = decimal(real(a) * real(b));
	return 0;
}

/* Quotients go down to the next integer, and remainders take b's sign. */
static int
divide(const struct liquid_call *call, struct liquid_value *quotient,
       struct liquid_value *remainder, struct error *err)
{
	struct liquid_value a, b;

	operands(call, &a, &b);
	if (b.type == LIQUID_INT && b.n == 0)
		return error_set(err, ERROR_INVALID, "divided by 0");
	if (!both_int(&a, &b)) {
		double x = real(a), y = real(b);

		*quotient = decimal(x / y);
		*remainder = decimal(x - y * floor(x / y));
		return 0;
	}
	if (b.n == -1) {
		*quotient = a.n == INT64_MIN ? liquid_float(-(double)a.n)
					     : liquid_int(-a.n);
		*remainder = liquid_int(0);
		return 0;
	}
	*quotient = liquid_int(a.n / b.n);
	*remainder = liquid_int(a.n % b.n);
	if (remainder->n && (remainder->n < 0) != (b.n < 0)) {
		quotient->n--;
		remainder->n += b.n;
	}
	return 0;
}

static int
divided_by(const struct liquid_call *call, struct liquid_value *out,
	   struct error *err)
{
	struct liquid_value remainder;

	return divide(call, out, &remainder, err);
}

static int
modulo(const struct liquid_call *call, struct liquid_value *out,
       struct error *err)
{
	struct liquid_value quotient;

	return divide(call, &quotient, out, err);
}

static int
round_to(const struct liquid_call *call, struct liquid_value *out,
	 struct error *err)
{
	struct liquid_value n;
	int64_t digits = 0;
	double scale;

	(void)err;
	(void)liquid_number(&call->input, &n);
	if (call->arg_count)
		digits = liquid_whole(&call->args[0]);
	*out = n;
	if (n.type == LIQUID_INT || digits > 15 || digits < -15)
		return 0;
	scale = pow(10, (double)digits);
	*out = digits > 0 ? decimal(round(n.d * scale) / scale)
			  : whole(round(n.d * scale) / scale);
	return 0;
}

static int
ceiling(const struct liquid_call *call, struct liquid_value *out,
	struct error *err)
{
	struct liquid_value n;

	(void)err;
	(void)liquid_number(&call->input, &n);
	*out = n.type == LIQUID_INT ? n : whole(ceil(n.d));
	return 0;
}

static int
floor_of(const struct liquid_call *call, struct liquid_value *out,
	 struct error *err)
{
	struct liquid_value n;

	(void)err;
	(void)liquid_number(&call->input, &n);
	*out = n.type == LIQUID_INT ? n : whole(floor(n.d));
	return 0;
}

static int
absolute(const struct liquid_call *call, struct liquid_value *out,
	 struct error *err)
{
	struct liquid_value n;

	(void)err;
	(void)liquid_number(&call->input, &n);
	if (n.type == LIQUID_INT && n.n != INT64_MIN)
		*out = liquid_int(n.n < 0 ? -n.n : n.n);
	else
		*out = liquid_float(fabs(real(n)));
	return 0;
}

static int
at_least(const struct liquid_call *call, struct liquid_value *out,
	 struct error *err)
{
	struct liquid_value a, b;

	(void)err;
	operands(call, &a, &b);
	*out = real(a) < real(b) ? b : a;
	return 0;
}

static int
at_most(const struct liquid_call *call, struct liquid_value *out,
	struct error *err)
{
	struct liquid_value a, b;

	(void)err;
	operands(call, &a, &b);
	*out = real(a) > real(b) ? b : a;
	return 0;
}

const struct liquid_filter liquid_number_filters[] = {
	{ "abs", 0, 0, absolute },
	{ "at_least", 1, 1, at_least },
	{ "at_most", 1, 1, at_most },
	{ "ceil", 0, 0, ceiling },
	{ "divided_by", 1, 1, divided_by },
	{ "floor", 0, 0, floor_of },
	{ "minus", 1, 1, minus },
	{ "modulo", 1, 1, modulo },
	{ "plus", 1, 1, plus },
	{ "round", 0, 1, round_to },
	{ "times", 1, 1, times },
	{ .name = NULL },
};
