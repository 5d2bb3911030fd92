/*
 * What values mean: truth, equality, order, membership, and their text.
 *
 * Text follows Ruby, whose Liquid templates were written against: floats as
 * the shortest digits that read back the same, always with a point or an
 * exponent; arrays as their items side by side; objects as Ruby shows a hash.
 * Values of different kinds are never equal and have no order.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "liquid/liquid_priv.h"

struct liquid_value
liquid_nil(void)
{
	return (struct liquid_value){ .type = LIQUID_NIL };
}

struct liquid_value
liquid_bool(bool truth)
{
	return (struct liquid_value){ .type = LIQUID_BOOL, .truth = truth };
}

struct liquid_value
liquid_int(int64_t n)
{
	return (struct liquid_value){ .type = LIQUID_INT, .n = n };
}

struct liquid_value
liquid_float(double d)
{
	return (struct liquid_value){ .type = LIQUID_FLOAT, .d = d };
}

struct liquid_value
liquid_string(struct str s)
{
	return (struct liquid_value){ .type = LIQUID_STRING, .s = s };
}

struct liquid_value
liquid_markup(struct str s)
{
	return (
	    struct liquid_value){ .type = LIQUID_STRING, .safe = true, .s = s };
}

struct liquid_value
liquid_array(const struct liquid_value *items, size_t count)
{
	return (struct liquid_value){
		.type = LIQUID_ARRAY,
		.array = { items, count },
	};
}

struct liquid_value
liquid_of(const struct liquid_object *object)
{
	return (struct liquid_value){ .type = LIQUID_OBJECT, .object = object };
}

bool
liquid_truthy(const struct liquid_value *v)
{
	return v->type != LIQUID_NIL && (v->type != LIQUID_BOOL || v->truth);
}

static bool
is_empty(const struct liquid_value *v)
{
	return (v->type == LIQUID_STRING && v->s.len == 0) ||
	       (v->type == LIQUID_ARRAY && v->array.count == 0) ||
	       (v->type == LIQUID_OBJECT && v->object->count == 0);
}

static bool
is_blank(const struct liquid_value *v)
{
	if (v->type == LIQUID_STRING)
		return str_trim(v->s).len == 0;
	return !liquid_truthy(v) || is_empty(v);
}

static double
real(const struct liquid_value *v)
{
	return v->type == LIQUID_INT ? (double)v->n : v->d;
}

static bool
is_number(const struct liquid_value *v)
{
	return v->type == LIQUID_INT || v->type == LIQUID_FLOAT;
}

static bool
same_items(const struct liquid_value *a, const struct liquid_value *b)
{
	if (a->array.count != b->array.count)
		return false;
	for (size_t i = 0; i < a->array.count; i++)
		if (!liquid_equal(&a->array.items[i], &b->array.items[i]))
			return false;
	return true;
}

static bool
same_members(const struct liquid_object *a, const struct liquid_object *b)
{
	if (a == b)
		return true;
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct liquid_value *v =
		    liquid_object_get(b, &a->members[i].key);

		if (!v || !liquid_equal(&a->members[i].value, v))
			return false;
	}
	return true;
}

static bool
equal_alike(const struct liquid_value *a, const struct liquid_value *b)
{
	switch (a->type) {
	case LIQUID_BOOL:
		return a->truth == b->truth;
	case LIQUID_STRING:
		return str_eq(a->s, b->s);
	case LIQUID_ARRAY:
		return same_items(a, b);
	case LIQUID_OBJECT:
		return same_members(a->object, b->object);
	case LIQUID_RANGE:
		return a->range.first == b->range.first &&
		       a->range.last == b->range.last;
	case LIQUID_LOOP:
		return a->loop == b->loop;
	default:
		return true;
	}
}

bool
liquid_equal(const struct liquid_value *a, const struct liquid_value *b)
{
	if (a->type == LIQUID_INT && b->type == LIQUID_INT)
		return a->n == b->n;
	if (is_number(a) && is_number(b))
		return real(a) == real(b);
	if (a->type == b->type)
		return equal_alike(a, b);
	if (a->type == LIQUID_EMPTY)
		return is_empty(b);
	if (b->type == LIQUID_EMPTY)
		return is_empty(a);
	if (a->type == LIQUID_BLANK)
		return is_blank(b);
	return b->type == LIQUID_BLANK && is_blank(a);
}

bool
liquid_compare(const struct liquid_value *a, const struct liquid_value *b,
	       int *order)
{
	if (a->type == LIQUID_INT && b->type == LIQUID_INT)
		*order = (a->n > b->n) - (a->n < b->n);
	else if (is_number(a) && is_number(b))
		*order = (real(a) > real(b)) - (real(a) < real(b));
	else if (a->type == LIQUID_STRING && b->type == LIQUID_STRING)
		*order = str_cmp(a->s, b->s);
	else
		return false;
	return true;
}

static bool
has_item(const struct liquid_value *array, const struct liquid_value *part)
{
	for (size_t i = 0; i < array->array.count; i++)
		if (liquid_equal(&array->array.items[i], part))
			return true;
	return false;
}

static bool
contains(const struct liquid_value *in, const struct liquid_value *part)
{
	char digits[24];
	struct liquid_key key;

	if (in->type == LIQUID_ARRAY)
		return has_item(in, part);
	if (in->type == LIQUID_RANGE && part->type == LIQUID_INT)
		return part->n >= in->range.first && part->n <= in->range.last;
	if (in->type == LIQUID_STRING && part->type == LIQUID_INT) {
		snprintf(digits, sizeof(digits), "%lld", (long long)part->n);
		return str_find(in->s, str_of(digits)) >= 0;
	}
	if (part->type != LIQUID_STRING)
		return false;
	if (in->type == LIQUID_STRING)
		return str_find(in->s, part->s) >= 0;
	if (in->type != LIQUID_OBJECT)
		return false;
	key = liquid_key(part->s);
	return liquid_object_get(in->object, &key) != NULL;
}

size_t
liquid_count(const struct liquid_value *v)
{
	switch (v->type) {
	case LIQUID_NIL:
	case LIQUID_EMPTY:
	case LIQUID_BLANK:
		return 0;
	case LIQUID_ARRAY:
		return v->array.count;
	case LIQUID_OBJECT:
		return v->object->count;
	case LIQUID_RANGE:
		if (v->range.last < v->range.first)
			return 0;
		return (size_t)((uint64_t)v->range.last -
				(uint64_t)v->range.first) +
		       1;
	default:
		return 1;
	}
}

void
liquid_item(const struct liquid_value *v, size_t i, struct arena *a,
	    struct liquid_value *out)
{
	struct liquid_value *pair;

	check(i < liquid_count(v));
	switch (v->type) {
	case LIQUID_ARRAY:
		*out = v->array.items[i];
		break;
	case LIQUID_RANGE:
		*out = liquid_int(v->range.first + (int64_t)i);
		break;
	case LIQUID_OBJECT:
		pair = ARENA_ARRAY(a, 2, struct liquid_value);
		pair[0] = liquid_string(v->object->members[i].key.name);
		pair[1] = v->object->members[i].value;
		*out = liquid_array(pair, 2);
		break;
	default:
		*out = *v;
	}
}

static bool
loop_member(const struct liquid_loop *loop, struct str name,
	    struct liquid_value *out)
{
	int64_t left = loop->length - loop->index;

	if (str_eq_cstr(name, "index"))
		*out = liquid_int(loop->index + 1);
	else if (str_eq_cstr(name, "index0"))
		*out = liquid_int(loop->index);
	else if (str_eq_cstr(name, "rindex"))
		*out = liquid_int(left);
	else if (str_eq_cstr(name, "rindex0"))
		*out = liquid_int(left - 1);
	else if (str_eq_cstr(name, "first"))
		*out = liquid_bool(loop->index == 0);
	else if (str_eq_cstr(name, "last"))
		*out = liquid_bool(left == 1);
	else if (str_eq_cstr(name, "length"))
		*out = liquid_int(loop->length);
	else if (str_eq_cstr(name, "name"))
		*out = liquid_string(loop->name);
	else if (str_eq_cstr(name, "parentloop"))
		*out = loop->parent;
	else
		return false;
	return true;
}

/* What arrays, objects and strings answer besides their own members. */
static bool
common_member(const struct liquid_value *of, struct str name, struct arena *a,
	      struct liquid_value *out)
{
	size_t count;

