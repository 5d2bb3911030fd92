/*
 * guidon start: a partner's run of a campaign begins, with what it has put
 * into the slots. The campaign is the published one, not the files.
 */
#include "cmd.h"

#include <string.h>

#include "base/arena.h"
#include "campaign/campaign.h"
#include "cmd_who.h"
#include "partner/partner.h"
#include "plan/plan.h"
#include "render/render_kit.h"

/* "slot=text slot=text" of the operands as {"slots": {...}}. */
static int
parameters_of(struct app *app, struct buf *out, struct error *err)
{
	struct js_writer w;
	const char *operand;

	js_writer_init(&w, out, false);
	js_begin_object(&w);
	js_key(&w, STR("slots"));
	js_begin_object(&w);
	for (int i = 1; (operand = app_operand(app, i)) != NULL; i++) {
		const char *equals = strchr(operand, '=');

		if (!equals || equals == operand)
			return error_set(err, ERROR_INVALID,
					 "\"%s\", expected SLOT=TEXT", operand);
		js_key(&w, str_slice(str_of(operand), 0,
				     (size_t)(equals - operand)));
		js_string(&w, str_of(equals + 1));
	}
	js_end_object(&w);
	js_end_object(&w);
	js_writer_end(&w);
	return 0;
}

static int
start(struct app *app, const struct campaign_publication *published,
      const struct render_kit *kit, struct str parameters, struct error *err)
{
	struct plan_begin begin = {
		.store = app->store,
		.campaign = render_kit_campaign(kit),
		.revision = published->revision,
		.parameters = parameters,
		.again = app_option(app, "again") != NULL,
		.who = who_of(app),
		.now_ms = app_now_ms(app),
	};
	int64_t activation;

	if (app_partner_option(app, PARTNER_VENDOR, &begin.partner_id, err) <
		0 ||
	    plan_start_partner(&begin, &activation, err) < 0)
		return -(int)err->code;
	out_what_was_done(&app->out);
	out_object_begin(&app->out);
	out_field(&app->out, "activation", app_id_text(app, activation));
	out_object_end(&app->out);
	return CMD_EXIT_OK;
}

static int
with_kit(struct app *app, const struct campaign_publication *published,
	 struct str parameters, struct error *err)
{
	const struct render_kit *kit;
	struct render_kits *kits;
	int code;

	if (render_kits_open(&kits, err) < 0)
		return -(int)err->code;
	code = render_kits_get(kits, app->db, published->campaign,
			       published->revision, &kit, err);
	if (code >= 0) {
		code = start(app, published, kit, parameters, err);
		render_kits_put(kits, kit);
	}
	render_kits_free(&kits);
	return code;
}

static int
run(struct app *app, struct error *err)
{
	const char *campaign = app_operand(app, 0);
	struct campaign_publication published;
	struct buf parameters = { 0 };
	int code = parameters_of(app, &parameters, err);

	if (code >= 0)
		code = campaign_published(app->db, app->arena, str_of(campaign),
					  &published, err);
	if (code == 0)
		code = error_set(err, ERROR_NOT_FOUND,
				 "campaign \"%s\" was never published: plan "
				 "and apply it first",
				 campaign);
	if (code > 0)
		code = with_kit(app, &published, buf_view(&parameters), err);
	buf_fini(&parameters);
	if (code == CMD_EXIT_OK && app_keep_time(app, err) < 0)
		code = -(int)err->code;
	return code;
}

extern const struct command cmd_start;
const struct command cmd_start = {
	.name = "start",
	.summary = "begin a campaign for one partner",
	.details =
	    "For campaigns that a partner takes part in when it says so, or "
	    "when you say so.\nWhat the partner writes into slots is given as "
	    "SLOT=TEXT.",
	.examples =
	    (const struct command_example[]){
		{ "guidon start spring-launch --partner acme --again",
		  "once more, beside the run that apply began" },
		{ "guidon start spring-launch --partner acme --again "
		  "\"intro=Meet us in Bonn.\"",
		  "with a text of the partner's own" },
		{ 0 } },
	.operands = "CAMPAIGN [SLOT=TEXT...]",
	.operands_min = 1,
	.operands_max = 64,
	.options =
	    (const struct command_option[]){
		{ .name = "partner",
		  .value = "P",
		  .required = true,
		  .help = "for this partner" },
		{ .name = "again",
		  .help = "also while one is running; everybody is mailed "
			  "anew" },
		WHO_OPTION("starts it"),
		{ 0 } },
	.run = run,
};
