/*
 * Which delivery a mail is about. Anybody may write a mail, so only what
 * nobody else can know counts, and what is nearest first:
 *
 *	the address it came to		signed; in the envelope, or wherever an
 *					address of ours stands in the mail
 *	the link to unsubscribe		signed; of the mail that is returned
 *	its Message-ID			a MAC; that cannot be turned back into
 *					a delivery, so it is made again for all
 *					mails to the recipient that is named
 *
 * Rejected: the recipient alone. Whoever knows an address could have it cut
 * off from a partner's mail by writing one letter. It is no help either where
 * the rest is missing, for then nothing says which of our mails it was.
 */
#include "dispatch/dispatch_intake_priv.h"

#include <string.h>

#include "base/arena.h"
#include "mime/mime.h"
#include "mime/mime_entity.h"

enum { MAILS_MAX = 200, PARTNERS_MAX = 1000 };

/* ---- what is signed ---- */

static bool
find_tag(const struct dispatch_intake *in, struct str text,
	 enum event_address_kind kind, struct outbox_id *id)
{
	struct event_address address;

	if (!event_address_find(in->config.keys, text, kind, &address))
		return false;
	id->partner_id = address.partner_id;
	memcpy(id->bytes, address.delivery, sizeof(id->bytes));
	return true;
}

/* Some report to the address for answers, or return a header that has it. */
static bool
find_address(const struct dispatch_intake *in, const struct dispatch_mail *mail,
	     struct outbox_id *id)
{
	struct str bytes = str_slice(mail->bytes, 0, MIME_REPORT_INPUT_MAX);

	return find_tag(in, mail->recipient, EVENT_ADDRESS_BOUNCE, id) ||
	       find_tag(in, bytes, EVENT_ADDRESS_BOUNCE, id) ||
	       find_tag(in, mail->recipient, EVENT_ADDRESS_REPLY, id) ||
	       find_tag(in, bytes, EVENT_ADDRESS_REPLY, id);
}

bool
return_find_probe(const struct dispatch_intake *in,
		  const struct dispatch_mail *mail,
		  const struct mime_report *report,
		  uint8_t id[DOCTOR_PROBE_ID_BYTES])
{
	struct str bytes = str_slice(mail->bytes, 0, MIME_REPORT_INPUT_MAX);
	struct outbox_id named;

	if (!find_tag(in, mail->recipient, EVENT_ADDRESS_PROBE, &named) &&
	    !find_tag(in, bytes, EVENT_ADDRESS_PROBE, &named) &&
	    !find_tag(in, report->message_id, EVENT_ADDRESS_PROBE, &named))
		return false;
	memcpy(id, named.bytes, DOCTOR_PROBE_ID_BYTES);
	return true;
}

/*
 * Where it came to: by the envelope, when that has an address of ours, else by
 * the header. What stands below is what is quoted.
 */
static bool
find_answers(const struct dispatch_intake *in, const struct dispatch_mail *mail,
	     struct outbox_id *id)
{
	if (find_tag(in, mail->recipient, EVENT_ADDRESS_REPLY, id))
		return true;
	return !find_tag(in, mail->recipient, EVENT_ADDRESS_BOUNCE, id) &&
	       find_tag(in,
			str_slice(mime_entity_header(mail->bytes), 0,
				  MIME_REPORT_INPUT_MAX),
			EVENT_ADDRESS_REPLY, id);
}

bool
return_is_to_answers(const struct dispatch_intake *in,
		     const struct dispatch_mail *mail)
{
	struct outbox_id ignored;

	return find_answers(in, mail, &ignored);
}

int
return_find_answered(const struct dispatch_intake *in, struct db *db,
		     struct arena *a, const struct dispatch_mail *mail,
		     const struct mime_report *report,
		     struct outbox_delivery *out, struct error *err)
{
	struct outbox_id id;
	int got;

