/*
 * The four encodings are one: bytes as a row of bits, cut into digits of 4, 5
 * or 6. What is left behind the last whole byte when decoding has to be
 * shorter than a digit and zero; that alone makes the text of a value unique.
 * Padding is taken off before, and may only be what the length calls for.
 */
#include "base/encode.h"

#include <string.h>

struct alphabet {
	const char *name;
	const char *digits;
	unsigned bits; /* in a digit */
	bool padded;   /* to groups of 4 with '=' */
};

static const struct alphabet hex = {
	.name = "hex",
	.digits = "0123456789abcdef",
	.bits = 4,
};

static const struct alphabet base64 = {
	.name = "base64",
	.digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		  "0123456789+/",
	.bits = 6,
	.padded = true,
};

static const struct alphabet base64url = {
	.name = "base64url",
	.digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		  "0123456789-_",
	.bits = 6,
};

static const struct alphabet base32 = {
	.name = "base32",
	.digits = "abcdefghijklmnopqrstuvwxyz234567",
	.bits = 5,
};

static const struct alphabet crockford = {
	.name = "id",
	.digits = "0123456789abcdefghjkmnpqrstvwxyz",
	.bits = 5,
};

static size_t
encoded_len(const struct alphabet *a, size_t len)
{
	size_t digits;

	check(len <= SIZE_MAX / 16);
	digits = (len * 8 + a->bits - 1) / a->bits;
	return a->padded ? (digits + 3) / 4 * 4 : digits;
}

static void
encode(const struct alphabet *a, struct buf *out, struct str bytes)
{
	const unsigned mask = (1U << a->bits) - 1;
	const size_t len = encoded_len(a, bytes.len);
	char *to = buf_grow(out, len);
	unsigned row = 0, held = 0; /* bits not yet written, and how many */
	size_t n = 0;

	if (!to)
		return;
	for (size_t i = 0; i < bytes.len; i++) {
		row = (row << 8 | (unsigned char)bytes.p[i]) & 0xffff;
		for (held += 8; held >= a->bits; held -= a->bits)
			to[n++] = a->digits[row >> (held - a->bits) & mask];
	}
	if (held)
		to[n++] = a->digits[row << (a->bits - held) & mask];
	while (n < len)
		to[n++] = '=';
}

static int
digit_value(const struct alphabet *a, char c)
{
	const char *hit = memchr(a->digits, c, (size_t)1 << a->bits);

	return hit ? (int)(hit - a->digits) : -1;
}

static int
bad_digit(const struct alphabet *a, struct str text, size_t i,
	  struct error *err)
{
	return error_set(err, ERROR_INVALID,
			 "byte 0x%02x at %zu, expected a digit of %s",
			 (unsigned char)text.p[i], i + 1, a->name);
}

static int
unpad(const struct alphabet *a, struct str *text, struct error *err)
{
	if (!a->padded)
		return 0;
	if (text->len % 4)
		return error_set(err, ERROR_INVALID,
				 "%zu characters, expected %s in groups of 4",
				 text->len, a->name);
	for (int i = 0; i < 2 && str_ends(*text, STR("=")); i++)
		text->len--;
	return 0;
}

static int
decode_digits(const struct alphabet *a, char *to, struct str text,
	      struct error *err)
{
	unsigned row = 0, held = 0;

	for (size_t i = 0; i < text.len; i++) {
		int value = digit_value(a, text.p[i]);

		if (value < 0)
			return bad_digit(a, text, i, err);
		row = (row << a->bits | (unsigned)value) & 0xffff;
		held += a->bits;
		if (held >= 8) {
			held -= 8;
			*to++ = (char)(row >> held & 0xff);
		}
	}
	if (held >= a->bits)
		return error_set(err, ERROR_INVALID,
				 "%zu digits of %s, expected one more or less",
				 text.len, a->name);
	if (row & ((1U << held) - 1))
		return error_set(err, ERROR_INVALID,
				 "the last digit of %s has bits behind the "
				 "last byte, expected none",
				 a->name);
	return 0;
}

static int
decode(const struct alphabet *a, struct buf *out, struct str text,
       struct error *err)
{
	const size_t before = out->len;
	size_t len;
	char *to;

	if (unpad(a, &text, err) < 0)
		return -(int)err->code;
	check(text.len <= SIZE_MAX / 8);
	len = text.len * a->bits / 8;
	to = buf_grow(out, len);
	if (!to)
		return error_set(err, ERROR_LIMIT,
				 "%zu bytes in %s, expected no more than %zu",
				 len, a->name, out->max - before);
	if (decode_digits(a, to, text, err) < 0) {
		buf_truncate(out, before);
		return -(int)err->code;
	}
	return 0;
}

void
encode_hex(struct buf *out, struct str bytes)
{
	encode(&hex, out, bytes);
}

void
encode_base64(struct buf *out, struct str bytes)
{
	encode(&base64, out, bytes);
}

void
encode_base64url(struct buf *out, struct str bytes)
{
	encode(&base64url, out, bytes);
}

void
encode_base32(struct buf *out, struct str bytes)
{
	encode(&base32, out, bytes);
}

int
decode_hex(struct buf *out, struct str text, struct error *err)
{
	return decode(&hex, out, text, err);
}

int
decode_base64(struct buf *out, struct str text, struct error *err)
{
	return decode(&base64, out, text, err);
}

int
decode_base64url(struct buf *out, struct str text, struct error *err)
{
	return decode(&base64url, out, text, err);
}

int
decode_base32(struct buf *out, struct str text, struct error *err)
{
	return decode(&base32, out, text, err);
}

int
encode_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void
encode_id(struct buf *out, int64_t id)
{
	uint64_t n = (uint64_t)id;
	char text[ENCODE_ID_CHARS];

	for (size_t i = ENCODE_ID_CHARS; i-- > 0; n >>= crockford.bits)
		text[i] = crockford.digits[n & 31];
	buf_add(out, text, sizeof(text));
}

int
decode_id(struct str text, int64_t *out, struct error *err)
{
	uint64_t n = 0;

	if (text.len != ENCODE_ID_CHARS)
		return error_set(err, ERROR_INVALID,
				 "id of %zu characters, expected %d", text.len,
				 ENCODE_ID_CHARS);
	for (size_t i = 0; i < text.len; i++) {
		int value = digit_value(&crockford, text.p[i]);

		/* 13 digits have 65 bits; the first one must be 0. */
		if (value < 0 || (i == 0 && value > 15))
			return bad_digit(&crockford, text, i, err);
		n = n << crockford.bits | (unsigned)value;
	}
	*out = (int64_t)n;
	return 0;
}

static bool
unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	       c == '~';
}

void
encode_percent(struct buf *out, struct str component)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < component.len; i++) {
		unsigned char c = (unsigned char)component.p[i];
		char triple[3] = { '%', digits[c >> 4], digits[c & 15] };

		if (unreserved(component.p[i]))
			buf_char(out, component.p[i]);
		else
			buf_add(out, triple, sizeof(triple));
	}
}
