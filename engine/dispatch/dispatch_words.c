/*
 * Words of servers, as they were seen or are documented. Each is looked for
 * anywhere in a reply, in small letters or large. What is not in the table
 * means what its code says, so a word belongs here only when it can mean
 * nothing else: "policy" or "spam" alone are no such words.
 *
 * A wait is a number with a unit of time behind it, or a time by the clock,
 * somewhere behind a word such as "again" or "greylisted". Whoever says
 * "delayed 300 seconds" about the past says it without one.
 */
#include "dispatch/dispatch_words.h"

#include "base/check.h"

#define SECOND_MS   INT64_C(1000)
#define WAIT_MAX_MS (24 * 3600 * SECOND_MS)

/* clang-format off */
static const struct {
	unsigned means;
	const char *word;
} words[] = {
	/* Postgrey, Rspamd, SQLgrey, milter-greylist, Exim, Exchange */
	{ DISPATCH_GREYLISTED, "greylist" },
	{ DISPATCH_GREYLISTED, "grey-list" },
	{ DISPATCH_GREYLISTED, "grey list" },
	{ DISPATCH_GREYLISTED, "graylist" },
	{ DISPATCH_GREYLISTED, "gray-list" },

	/* Postfix, Sendmail, Exim, Exchange (4.3.2, 4.7.652), GMX */
	{ DISPATCH_CROWDED, "too many connections" },
	{ DISPATCH_CROWDED, "too many concurrent" },
	{ DISPATCH_CROWDED, "too many simultaneous" },
	{ DISPATCH_CROWDED, "too many sessions" },
	{ DISPATCH_CROWDED, "connection rate limit" },
	{ DISPATCH_CROWDED, "concurrent connections" },
	{ DISPATCH_CROWDED, "maximum number of connections" },
	{ DISPATCH_CROWDED, "connection limit" },

	/* whoever */
	{ DISPATCH_THROTTLED, "rate limit" },
	{ DISPATCH_THROTTLED, "rate-limit" },
	{ DISPATCH_THROTTLED, "ratelimit" },
	{ DISPATCH_THROTTLED, "throttl" },
	{ DISPATCH_THROTTLED, "too many messages" },
	{ DISPATCH_THROTTLED, "too many mails" },
	{ DISPATCH_THROTTLED, "too many emails" },
	{ DISPATCH_THROTTLED, "too much mail" },
	{ DISPATCH_THROTTLED, "sending rate" },
	{ DISPATCH_THROTTLED, "slow down" },
	{ DISPATCH_THROTTLED, "message rate" },
	{ DISPATCH_THROTTLED, "quota exceeded for sender" },

	/* Gmail: 421 4.7.28, 421 4.7.0, 450 4.2.1 */
	{ DISPATCH_THROTTLED, "unusual rate of" },
	{ DISPATCH_THROTTLED, "receiving mail at a rate" },
	{ DISPATCH_THROTTLED, "receiving mail too quickly" },

	/* Outlook.com and Exchange Online: 421 RP-001 to -003, 4.7.500, 4.7.650 */
	{ DISPATCH_THROTTLED, "RP-001" },
	{ DISPATCH_THROTTLED, "RP-002" },
	{ DISPATCH_THROTTLED, "RP-003" },
	{ DISPATCH_THROTTLED, "rate limited due to" },
	{ DISPATCH_THROTTLED, "S77714" },

	/* Yahoo and AOL */
	{ DISPATCH_THROTTLED, "[TS01]" },
	{ DISPATCH_THROTTLED, "[TS02]" },
	{ DISPATCH_THROTTLED, "[TS03]" },
	{ DISPATCH_THROTTLED, "[TSS04]" },
	{ DISPATCH_THROTTLED, "[TSS05]" },
	{ DISPATCH_THROTTLED, "[TSS09]" },
	{ DISPATCH_THROTTLED, "[TSS11]" },

	/* Apple: iCloud, me.com */
	{ DISPATCH_THROTTLED, "too many messages from" },
	{ DISPATCH_THROTTLED, "[CS01]" },

	/* GMX, WEB.DE, 1&1, T-Online */
	{ DISPATCH_THROTTLED, "too many mails received" },
	{ DISPATCH_THROTTLED, "exceeded the limit of messages" },
	{ DISPATCH_THROTTLED, "temporarily deferred" },

	/* DNS lists, as Postfix, Exim and Rspamd name them; Outlook's S3140 */
	{ DISPATCH_BLOCKED, "blocked using" },
	{ DISPATCH_BLOCKED, "zen.spamhaus.org" },
	{ DISPATCH_BLOCKED, "sbl.spamhaus.org" },
	{ DISPATCH_BLOCKED, "bl.spamcop.net" },
	{ DISPATCH_BLOCKED, "b.barracudacentral.org" },
	{ DISPATCH_BLOCKED, "listed at spamhaus" },
	{ DISPATCH_BLOCKED, "ip address is black listed" },
	{ DISPATCH_BLOCKED, "ip address is blacklisted" },
	{ DISPATCH_BLOCKED, "ip has been blocked" },
	{ DISPATCH_BLOCKED, "part of their network is on our block list" },
	{ DISPATCH_BLOCKED, "client host rejected" },

	/* Postfix, Exim, Exchange (5.7.54, 5.7.64) */
	{ DISPATCH_NO_RELAY, "relay access denied" },
	{ DISPATCH_NO_RELAY, "relaying denied" },
	{ DISPATCH_NO_RELAY, "relay not permitted" },
	{ DISPATCH_NO_RELAY, "unable to relay" },
	{ DISPATCH_NO_RELAY, "not permitted to relay" },

	/* Gmail, Outlook.com, Yahoo, lists of domains */
	{ DISPATCH_DISTRUSTED, "dbl.spamhaus.org" },
	{ DISPATCH_DISTRUSTED, "dmarc policy" },
	{ DISPATCH_DISTRUSTED, "unauthenticated email from" },
	{ DISPATCH_DISTRUSTED, "authentication checks" },
	{ DISPATCH_DISTRUSTED, "required authentication level" },
	{ DISPATCH_DISTRUSTED, "spf check failed" },
};

