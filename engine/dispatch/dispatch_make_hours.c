/*
 * Whether a campaign's delivery may leave at this hour. Planning has put it for
 * a time at which it may; but a pause, a retry or down time may have brought it
 * to another, so it is asked when a worker takes it.
 *
 * How late it may be and when it may leave are said by the revision that the
 * run has now, also for one that is made anew of an older one: they are no part
 * of its bytes.
 *
 * News of a lead is not asked: it answers to somebody who waits.
 */
#include "base/zone.h"
#include "dispatch/dispatch_make_priv.h"

/* The campaign that knows the step, as it is now or as it was. */
static const struct campaign *
campaign_with(const struct making *m, const struct campaign_step **step)
{
	const struct profile *p = m->about->profile;
	const struct render_kit *kits[] = { p->kit, m->about->kit };

	for (size_t i = 0; i < COUNT_OF(kits); i++) {
		if (!kits[i])
			continue;
		*step = campaign_step_find(render_kit_campaign(kits[i]),
					   m->delivery->key.step);
		if (*step)
			return render_kit_campaign(kits[i]);
	}
	return NULL;
}

static int
ask_hours(const struct making *m, const struct campaign *c,
	  const struct campaign_step *step, int64_t now_ms, struct error *err)
{
	const struct render_subject *s = &m->about->subject;
	struct str partner_zone = s->partner->time_zone;
	struct str contact_zone =
	    s->contact ? s->contact->time_zone : (struct str){ 0 };
	const struct zone *z;
	int64_t at_ms;

	if (zone_get(
		campaign_zone(&step->when, contact_zone, partner_zone, m->a),
		&z, err) < 0)
		return -(int)err->code;
	if (!campaign_hours_next(c, z, s->partner->country, now_ms, &at_ms)) {
		error_set(err, ERROR_INVALID,
			  "there is no hour at which it may leave");
		return DISPATCH_HELD;
	}
	m->out->not_before_ms = at_ms;
	return at_ms > now_ms ? DISPATCH_WAITS : DISPATCH_MADE;
}

int
make_at_this_hour(const struct making *m, int64_t now_ms, struct error *err)
{
	enum outbox_subject kind = m->delivery->key.subject_kind;
	const struct campaign_step *step;
	const struct campaign *c = campaign_with(m, &step);

	if (!c || (kind != OUTBOX_PERSON && kind != OUTBOX_ACCOUNT))
		return DISPATCH_MADE;
	if (outbox_late_ms(m->delivery, now_ms) >
	    campaign_max_lateness(c, step)) {
		error_set(err, ERROR_INVALID, "%s", outbox_overdue);
		return DISPATCH_HELD;
	}
	if (!campaign_hours_given(c))
		return DISPATCH_MADE;
	return ask_hours(m, c, step, now_ms, err);
}
