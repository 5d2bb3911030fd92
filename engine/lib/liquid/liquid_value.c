/*
 * What values mean: truth, equality, order and membership.
 *
 * Values of different kinds are never equal. Numbers and texts are ordered
 * among their like; to ask which of a number and a text is greater is a
 * mistake and said to be one, while nothing else has an order: each answer is
 * no.
 *
 * What takes long pays: comparing texts and arrays takes steps off a counter,
 * and stops when there are none left.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

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
is_blank(const struct liquid_value *v, int64_t *steps)
{
	if (v->type == LIQUID_STRING)
		*steps -= (int64_t)v->s.len / CHARS_A_STEP;
	if (v->type == LIQUID_STRING)
		return liquid_trim(v->s, true, false).len == 0;
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

/* ---- equality ---- */

static bool
same_text(struct str a, struct str b, int64_t *steps)
{
	if (a.len != b.len)
		return false;
	*steps -= (int64_t)a.len / BYTES_A_STEP;
	return str_eq(a, b);
}

static bool
same_items(const struct liquid_value *a, const struct liquid_value *b,
	   int64_t *steps)
{
	if (a->array.count != b->array.count)
		return false;
	for (size_t i = 0; i < a->array.count; i++)
		if (--*steps < 0 || !liquid_equal(&a->array.items[i],
						  &b->array.items[i], steps))
			return false;
	return true;
}

static bool
same_members(const struct liquid_object *a, const struct liquid_object *b,
	     int64_t *steps)
{
	if (a == b)
		return true;
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct liquid_value *v =
		    liquid_object_get(b, &a->members[i].key);

		if (--*steps < 0 || !v ||
		    !liquid_equal(&a->members[i].value, v, steps))
			return false;
	}
	return true;
}

/* The words empty and blank equal nothing of their own kind. */
static bool
equal_alike(const struct liquid_value *a, const struct liquid_value *b,
	    int64_t *steps)
{
	switch (a->type) {
	case LIQUID_NIL:
		return true;
	case LIQUID_BOOL:
		return a->truth == b->truth;
	case LIQUID_STRING:
		return same_text(a->s, b->s, steps);
	case LIQUID_ARRAY:
		return same_items(a, b, steps);
	case LIQUID_OBJECT:
		return same_members(a->object, b->object, steps);
	case LIQUID_RANGE:
		return a->range.first == b->range.first &&
		       a->range.last == b->range.last;
	case LIQUID_LOOP:
		return a->loop == b->loop;
	default:
		return false;
	}
}

bool
liquid_equal(const struct liquid_value *a, const struct liquid_value *b,
	     int64_t *steps)
{
	if (a->type == LIQUID_INT && b->type == LIQUID_INT)
		return a->n == b->n;
	if (is_number(a) && is_number(b))
		return real(a) == real(b);
	if (a->type == b->type)
		return equal_alike(a, b, steps);
	if (a->type == LIQUID_EMPTY)
		return is_empty(b);
	if (b->type == LIQUID_EMPTY)
		return is_empty(a);
	if (a->type == LIQUID_BLANK)
		return is_blank(b, steps);
	return b->type == LIQUID_BLANK && is_blank(a, steps);
}

/* ---- order ---- */

bool
liquid_compare(const struct liquid_value *a, const struct liquid_value *b,
	       int *order, int64_t *steps)
{
	if (a->type == LIQUID_INT && b->type == LIQUID_INT) {
		*order = (a->n > b->n) - (a->n < b->n);
	} else if (is_number(a) && is_number(b)) {
		*order = (real(a) > real(b)) - (real(a) < real(b));
	} else if (a->type == LIQUID_STRING && b->type == LIQUID_STRING) {
		*steps -= (int64_t)a->s.len / BYTES_A_STEP;
		*order = str_cmp(a->s, b->s);
	} else {
		*order = 0;
		return false;
	}
	return true;
}

static int
ordered(const struct liquid_value *a, const struct liquid_value *b,
	enum liquid_comparison how, int64_t *steps, struct error *err)
{
	int order;