	if (of->type == LIQUID_STRING) {
		if (!str_eq_cstr(name, "size"))
			return false;
		*out = liquid_int((int64_t)str_characters(of->s));
		return true;
	}
	if (of->type != LIQUID_ARRAY && of->type != LIQUID_OBJECT &&
	    of->type != LIQUID_RANGE)
		return false;
	count = liquid_count(of);
	if (str_eq_cstr(name, "size"))
		*out = liquid_int((int64_t)count);
	else if (count && str_eq_cstr(name, "first"))
		liquid_item(of, 0, a, out);
	else if (count && of->type != LIQUID_OBJECT &&
		 str_eq_cstr(name, "last"))
		liquid_item(of, count - 1, a, out);
	else
		return false;
	return true;
}

bool
liquid_member(const struct liquid_value *of, const struct liquid_key *key,
	      struct arena *a, struct liquid_value *out)
{
	struct liquid_value value = *of; /* out may be of */
	const struct liquid_value *member;

	*out = liquid_nil();
	if (value.type == LIQUID_OBJECT) {
		member = liquid_object_get(value.object, key);
		if (member) {
			*out = *member;
			return true;
		}
	}
	if (value.type == LIQUID_LOOP)
		return loop_member(value.loop, key->name, out);
	return common_member(&value, key->name, a, out);
}

