#include "cmd.h"

#include <string.h>

#include "base/arena.h"
#include "base/crypto.h"

#include "campaign/campaign_asset.h"
#include "campaign/campaign_partners.h"
#include "http/http_client.h"
#include "partner/partner.h"

static struct str
status_text(const struct partner *p)
{
	return p->status == PARTNER_ACTIVE ? STR("active") : STR("ended");
}

/* ---- list ---- */

static int
run_list(struct app *app, struct error *err)
{
	static const char *const columns[] = {
		"partner", "company", "tier", "region", "country", "status",
	};
	struct partner *all;
	int count = partner_list(app->db, app->arena, &all, err);

	if (count < 0)
		return count;
	out_table_begin(&app->out, NULL, columns, COUNT_OF(columns));
	for (int i = 0; i < count; i++) {
		out_cell(&app->out, all[i].slug);
		out_cell(&app->out, all[i].company);
		out_cell(&app->out, all[i].tier);
		out_cell(&app->out, all[i].region);
		out_cell(&app->out, all[i].country);
		out_cell(&app->out, status_text(&all[i]));
	}
	out_table_end(&app->out);
	return CMD_EXIT_OK;
}

/* ---- show ---- */

static int
find_sender(struct app *app, int64_t id, struct partner_sender *sender,
	    struct error *err)
{
	if (partner_sender_get(app->db, app->arena, id, sender, err) >= 0)
		return 1;
	return err->code == ERROR_NOT_FOUND ? 0 : -(int)err->code;
}

/* Whom its mail is from while its own domain is not well. */
static int
add_fallback(struct app *app, const struct partner_sender *own,
	     struct error *err)
{
	struct partner_sender now;

	if (own->down_ms == 0)
		return 0;
	if (partner_sender_now(app->db, app->arena, own->partner_id, &now,
			       err) < 0)
		return -(int)err->code;
	if (now.id == own->id)
		return 0;
	out_field(&app->out, "from_instead", now.from_address);
	out_field_time(&app->out, "instead_since", own->down_ms);
	return 0;
}

static void
add_sender(struct output *out, const struct partner_sender *s)
{
	out_field(out, "from_name", s->from_name);
	out_field(out, "from_address", s->from_address);
	out_field(out, "reply_to", s->reply_to);
	out_field(out, "postal_address", s->postal_address);
	out_field(out, "opt_out_scope", s->opt_out_scope);
}

static int
run_show(struct app *app, struct error *err)
{
	struct output *out = &app->out;
	struct partner_sender sender;
	struct partner p;
	int has_sender;

	if (app_partner(app, app_operand(app, 0), &p, err) < 0)
		return -(int)err->code;
	has_sender = find_sender(app, p.id, &sender, err);
	if (has_sender < 0)
		return has_sender;
	out_object_begin(out);
	out_field(out, "partner", p.slug);
	out_field(out, "status", status_text(&p));
#define FIELD(name) out_field(out, #name, p.name);
	PARTNER_COLUMNS(FIELD, FIELD)
#undef FIELD
	out_field(out, "attributes", p.attributes);
	out_field(out, "own_values", p.own);
	if (has_sender) {
		add_sender(out, &sender);
		if (add_fallback(app, &sender, err) < 0)
			return -(int)err->code;
	}
	out_object_end(out);
	return CMD_EXIT_OK;
}

/* ---- set ---- */

struct values {
	int64_t partner_id;
	struct value {
		struct str column;
		struct str text;
	} * list;
	int count;
	int64_t now_ms;
};

/* An image that was published with a partner's file, by its public name. */
static int
check_logo(struct app *app, struct str name, struct error *err)
{
	const char *type;
	struct str bytes;
	int got = name.len == 0 ? 1
				: campaign_asset_get(app->db, app->arena, name,
						     &bytes, &type, err);

	if (got == 0)
		return error_set(err, ERROR_INVALID,
				 "logo: found \"%.*s\", expected the name of "
				 "a published image, as \"partner show\" has "
				 "it",
				 STR_ARG(name));
	return got;
}

/* "column=value", which goes into mails and pages, so as the file has it. */
static int
read_value(struct app *app, const char *operand, struct value *out,
	   struct error *err)
{
	out->text = str_of(operand);
	if (!strchr(operand, '='))
		return error_set(err, ERROR_INVALID,
				 "\"%s\", expected COLUMN=VALUE", operand);
	(void)str_split(&out->text, '=', &out->column);
	if (str_eq_cstr(out->column, "logo"))
		return check_logo(app, out->text, err);
	return campaign_partner_value(app->arena, out->column, out->text,
				      &out->text, err);
}

static int
set_unit(struct db *db, void *arg, struct error *err)
{
	const struct values *v = arg;

	for (int i = 0; i < v->count; i++)
		if (partner_set(db, v->partner_id, v->list[i].column,
				v->list[i].text, v->now_ms, err) < 0)
			return -(int)err->code;
	return 0;
}