	if (liquid_compare(a, b, &order, steps))
		return how == COMPARE_LT   ? order < 0
		       : how == COMPARE_GT ? order > 0
		       : how == COMPARE_LE ? order <= 0
					   : order >= 0;
	if ((is_number(a) && b->type == LIQUID_STRING) ||
	    (is_number(b) && a->type == LIQUID_STRING))
		return error_set(err, ERROR_INVALID,
				 "a number and a text are compared, expected "
				 "two of a kind");
	return 0;
}

/* ---- membership ---- */

static bool
has_item(const struct liquid_value *array, const struct liquid_value *part,
	 int64_t *steps)
{
	if (part->type == LIQUID_EMPTY || part->type == LIQUID_BLANK)
		return false;
	for (size_t i = 0; i < array->array.count && --*steps >= 0; i++)
		if (liquid_equal(&array->array.items[i], part, steps))
			return true;
	return false;
}

/* What is too long to write has no steps left: the answer is not used. */
static struct str
text_of(const struct liquid_value *v, const struct liquid_means *means)
{
	struct liquid_text t = { .a = means->a,
				 .steps = means->steps,
				 .room = means->room };

	if (v->type == LIQUID_STRING)
		return v->s;
	liquid_text_value(&t, v);
	if (t.full)
		*means->steps = -1;
	return (struct str){ t.p, t.len };
}

static bool
contains(const struct liquid_value *in, const struct liquid_value *part,
	 const struct liquid_means *means)
{
	struct liquid_key key;
	struct str text;

	if (!liquid_truthy(part))
		return false;
	switch (in->type) {
	case LIQUID_ARRAY:
		return has_item(in, part, means->steps);
	case LIQUID_RANGE:
		return is_number(part) &&
		       real(part) >= (double)in->range.first &&
		       real(part) <= (double)in->range.last;
	case LIQUID_STRING:
		text = text_of(part, means);
		*means->steps -= (int64_t)(in->s.len + text.len) / BYTES_A_STEP;
		return str_find(in->s, text) >= 0;
	case LIQUID_OBJECT:
		if (part->type != LIQUID_STRING)
			return false;
		*means->steps -= (int64_t)part->s.len / BYTES_A_STEP;
		key = liquid_key(part->s);
		return liquid_object_get(in->object, &key) != NULL;
	default:
		return false;
	}
}

int
liquid_holds(const struct liquid_value *a, const struct liquid_value *b,
	     enum liquid_comparison how, const struct liquid_means *means,
	     struct error *err)
{
	if (how == COMPARE_EQ || how == COMPARE_NE)
		return liquid_equal(a, b, means->steps) == (how == COMPARE_EQ);
	if (how == COMPARE_CONTAINS)
		return contains(a, b, means);
	return ordered(a, b, how, means->steps, err);
}

/* ---- parts ---- */

