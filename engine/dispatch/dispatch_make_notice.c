/*
 * What is made of a notice that a sender gives way, or is back: a mail to the
 * partner, or to the vendor's address that stands for it.
 *
 * It is from the vendor, both times: of the partner's domain nobody knows
 * whether its mail arrives, and the news must. A profile may be a second old and
 * have another first sender than the store by now, which is no matter then.
 */
#include "dispatch/dispatch_make_priv.h"

#include "doctor/doctor_notice.h"

static void
be_vendor(struct making *m)
{
	const struct profile *p = m->about->profile;

	for (int i = 0; i < p->sender_count; i++)
		if (p->senders[i].sender.id == PARTNER_SENDER_FALLBACK)
			m->about->subject.sender = &p->senders[i].sender;
}

static int
check_sender(const struct making *m, struct error *err)
{
	return m->about->subject.sender
		   ? 0
		   : error_set(err, ERROR_NOT_FOUND,
			       "partner %.*s has no sender",
			       STR_ARG(m->about->subject.partner->slug));
}

int
make_of_notice(struct making *m, struct error *err)
{
	const struct outbox_key *key = &m->delivery->key;
	struct render_subject subject;
	struct render_sender_notice shown;
	enum doctor_notice_whom whom;
	struct doctor_notice n;
	struct render_mail mail;
	struct partner fresh;

	be_vendor(m);
	subject = m->about->subject;
	subject.contact = NULL;
	if (doctor_notice_get(m->db, m->a, key->partner_id, key->subject, &n,
			      &whom, err) < 0 ||
	    check_sender(m, err) < 0)
		return -(int)err->code;
	if (whom == DOCTOR_NOTICE_PARTNER &&
	    make_check_told(m, &fresh, &subject, err) < 0)
		return -(int)err->code;
	shown = (struct render_sender_notice){
		.receiver = whom == DOCTOR_NOTICE_PARTNER
				? partner_reply_address(subject.partner)
				: n.instead,
		.is_back = n.is_back,
		.since_ms = n.since_ms,
		.domain = n.domain,
		.instead = n.instead,
		.asked = n.asked,
		.found = n.found,
		.expected = n.expected,
		.advice = n.advice,
	};
	if (render_sender_notice_make(&subject, &shown, m->a, &mail, err) < 0)
		return -(int)err->code;
	return make_mail(m, &mail, err);
}
