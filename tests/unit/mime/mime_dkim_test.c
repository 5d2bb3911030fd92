/*
 * Keys and expected signatures are those of RFC 8463 appendix A, which are
 * public; the canonical forms are those of RFC 6376 section 3.4. That others
 * verify what is signed is tests/scenario/dkim.bats.
 */
#include "mime/mime.h"

#include "base/crypto.h"
#include "base/encode.h"
#include "base/sign.h"
#include "mime/mime_priv.h"
#include "test.h"

#define TEXT                                     \
	"Hi.\r\n\r\n"                            \
	"We lost the game.  Are you hungry yet?" \
	"\r\n\r\nJoe.\r\n"
#define MESSAGE                                              \
	"From: Joe SixPack <joe@football.example.com>\r\n"   \
	"To: Suzie Q <suzie@shopping.example.net>\r\n"       \
	"Subject: Is dinner ready?\r\n"                      \
	"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"    \
	"Message-ID: <20030712040037.46341.5F8J"             \
	"@football.example.com>\r\n"                         \
	"List-Unsubscribe: <https://football.example.com/u/" \
	"x>\r\n"                                             \
	"X-Note: not signed\r\n\r\n" TEXT

static struct sign_key *ed25519;
static struct error err;

/* PKCS #8 around the 32 bytes (RFC 8410 section 7). */
static int
open_key(void **state)
{
	struct buf der = { 0 };

	(void)state;
	crypto_init();
	err = (struct error){ 0 };
	assert_ok(
	    decode_hex(&der, STR("302e020100300506032b657004220420"), &err),
	    err);
	assert_ok(decode_base64(&der,
				STR("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZ"
				    "cDusAxyuf2A="),
				&err),
		  err);
	assert_ok(sign_key_load(&ed25519, SIGN_ED25519, buf_view(&der), &err),
		  err);
	buf_fini(&der);
	return 0;
}

static int
close_key(void **state)
{
	(void)state;
	sign_key_free(&ed25519);
	return 0;
}

static void
assert_base64(struct str bytes, const char *expected)
{
	struct buf text = { 0 };

	encode_base64(&text, bytes);
	assert_str(buf_view(&text), expected);
	buf_fini(&text);
}

/* ---- canonical forms ---- */

static void
assert_header(struct str field, const char *expected)
{
	struct buf b = { 0 };

	mime_relaxed_header(&b, field);
	assert_str(buf_view(&b), expected);
	buf_fini(&b);
}

static void
assert_body(struct str body, const char *expected)
{
	struct buf b = { 0 };

	mime_relaxed_body(&b, body);
	assert_str(buf_view(&b), expected);
	buf_fini(&b);
}

static void
a_header_loses_its_folds_and_blanks(void **state)
{
	(void)state;
	assert_header(STR("A: X"), "a:X\r\n");
	assert_header(STR("B : Y\t\r\n\tZ  "), "b:Y Z\r\n");
	assert_header(STR("SUBJect: AbC"), "subject:AbC\r\n");
	assert_header(STR("To:\r\n a: b"), "to:a: b\r\n");
	assert_header(STR("X:"), "x:\r\n");
}

static void
a_body_loses_blanks_and_empty_lines_at_its_end(void **state)
{
	(void)state;
	assert_body(STR(" C \r\nD \t E\r\n\r\n\r\n"), " C\r\nD E\r\n");
	assert_body(STR("a\r\n\r\n \r\nb\r\n"), "a\r\n\r\n\r\nb\r\n");
	assert_body(STR("\r\n\r\n"), "");
	assert_body(STR(""), "");
	assert_body(STR("\t\r\na\r\n"), "\r\na\r\n");
}

/* ---- RFC 8463 appendix A ---- */

