/*
 * Filters of numbers. What is a number, and how exact it stays, is said in
 * liquid_number.c; here is what is done with one or two.
 */
#include <math.h>

#include "liquid/liquid_priv.h"

/* The number, paid for: one with a fraction is dear. */
static struct liquid_decimal
number(const struct liquid_call *call, const struct liquid_value *v)
{
	struct liquid_decimal d = liquid_decimal(v);

	if (!d.whole)
		*call->steps -= DECIMAL_STEPS;
	return d;
}

static int
binary(const struct liquid_call *call,
       struct liquid_decimal (*operation)(struct liquid_decimal a,
					  struct liquid_decimal b),
       struct liquid_value *out)
{
	struct liquid_decimal d =
	    operation(number(call, &call->input), number(call, &call->args[0]));

	*out = liquid_from_decimal(&d);
	if (out->type == LIQUID_FLOAT)
		*call->steps -= DECIMAL_STEPS;
	return 0;
}

static int
plus(const struct liquid_call *call, struct liquid_value *out,
     struct error *err)
{
	(void)err;
	return binary(call, liquid_plus, out);
}

static struct liquid_decimal
difference(struct liquid_decimal a, struct liquid_decimal b)
{
	b.n = -b.n;
	return liquid_plus(a, b);
}

static int
minus(const struct liquid_call *call, struct liquid_value *out,
      struct error *err)
{
	(void)err;
	return binary(call, difference, out);
}

static int
times(const struct liquid_call *call, struct liquid_value *out,
      struct error *err)
{
	(void)err;
	return binary(call, liquid_times, out);
}

/* An integer has no quotient by 0; with a fraction it is beyond all. */
static int
divided_by(const struct liquid_call *call, struct liquid_value *out,
	   struct error *err)
{
	struct liquid_decimal a = number(call, &call->input);
	struct liquid_decimal b = number(call, &call->args[0]);

	if (b.n)
		return binary(call, liquid_quotient, out);
	if (a.whole && b.whole)
		return error_set(err, ERROR_INVALID, "divided by 0");
	*out = liquid_float(!a.n      ? (double)NAN
			    : a.n > 0 ? (double)INFINITY
				      : -(double)INFINITY);
	return 0;
}

static int
modulo(const struct liquid_call *call, struct liquid_value *out,
       struct error *err)
{
	if (!number(call, &call->args[0]).n)
		return error_set(err, ERROR_INVALID, "divided by 0");
	return binary(call, liquid_remainder, out);
}

/* ---- rounding ---- */

static int
round_by(const struct liquid_call *call, int64_t places,
	 enum liquid_rounding rounding, struct liquid_value *out)
{
	struct liquid_decimal d =
	    liquid_rounded(number(call, &call->input), places, rounding);

	if (places <= 0)
		d = liquid_as_whole(d);
	*out = liquid_from_decimal(&d);
	return 0;
}

static int
round_to(const struct liquid_call *call, struct liquid_value *out,
	 struct error *err)
{
	enum { MOST = 400 }; /* more than any float has */
	struct liquid_decimal places = { .whole = true };
	struct liquid_value n;

	(void)err;
	if (call->arg_count)
		places = number(call, &call->args[0]);
	n = liquid_from_decimal(&places);
	places.n = liquid_whole(&n);
	if (places.n > MOST || places.n < -MOST)
		places.n = places.n > 0 ? MOST : -MOST;
	return round_by(call, (int64_t)places.n, ROUND_HALF, out);
}

static int
ceiling(const struct liquid_call *call, struct liquid_value *out,
	struct error *err)
{
	(void)err;
	return round_by(call, 0, ROUND_UP, out);
}

static int
floor_of(const struct liquid_call *call, struct liquid_value *out,
	 struct error *err)
{
	(void)err;
	return round_by(call, 0, ROUND_DOWN, out);
}

/* ---- choosing ---- */

static int
absolute(const struct liquid_call *call, struct liquid_value *out,
	 struct error *err)
{
	struct liquid_decimal d = number(call, &call->input);

	(void)err;
	d.n = d.n < 0 ? -d.n : d.n;
	*out = liquid_from_decimal(&d);
	return 0;
}

/* The argument where it stands on that side of the input. */
static int
bounded(const struct liquid_call *call, int side, struct liquid_value *out)
{
	struct liquid_decimal d = number(call, &call->input);
	struct liquid_decimal bound = number(call, &call->args[0]);

	if (liquid_decimal_cmp(bound, d) == side)
		d = bound;
	*out = liquid_from_decimal(&d);
	return 0;
}

static int
at_least(const struct liquid_call *call, struct liquid_value *out,
	 struct error *err)
{
	(void)err;
	return bounded(call, 1, out);
}

static int
at_most(const struct liquid_call *call, struct liquid_value *out,
	struct error *err)
{
	(void)err;
	return bounded(call, -1, out);
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
