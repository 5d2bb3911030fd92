/*
 * Capitals and small letters, without the locale of the machine: the letters
 * of the alphabets that Unicode has in pairs and Europe writes in - Latin,
 * Greek, Cyrillic, Armenian.
 *
 * A row says where capitals lie and how far off their small ones are; in a row
 * of pairs each capital is followed by its small letter. Single letters that
 * fit nowhere, and the two that become several, are listed by themselves.
 */
#include "liquid/liquid_priv.h"

struct letters {
	uint32_t first; /* capitals */
	uint32_t last;
	int32_t apart; /* 0: pairs */
};

static const struct letters table[] = {
	{ 'A', 'Z', 32 },
	{ 0xC0, 0xD6, 32 },
	{ 0xD8, 0xDE, 32 },
	{ 0x100, 0x12E, 0 },
	{ 0x132, 0x136, 0 },
	{ 0x139, 0x147, 0 },
	{ 0x14A, 0x176, 0 },
	{ 0x178, 0x178, 0xFF - 0x178 },
	{ 0x179, 0x17D, 0 },
	{ 0x1CD, 0x1DB, 0 },
	{ 0x1DE, 0x1EE, 0 },
	{ 0x1F8, 0x21E, 0 },
	{ 0x222, 0x232, 0 },
	{ 0x386, 0x386, 0x3AC - 0x386 },
	{ 0x388, 0x38A, 0x3AD - 0x388 },
	{ 0x38C, 0x38C, 0x3CC - 0x38C },
	{ 0x38E, 0x38F, 0x3CD - 0x38E },
	{ 0x391, 0x3A1, 32 },
	{ 0x3A3, 0x3AB, 32 },
	{ 0x400, 0x40F, 80 },
	{ 0x410, 0x42F, 32 },
	{ 0x460, 0x480, 0 },
	{ 0x48A, 0x4BE, 0 },
	{ 0x4C1, 0x4CD, 0 },
	{ 0x4D0, 0x52E, 0 },
	{ 0x531, 0x556, 48 },
	{ 0x1E00, 0x1E94, 0 },
	{ 0x1EA0, 0x1EFE, 0 },
	{ 0xFF21, 0xFF3A, 32 },
};

/* Small letters whose capital has another small letter. */
static const struct {
	uint32_t small;
	uint32_t capital;
} odd[] = {
	{ 0xB5, 0x39C },
	{ 0x131, 'I' },
	{ 0x17F, 'S' },
	{ 0x3C2, 0x3A3 },
};

static bool
is_capital(const struct letters *l, uint32_t c)
{
	return c >= l->first && c <= l->last &&
	       (l->apart || (c - l->first) % 2 == 0);
}

static uint32_t
shifted(uint32_t c, int32_t by)
{
	return (uint32_t)((int32_t)c + by);
}

/* ASCII is the first row. */
static size_t
rows_for(uint32_t c)
{
	return c < 0x80 ? 1 : COUNT_OF(table);
}

static uint32_t
to_small(uint32_t c)
{
	for (size_t i = 0; i < rows_for(c); i++)
		if (is_capital(&table[i], c))
			return shifted(c, table[i].apart ? table[i].apart : 1);
	return c;
}

static uint32_t
to_capital(uint32_t c)
{
	for (size_t i = 0; c >= 0x80 && i < COUNT_OF(odd); i++)
		if (odd[i].small == c)
			return odd[i].capital;
	for (size_t i = 0; i < rows_for(c); i++) {
		uint32_t capital =
		    shifted(c, -(table[i].apart ? table[i].apart : 1));

		if (is_capital(&table[i], capital))
			return capital;
	}
	return c;
}

/* ---- text ---- */

/* The character at s.p[*i], which is passed; 0 where there is none. */
static uint32_t
next_character(struct str s, size_t *i, struct str *bytes)
{
	size_t len = str_utf8_sequence(s, *i);
	uint32_t c = (unsigned char)s.p[*i];

	*bytes = str_slice(s, *i, *i + (len ? len : 1));
	*i += bytes->len;
	if (len < 2)
		return len ? c : 0;
	c &= 0x7Fu >> len;
	for (size_t k = 1; k < len; k++)
		c = c << 6 | ((unsigned char)bytes->p[k] & 0x3F);
	return c;
}

static void
add_character(struct liquid_text *t, uint32_t c)
{
	char b[4];

	if (c < 0x80) {
		liquid_text_char(t, (char)c);
	} else if (c < 0x800) {
		b[0] = (char)(0xC0 | c >> 6);
		b[1] = (char)(0x80 | (c & 0x3F));
		liquid_text_add(t, (struct str){ b, 2 });
	} else {
		check(c < 0x10000);
		b[0] = (char)(0xE0 | c >> 12);
		b[1] = (char)(0x80 | (c >> 6 & 0x3F));
		b[2] = (char)(0x80 | (c & 0x3F));
		liquid_text_add(t, (struct str){ b, 3 });
	}
}

/* ASCII from *i on, which is passed; it is written in one piece. */
static void
add_ascii(struct liquid_text *t, struct str s, size_t *i,
	  uint32_t (*cased)(uint32_t))
{
	size_t from = t->len, begin = *i;

	while (*i < s.len && (unsigned char)s.p[*i] < 0x80)
		++*i;
	liquid_text_add(t, str_slice(s, begin, *i));
	for (; !t->full && from < t->len; from++)
		t->p[from] = (char)cased((unsigned char)t->p[from]);
}

static void
add_cased(struct liquid_text *t, struct str s, uint32_t (*cased)(uint32_t),
	  const char *sharp_s)
{
	struct str bytes;
	uint32_t c, other;

	for (size_t i = 0; i < s.len && !t->full;) {
		add_ascii(t, s, &i, cased);
		if (i >= s.len)
			return;
		c = next_character(s, &i, &bytes);
		other = cased(c);
		liquid_text_pay(t, 1);
		if (c == 0xDF && sharp_s)
			liquid_text_add(t, str_of(sharp_s));
		else if (c == 0x1E9E && !sharp_s)
			add_character(t, 0xDF);
		else if (c == 0x130 && !sharp_s)
			liquid_text_add(t, STR("i\xCC\x87"));
		else if (c && other != c)
			add_character(t, other);
		else
			liquid_text_add(t, bytes);
	}
}

void
liquid_add_upper(struct liquid_text *t, struct str s)
{
	add_cased(t, s, to_capital, "SS");
}

void
liquid_add_lower(struct liquid_text *t, struct str s)
{
	add_cased(t, s, to_small, NULL);
}

void
liquid_add_title(struct liquid_text *t, struct str s)
{
	add_cased(t, s, to_capital, "Ss");
}