/* What a signed counter cannot hold is never gone over to its end. */
static size_t
range_count(int64_t first, int64_t last)
{
	uint64_t span = (uint64_t)last - (uint64_t)first;

	if (last < first)
		return 0;
	return span < INT64_MAX ? (size_t)span + 1 : (size_t)INT64_MAX;
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
		return range_count(v->range.first, v->range.last);
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
table_member(const struct liquid_loop *loop, struct str name,
	     struct liquid_value *out)
{
	if (str_eq_cstr(name, "col"))
		*out = liquid_int(loop->column);
	else if (str_eq_cstr(name, "col0"))
		*out = liquid_int(loop->column - 1);
	else if (str_eq_cstr(name, "row"))
		*out = liquid_int(loop->row);
	else if (str_eq_cstr(name, "col_first"))
		*out = liquid_bool(loop->column == 1);
	else if (str_eq_cstr(name, "col_last"))
		*out = liquid_bool(loop->column == loop->columns);
	else
		return false;
	return true;
}

static bool
for_member(const struct liquid_loop *loop, struct str name,
	   struct liquid_value *out)
{
	if (str_eq_cstr(name, "name"))
		*out = liquid_string(loop->name);
	else if (str_eq_cstr(name, "parentloop"))
		*out = loop->parent;
	else
		return false;
	return true;
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
	else
		return loop->table ? table_member(loop, name, out)
				   : for_member(loop, name, out);
	return true;
}

int64_t
liquid_size(const struct liquid_value *v)
{
	switch (v->type) {
	case LIQUID_STRING:
		return (int64_t)str_characters(v->s);
	case LIQUID_ARRAY:
	case LIQUID_OBJECT:
	case LIQUID_RANGE:
		return (int64_t)liquid_count(v);
	case LIQUID_INT:
		return sizeof(v->n); /* in bytes, as in Ruby */
	default:
		return 0;
	}
}

bool
liquid_first(const struct liquid_value *v, struct arena *a,
	     struct liquid_value *out)
{
	if (v->type == LIQUID_RANGE) {
		*out = liquid_int(v->range.first);
		return true;
	}
	if ((v->type != LIQUID_ARRAY && v->type != LIQUID_OBJECT) ||
	    !liquid_count(v))
		return false;
	liquid_item(v, 0, a, out);
	return true;
}

bool
liquid_last(const struct liquid_value *v, struct liquid_value *out)
{
	if (v->type == LIQUID_RANGE) {
		*out = liquid_int(v->range.last);
		return true;
	}
	if (v->type != LIQUID_ARRAY || !v->array.count)
		return false;
	*out = v->array.items[v->array.count - 1];
	return true;
}

/* What values answer besides their own members. */
static bool
common_member(const struct liquid_value *of, struct str name, struct arena *a,
	      struct liquid_value *out)
{
	if (str_eq_cstr(name, "first"))
		return liquid_first(of, a, out);
	if (str_eq_cstr(name, "last"))
		return liquid_last(of, out);
	if (!str_eq_cstr(name, "size") || of->type == LIQUID_NIL ||
	    of->type == LIQUID_BOOL || of->type == LIQUID_FLOAT)
		return false;
	*out = liquid_int(liquid_size(of));
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
	if (value.type == LIQUID_LOOP && key.type == LIQUID_STRING)
		return loop_member(value.loop, key.s, out);
	if (value.type != LIQUID_ARRAY || key.type != LIQUID_INT)
		return false;
	i = key.n < 0 ? key.n + (int64_t)value.array.count : key.n;
	if (i < 0 || i >= (int64_t)value.array.count)
		return false;
	*out = value.array.items[i];
	return true;
}

struct liquid_found
liquid_found(const struct liquid_value *v)
{
	static const char *const words[] = {
		[LIQUID_NIL] = "nothing",      [LIQUID_ARRAY] = "an array",
		[LIQUID_OBJECT] = "an object", [LIQUID_RANGE] = "a range",
		[LIQUID_EMPTY] = "empty",      [LIQUID_BLANK] = "blank",
		[LIQUID_LOOP] = "forloop",
	};
	struct liquid_found found;
	char *p = found.text;
	struct str head;

	switch (v->type) {
	case LIQUID_BOOL:
		snprintf(p, sizeof(found.text), "%s",
			 v->truth ? "true" : "false");
		break;
	case LIQUID_INT:
		snprintf(p, sizeof(found.text), "%" PRId64, v->n);
		break;
	case LIQUID_FLOAT:
		snprintf(p, sizeof(found.text), "%.15g%s", v->d,
			 fabs(v->d) < 1e15 && v->d == floor(v->d) ? ".0" : "");
		break;
	case LIQUID_STRING:
		head = liquid_characters(v->s, 0, 20);
		snprintf(p, sizeof(found.text), "\"%.*s%s\"", STR_ARG(head),
			 head.len < v->s.len ? " ..." : "");
		break;
	default:
		snprintf(p, sizeof(found.text), "%s", words[v->type]);
	}
	return found;
}
