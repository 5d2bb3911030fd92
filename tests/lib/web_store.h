#ifndef TESTS_LIB_WEB_STORE_H
#define TESTS_LIB_WEB_STORE_H

/*
 * web_store - what visitors come to: the workspace of tests/fixtures published,
 * ACME and Bolt with an activation of its campaign each, and a mail that Anna
 * of ACME was sent; and the paths that stand in it
 */

#include "base/encode.h"
#include "campaign/campaign.h"
#include "event/event.h"
#include "render/render_kit.h"
#include "sent.h"

enum { ACME_RUN = 4711, BOLT_RUN = 4712 };

static const int64_t sent_ms = INT64_C(1772438400000);
static const int64_t now_ms = INT64_C(1772442000000);

static struct arena *a;
static struct partner_pepper *pepper;
static struct event_keys *keys;
static struct str revision;
static struct partner acme;
static struct partner bolt;
static struct contact anna;
static struct test_sent mail;

/* ---- rows ---- */

static inline int
put_partner(struct db *db, struct partner *p, int64_t run_id, struct error *e)
{
	struct partner_sender sender = {
		.id = PARTNER_SENDER_DEFAULT,
		.from_name = STR("Acme via Northwind"),
		.from_address = STR("acme@mail.northwind.example"),
		.postal_address = STR("1 High Street, Bath"),
		.opt_out_scope = STR("partner"),
	};
	struct activation run = { .id = run_id,
				  .campaign = STR("spring"),
				  .revision = revision,
				  .start_ms = sent_ms };

	if (partner_put(db, p, 1, e) < 0)
		return -(int)e->code;
	sender.partner_id = p->id;
	run.partner_id = p->id;
	if (partner_sender_put(db, &sender, e) < 0)
		return -(int)e->code;
	return activation_start(db, &run, 1, e);
}

static inline struct outbox_key
key_of(const char *step)
{
	return (struct outbox_key){ .partner_id = acme.id,
				    .activation_id = ACME_RUN,
				    .step = str_of(step),
				    .subject_kind = OUTBOX_PERSON,
				    .subject = person_hash_view(&anna.person),
				    .channel = STR("email") };
}

/* A unit of work. */
static inline int
put_all(struct db *db, void *arg, struct error *e)
{
	(void)arg;
	acme = (struct partner){ .slug = STR("acme"),
				 .company = STR("Acme Ltd"),
				 .language = STR("en"),
				 .phone = STR("+44 20 7946 0100"),
				 .time_zone = STR("Europe/London"),
				 .lead_email = STR("leads@acme.example") };
	bolt = (struct partner){ .slug = STR("bolt"),
				 .company = STR("Bolt Ltd"),
				 .language = STR("en") };
	if (put_partner(db, &acme, ACME_RUN, e) < 0 ||
	    put_partner(db, &bolt, BOLT_RUN, e) < 0)
		return -(int)e->code;
	anna = (struct contact){
		.partner_id = acme.id,
		.person = partner_person(pepper, STR("anna@example.org")),
		.address = STR("anna@example.org"),
		.given_name = STR("Anna"),
		.company = STR("Example"),
		.consent = CONSENT_GIVEN,
		.consent_basis = STR("customer"),
		.consent_ms = 5,
	};
	if (contact_put(db, &anna, 1, e) < 0)
		return -(int)e->code;
	mail = (struct test_sent){ .key = key_of("invite"),
				   .marked_ms = sent_ms,
				   .sent_ms = sent_ms };
	return test_sent(db, &mail, e);
}

/* Stores the revision, without which put_all() has no activation. */
static inline int
publish(struct db_store *store, const char *fixture, struct error *err)
{
	struct campaign_findings findings;
	struct campaign_files *files;
	struct render_kit *kit = NULL;
	int code;

	campaign_findings_init(&findings, a);
	if (campaign_folder_open(&files, fixture, err) < 0)
		return -(int)err->code;
	code = render_kit_new(&kit, files, STR("spring"), &findings, err);
	if (code >= 0)
		code = campaign_revision_store(store, files, STR("spring"), 1,
					       err);
	if (code >= 0)
		code = campaign_revision_id(files, a, &revision, err);
	render_kit_free(&kit);
	campaign_files_close(&files);
	return code;
}

/* ---- paths ---- */

static inline const char *
token_of(enum event_token_kind kind, unsigned link, int64_t partner_id)
{
	struct event_token token = { .kind = kind,
				     .partner_id = partner_id,
				     .link = link,
				     .expires_ms = now_ms + 60000 };
	struct buf b = { 0 };
	const char *text;

	memcpy(token.delivery, mail.id.bytes, sizeof(token.delivery));
	event_token_make(keys, 1, &token, &b);
	text = str_copy(a, buf_view(&b)).p;
	buf_fini(&b);
	return text;
}

static inline const char *
path_of(const char *prefix, enum event_token_kind kind, unsigned link)
{
	return arena_printf(a, "%s%s", prefix, token_of(kind, link, acme.id));
}

static inline const char *
page_of(const char *slug, int64_t run, const char *rest)
{
	struct buf b = { 0 };
	const char *path;

	encode_id(&b, run);
	path = arena_printf(a, "/p/%s/%s/offer%s", slug, buf_cstr(&b), rest);
	buf_fini(&b);
	return path;
}

#endif
