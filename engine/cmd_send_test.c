/*
 * guidon send-test: one mail of a step to oneself, over the real wire. It is
 * marked in its subject and counted nowhere: the delivery lies in a store of
 * its own that is gone afterwards.
 */
#include "cmd.h"

#include "base/arena.h"
#include "base/random.h"
#include "campaign/campaign.h"
#include "campaign/campaign_partners.h"
#include "cmd_sample.h"
#include "cmd_scratch.h"
#include "cmd_sending.h"
#include "cmd_workspace.h"
#include "dispatch/dispatch.h"
#include "mime/mime.h"
#include "outbox/outbox.h"
#include "render/render_kit.h"

struct trial {
	struct app *app; /* of the scratch store */
	const struct render_kit *kit;
	const struct campaign_step *step;
	struct sample sample;
	struct outbox_key key;
	char message_key[RENDER_MESSAGE_KEY_BYTES]; /* of this try alone */
};

/* ---- the message ---- */

/* The mail as it would be, but for the mark. */
static int
make(void *arg, struct arena *a, struct db *db,
     const struct dispatch_order *order, struct dispatch_message *out,
     struct error *err)
{
	struct trial *t = arg;
	const struct render_origin origin = {
		.site = render_kit_campaign(t->kit)->workspace->site,
		.brand = render_kit_campaign(t->kit)->brand->id,
		.campaign = render_kit_campaign(t->kit)->id,
		.step = t->step->id,
	};
	struct render_content content;
	struct render_mail mail;

	(void)db;
	(void)order;
	if (render_kit_mail(t->kit, t->step, &t->sample.subject, a, &content,
			    &mail, err) < 0)
		return 0;
	content.subject =
	    str_printf(a, "[Test] %.*s", STR_ARG(content.subject));
	if (render_mail_make(&t->sample.subject, &origin, &content, a, &mail,
			     err) < 0)
		return 0;
	out->sender = mail.sender;
	out->receiver = mail.receiver;
	out->bytes = mail.bytes;
	out->domain = mail.domain;
	out->revision = t->sample.activation.revision;
	return 1;
}

/* ---- its delivery ---- */

static int
put_unit(struct db *db, void *arg, struct error *err)
{
	struct trial *t = arg;
	struct sample *s = &t->sample;
	int64_t now_ms = app_now_ms(t->app);

	s->partner.id = 0;
	if (partner_put(db, &s->partner, now_ms, err) < 0)
		return -(int)err->code;
	s->sender.partner_id = s->partner.id;
	s->activation.partner_id = s->partner.id;
	s->contact.partner_id = s->partner.id;
	t->key.partner_id = s->partner.id;
	if (partner_sender_put(db, &s->sender, err) < 0 ||
	    activation_start(db, &s->activation, now_ms, err) < 0 ||
	    contact_put(db, &s->contact, now_ms, err) < 0)
		return -(int)err->code;
	return outbox_put(db, &t->key, now_ms, err);
}

static int
deliver(struct trial *t, const struct daemon_config *config,
	struct outbox_delivery *end, struct error *err)
{
	const struct dispatch_config sender = {
		.store = t->app->store,
		.clock = &t->app->clock,
		.transport = config->mail,
		.source = { .make = make, .arg = t },
		.key_id = 1,
		.worker_count = 1,
		.batch = 1,
	};
	struct outbox_id id;
	struct dispatch *d;
	int64_t sent;

	if (db_commit(t->app->store, put_unit, t, err) < 0 ||
	    dispatch_open(&d, &sender, err) < 0)
		return -(int)err->code;
	sent = dispatch_once(d, err);
	dispatch_close(&d);
	if (sent < 0)
		return (int)sent;
	id = outbox_id_of(&t->key);
	return outbox_find(t->app->db, t->app->arena, &id, end, err);
}

static int
conclude(struct app *app, const struct outbox_delivery *end, const char *to,
	 const char *mail, struct error *err)
{
	struct str folder = str_of(mail);
	bool into_files = str_starts(folder, STR("spool:"));

	folder = into_files ? str_slice(folder, 6, folder.len) : STR("");
	if (end->state != OUTBOX_SENT)
		return error_set(err, ERROR_IO, "%s to %s: %.*s",
				 outbox_state_name(end->state), to,
				 STR_ARG(end->status));
	out_note(&app->out, "%s %s: %.*s%s%.*s",
		 into_files ? "written for" : "sent to", to, STR_ARG(folder),
		 into_files ? "/" : "", STR_ARG(end->status));
	return CMD_EXIT_OK;
}

