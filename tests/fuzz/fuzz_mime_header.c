/*
 * Whatever stands in a value: what is built is one header of its name, with
 * every further line folded, in canonical lines, and an independent reader
 * (RFC 2047) gets the value back. What is refused adds nothing. The first byte
 * chooses the kind of header.
 */
#include <string.h>

#include "base/encode.h"
#include "fuzz.h"
#include "mime/mime.h"

static int
hex_digit(char c)
{
	const char *digits = "0123456789ABCDEF";
	const char *at = strchr(digits, c);

	check(c && at);
	return (int)(at - digits);
}

static void
decode_q(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '=') {
			check(i + 2 < s.len);
			buf_char(out, (char)(hex_digit(s.p[i + 1]) << 4 |
					     hex_digit(s.p[i + 2])));
			i += 2;
		} else {
			buf_char(out, s.p[i] == '_' ? ' ' : s.p[i]);
		}
	}
}

static void
decode_word(struct buf *out, struct str word)
{
	struct error err;
	struct str inner;

	check(word.len <= 75 && str_ends(word, STR("?=")));
	inner = str_slice(word, 10, word.len - 2);
	if (str_starts(word, STR("=?UTF-8?Q?"))) {
		decode_q(out, inner);
		return;
	}
	check(str_starts(word, STR("=?UTF-8?B?")));
	check(decode_base64(out, inner, &err) == 0);
}

/* All of it in encoded-words, or none. */
static void
decode(struct buf *out, struct str text)
{
	struct str rest = text;
	struct str word;

	if (!str_starts(text, STR("=?"))) {
		buf_str(out, text);
		return;
	}
	while (str_split(&rest, ' ', &word)) {
		size_t start = out->len;

		decode_word(out, word);
		check(
		    str_utf8_valid(str_slice(buf_view(out), start, out->len)));
	}
}

/* The value of the one header "X" in `header`, unfolded. */
static void
unfold(struct buf *out, struct str header)
{
	struct str rest = header;
	struct str line;

	check(str_starts(header, STR("X: ")));
	for (bool first = true; str_split(&rest, '\n', &line); first = false) {
		check(line.len > 1 && str_ends(line, STR("\r")));
		line.len--;
		check(first || line.p[0] == ' ');
		check(first || str_trim(line).len > 0);
		buf_str(out, first ? str_slice(line, 3, line.len) : line);
	}
}

static void
check_header(struct str header, struct str value, bool text)
{
	struct buf one = { 0 };
	struct buf got = { 0 };
	struct error err;

	check(mime_check_canonical(header, &err) == 0);
	unfold(&one, header);
	if (text)
		decode(&got, buf_view(&one));
	else
		buf_str(&got, buf_view(&one));
	check(str_eq(buf_view(&got), value));
	buf_fini(&one);
	buf_fini(&got);
}

/* Behind the display name stands the address, and there is but one. */
static void
check_mailbox(struct str header, struct str display)
{
	struct buf one = { 0 };
	struct buf got = { 0 };
	struct error err;
	struct str name;

	check(mime_check_canonical(header, &err) == 0);
	unfold(&one, header);
	check(str_ends(buf_view(&one), STR("<a@b.example>")));
	name = str_trim(str_slice(buf_view(&one), 0, one.len - 13));
	if (str_starts(name, STR("\""))) {
		check(str_ends(name, STR("\"")));
		for (size_t i = 1; i + 1 < name.len; i++) {
			if (name.p[i] == '\\')
				i++;
			else
				check(name.p[i] != '"');
			buf_char(&got, name.p[i]);
		}
	} else {
		check(name.len == 0 || str_starts(name, STR("=?UTF-8?")));
		decode(&got, name);
	}
	check(str_eq(buf_view(&got), display));
	buf_fini(&one);
	buf_fini(&got);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str all = { (const char *)data, size };
	struct str value = str_slice(all, 1, size);
	struct buf out = { 0 };
	struct error err;
	int kind = size > 0 ? data[0] % 4 : 0;
	int made;

	if (kind == 0)
		made = mime_header(&out, "X", value, &err);
	else if (kind == 1)
		made = mime_header_raw(&out, "X", value, &err);
	else if (kind == 2)
		made = mime_header_mailbox(&out, "X", value, STR("a@b.example"),
					   &err);
	else
		made = mime_header_mailbox(&out, "X", STR(""), value, &err);
	if (made < 0)
		check(out.len == 0);
	else if (kind == 2)
		check_mailbox(buf_view(&out), value);
	else if (kind == 3)
		check(str_eq(str_slice(buf_view(&out), 4, out.len - 3), value));
	else
		check_header(buf_view(&out), value, kind == 0);
	buf_fini(&out);
	return 0;
}
