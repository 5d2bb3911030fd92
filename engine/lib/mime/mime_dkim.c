/*
 * A signature over a message that is whole. What is hashed is made as text
 * first: the headers in their relaxed form are the same for all keys, and the
 * body is hashed once.
 *
 * The header that carries the signature is part of what it signs, up to its
 * own "b=". So b= is the last tag, and its value is added, folded, when all
 * that stands before it has been hashed.
 *
 * Rejected: l=, behind which a stranger may write; x=, for a mail that lay a
 * week in a queue is still ours; i=, for nobody asks which of our users it was.
 */
#include "mime/mime.h"

#include <inttypes.h>

#include "base/crypto.h"
#include "base/encode.h"
#include "base/sign.h"
#include "mime/mime_priv.h"

enum { LINE = 77, B_PIECE = 68 };

/* Those that are signed, in the order of h=. */
static const struct signed_header {
	const char *name;
	bool once_more; /* no second one may be added */
} signed_headers[] = {
	{ "From", true },
	{ "To", true },
	{ "Subject", true },
	{ "Date", true },
	{ "Message-ID", false },
	{ "Reply-To", false },
	{ "MIME-Version", false },
	{ "Content-Type", false },
	{ "List-Id", false },
	{ "List-Unsubscribe", false },
	{ "List-Unsubscribe-Post", false },
	{ "Feedback-ID", false },
};