static int
run_set(struct app *app, struct error *err)
{
	struct values values = {
		.count = app->args.operand_count - 1,
		.now_ms = app_now_ms(app),
	};
	struct partner p;

	if (app_partner(app, app_operand(app, 0), &p, err) < 0)
		return -(int)err->code;
	values.partner_id = p.id;
	values.list =
	    ARENA_ARRAY(app->arena, (size_t)values.count, struct value);
	for (int i = 0; i < values.count; i++)
		if (read_value(app, app_operand(app, i + 1), &values.list[i],
			       err) < 0)
			return -(int)err->code;
	if (db_commit(app->store, set_unit, &values, err) < 0)
		return -(int)err->code;
	out_note(&app->out, "%s: %d set", app_operand(app, 0), values.count);
	return CMD_EXIT_OK;
}

/* ---- webhook ---- */

/* The partner's id, or the vendor's when none is named. */
static int
find_owner(struct app *app, int64_t *id, struct error *err)
{
	struct partner p = { 0 };

	if (app_operand(app, 0) &&
	    app_partner(app, app_operand(app, 0), &p, err) < 0)
		return -(int)err->code;
	*id = p.id;
	return 0;
}

static int
show_endpoints(struct app *app, int64_t partner_id, struct error *err)
{
	static const char *const columns[] = {
		"partner",
		"purpose",
		"url",
		"state",
	};
	struct partner_endpoint *all;
	int64_t whose = app_operand(app, 0) ? partner_id : -1;
	int count =
	    partner_endpoint_list(app->db, app->arena, whose, &all, err);

	if (count < 0)
		return count;
	out_table_begin(&app->out, NULL, columns, COUNT_OF(columns));
	for (int i = 0; i < count; i++) {
		struct str slug;

		if (app_slug(app, all[i].partner_id, &slug, err) < 0)
			return -(int)err->code;
		out_cell(&app->out, slug);
		out_cell(&app->out,
			 str_of(partner_purpose_name(all[i].purpose)));
		out_cell(&app->out, all[i].url);
		out_cell(&app->out,
			 all[i].enabled
			     ? STR("enabled")
			     : str_printf(app->arena, "disabled: %.*s",
					  STR_ARG(all[i].reason)));
	}
	out_table_end(&app->out);
	return CMD_EXIT_OK;
}

struct endpoints {
	struct partner_endpoint list[PARTNER_PURPOSE_COUNT];
	struct str secrets[PARTNER_PURPOSE_COUNT];
	bool local[PARTNER_PURPOSE_COUNT]; /* on this machine */
	int count;
	int64_t now_ms;
};

static int
put_endpoints(struct db *db, void *arg, struct error *err)
{
	const struct endpoints *set = arg;

	for (int i = 0; i < set->count; i++)
		if (partner_endpoint_put(db, &set->list[i], set->now_ms, err) <
		    0)
			return -(int)err->code;
	return 0;
}

/*
 * What is posted names people: in the clear only to a program on this machine.
 * *local tells whether it is one.
 */
static int
check_endpoint(const char *url, bool *local, struct error *err)
{
	struct buf host = { 0 };
	int code = http_client_check_url(url, &host, err);

	*local = code >= 0 && http_client_is_loopback(buf_view(&host));
	if (code >= 0 && !*local &&
	    str_eq_fold(str_slice(str_of(url), 0, 5), STR("http:")))
		code = error_set(err, ERROR_INVALID,
				 "\"%.200s\" is plain http, expected "
				 "https://HOST/PATH",
				 url);
	buf_fini(&host);
	return code;
}

/* One more of the set, when its option is given. */
static int
add_endpoint(struct app *app, struct endpoints *set, int64_t partner_id,
	     enum partner_purpose purpose, struct error *err)
{
	const char *url = app_option(app, partner_purpose_name(purpose));
	struct partner_endpoint *e = &set->list[set->count];
	struct buf secret = { 0 };
	struct buf sealed = { 0 };
	int code;

	if (!url)
		return 0;
	if (check_endpoint(url, &set->local[set->count], err) < 0)
		return -(int)err->code;
	*e = (struct partner_endpoint){ .partner_id = partner_id,
					.purpose = purpose,
					.url = str_of(url) };
	partner_secret_new(&secret);
	code = partner_endpoint_seal(app->store, e, buf_view(&secret), &sealed,
				     err);
	set->secrets[set->count++] = str_copy(app->arena, buf_view(&secret));
	e->sealed = str_copy(app->arena, buf_view(&sealed));
	crypto_wipe(secret.p, secret.cap);
	buf_fini(&secret);
	buf_fini(&sealed);
	return code;
}