/* ---- the command ---- */

static int
find_step(struct app *app, const struct render_kit *kit,
	  const struct campaign_step **step, struct error *err)
{
	const char *id = app_operand(app, 0);

	if (work_step(app, kit, id, step, err) < 0)
		return -(int)err->code;
	if ((*step)->kind != CAMPAIGN_EMAIL)
		return error_set(err, ERROR_INVALID, "step \"%s\" is no email",
				 id);
	return 0;
}

/* The reader has the given address; who that is, is told by this store alone. */
static int
address_it(struct trial *t, struct str address)
{
	struct activation *act = &t->sample.activation;

	t->sample.contact.person = partner_person(t->app->pepper, address);
	random_bytes(t->message_key, sizeof(t->message_key));
	t->sample.subject.message_key =
	    (struct str){ t->message_key, sizeof(t->message_key) };
	act->revision = STR("00000000000000000000000000000000");
	t->key = (struct outbox_key){
		.activation_id = act->id,
		.step = t->step->id,
		.subject_kind = OUTBOX_PERSON,
		.subject = person_hash_view(&t->sample.contact.person),
		.channel = STR("email"),
	};
	return 0;
}

static int
try_it(struct app *app, struct trial *t, struct error *err)
{
	const struct campaign *campaign = render_kit_campaign(t->kit);
	const struct campaign_partner_row *row;
	const char *to = app_option(app, "to");
	struct outbox_delivery end = { 0 };
	struct daemon_config config;
	struct str address;
	struct str lang;

	if (app_language(app, &lang, err) < 0 ||
	    find_step(app, t->kit, &t->step, err) < 0 ||
	    mime_address_normalise_utf8(app->arena, str_of(to), &address, err) <
		0 ||
	    sending_config(app, &config, err) < 0 ||
	    work_partner(app, app_option(app, "partner"), &row, err) < 0 ||
	    sample_make(&t->sample, campaign, row, lang, address, app->arena,
			app_now_ms(app), err) < 0)
		return -(int)err->code;
	address_it(t, address);
	if (!app_option(app, "mail") && app_make_state(app, err) < 0)
		return -(int)err->code;
	if (deliver(t, &config, &end, err) < 0)
		return -(int)err->code;
	return conclude(app, &end, to, config.mail, err);
}

static int
with_scratch(struct app *app, const struct work *work, void *arg,
	     struct error *err)
{
	struct app scratch;
	struct trial trial = { .app = &scratch, .kit = work->kit };
	int code;

	(void)arg;
	if (scratch_open(&scratch, app, -1, err) < 0)
		return -(int)err->code;
	code = try_it(app, &trial, err);
	scratch_close(&scratch);
	return code;
}

static int
run(struct app *app, struct error *err)
{
	if (app_init(app, err) < 0)
		return -(int)err->code;
	return work_on_step(app, app_operand(app, 0), 1, with_scratch, err);
}

extern const struct command cmd_send_test;
const struct command cmd_send_test = {
	.name = "send-test",
	.summary = "one mail of a campaign to yourself",
	.details =
	    "It is marked [Test] and counted nowhere; its links lead "
	    "nowhere, and it\nis not signed (DKIM), for it is no "
	    "mail of the store whose keys sign.\nThe CAMPAIGN is to be named where several have "
	    "the step.",
	.examples =
	    (const struct command_example[]){
		{ "guidon send-test invite --partner acme --to me@example.com "
		  "--mail smtp://127.0.0.1",
		  "through a relay" },
		{ 0 } },
	.operands = "STEP [CAMPAIGN]",
	.operands_min = 1,
	.operands_max = 2,
	.options =
	    (const struct command_option[]){
		{ .name = "partner",
		  .value = "P",
		  .required = true,
		  .help = "as from this partner of partners.csv" },
		{ .name = "to",
		  .value = "ADDRESS",
		  .required = true,
		  .help = "to whom" },
		{ .name = "lang",
		  .value = "TAG",
		  .help = "the reader's language; else the partner's" },
		SENDING_OPTIONS,
		{ 0 } },
	.storeless = true,
	.run = run,
};
