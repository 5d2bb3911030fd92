/*
 * What the providers share to read a call. What is in it was parsed by
 * base/js.h, within its limits, and is a stranger's all the same: a text is cut
 * and made one line before it goes further, and what is not of the type that it
 * should be is not there.
 */
#include "dispatch/dispatch_provider_priv.h"

#include <inttypes.h>

#include "base/arena.h"
#include "mime/mime_report.h"

/* ---- the key ---- */

int
provider_secret(const char *name, struct str argument,
		const struct secret secrets[2], struct buf *out,
		struct error *err)
{
	struct buf found = { 0 };
	size_t which = 0;
	size_t count = secret_count(secrets, 2, &which, &found);

	buf_fini(&found);
	if (argument.p)
		return error_set(err, ERROR_CONFIG,
				 "provider %s:%.*s, expected no more than the "
				 "name",
				 name, STR_ARG(argument));
	if (count != 1)
		return error_set(err, ERROR_CONFIG,
				 "provider %s has %s %s, expected one in %s or "
				 "%s",
				 name, count ? "two times a" : "no",
				 secrets[0].what, secrets[0].variable,
				 secrets[1].variable);
	return secret_read(out, &secrets[which], NULL, err);
}

/* ---- the call ---- */

int
provider_check_age(int64_t at_ms, int64_t now_ms, struct error *err)
{
	if (at_ms <= now_ms + PROVIDER_AHEAD_MS &&
	    at_ms >= now_ms - PROVIDER_AGE_MS)
		return 0;
	return error_set(err, ERROR_DENIED,
			 "its time is %" PRId64 " s %s, expected %" PRId64
			 " s before and %" PRId64 " s ahead at the most",
			 (at_ms > now_ms ? at_ms - now_ms : now_ms - at_ms) /
			     1000,
			 at_ms > now_ms ? "ahead" : "past",
			 PROVIDER_AGE_MS / 1000, PROVIDER_AHEAD_MS / 1000);
}

struct str
provider_header(const struct dispatch_provider_call *call, const char *name)
{
	return str_trim(
	    http_header_get(call->headers, call->header_count, name));
}

/* ---- what it says ---- */

struct str
provider_str(const struct js *object, const char *key)
{
	const struct js *value = js_find(object, key);
	struct str s = { 0 };

	if (value)
		(void)js_as_str(value, &s);
	return s;
}

struct str
provider_line(struct arena *a, struct str s)
{
	size_t len = 0;
	char *line;

	while (len < s.len) {
		size_t more = str_utf8_sequence(s, len);

		if (len + more > MIME_REPORT_VALUE_MAX)
			break;
		len += more ? more : 1;
	}
	line = arena_copy(a, s.p ? s.p : "", len);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = ' ';
	return str_trim((struct str){ line, len });
}

struct str
provider_text(struct arena *a, const struct js *object, const char *key)
{
	return provider_line(a, provider_str(object, key));
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The length of "5.1.1", of two numbers of 1 to 3 digits; 0: it is none. */
static size_t
status_length(struct str s)
{
	size_t at = 1;

	if (s.len < 5 || (s.p[0] != '2' && s.p[0] != '4' && s.p[0] != '5'))
		return 0;
	for (int part = 0; part < 2; part++) {
		size_t digits = 0;

		if (at >= s.len || s.p[at++] != '.')
			return 0;
		while (at < s.len && digits < 3 && is_digit(s.p[at])) {
			at++;
			digits++;
		}
		if (digits == 0)
			return 0;
	}
	return at < s.len && (is_digit(s.p[at]) || s.p[at] == '.') ? 0 : at;
}

struct str
provider_status(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		size_t len = status_length(str_slice(text, i, text.len));
		bool inside =
		    i > 0 && (is_digit(text.p[i - 1]) || text.p[i - 1] == '.');

		if (len > 0 && !inside)
			return str_slice(text, i, i + len);
	}
	return (struct str){ 0 };
}

/* ---- events ---- */

int
provider_room(struct provider_news *news, size_t most, struct error *err)
{
	if (most > PROVIDER_EVENTS_MAX)
		return error_set(err, ERROR_LIMIT,
				 "%zu events, expected %d at the most", most,
				 PROVIDER_EVENTS_MAX);
	news->events = ARENA_ARRAY(news->a, most, struct provider_event);
	news->count = 0;
	return 0;
}

struct provider_event *
provider_next(struct provider_news *news)
{
	return &news->events[news->count];
}

void
provider_end(struct provider_news *news, struct provider_event *event)
{
	if (event->id.len > 0) {
		news->count++;
		return;
	}
	*event = (struct provider_event){ 0 };
	news->malformed++;
}
