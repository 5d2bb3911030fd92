/*
 * The scanner knows just enough of PostgreSQL's lexer to tell code from text:
 * '...' (doubled inside), E'...' (a backslash escapes), "...", $tag$...
 * $tag$, -- to the end of the line, and comments, which nest. Whatever is cut
 * short runs to the end of the text; the server will say so better than we
 * can. It relies on standard_conforming_strings=on, which each session sets.
 *
 * Rejected: handing over $1 unchanged and writing $1 in all SQL. SQLite takes
 * $1 for a name and numbers names by their first appearance, so that "$2, $1"
 * swaps its arguments there without a word.
 */
#include "db/db_pgsql_text.h"

#include <string.h>

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* May stand in a name; bytes of UTF-8 may too. */
static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       is_digit(c) || c == '_' || (unsigned char)c >= 0x80;
}

/* 'abc' or "abc"; a doubled quote inside stands for itself. */
static size_t
quoted_len(const char *p, bool backslash)
{
	char quote = p[0];
	size_t i = 1;

	while (p[i]) {
		bool pair = (p[i] == quote && p[i + 1] == quote) ||
			    (backslash && p[i] == '\\' && p[i + 1]);

		if (p[i] == quote && !pair)
			return i + 1;
		i += pair ? 2 : 1;
	}
	return i;
}

static size_t
comment_len(const char *p)
{
	size_t depth = 1;
	size_t i = 2;

	while (p[i] && depth) {
		if (p[i] == '/' && p[i + 1] == '*') {
			depth++;
			i++;
		} else if (p[i] == '*' && p[i + 1] == '/') {
			depth--;
			i++;
		}
		i++;
	}
	return i;
}

/* $$abc$$ or $tag$abc$tag$; 0 when this $ opens neither. */
static size_t
dollar_len(const char *p)
{
	size_t tag = 1;

	if (is_digit(p[1]))
		return 0;
	while (is_word(p[tag]))
		tag++;
	if (p[tag++] != '$')
		return 0;
	for (size_t i = tag; p[i]; i++)
		if (strncmp(p + i, p, tag) == 0)
			return i + tag;
	return strlen(p);
}

/* Does the quote at `at` open an E'...'? */
static bool
is_escaping(const char *sql, size_t at)
{
	return at > 0 && (sql[at - 1] == 'E' || sql[at - 1] == 'e') &&
	       (at == 1 || !is_word(sql[at - 2]));
}

/* The length of the quotes or comment that open at `at`; 0 if none do. */
static size_t
opaque_len(const char *sql, size_t at)
{
	const char *p = sql + at;

	if (*p == '\'')
		return quoted_len(p, is_escaping(sql, at));
	if (*p == '"')
		return quoted_len(p, false);
	if (p[0] == '-' && p[1] == '-')
		return strcspn(p, "\n");
	if (p[0] == '/' && p[1] == '*')
		return comment_len(p);
	if (*p == '$' && (at == 0 || !is_word(sql[at - 1])))
		return dollar_len(p);
	return 0;
}

/* The ?12 at `p`: its length, or < 0. */
static int
add_placeholder(struct buf *out, const char *p, size_t *highest,
		struct error *err)
{
	size_t number = 0;
	int len = 1;

	while (is_digit(p[len]) && number <= DB_PGSQL_ARGS_MAX)
		number = number * 10 + (size_t)(p[len++] - '0');
	if (number == 0 || number > DB_PGSQL_ARGS_MAX)
		return error_set(err, ERROR_INTERNAL,
				 "placeholder \"%.8s\" in a statement, "
				 "expected ?1 to ?%d",
				 p, DB_PGSQL_ARGS_MAX);
	if (number > *highest)
		*highest = number;
	buf_printf(out, "$%zu", number);
	return len;
}

int
db_pgsql_placeholders(struct buf *out, const char *sql, size_t *highest,
		      struct error *err)
{
	size_t at = 0;