static void
print_endpoints(struct app *app, const struct endpoints *set)
{
	static const char *const columns[] = { "purpose", "url", "secret" };

	out_table_begin(&app->out, NULL, columns, COUNT_OF(columns));
	for (int i = 0; i < set->count; i++) {
		out_cell(&app->out,
			 str_of(partner_purpose_name(set->list[i].purpose)));
		out_cell(&app->out, set->list[i].url);
		out_cell(&app->out, set->secrets[i]);
	}
	out_table_end(&app->out);
	out_note(&app->out, "%s", "keep the secret, it is not shown again");
	for (int i = 0; i < set->count; i++)
		if (set->local[i])
			out_note(
			    &app->out,
			    "%.*s is on this machine: --posts "
			    "\"webhook:?loopback=yes\" posts to it, and "
			    "then to nothing else; \"webhook:\" refuses it",
			    STR_ARG(set->list[i].url));
}

static int
run_webhook(struct app *app, struct error *err)
{
	struct endpoints set = { .now_ms = app_now_ms(app) };
	int64_t partner_id = PARTNER_VENDOR;

	if (find_owner(app, &partner_id, err) < 0)
		return -(int)err->code;
	for (int i = 0; i < PARTNER_PURPOSE_COUNT; i++)
		if (add_endpoint(app, &set, partner_id, (enum partner_purpose)i,
				 err) < 0)
			return -(int)err->code;
	if (set.count == 0)
		return show_endpoints(app, partner_id, err);
	if (db_commit(app->store, put_endpoints, &set, err) < 0)
		return -(int)err->code;
	print_endpoints(app, &set);
	return CMD_EXIT_OK;
}

/* ---- the table ---- */

static const struct command list = {
	.name = "list",
	.summary = "all partners",
	.examples =
	    (const struct command_example[]){
		{ "guidon partner list", "a line for each" }, { 0 } },
	.run = run_list,
};

static const struct command show = {
	.name = "show",
	.summary = "what is known of a partner",
	.details = "Own values are those that were set in the partner's name; "
		   "the others are of\npartners.csv.",
	.examples =
	    (const struct command_example[]){
		{ "guidon partner show acme", "a line for each value" },
		{ 0 } },
	.operands = "PARTNER",
	.operands_min = 1,
	.operands_max = 1,
	.run = run_show,
};

static const struct command set = {
	.name = "set",
	.summary = "set values in the partner's name",
	.details = "A value that a partner has set goes before the vendor's; "
		   "an empty one takes\nit back. All are set or none.",
	.examples =
	    (const struct command_example[]){
		{ "guidon partner set acme phone=+4930123456 language=de",
		  "two values" },
		{ "guidon partner set acme phone=", "the vendor's again" },
		{ 0 } },
	.operands = "PARTNER COLUMN=VALUE...",
	.operands_min = 2,
	.operands_max = 32,
	.run = run_set,
};

static const struct command webhook = {
	.name = "webhook",
	.summary = "where a partner's posts and leads are posted to",
	.details =
	    "Requests are signed as Standard Webhooks say. A new secret is "
	    "made and shown\nonce. Without a partner it is the vendor's own, "
	    "for all partners who have none.\nWithout a URL the webhooks there "
	    "are are listed. An endpoint that answers 410 is\ndisabled until "
	    "it is set again; what was held for it leaves after\n"
	    "\"guidon delivery unhold\".\n\n"
	    "--posts \"webhook:\" reaches the public internet and no address "
	    "of this machine or\nits neighbours. A receiver on this machine, "
	    "to try it out, is reached with --posts\n"
	    "\"webhook:?loopback=yes\", and then no other is.",
	.examples =
	    (const struct command_example[]){
		{ "guidon partner webhook acme --leads "
		  "https://crm.acme.example/leads",
		  "leads of one partner" },
		{ "guidon partner webhook --posts "
		  "https://hooks.northwind.example/posts",
		  "posts of all partners" },
		{ "guidon partner webhook acme --leads "
		  "http://127.0.0.1:9000/leads",
		  "a receiver on this machine, to try it out" },
		{ "guidon partner webhook", "a line for each" },
		{ 0 } },
	.operands = "[PARTNER]",
	.operands_max = 1,
	.options =
	    (const struct command_option[]){
		{ .name = "posts",
		  .value = "URL",
		  .help = "posts to networks go there" },
		{ .name = "leads", .value = "URL", .help = "leads go there" },
		{ 0 } },
	.run = run_webhook,
};

extern const struct command cmd_partner_fmt;
extern const struct command cmd_partner_dkim;
extern const struct command cmd_partner_dns;

extern const struct command cmd_partner;
const struct command cmd_partner = {
	.name = "partner",
	.summary = "the partners and what they have set",
	.commands = (const struct command *const[]){ &list, &show, &set,
						     &cmd_partner_fmt, &webhook,
						     &cmd_partner_dkim,
						     &cmd_partner_dns, NULL },
};
