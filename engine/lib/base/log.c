/*
 * A line is built in a buffer of its own and leaves in one write(2), under a
 * lock so that the rest of a short write follows its beginning. Fields are
 * added whole or not at all: the buffer has LOG_LINE_BYTES as its max, less
 * the tail that every line needs.
 *
 * What may stand in a value as it is gets decided sequence by sequence of
 * UTF-8, the rest byte by byte in \xNN, so that a line is valid UTF-8 and one
 * can tell from it which bytes came in.
 *
 * Rejected: a printf format for fields, because a "%s" of user bytes is how
 * lines are forged; syslog(3), because whoever starts us routes stderr.
 */
#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/now.h"

static const char cut_tail[] = " cut=true";

enum { TAIL_BYTES = sizeof(cut_tail) - 1 + 1 /* newline */ };

static const char *const level_names[] = {
	[LOG_LEVEL_DEBUG] = "debug",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_WARN] = "warn",
	[LOG_LEVEL_ERROR] = "error",
};

static atomic_int least_level = LOG_LEVEL_INFO;
static pthread_mutex_t out_lock = PTHREAD_MUTEX_INITIALIZER;
static struct log_capture *captive; /* under out_lock */

void
log_open(enum log_level least)
{
	check((size_t)least < COUNT_OF(level_names));
	atomic_store(&least_level, (int)least);
}

bool
log_takes(enum log_level level)
{
	check((size_t)level < COUNT_OF(level_names));
	return (int)level >= atomic_load(&least_level);
}

static bool
word_ok(const char *s)
{
	return *s &&
	       s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_.")] == '\0';
}

/* C1 controls, U+200E-F, U+2028-E, U+2066-9: they move or hide text. */
static bool
deceptive(const unsigned char *p, size_t len)
{
	if (len == 2)
		return p[0] == 0xc2 && p[1] < 0xa0;
	if (len != 3 || p[0] != 0xe2)
		return false;
	if (p[1] == 0x80)
		return p[2] == 0x8e || p[2] == 0x8f ||
		       (p[2] >= 0xa8 && p[2] <= 0xae);
	return p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9;
}

/* The length of what may stand at s.p[i] as it is; 0: escape that byte. */
static size_t
harmless(struct str s, size_t i)
{
	const unsigned char *p = (const unsigned char *)s.p + i;
	size_t len = str_utf8_sequence(s, i);

	if (len == 1 && (*p < ' ' || *p == 0x7f || *p == '"' || *p == '\\'))
		return 0;
	return deceptive(p, len) ? 0 : len;
}

static void
add_escaped(struct buf *b, unsigned char c)
{
	static const char named[] = "\"\\\n\r\t";
	static const char names[] = "\"\\nrt";
	const char *hit = c ? strchr(named, c) : NULL;

	if (hit) {
		buf_char(b, '\\');
		buf_char(b, names[hit - named]);
		return;
	}
	buf_printf(b, "\\x%02x", c);
}

static bool
needs_quotes(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '"' ||
		    s.p[i] == '\\' || s.p[i] == '=')
			return true;
	return s.len == 0 || s.len > LOG_VALUE_BYTES;
}

static void
add_text(struct buf *b, struct str s)
{
	static const size_t longest_piece = 4, frame = sizeof("\"...\"") - 1;
	const size_t end = b->len + LOG_VALUE_BYTES - frame - longest_piece;
	size_t i = 0;

	if (!needs_quotes(s)) {
		buf_str(b, s);
		return;
	}
	buf_char(b, '"');
	while (i < s.len && b->len <= end && !buf_full(b)) {
		size_t len = harmless(s, i);

		if (len)
			buf_add(b, s.p + i, len);
		else
			add_escaped(b, (unsigned char)s.p[i]);
		i += len ? len : 1;
	}
	buf_cat(b, i < s.len ? "...\"" : "\"");
}

static void
add_field(struct buf *b, const struct log_field *f)
{
	check(word_ok(f->key));
	buf_printf(b, " %s=", f->key);
	if (f->type == LOG_TYPE_INT)
		buf_printf(b, "%" PRId64, f->number);
	else
		add_text(b, f->text);
}

static void
add_time(struct buf *b, int64_t now_ms)
{
	time_t seconds = (time_t)(now_ms / 1000);
	char text[sizeof("2026-03-01T09:30:00") + 16];
	struct tm tm;

	check(gmtime_r(&seconds, &tm));
	check(strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm) > 0);
	buf_printf(b, "ts=%s.%03dZ", text, (int)(now_ms % 1000));
}

static void
add_fields(struct buf *b, struct log_fields fields)
{
	for (size_t i = 0; i < fields.count && !buf_full(b); i++) {
		size_t before = b->len;

		add_field(b, &fields.fields[i]);
		if (buf_full(b))
			buf_truncate(b, before);
	}
	b->max = LOG_LINE_BYTES;
	if (buf_full(b))
		buf_cat(b, cut_tail);
	buf_char(b, '\n');
}

static void
write_whole(struct str line)
{
	while (line.len) {
		ssize_t n = write(STDERR_FILENO, line.p, line.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		line = str_slice(line, (size_t)n, line.len);
	}
}

static void
emit(struct str line)
{
	check(pthread_mutex_lock(&out_lock) == 0);
	if (captive)
		buf_str(&captive->lines, line);
	else
		write_whole(line);
	check(pthread_mutex_unlock(&out_lock) == 0);
}

void
log_line(enum log_level level, const char *module, const char *event,
	 struct log_fields fields)
{
	struct buf line = { .max = LOG_LINE_BYTES - TAIL_BYTES };
	int saved_errno = errno;

	check(word_ok(module) && word_ok(event));
	if (!log_takes(level))
		return;
	add_time(&line, now_wall_ms());
	buf_printf(&line, " level=%s module=%s event=%s", level_names[level],
		   module, event);
	add_fields(&line, fields);
	emit(buf_view(&line));
	buf_fini(&line);
	errno = saved_errno;
}

struct str
log_mask_address(struct arena *a, struct str address)
{
	size_t at = address.len;
	size_t shown;

	while (at > 0 && address.p[at - 1] != '@')
		at--;
	if (at == 0)
		return STR("***");
	shown = at > 1 ? str_utf8_sequence(address, 0) : 0;
	return str_printf(a, "%.*s***%.*s",
			  STR_ARG(str_slice(address, 0, shown)),
			  STR_ARG(str_slice(address, at - 1, address.len)));
}

void
log_capture(struct log_capture *capture)
{
	check(pthread_mutex_lock(&out_lock) == 0);
	captive = capture;
	check(pthread_mutex_unlock(&out_lock) == 0);
}

size_t
log_captured(const struct log_capture *capture, const char *part)
{
	struct str rest, line;
	size_t count = 0;

	check(pthread_mutex_lock(&out_lock) == 0);
	rest = buf_view(&capture->lines);
	while (str_split(&rest, '\n', &line))
		count += str_find(line, str_of(part)) >= 0;
	check(pthread_mutex_unlock(&out_lock) == 0);
	return count;
}

void
log_capture_fini(struct log_capture *capture)
{
	check(pthread_mutex_lock(&out_lock) == 0);
	if (captive == capture)
		captive = NULL;
	check(pthread_mutex_unlock(&out_lock) == 0);
	buf_fini(&capture->lines);
}