	*highest = 0;
	while (sql[at]) {
		size_t len = opaque_len(sql, at);

		if (len > 0) {
			buf_add(out, sql + at, len);
			at += len;
		} else if (sql[at] == '?') {
			int used = add_placeholder(out, sql + at, highest, err);

			if (used < 0)
				return used;
			at += (size_t)used;
		} else if (sql[at] == '$' && is_digit(sql[at + 1]) &&
			   (at == 0 || !is_word(sql[at - 1]))) {
			return error_set(err, ERROR_INTERNAL,
					 "placeholder \"%.8s\" in a statement, "
					 "expected ?1, ?2 ...",
					 sql + at);
		} else {
			buf_char(out, sql[at++]);
		}
	}
	return 0;
}

/* The first row whose text opens the SQLSTATE wins: states before classes. */
static const struct {
	const char *state;
	enum error_code code;
} classes[] = {
	{ "23505", ERROR_EXISTS }, /* unique_violation */
	{ "23", ERROR_INVALID },   /* foreign key, CHECK, NOT NULL */
	{ "22", ERROR_INVALID },   /* a value out of range or not UTF-8 */
	{ "40", ERROR_BUSY },	   /* serialization, deadlock */
	{ "55P03", ERROR_BUSY },   /* lock_timeout */
	{ "57014", ERROR_BUSY },   /* statement_timeout */
	{ "57P", ERROR_IO },	   /* shut down, crashed, starting up */
	{ "25P03", ERROR_IO },	   /* idle in transaction too long: dropped */
	{ "08", ERROR_IO },	   /* connection */
	{ "53", ERROR_IO },	   /* disk full, memory, connections */
	{ "58", ERROR_IO },	   /* the server's own system calls */
	{ "XX", ERROR_IO },	   /* the server's own faults, bad pages */
	{ "28", ERROR_CONFIG },	   /* who we are */
	{ "3D", ERROR_CONFIG },	   /* which database */
	{ "42501", ERROR_CONFIG }, /* what we may do there */
};

enum error_code
db_pgsql_class(const char *sqlstate)
{
	if (!sqlstate)
		return ERROR_IO;
	for (size_t i = 0; i < COUNT_OF(classes); i++)
		if (strncmp(sqlstate, classes[i].state,
			    strlen(classes[i].state)) == 0)
			return classes[i].code;
	return ERROR_INTERNAL;
}

static unsigned
two_bytes(const char *p)
{
	return (unsigned)(unsigned char)p[0] << 8 | (unsigned char)p[1];
}

/*
 * Four 16-bit numbers - count of digits, weight of the first, sign, scale -
 * and the digits to the base of 10,000, without zeros at either end. The sum
 * grows downwards, for there is one more negative number than positive ones.
 */
bool
db_pgsql_numeric(struct str raw, int64_t *out)
{
	enum { HEAD = 8, POSITIVE = 0, NEGATIVE = 0x4000, WEIGHT_MAX = 4 };
	unsigned count = raw.len >= HEAD ? two_bytes(raw.p) : 0;
	unsigned weight;
	unsigned sign;
	int64_t sum = 0;

	if (raw.len < HEAD || raw.len != HEAD + 2 * (size_t)count)
		return false;
	weight = two_bytes(raw.p + 2);
	sign = two_bytes(raw.p + 4);
	if (sign != POSITIVE && sign != NEGATIVE)
		return false;
	if (count > 0 && (weight > WEIGHT_MAX || count > weight + 1))
		return false;
	for (unsigned i = 0; count > 0 && i <= weight; i++) {
		unsigned digit =
		    i < count ? two_bytes(raw.p + HEAD + 2 * (size_t)i) : 0;

		if (__builtin_mul_overflow(sum, 10000, &sum) ||
		    __builtin_sub_overflow(sum, digit, &sum))
			return false;
	}
	if (sign == POSITIVE && __builtin_sub_overflow(0, sum, &sum))
		return false;
	*out = sum;
	return true;
}
