/*
 * Reading is jansson's work. A struct js is a json_t under another name, never
 * defined, so that there is nothing to allocate or copy; nobody else sees
 * jansson. Its own cap on depth is fixed when it is built, and far too high
 * for a small stack: nesting is counted beforehand, in one pass over the text.
 */
#include "base/js.h"

#include <jansson.h>

static const json_t *
in(const struct js *js)
{
	return (const json_t *)js;
}

static const struct js *
outward(const json_t *json)
{
	return (const struct js *)json;
}

/* The byte that nests too deeply, or -1. Of ill-formed text, a guess. */
static ptrdiff_t
too_deep(struct str text)
{
	bool quoted = false;
	int depth = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (c == '"')
			quoted = !quoted;
		else if (quoted)
			i += c == '\\';
		else if (c == '[' || c == '{')
			depth++;
		else if (c == ']' || c == '}')
			depth--;
		if (depth > JS_DEPTH_MAX)
			return (ptrdiff_t)i;
	}
	return -1;
}

static int
deep(struct str before, struct error *err)
{
	size_t line = 1;
	size_t column = 1;

	for (size_t i = 0; i < before.len; i++) {
		column++;
		if (before.p[i] == '\n') {
			line++;
			column = 1;
		}
	}
	return error_set(err, ERROR_LIMIT,
			 "%zu:%zu: nested too deeply: expected %d levels at "
			 "the most",
			 line, column, JS_DEPTH_MAX);
}

/* What it quotes of the text may hold anything; ours is one line. */
static int
malformed(json_error_t *e, struct error *err)
{
	for (char *p = e->text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == '\x7f')
			*p = '?';
	return error_set(err, ERROR_INVALID, "%d:%d: %s",
			 e->line > 0 ? e->line : 1,
			 e->column > 0 ? e->column : 1, e->text);
}