	if (!report || report->class != MIME_REPORT_NONE ||
	    report->is_machine || mail->from_nobody ||
	    report->author.len == 0 || !find_answers(in, mail, &id))
		return 0;
	got = outbox_find(db, a, &id, out, err);
	return got > 0 && out->key.subject_kind != OUTBOX_PERSON ? 0 : got;
}

/* The token is the last part of the URL's path; one that has expired is ours. */
static bool
find_link(const struct dispatch_intake *in, struct str url,
	  struct outbox_id *id)
{
	struct event_token token;
	struct error ignored;
	struct str text;

	if (url.len <= EVENT_TOKEN_CHARS ||
	    url.p[url.len - EVENT_TOKEN_CHARS - 1] != '/')
		return false;
	text = str_slice(url, url.len - EVENT_TOKEN_CHARS, url.len);
	if (event_token_read(in->config.keys, text, EVENT_TOKEN_UNSUBSCRIBE, 0,
			     &token, &ignored) < 0)
		return false;
	id->partner_id = token.partner_id;
	memcpy(id->bytes, token.delivery, sizeof(id->bytes));
	return true;
}

/* ---- the Message-ID ---- */

static bool
has_message_id(const struct dispatch_intake *in, struct arena *a,
	       const struct outbox_delivery *d, struct str message_id)
{
	const struct str key = { (const char *)in->message_key,
				 sizeof(in->message_key) };

	return d->domain.len > 0 &&
	       str_eq_fold(render_message_id(d, key, d->domain, a), message_id);
}

static int
search_partner(const struct dispatch_intake *in, struct db *db, struct arena *a,
	       const struct outbox_filter *filter, struct str message_id,
	       struct outbox_delivery *out, struct error *err)
{
	struct outbox_delivery *rows;
	int count = outbox_list(db, a, filter, -1, MAILS_MAX, &rows, err);

	for (int i = 0; i < count; i++)
		if (has_message_id(in, a, &rows[i], message_id)) {
			*out = rows[i];
			return 1;
		}
	return count < 0 ? count : 0;
}

static int
search_person(const struct dispatch_intake *in, struct db *db, struct arena *a,
	      struct str address, struct str message_id,
	      struct outbox_delivery *out, struct error *err)
{
	struct person_hash person;
	struct error ignored;
	int64_t *partners;
	int count;
	int got = 0;

	if (mime_address_normalise_utf8(a, address, &address, &ignored) < 0)
		return 0;
	person = partner_person(in->config.pepper, address);
	count = partner_list_of_person(db, a, &person, PARTNERS_MAX, &partners,
				       err);
	if (count < 0)
		return count;
	for (int i = 0; i < count && got == 0; i++) {
		const struct outbox_filter filter = {
			.partner_id = partners[i],
			.subject = person_hash_view(&person),
		};

		got = search_partner(in, db, a, &filter, message_id, out, err);
	}
	return got;
}

static int
find_message(const struct dispatch_intake *in, struct db *db, struct arena *a,
	     const struct mime_report *report, struct outbox_delivery *out,
	     struct error *err)
{
	int got = 0;

	if (report->message_id.len == 0)
		return 0;
	for (size_t i = 0; i < report->count && got == 0; i++) {
		const struct mime_report_recipient *r = &report->recipients[i];

		got = search_person(in, db, a, r->original, report->message_id,
				    out, err);
		if (got == 0)
			got = search_person(in, db, a, r->address,
					    report->message_id, out, err);
	}
	return got;
}

int
return_find(const struct dispatch_intake *in, struct db *db, struct arena *a,
	    const struct dispatch_mail *mail, const struct mime_report *report,
	    struct outbox_delivery *out, struct error *err)
{
	struct outbox_id id;

	if (find_address(in, mail, &id) ||
	    (report && find_link(in, report->unsubscribe, &id)))
		return outbox_find(db, a, &id, out, err);
	return report ? find_message(in, db, a, report, out, err) : 0;
}