static void
the_body_hash_is_the_rfcs(void **state)
{
	uint8_t hash[CRYPTO_HASH_BYTES];
	struct buf b = { 0 };

	(void)state;
	mime_relaxed_body(&b, STR(TEXT));
	crypto_sha256(buf_view(&b), hash);
	assert_base64((struct str){ (const char *)hash, sizeof(hash) },
		      "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
	buf_fini(&b);
}

static void
the_signature_is_the_rfcs(void **state)
{
	static const char *const fields[] = {
		"From: Joe SixPack <joe@football.example.com>",
		"To: Suzie Q <suzie@shopping.example.net>",
		"Subject: Is dinner ready?",
		"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)",
		"Message-ID: <20030712040037.46341.5F8J@football.example.com>",
		"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
		" d=football.example.com; i=@football.example.com;\r\n"
		" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
		" subject : date : message-id : from : subject : date;\r\n"
		" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
		" b=",
	};
	uint8_t hash[CRYPTO_HASH_BYTES];
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		mime_relaxed_header(&b, str_of(fields[i]));
	crypto_sha256(str_slice(buf_view(&b), 0, b.len - 2), hash);
	buf_clear(&b);
	sign_sha256(ed25519, hash, &b);
	assert_base64(buf_view(&b),
		      "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus"
		      "Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==");
	buf_fini(&b);
}

/* ---- the header ---- */

static int
sign(struct buf *out, struct str message, const char *domain, size_t count)
{
	const struct mime_dkim_signer signers[] = {
		{ STR("one"), ed25519 },
		{ STR("two"), ed25519 },
	};
	const struct mime_dkim how = {
		.domain = str_of(domain),
		.at_ms = 1528637909999,
		.signers = signers,
		.signer_count = count,
	};

	assert_true(count <= COUNT_OF(signers));
	return mime_dkim_sign(out, message, &how, &err);
}

/* The header as one line, without the value of b=. */
static struct str
unfold(struct str header, struct buf *b)
{
	ptrdiff_t at;

	mime_relaxed_header(b, str_slice(header, 0, header.len - 2));
	at = str_find(buf_view(b), STR("; b="));
	assert_true(at > 0);
	return str_slice(buf_view(b), 0, (size_t)at + 4);
}

static void
what_stands_there_is_named_and_four_once_more(void **state)
{
	struct buf out = { 0 };
	struct buf line = { 0 };

	(void)state;
	assert_ok(sign(&out, STR(MESSAGE), "football.example.com", 1), err);
	assert_str(unfold(buf_view(&out), &line),
		   "dkim-signature:v=1; a=ed25519-sha256; c=relaxed/relaxed; "
		   "d=football.example.com; s=one; t=1528637909; "
		   "h=From:From:To:To:Subject: Subject:Date:Date:Message-ID:"
		   "List-Unsubscribe; "
		   "bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=");
	buf_fini(&line);
	buf_fini(&out);
}

static void
lines_are_short_ascii_and_parse_as_headers(void **state)
{
	struct buf out = { 0 };
	struct str rest, line;

	(void)state;
	assert_ok(sign(&out, STR(MESSAGE),
		       "a-rather-long-name-of-a-mail-domain.example.com", 2),
		  err);
	rest = buf_view(&out);
	assert_true(str_starts(rest, STR("DKIM-Signature: v=1;")));
	assert_true(str_ends(rest, STR("\r\n")));
	while (str_split(&rest, '\n', &line)) {
		assert_true(str_ends(line, STR("\r")));
		assert_in_range(line.len, 2, 78);
		assert_true(line.p[0] == '\t' || line.p[0] == 'D');
		assert_true(str_trim(line).len > 0);
		assert_true(str_is_ascii(line));
	}
	buf_str(&out, STR(MESSAGE));
	assert_ok(mime_check_canonical(buf_view(&out), &err), err);
	buf_fini(&out);
}

static void
each_signer_has_its_header(void **state)
{
	struct buf one = { 0 };
	struct buf both = { 0 };

	(void)state;
	assert_ok(sign(&one, STR(MESSAGE), "a.example", 1), err);
	assert_ok(sign(&both, STR(MESSAGE), "a.example", 2), err);
	assert_true(str_starts(buf_view(&both), buf_view(&one)));
	assert_true(str_find(buf_view(&one), STR("s=two;")) < 0);
	assert_true(str_find(buf_view(&both), STR("s=two;")) > 0);
	buf_fini(&one);
	buf_fini(&both);
}

static void
the_same_message_is_signed_the_same(void **state)
{
	struct buf a = { 0 };
	struct buf b = { 0 };
	struct buf other = { 0 };

	(void)state;
	assert_ok(sign(&a, STR(MESSAGE), "a.example", 1), err);
	assert_ok(sign(&b, STR(MESSAGE), "a.example", 1), err);
	assert_true(str_eq(buf_view(&a), buf_view(&b)));
	assert_ok(sign(&other, STR("X: y\r\n" MESSAGE), "a.example", 1), err);
	assert_true(str_eq(buf_view(&a), buf_view(&other)));
	buf_clear(&other);
	assert_ok(sign(&other, STR("Reply-To: a\r\n" MESSAGE), "a.example", 1),
		  err);
	assert_false(str_eq(buf_view(&a), buf_view(&other)));
	buf_fini(&a);
	buf_fini(&b);
	buf_fini(&other);
}

static void
two_headers_of_one_name_are_both_signed(void **state)
{
	struct buf out = { 0 };
	struct buf line = { 0 };

	(void)state;
	assert_ok(sign(&out,
		       STR("From: a@a.example\r\nReply-To: b\r\n"
			   "Reply-To: c\r\n\r\n"),
		       "a.example", 1),
		  err);
	assert_true(str_find(unfold(buf_view(&out), &line),
			     STR("Reply-To:Reply-To;")) > 0);
	/* Of an empty body. */
	assert_true(str_find(buf_view(&line),
			     STR("bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hS"
				 "uFU=;")) > 0);
	buf_fini(&line);
	buf_fini(&out);
}

static void
what_is_no_message_is_refused_and_adds_nothing(void **state)
{
	struct buf out = { 0 };

	(void)state;
	assert_fails(
	    sign(&out, STR("To: a\r\n\r\nFrom: b\r\n"), "a.example", 1), err,
	    ERROR_INVALID, "without From");
	assert_fails(sign(&out, STR("From: a\n\nb\n"), "a.example", 1), err,
		     ERROR_INVALID, "bare LF");
	assert_int_equal(out.len, 0);
	buf_fini(&out);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_key, close_key)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_header_loses_its_folds_and_blanks),
		CASE(a_body_loses_blanks_and_empty_lines_at_its_end),
		CASE(the_body_hash_is_the_rfcs),
		CASE(the_signature_is_the_rfcs),
		CASE(what_stands_there_is_named_and_four_once_more),
		CASE(lines_are_short_ascii_and_parse_as_headers),
		CASE(each_signer_has_its_header),
		CASE(the_same_message_is_signed_the_same),
		CASE(two_headers_of_one_name_are_both_signed),
		CASE(what_is_no_message_is_refused_and_adds_nothing),
	};

	return cmocka_run_group_tests_name("mime_dkim", tests, NULL, NULL);
}
