/*
 * A domain that receivers do not know yet sends little at first. Many of them
 * judge a domain by what it sent before, and defer or refuse a new one that
 * begins with a hundred thousand mails.
 *
 * What it may send is a limit by the day, as any other, but one that grows with
 * the whole days since its first mail. That is noted once, in the unit that
 * marks that mail.
 */
#include "dispatch/dispatch_brake_priv.h"

#define DAY_MS INT64_C(86400000)

static bool
is_of(const struct dispatch_ramp *ramp, struct str domain)
{
	for (size_t i = 0; i < ramp->name_count; i++)
		if (str_eq(ramp->names[i], domain))
			return true;
	return ramp->name_count == 0;
}

/* After so many whole days; 0: as many as it likes. */
static int64_t
messages_on(const struct dispatch_ramp *ramp, int64_t day)
{
	int64_t messages = ramp->messages;

	while (day-- > 0 && messages <= ramp->until) {
		int64_t more = messages * ramp->hundredths / 100;

		messages = more > messages ? more : messages + 1;
	}
	return messages <= ramp->until ? messages : 0;
}

int
ramp_rate(struct db *db, const struct dispatch_rules *rules, int64_t queue,
	  struct str domain, int64_t now_ms, struct outbox_rate *out,
	  int64_t *grows_ms, struct error *err)
{
	int64_t began_ms;
	int64_t day;

	if (rules->ramp.messages == 0 || !is_of(&rules->ramp, domain))
		return 0;
	if (outbox_score(db, queue, OUTBOX_SCORE_BEGAN, OUTBOX_EVER, 0,
			 &began_ms, err) < 0)
		return -(int)err->code;
	if (began_ms == 0 || began_ms > now_ms)
		began_ms = now_ms;
	day = (now_ms - began_ms) / DAY_MS;
	*grows_ms = began_ms + (day + 1) * DAY_MS;
	out->unit = OUTBOX_DAY;
	out->messages = messages_on(&rules->ramp, day);
	return out->messages > 0;
}

int
ramp_begin(struct db *db, int64_t queue, int64_t now_ms, struct error *err)
{
	int64_t began_ms;

	if (outbox_score(db, queue, OUTBOX_SCORE_BEGAN, OUTBOX_EVER, 0,
			 &began_ms, err) < 0)
		return -(int)err->code;
	if (began_ms > 0)
		return 0;
	return outbox_score_add(db, queue, OUTBOX_SCORE_BEGAN, OUTBOX_EVER, 0,
				now_ms, err);
}
