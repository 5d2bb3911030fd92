/*
 * Filters that write text in another form, and read it back: for URLs, as
 * base64, as JSON.
 *
 * What is read back must be UTF-8, as all text is here.
 */
#include <string.h>

#include "base/encode.h"
#include "base/escape.h"
#include "liquid/liquid_priv.h"

/* ---- URLs ---- */

static int
url_encode(const struct liquid_call *call, struct liquid_value *out,
	   struct error *err)
{
	static const char hex[] = "0123456789ABCDEF";
	struct liquid_text t = liquid_call_text(call);
	struct str s = liquid_input_text(call);

	if (call->input.type == LIQUID_NIL)
		return 0;
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char three[3] = { '%', hex[c >> 4], hex[c & 15] };

		if (c == ' ')
			liquid_text_char(&t, '+');
		else if ((c >= '0' && c <= '9') ||
			 ((c | 32) >= 'a' && (c | 32) <= 'z') ||
			 (c && strchr("-_.~", c)))
			liquid_text_char(&t, (char)c);
		else
			liquid_text_add(&t, (struct str){ three, 3 });
	}
	return liquid_text_done(&t, out, err);
}

static int
url_decode(const struct liquid_call *call, struct liquid_value *out,
	   struct error *err)
{
	struct liquid_text t = liquid_call_text(call);
	struct str s = liquid_input_text(call);

	if (call->input.type == LIQUID_NIL)
		return 0;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '%' && i + 2 < s.len &&
		    encode_hex_value(s.p[i + 1]) >= 0 &&
		    encode_hex_value(s.p[i + 2]) >= 0) {
			liquid_text_char(
			    &t, (char)(encode_hex_value(s.p[i + 1]) * 16 +
				       encode_hex_value(s.p[i + 2])));
			i += 2;
		} else {
			liquid_text_char(&t, s.p[i] == '+' ? ' ' : s.p[i]);
		}
	}
	if (!str_utf8_valid((struct str){ t.p, t.len }))
		return error_set(
		    err, ERROR_INVALID,
		    "found bytes when decoded, expected text in UTF-8");
	return liquid_text_done(&t, out, err);
}

/* ---- base64 ---- */

static int
base64(const struct liquid_call *call, bool for_urls, struct liquid_value *out,
       struct error *err)
{
	struct liquid_text t = liquid_call_text(call);
	struct buf b = { .max = liquid_text_left(&t) + 1 };

	encode_base64(&b, liquid_input_text(call));
	for (size_t i = 0; for_urls && i < b.len; i++)
		if (b.p[i] == '+' || b.p[i] == '/')
			b.p[i] = b.p[i] == '+' ? '-' : '_';
	liquid_text_add(&t, buf_view(&b));
	t.full |= buf_full(&b);
	buf_fini(&b);
	return liquid_text_done(&t, out, err);
}

static int
base64_encode(const struct liquid_call *call, struct liquid_value *out,
	      struct error *err)
{
	return base64(call, false, out, err);
}

static int
base64_url_safe_encode(const struct liquid_call *call, struct liquid_value *out,
		       struct error *err)
{
	return base64(call, true, out, err);
}

static int
from_base64(const struct liquid_call *call, struct str s,
	    struct liquid_value *out, struct error *err)
{
	struct liquid_text t = liquid_call_text(call);
	struct buf b = { .max = liquid_text_left(&t) + 1 };
	int rc = decode_base64(&b, s, err);

	if (rc >= 0 && !str_utf8_valid(buf_view(&b)))
		rc = error_set(
		    err, ERROR_INVALID,
		    "found bytes when decoded, expected text in UTF-8");
	if (rc >= 0) {
		liquid_text_add(&t, buf_view(&b));
		rc = liquid_text_done(&t, out, err);
	}
	buf_fini(&b);
	return rc;
}

static int
base64_decode(const struct liquid_call *call, struct liquid_value *out,
	      struct error *err)
{
	return from_base64(call, liquid_input_text(call), out, err);
}

/* Its padding may be missing, and the other alphabet is understood too. */
static int
base64_url_safe_decode(const struct liquid_call *call, struct liquid_value *out,
		       struct error *err)
{
	struct liquid_text t = liquid_call_text(call);
	struct str s = liquid_input_text(call);

	liquid_text_add(&t, s);
	for (size_t i = 0; i < t.len; i++)
		if (t.p[i] == '-' || t.p[i] == '_')
			t.p[i] = t.p[i] == '-' ? '+' : '/';
	while (!str_ends(s, STR("=")) && !t.full && t.len % 4)
		liquid_text_char(&t, '=');
	if (t.full)
		return liquid_text_done(&t, out, err);
	return from_base64(call, (struct str){ t.p, t.len }, out, err);
}

/* ---- JSON ---- */

static void
add_json(struct liquid_text *t, const struct liquid_value *v, int depth)
{
	struct buf b = { 0 };
	size_t count = liquid_count(v);
	bool object = v->type == LIQUID_OBJECT;

	if (depth > EXPR_DEPTH_MAX || v->type == LIQUID_NIL ||
	    v->type == LIQUID_EMPTY || v->type == LIQUID_BLANK ||
	    v->type == LIQUID_LOOP) {
		liquid_text_add(t, STR("null"));
	} else if (object || v->type == LIQUID_ARRAY) {
		liquid_text_char(t, object ? '{' : '[');
		for (size_t i = 0; i < count && !t->full; i++) {
			struct liquid_value key;

			if (i)
				liquid_text_char(t, ',');
			if (object) {
				key = liquid_string(
				    v->object->members[i].key.name);
				add_json(t, &key, depth + 1);
				liquid_text_char(t, ':');
			}
			add_json(t,
				 object ? &v->object->members[i].value
					: &v->array.items[i],
				 depth + 1);
		}
		liquid_text_char(t, object ? '}' : ']');
	} else if (v->type == LIQUID_STRING) {
		b.max = liquid_text_left(t) + 1; /* 0 would be no limit */
		escape_json(&b, v->s);
		liquid_text_pay(t, (int64_t)b.len);
		liquid_text_char(t, '"');
		liquid_text_add(t, buf_view(&b));
		liquid_text_char(t, '"');
		t->full |= buf_full(&b);
		buf_fini(&b);
	} else if (v->type == LIQUID_RANGE) {
		liquid_text_char(t, '"');
		liquid_text_value(t, v);
		liquid_text_char(t, '"');
	} else {
		liquid_text_value(t, v);
	}
}

static int
json(const struct liquid_call *call, struct liquid_value *out,
     struct error *err)
{
	struct liquid_text t = liquid_call_text(call);

	add_json(&t, &call->input, 0);
	return liquid_text_done(&t, out, err);
}

const struct liquid_filter liquid_encode_filters[] = {
	{ "base64_decode", 0, 0, base64_decode },
	{ "base64_encode", 0, 0, base64_encode },
	{ "base64_url_safe_decode", 0, 0, base64_url_safe_decode },
	{ "base64_url_safe_encode", 0, 0, base64_url_safe_encode },
	{ "json", 0, 0, json },
	{ "url_decode", 0, 0, url_decode },
	{ "url_encode", 0, 0, url_encode },
	{ .name = NULL },
};