bool
liquid_index(const struct liquid_value *of, const struct liquid_value *at,
	     struct liquid_value *out)
{
	struct liquid_value value = *of; /* out may be of */
	struct liquid_value key = *at;
	int64_t i;

	*out = liquid_nil();
	if (value.type == LIQUID_OBJECT && key.type == LIQUID_STRING)
		return liquid_object_find(value.object, key.s, out) > 0;
	if (value.type != LIQUID_ARRAY || key.type != LIQUID_INT)
		return false;
	i = key.n < 0 ? key.n + (int64_t)value.array.count : key.n;
	if (i < 0 || i >= (int64_t)value.array.count)
		return false;
	*out = value.array.items[i];
	return true;
}

/* ---- numbers ---- */

/* -12, 3.5, and what stands before other things: the longest number. */
static bool
read_number(struct str s, struct liquid_value *out)
{
	char copy[64];
	size_t i = 0;
	size_t digits;
	bool point = false;

	s = str_trim(s);
	s = str_slice(s, 0, sizeof(copy) - 1);
	if (i < s.len && (s.p[i] == '-' || s.p[i] == '+'))
		i++;
	digits = i;
	while (i < s.len && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	if (i == digits)
		return false;
	if (i + 1 < s.len && s.p[i] == '.' && s.p[i + 1] >= '0' &&
	    s.p[i + 1] <= '9') {
		point = true;
		i++;
		while (i < s.len && s.p[i] >= '0' && s.p[i] <= '9')
			i++;
	}
	memcpy(copy, s.p, i);
	copy[i] = '\0';
	digits = copy[0] == '+';
	if (!point &&
	    str_int(str_of(copy + digits), INT64_MIN, INT64_MAX, &out->n)) {
		out->type = LIQUID_INT;
		return true;
	}
	*out = liquid_float(strtod(copy, NULL));
	return true;
}

bool
liquid_number(const struct liquid_value *v, struct liquid_value *out)
{
	struct liquid_value n = liquid_int(0);
	bool found = is_number(v);

	if (found)
		n = *v;
	else if (v->type == LIQUID_STRING)
		found = read_number(v->s, &n);
	n.safe = false;
	*out = n;
	return found;
}

int64_t
liquid_whole(const struct liquid_value *v)
{
	struct liquid_value n;

	(void)liquid_number(v, &n);
	if (n.type == LIQUID_INT)
		return n.n;
	if (!(n.d > -9e18 && n.d < 9e18))
		return 0;
	return (int64_t)n.d;
}

/* ---- text ---- */

void
liquid_text_add(struct liquid_text *t, struct str s)
{
	size_t cap = t->cap;
	char *p;

	if (t->full || s.len > t->room || t->len > t->room - s.len) {
		t->full = true;
		return;
	}
	if (s.len > t->cap - t->len) {
		cap = cap * 2 > t->len + s.len ? cap * 2 : t->len + s.len;
		p = arena_alloc(t->a, cap);
		if (t->len)
			memcpy(p, t->p, t->len);
		t->p = p;
		t->cap = cap;
	}
	if (s.len)
		memcpy(t->p + t->len, s.p, s.len);
	t->len += s.len;
}

void
liquid_text_char(struct liquid_text *t, char c)
{
	liquid_text_add(t, (struct str){ &c, 1 });
}

static int
exponent(const char *digits)
{
	return (int)strtol(strchr(digits, 'e') + 1, NULL, 10);
}

/* Ruby's: 1.0, 0.1, 1.0e+16, 1.0e-05. */
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
	for (precision = 1; precision < 17; precision++) {
		snprintf(digits, sizeof(digits), "%.*e", precision - 1, d);
		if (strtod(digits, NULL) == d)
			break;
	}
	if (size != 0 && (size < 1e-4 || size >= 1e16)) {
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

	snprintf(digits, sizeof(digits), "%lld", (long long)n);
	liquid_text_add(t, str_of(digits));
}

static void show(struct liquid_text *t, const struct liquid_value *v,
		 int depth);

static void
show_object(struct liquid_text *t, const struct liquid_object *o, int depth)
{
	liquid_text_char(t, '{');
	for (size_t i = 0; i < o->count && !t->full; i++) {
		if (i)
			liquid_text_add(t, STR(", "));
		liquid_text_char(t, '"');
		liquid_text_add(t, o->members[i].key.name);
		liquid_text_add(t, STR("\"=>"));
		show(t, &o->members[i].value, depth);
	}
	liquid_text_char(t, '}');
}

/* As Ruby inspects it: nested values show their kind. */
static void
show(struct liquid_text *t, const struct liquid_value *v, int depth)
{
	if (depth > EXPR_DEPTH_MAX) {
		liquid_text_add(t, STR("..."));
	} else if (v->type == LIQUID_NIL) {
		liquid_text_add(t, STR("nil"));
	} else if (v->type == LIQUID_STRING) {
		liquid_text_char(t, '"');
		liquid_text_add(t, v->s);
		liquid_text_char(t, '"');
	} else if (v->type == LIQUID_OBJECT) {
		show_object(t, v->object, depth + 1);
	} else if (v->type == LIQUID_ARRAY) {
		liquid_text_char(t, '[');
		for (size_t i = 0; i < v->array.count && !t->full; i++) {
			if (i)
				liquid_text_add(t, STR(", "));
			show(t, &v->array.items[i], depth + 1);
		}
		liquid_text_char(t, ']');
	} else {
		liquid_text_value(t, v);
	}
}

static void
add_flat(struct liquid_text *t, const struct liquid_value *v, int depth)
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
	case LIQUID_ARRAY:
		for (size_t i = 0;
		     i < v->array.count && !t->full && depth <= EXPR_DEPTH_MAX;
		     i++)
			add_flat(t, &v->array.items[i], depth + 1);
		break;
	case LIQUID_OBJECT:
		show_object(t, v->object, 0);
		break;
	case LIQUID_RANGE:
		add_int(t, v->range.first);
		liquid_text_add(t, STR(".."));
		add_int(t, v->range.last);
		break;
	default:
		break;
	}
}

void
liquid_text_value(struct liquid_text *t, const struct liquid_value *v)
{
	add_flat(t, v, 0);
}

struct str
liquid_to_text(struct arena *a, const struct liquid_value *v)
{
	struct liquid_text t = { .a = a, .room = 1 << 20 };

	if (v->type == LIQUID_STRING)
		return v->s;
	liquid_text_value(&t, v);
	return (struct str){ t.p, t.len };
}

bool
liquid_holds(const struct liquid_value *a, const struct liquid_value *b,
	     enum liquid_comparison how)
{
	int order;

	if (how == COMPARE_EQ || how == COMPARE_NE)
		return liquid_equal(a, b) == (how == COMPARE_EQ);
	if (how == COMPARE_CONTAINS)
		return contains(a, b);
	if (!liquid_compare(a, b, &order))
		return false;
	return how == COMPARE_LT   ? order < 0
	       : how == COMPARE_GT ? order > 0
	       : how == COMPARE_LE ? order <= 0
				   : order >= 0;
}