static const char *const before_wait[] = {
	"again", "greylist", "graylist", "grey-list", "retry", "wait", "in ",
};

static const struct {
	const char *name;
	int64_t ms;
} times[] = {
	{ "ms", 1 },
	{ "millisecond", 1 },
	{ "s", SECOND_MS },
	{ "sec", SECOND_MS },
	{ "second", SECOND_MS },
	{ "min", 60 * SECOND_MS },
	{ "minute", 60 * SECOND_MS },
	{ "h", 3600 * SECOND_MS },
	{ "hour", 3600 * SECOND_MS },
};
/* clang-format on */

/* Where the word begins, in whatever case; -1: nowhere. */
static ptrdiff_t
find_fold(struct str text, const char *word)
{
	struct str w = str_of(word);

	for (size_t i = 0; i + w.len <= text.len; i++)
		if (str_eq_fold(str_slice(text, i, i + w.len), w))
			return (ptrdiff_t)i;
	return -1;
}

unsigned
dispatch_words_of(struct str reply)
{
	unsigned said = 0;

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (find_fold(reply, words[i].word) >= 0)
			said |= words[i].means;
	return said;
}

/* ---- how long ---- */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Digits at the front, taken off; false: there are none, or too many. */
static bool
take_number(struct str *rest, int64_t *out)
{
	size_t n = 0;
	bool good;

	while (n < rest->len && is_digit(rest->p[n]))
		n++;
	good = n > 0 && str_int(str_slice(*rest, 0, n), 0, 1000000000, out);
	*rest = str_slice(*rest, n, rest->len);
	return good;
}

/* The letters at the front, without the s of more than one. */
static struct str
front_word(struct str rest)
{
	size_t n = 0;

	while (n < rest.len && is_letter(rest.p[n]))
		n++;
	if (n > 2 && (rest.p[n - 1] == 's' || rest.p[n - 1] == 'S'))
		n--;
	return str_slice(rest, 0, n);
}

static int64_t
with_unit(int64_t number, struct str rest)
{
	struct str unit = front_word(str_trim(rest));

	for (size_t i = 0; i < COUNT_OF(times); i++)
		if (str_eq_fold(unit, str_of(times[i].name)))
			return number * times[i].ms;
	return 0;
}

/* "04:59" or "00:04:59", of which the first number was taken. */
static int64_t
by_the_clock(int64_t first, struct str rest)
{
	int64_t parts[3] = { first };
	int count = 1;

	while (count < 3 && rest.len > 1 && rest.p[0] == ':') {
		rest = str_slice(rest, 1, rest.len);
		if (!take_number(&rest, &parts[count++]))
			return 0;
	}
	if (count == 1)
		return 0;
	if (count == 2)
		return (parts[0] * 60 + parts[1]) * SECOND_MS;
	return ((parts[0] * 60 + parts[1]) * 60 + parts[2]) * SECOND_MS;
}

/* The first time that stands in it. */
static int64_t
first_time(struct str rest)
{
	while (rest.len > 0) {
		int64_t number;
		int64_t ms;

		if (!is_digit(rest.p[0])) {
			rest = str_slice(rest, 1, rest.len);
			continue;
		}
		if (!take_number(&rest, &number))
			continue;
		ms = by_the_clock(number, rest);
		if (ms == 0)
			ms = with_unit(number, rest);
		if (ms > 0)
			return ms;
	}
	return 0;
}

int64_t
dispatch_words_wait_ms(struct str reply)
{
	ptrdiff_t from = -1;
	int64_t ms;

	for (size_t i = 0; i < COUNT_OF(before_wait) && from < 0; i++)
		from = find_fold(reply, before_wait[i]);
	if (from < 0)
		return 0;
	ms = first_time(str_slice(reply, (size_t)from, reply.len));
	return ms < WAIT_MAX_MS ? ms : WAIT_MAX_MS;
}
