/*
 * What a report counts as, in one place.
 *
 * A status of class 5 says that trying again is of no use, not whose fault it
 * is (RFC 3463). Its second number does:
 *
 *	5.1 5.2 5.4 5.0	the address, its mailbox, the way there		HARD
 *	5.2.3		the mail is too long for that mailbox		REFUSED
 *	5.3		the host, which may not want mail so large	REFUSED
 *	5.5		how the hosts spoke to one another		REFUSED
 *	5.6		what the mail is made of			REFUSED
 *	5.7		policy: spam, reputation, a closed list		REFUSED
 *
 * Who refuses our mail is not an address that does not exist; but mails that
 * nobody takes are not sent on and on either, so REFUSED is a strike like SOFT.
 *
 * Strikes: the last five mails to a person all came back, and the first of
 * them left a week or more before the last. A mail that did not come back
 * between them starts the count anew. A week, because a full disk or a broken
 * MX is mended in days; five, which is where list managers draw the line too.
 */
#include "dispatch/dispatch_intake_priv.h"

const struct mime_report_recipient *
return_worst(const struct mime_report *report)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->recipients[i].class == report->class)
			return &report->recipients[i];
	return report->count > 0 ? &report->recipients[0] : NULL;
}

static bool
is_about_mail(struct str status)
{
	static const char *const subjects[] = { "5.3.", "5.5.", "5.6.",
						"5.7." };

	for (size_t i = 0; i < COUNT_OF(subjects); i++)
		if (str_starts(status, str_of(subjects[i])))
			return true;
	return str_eq_cstr(status, "5.2.3");
}

enum event_return_class
return_class_for_good(struct str status)
{
	return is_about_mail(status) ? EVENT_RETURN_REFUSED : EVENT_RETURN_HARD;
}

enum event_return_class
return_class(const struct mime_report *report)
{
	const struct mime_report_recipient *worst;

	if (!report)
		return EVENT_RETURN_UNREADABLE;
	switch (report->class) {
	case MIME_REPORT_NONE:
		return EVENT_RETURN_OTHER;
	case MIME_REPORT_AUTO_REPLY:
		return EVENT_RETURN_AUTO_REPLY;
	case MIME_REPORT_SOFT:
		return EVENT_RETURN_SOFT;
	case MIME_REPORT_COMPLAINT:
		return EVENT_RETURN_COMPLAINT;
	case MIME_REPORT_HARD:
		break;
	}
	worst = return_worst(report);
	return return_class_for_good(worst ? worst->status : (struct str){ 0 });
}

bool
return_strikes(const struct event_return_fate *fates, int count)
{
	for (int i = 0; i < count && i < INTAKE_STRIKES; i++)
		if (!fates[i].came_back)
			return false;
	return count >= INTAKE_STRIKES &&
	       fates[0].sent_ms - fates[INTAKE_STRIKES - 1].sent_ms >=
		   INTAKE_STRIKES_MS;
}