/* ---- relaxed ---- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Blanks become one space each; there are none at the end of `text`. */
static void
add_reduced(struct buf *out, struct str text)
{
	bool was_blank = false;
	char *from, *to;

	if (text.len == 0)
		return;
	to = from = buf_grow(out, text.len);
	check(to);
	for (size_t i = 0; i < text.len; i++) {
		bool blank = is_blank(text.p[i]);

		if (!blank || !was_blank)
			*to++ = blank ? ' ' : text.p[i];
		was_blank = blank;
	}
	buf_truncate(out, out->len - text.len + (size_t)(to - from));
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

void
mime_relaxed_header(struct buf *out, struct str field)
{
	struct str name, value = field;

	(void)str_split(&value, ':', &name);
	name = str_trim(name);
	for (size_t i = 0; i < name.len; i++)
		buf_char(out, lower(name.p[i]));
	buf_char(out, ':');
	add_reduced(out, str_trim(value));
	buf_cat(out, "\r\n");
}

/* Empty lines are kept back until one follows that is not. */
void
mime_relaxed_body(struct buf *out, struct str body)
{
	struct str line;
	size_t empty = 0;

	while (str_split(&body, '\n', &line)) {
		while (line.len > 0 && is_blank(line.p[line.len - 1]))
			line.len--;
		if (line.len == 0) {
			empty++;
			continue;
		}
		for (; empty > 0; empty--)
			buf_cat(out, "\r\n");
		add_reduced(out, line);
		buf_cat(out, "\r\n");
	}
}

/* ---- the headers of a message ---- */

/* Takes the next field off *head, with its folds, without its last CRLF. */
static bool
next_field(struct str *head, struct str *field)
{
	size_t end = 0;

	if (head->len == 0)
		return false;
	do {
		ptrdiff_t lf =
		    str_find_char(str_slice(*head, end, head->len), '\n');

		end = lf < 0 ? head->len : end + (size_t)lf + 1;
	} while (end < head->len &&
		 (head->p[end] == ' ' || head->p[end] == '\t'));
	*field = str_slice(*head, 0, end);
	if (str_ends(*field, STR("\r\n")))
		field->len -= 2;
	*head = str_slice(*head, end, head->len);
	return true;
}

static bool
is_named(struct str field, const char *name)
{
	ptrdiff_t colon = str_find_char(field, ':');

	return colon >= 0 &&
	       str_eq_fold(str_trim(str_slice(field, 0, (size_t)colon)),
			   str_of(name));
}

/* What the signatures of a message have in common. */
struct signing {
	struct buf names;     /* "From:To:" */
	struct buf fields;    /* as they are hashed */
	struct buf body_hash; /* in base64 */
};

static void
add_name(struct signing *s, const char *name)
{
	buf_cat(&s->names, name);
	buf_char(&s->names, ':');
}

/* Of several of one name the lowest comes first (RFC 6376 section 5.4.2). */
static size_t
add_fields(struct signing *s, struct str head, const char *name)
{
	struct str field;
	size_t below;

	while (next_field(&head, &field)) {
		if (!is_named(field, name))
			continue;
		below = add_fields(s, head, name);
		add_name(s, name);
		mime_relaxed_header(&s->fields, field);
		return below + 1;
	}
	return 0;
}

static int
add_headers(struct signing *s, struct str head, struct error *err)
{
	for (size_t i = 0; i < COUNT_OF(signed_headers); i++) {
		const struct signed_header *h = &signed_headers[i];

		if (add_fields(s, head, h->name) == 0 && i == 0)
			return error_set(err, ERROR_INVALID,
					 "message without From, expected one "
					 "to sign");
		if (h->once_more)
			add_name(s, h->name);
	}
	return 0;
}

static void
hash_body(struct signing *s, struct str body)
{
	uint8_t hash[CRYPTO_HASH_BYTES];
	struct buf relaxed = { 0 };

	mime_relaxed_body(&relaxed, body);
	crypto_sha256(buf_view(&relaxed), hash);
	encode_base64(&s->body_hash,
		      (struct str){ (const char *)hash, sizeof(hash) });
	buf_fini(&relaxed);
}

/* ---- the header that is made ---- */

/* A header that is folded as it grows. */
struct folded {
	struct buf *out;
	size_t column;
};

/* The piece on this line, behind a space if one is wanted, or on the next. */
static void
put(struct folded *f, struct str piece, bool spaced)
{
	if (f->column + spaced + piece.len > LINE) {
		buf_cat(f->out, "\r\n\t");
		f->column = 1;
	} else if (spaced) {
		buf_char(f->out, ' ');
		f->column++;
	}
	buf_str(f->out, piece);
	f->column += piece.len;
}

static void put_tag(struct folded *f, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void
put_tag(struct folded *f, const char *fmt, ...)
{
	struct buf tag = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&tag, fmt, ap);
	va_end(ap);
	put(f, buf_view(&tag), true);
	buf_fini(&tag);
}

/* "h=From:To;", folded behind colons alone. */
static void
put_names(struct folded *f, struct str names)
{
	struct buf piece = { 0 };
	struct str name;

	put(f, STR("h="), true);
	while (str_split(&names, ':', &name)) {
		buf_clear(&piece);
		buf_str(&piece, name);
		buf_char(&piece, names.len > 0 ? ':' : ';');
		put(f, buf_view(&piece), false);
	}
	buf_fini(&piece);
}

static void
put_base64(struct folded *f, struct str bytes)
{
	struct buf text = { 0 };

	encode_base64(&text, bytes);
	for (size_t at = 0; at < text.len; at += B_PIECE)
		put(f, str_slice(buf_view(&text), at, at + B_PIECE), false);
	buf_fini(&text);
}

static void
put_tags(struct folded *f, const struct signing *s, const struct mime_dkim *how,
	 const struct mime_dkim_signer *signer)
{
	put(f, STR("DKIM-Signature:"), false);
	put(f, STR("v=1;"), true);
	put_tag(f, "a=%s-sha256;",
		sign_algorithm_name(sign_key_algorithm(signer->key)));
	put(f, STR("c=relaxed/relaxed;"), true);
	put_tag(f, "d=%.*s;", STR_ARG(how->domain));
	put_tag(f, "s=%.*s;", STR_ARG(signer->selector));
	put_tag(f, "t=%" PRId64 ";", how->at_ms / 1000);
	put_names(f, buf_view(&s->names));
	put_tag(f, "bh=%.*s;", STR_ARG(buf_view(&s->body_hash)));
	put(f, STR("b="), true);
}

/* Of the signed fields and of the header itself, whose CRLF is not hashed. */
static void
hash_headers(const struct signing *s, struct str own, uint8_t out[32])
{
	struct buf relaxed = { 0 };
	struct crypto_hash h;

	mime_relaxed_header(&relaxed, own);
	crypto_hash_init(&h);
	crypto_hash_add(&h, buf_view(&s->fields));
	crypto_hash_add(&h, str_slice(buf_view(&relaxed), 0, relaxed.len - 2));
	crypto_hash_end(&h, out);
	buf_fini(&relaxed);
}

static void
add_signature(struct buf *out, const struct signing *s,
	      const struct mime_dkim *how,
	      const struct mime_dkim_signer *signer)
{
	struct folded f = { .out = out };
	uint8_t hash[CRYPTO_HASH_BYTES];
	struct buf signature = { 0 };
	size_t from = out->len;

	put_tags(&f, s, how, signer);
	hash_headers(s, str_slice(buf_view(out), from, out->len), hash);
	sign_sha256(signer->key, hash, &signature);
	put_base64(&f, buf_view(&signature));
	buf_cat(out, "\r\n");
	buf_fini(&signature);
}

int
mime_dkim_sign(struct buf *out, struct str message, const struct mime_dkim *how,
	       struct error *err)
{
	ptrdiff_t blank = str_find(message, STR("\r\n\r\n"));
	size_t head = blank < 0 ? message.len : (size_t)blank + 2;
	struct signing s = { 0 };
	int code = mime_check_canonical(message, err);

	if (code >= 0)
		code = add_headers(&s, str_slice(message, 0, head), err);
	if (code >= 0) {
		hash_body(&s, str_slice(message, head + 2, message.len));
		for (size_t i = 0; i < how->signer_count; i++)
			add_signature(out, &s, how, &how->signers[i]);
	}
	buf_fini(&s.names);
	buf_fini(&s.fields);
	buf_fini(&s.body_hash);
	return code;
}
