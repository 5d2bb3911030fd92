#ifndef BASE_JS_H
#define BASE_JS_H

/*
 * js - JSON read into a tree, and written into a buf (RFC 8259)
 *
 * Reading is for what others send: js_parse() refuses duplicate keys, NUL in
 * strings, ill-formed UTF-8, integers beyond 64 bits, nesting deeper than 64
 * and texts over 8 MB; its errors begin with line:column. The tree is then
 * asked by key:
 *
 *	if (js_get_str(doc, "event", &event, err) < 0 ||
 *	    js_find_int(doc, "retries", &retries, err) < 0)
 *		return error_context(err, "webhook");
 *
 * js_get_* needs the key: it returns 0 or fails. js_find_* does not: it
 * returns 1, or 0 with *out untouched when the key is absent or null. Both
 * fail (INVALID, naming the key, what was found and what was expected) on a
 * value of another type or when asked of what is no object.
 *
 * What they give is borrowed from the tree. Money is a string or an integer
 * of the smallest unit, never a real.
 *
 * Thread rule: a tree may be read by all threads; a writer is one thread's.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"

enum { JS_DEPTH_MAX = 64, JS_BYTES_MAX = 8 << 20 };

enum js_kind {
	JS_NULL,
	JS_BOOL,
	JS_INT,
	JS_REAL,
	JS_STRING,
	JS_ARRAY,
	JS_OBJECT,
};

/* A value: the whole tree, or a part of it. */
struct js;

/* INVALID or LIMIT. *out is yours: js_free(). */
int js_parse(struct str text, struct js **out, struct error *err) MUST_CHECK;

/* Frees the whole tree; NULL is fine; *js becomes NULL. */
void js_free(struct js **js);

enum js_kind js_kind(const struct js *js);

/* The value itself, if it is of that type; *out is untouched if not. */
bool js_as_str(const struct js *js, struct str *out);
bool js_as_int(const struct js *js, int64_t *out);
bool js_as_real(const struct js *js, double *out); /* an integer will do */
bool js_as_bool(const struct js *js, bool *out);

/* How many an array or object holds; 0 for all else. */
size_t js_count(const struct js *js);

/* The item, counted from 0, or NULL where there is none. */
const struct js *js_at(const struct js *array, size_t index);

/* The value of the key, or NULL; NULL also when it is no object. */
const struct js *js_find(const struct js *object, const char *key);

int js_get_str(const struct js *object, const char *key, struct str *out,
	       struct error *err) MUST_CHECK;
int js_get_int(const struct js *object, const char *key, int64_t *out,
	       struct error *err) MUST_CHECK;
int js_get_bool(const struct js *object, const char *key, bool *out,
		struct error *err) MUST_CHECK;
int js_get_array(const struct js *object, const char *key,
		 const struct js **out, struct error *err) MUST_CHECK;
int js_get_object(const struct js *object, const char *key,
		  const struct js **out, struct error *err) MUST_CHECK;

int js_find_str(const struct js *object, const char *key, struct str *out,
		struct error *err) MUST_CHECK;
int js_find_int(const struct js *object, const char *key, int64_t *out,
		struct error *err) MUST_CHECK;
int js_find_bool(const struct js *object, const char *key, bool *out,
		 struct error *err) MUST_CHECK;
int js_find_array(const struct js *object, const char *key,
		  const struct js **out, struct error *err) MUST_CHECK;
int js_find_object(const struct js *object, const char *key,
		   const struct js **out, struct error *err) MUST_CHECK;

/*
 * The members of an object in the order of the text. Start with a zeroed
 * struct; false at the end, and at once when it is no object.
 */
struct js_member {
	struct str key;
	const struct js *value;
	void *place;
};

bool js_next(const struct js *object, struct js_member *m);

/*
 * Writing. Commas and indentation come by themselves; a key outside an object,
 * a value in one without its key, or an end that does not match is a bug and
 * aborts. In `out` is JSON once js_writer_end() has returned, unless
 * buf_full(). Strings are written by escape_json().
 *
 *	struct js_writer w;
 *	js_writer_init(&w, &out, false);
 *	js_begin_object(&w);
 *	js_key_int(&w, "id", id);
 *	js_end_object(&w);
 *	js_writer_end(&w);
 */
struct js_writer {
	struct buf *out;
	uint64_t objects; /* bit d: level d is an object, not an array */
	int depth;
	bool indent;
	bool after_key;
	bool after_value; /* something stands before on this level */
};

/* With `indent`, a line for each value and 2 spaces for each level. */
void js_writer_init(struct js_writer *w, struct buf *out, bool indent);
void js_writer_end(struct js_writer *w);

void js_begin_object(struct js_writer *w);
void js_end_object(struct js_writer *w);
void js_begin_array(struct js_writer *w);
void js_end_array(struct js_writer *w);
void js_key(struct js_writer *w, struct str key);

void js_string(struct js_writer *w, struct str s);
void js_int(struct js_writer *w, int64_t n);
void js_bool(struct js_writer *w, bool b);
void js_null(struct js_writer *w);

/* A member of an object, key and value at once. */
void js_key_str(struct js_writer *w, const char *key, struct str value);
void js_key_int(struct js_writer *w, const char *key, int64_t value);
void js_key_bool(struct js_writer *w, const char *key, bool value);

#endif
