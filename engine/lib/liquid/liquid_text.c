/*
 * The text of a value, in two ways, both Ruby's. What is put out is shown: an
 * array is its items side by side, nil is nothing. What a filter takes for
 * text is spelt: an array or object then looks as a program would write it,
 * ["a", nil], and so it does inside of another.
 *
 * A float is the shortest digits that read back the same, always with a point
 * or an exponent.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "liquid/liquid_priv.h"

struct str
liquid_trim(struct str s, bool left, bool right)
{
	while (left && s.len && liquid_is_space(s.p[0]))
		s = str_slice(s, 1, s.len);
	while (right && s.len && liquid_is_space(s.p[s.len - 1]))
		s.len--;
	return s;
}

void
liquid_text_pay(const struct liquid_text *t, int64_t steps)
{
	if (t->steps)
		*t->steps -= steps;
}

size_t
liquid_text_left(const struct liquid_text *t)
{
	size_t used = arena_bytes(t->a);

	return used < t->room ? t->room - used : 0;
}

/* Twice as much, or as much as is needed and fits. */
static bool
grow(struct liquid_text *t, size_t need)
{
	size_t left = liquid_text_left(t);
	size_t cap = t->cap * 2 > need ? t->cap * 2 : need;
	char *p;

	if (cap > left)
		cap = need;
	if (cap > left)
		return false;
	p = arena_alloc(t->a, cap);
	if (t->len)
		memcpy(p, t->p, t->len);
	t->p = p;
	t->cap = cap;
	return true;
}

void
liquid_text_add(struct liquid_text *t, struct str s)
{
	t->full |= s.len > t->cap - t->len && !grow(t, t->len + s.len);
	if (t->full)
		return;
	if (s.len)
		memcpy(t->p + t->len, s.p, s.len);
	t->len += s.len;
}

void
liquid_text_char(struct liquid_text *t, char c)
{
	liquid_text_add(t, (struct str){ &c, 1 });
}

/* ---- numbers ---- */

static int
exponent(const char *digits)
{
	return (int)strtol(strchr(digits, 'e') + 1, NULL, 10);
}

/* Ruby's: 1.0, 0.1, 1.0e+15, 1.0e-05. */
static void
add_float(struct liquid_text *t, double d)
{
	char digits[40];
	int precision;
	double size = fabs(d);

	if (isnan(d) || isinf(d)) {
		liquid_text_add(t, isnan(d) ? STR("NaN")
				   : d > 0  ? STR("Infinity")
					    : STR("-Infinity"));
		return;
	}
	liquid_text_pay(t, DECIMAL_STEPS);
	precision = liquid_shortest(d, digits);
	if (size != 0 && (size < 1e-4 || size >= 1e15)) {
		snprintf(digits, sizeof(digits), "%.*e",
			 precision > 1 ? precision - 1 : 1, d);
		liquid_text_add(t, str_of(digits));
		return;
	}
	if (size != 0)
		precision -= 1 + exponent(digits);
	snprintf(digits, sizeof(digits), "%.*f", precision > 1 ? precision : 1,
		 d);
	liquid_text_add(t, str_of(digits));
}

static void
add_int(struct liquid_text *t, int64_t n)
{
	char digits[24];

	liquid_text_pay(t, INTEGER_STEPS);
	snprintf(digits, sizeof(digits), "%lld", (long long)n);
	liquid_text_add(t, str_of(digits));
}

static void
add_plain(struct liquid_text *t, const struct liquid_value *v)
{
	switch (v->type) {
	case LIQUID_BOOL:
		liquid_text_add(t, v->truth ? STR("true") : STR("false"));
		break;
	case LIQUID_INT:
		add_int(t, v->n);
		break;
	case LIQUID_FLOAT:
		add_float(t, v->d);
		break;
	case LIQUID_STRING:
		liquid_text_add(t, v->s);
		break;
	case LIQUID_RANGE:
		add_int(t, v->range.first);
		liquid_text_add(t, STR(".."));
		add_int(t, v->range.last);
		break;
	case LIQUID_LOOP:
		liquid_text_add(t, v->loop->table
				       ? STR("Liquid::TablerowloopDrop")
				       : STR("Liquid::ForloopDrop"));
		break;
	default:
		break;
	}
}

/* ---- spelling ---- */

static void spell(struct liquid_text *t, const struct liquid_value *v,
		  int depth);

/* What stands behind the backslash; 0: the character stands for itself. */
static char
escape_letter(struct str s, size_t i)
{
	static const char plain[] = "\a\b\t\n\v\f\r\033\"\\";
	static const char letters[] = "abtnvfre\"\\";
	const char *at = s.p[i] ? strchr(plain, s.p[i]) : NULL;

	if (at)
		return letters[at - plain];
	if (s.p[i] == '#' && i + 1 < s.len && s.p[i + 1] &&
	    strchr("{$@", s.p[i + 1]))
		return '#';
	return 0;
}

static void
spell_string(struct liquid_text *t, struct str s)
{
	char code[8];

	liquid_text_char(t, '"');
	for (size_t i = 0; i < s.len && !t->full; i++) {
		char letter = escape_letter(s, i);

		if (letter) {
			liquid_text_char(t, '\\');
			liquid_text_char(t, letter);
		} else if ((unsigned char)s.p[i] < ' ') {
			snprintf(code, sizeof(code), "\\u%04X",
				 (unsigned)s.p[i]);
			liquid_text_add(t, str_of(code));
		} else if (s.p[i] == '\177') {
			liquid_text_add(t, STR("\\x7F"));
		} else {
			liquid_text_char(t, s.p[i]);
		}
	}
	liquid_text_char(t, '"');
}

static void
spell_array(struct liquid_text *t, const struct liquid_value *v, int depth)
{
	liquid_text_char(t, '[');
	for (size_t i = 0; i < v->array.count && !t->full; i++) {
		if (i)
			liquid_text_add(t, STR(", "));
		spell(t, &v->array.items[i], depth + 1);
	}
	liquid_text_char(t, ']');
}

static void
spell_object(struct liquid_text *t, const struct liquid_object *o, int depth)
{
	liquid_text_char(t, '{');
	for (size_t i = 0; i < o->count && !t->full; i++) {
		if (i)
			liquid_text_add(t, STR(", "));
		spell_string(t, o->members[i].key.name);
		liquid_text_add(t, STR("=>"));
		spell(t, &o->members[i].value, depth + 1);
	}
	liquid_text_char(t, '}');
}

static void
spell(struct liquid_text *t, const struct liquid_value *v, int depth)
{
	if (depth > EXPR_DEPTH_MAX)
		liquid_text_add(t, STR("..."));
	else if (v->type == LIQUID_NIL)
		liquid_text_add(t, STR("nil"));
	else if (v->type == LIQUID_STRING)
		spell_string(t, v->s);
	else if (v->type == LIQUID_OBJECT)
		spell_object(t, v->object, depth);
	else if (v->type == LIQUID_ARRAY)
		spell_array(t, v, depth);
	else
		add_plain(t, v);
}

void
liquid_text_value(struct liquid_text *t, const struct liquid_value *v)
{
	if (v->type == LIQUID_ARRAY || v->type == LIQUID_OBJECT)
		spell(t, v, 0);
	else
		add_plain(t, v);
}