int
js_parse(struct str text, struct js **out, struct error *err)
{
	json_error_t e;
	ptrdiff_t at;
	json_t *json;

	if (text.len > JS_BYTES_MAX)
		return error_set(err, ERROR_LIMIT,
				 "JSON of %zu bytes: expected %d at the most",
				 text.len, JS_BYTES_MAX);
	at = too_deep(text);
	if (at >= 0)
		return deep(str_slice(text, 0, (size_t)at), err);
	json = json_loadb(text.p ? text.p : "", text.len,
			  JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
	if (!json)
		return malformed(&e, err);
	*out = (struct js *)json;
	return 0;
}

void
js_free(struct js **js)
{
	json_decref((json_t *)*js);
	*js = NULL;
}

enum js_kind
js_kind(const struct js *js)
{
	switch (json_typeof(in(js))) {
	case JSON_OBJECT:
		return JS_OBJECT;
	case JSON_ARRAY:
		return JS_ARRAY;
	case JSON_STRING:
		return JS_STRING;
	case JSON_INTEGER:
		return JS_INT;
	case JSON_REAL:
		return JS_REAL;
	case JSON_TRUE:
	case JSON_FALSE:
		return JS_BOOL;
	case JSON_NULL:
		break;
	}
	return JS_NULL;
}

bool
js_as_str(const struct js *js, struct str *out)
{
	if (!json_is_string(in(js)))
		return false;
	*out = (struct str){ json_string_value(in(js)),
			     json_string_length(in(js)) };
	return true;
}

bool
js_as_int(const struct js *js, int64_t *out)
{
	if (!json_is_integer(in(js)))
		return false;
	*out = json_integer_value(in(js));
	return true;
}

bool
js_as_real(const struct js *js, double *out)
{
	if (!json_is_number(in(js)))
		return false;
	*out = json_number_value(in(js));
	return true;
}

bool
js_as_bool(const struct js *js, bool *out)
{
	if (!json_is_boolean(in(js)))
		return false;
	*out = json_is_true(in(js));
	return true;
}

size_t
js_count(const struct js *js)
{
	if (json_is_array(in(js)))
		return json_array_size(in(js));
	return json_object_size(in(js));
}

const struct js *
js_at(const struct js *array, size_t index)
{
	return outward(json_array_get(in(array), index));
}

const struct js *
js_find(const struct js *object, const char *key)
{
	return outward(json_object_get(in(object), key));
}

static const char *
kind_words(enum js_kind kind)
{
	static const char *const words[] = {
		[JS_NULL] = "null",	   [JS_BOOL] = "true or false",
		[JS_INT] = "an integer",   [JS_REAL] = "a decimal number",
		[JS_STRING] = "a string",  [JS_ARRAY] = "an array",
		[JS_OBJECT] = "an object",
	};

	return words[kind];
}

/* 1 and the value if it is of that kind, 0 if absent or null. */
static int
find_kind(const struct js *object, const char *key, enum js_kind kind,
	  const struct js **out, struct error *err)
{
	const struct js *value = js_find(object, key);

	if (js_kind(object) != JS_OBJECT)
		return error_set(err, ERROR_INVALID,
				 "%s: expected an object with \"%s\"",
				 kind_words(js_kind(object)), key);
	if (!value || js_kind(value) == JS_NULL)
		return 0;
	if (js_kind(value) != kind)
		return error_set(err, ERROR_INVALID,
				 "\"%s\" is %s: expected %s", key,
				 kind_words(js_kind(value)), kind_words(kind));
	*out = value;
	return 1;
}

/* What a find returned, for a key that must be there. */
static int
needed(int found, const char *key, enum js_kind kind, struct error *err)
{
	if (found == 0)
		return error_set(err, ERROR_INVALID,
				 "\"%s\" is missing: expected %s", key,
				 kind_words(kind));
	return found < 0 ? found : 0;
}

int
js_find_str(const struct js *object, const char *key, struct str *out,
	    struct error *err)
{
	const struct js *value;
	int found = find_kind(object, key, JS_STRING, &value, err);

	if (found > 0)
		js_as_str(value, out);
	return found;
}

int
js_find_int(const struct js *object, const char *key, int64_t *out,
	    struct error *err)
{
	const struct js *value;
	int found = find_kind(object, key, JS_INT, &value, err);

	if (found > 0)
		js_as_int(value, out);
	return found;
}

int
js_find_bool(const struct js *object, const char *key, bool *out,
	     struct error *err)
{
	const struct js *value;
	int found = find_kind(object, key, JS_BOOL, &value, err);

	if (found > 0)
		js_as_bool(value, out);
	return found;
}

int
js_find_array(const struct js *object, const char *key, const struct js **out,
	      struct error *err)
{
	return find_kind(object, key, JS_ARRAY, out, err);
}

int
js_find_object(const struct js *object, const char *key, const struct js **out,
	       struct error *err)
{
	return find_kind(object, key, JS_OBJECT, out, err);
}

int
js_get_str(const struct js *object, const char *key, struct str *out,
	   struct error *err)
{
	return needed(js_find_str(object, key, out, err), key, JS_STRING, err);
}

int
js_get_int(const struct js *object, const char *key, int64_t *out,
	   struct error *err)
{
	return needed(js_find_int(object, key, out, err), key, JS_INT, err);
}

int
js_get_bool(const struct js *object, const char *key, bool *out,
	    struct error *err)
{
	return needed(js_find_bool(object, key, out, err), key, JS_BOOL, err);
}

int
js_get_array(const struct js *object, const char *key, const struct js **out,
	     struct error *err)
{
	return needed(js_find_array(object, key, out, err), key, JS_ARRAY, err);
}

int
js_get_object(const struct js *object, const char *key, const struct js **out,
	      struct error *err)
{
	return needed(js_find_object(object, key, out, err), key, JS_OBJECT,
		      err);
}

/* The library iterates over what it takes for mutable; nothing is changed. */
bool
js_next(const struct js *object, struct js_member *m)
{
	json_t *json = (json_t *)object;

	m->place = m->place ? json_object_iter_next(json, m->place)
			    : json_object_iter(json);
	if (!m->place)
		return false;
	m->key = str_of(json_object_iter_key(m->place));
	m->value = outward(json_object_iter_value(m->place));
	return true;
}
