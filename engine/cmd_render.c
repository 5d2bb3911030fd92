/*
 * guidon render: everything a partner would get, as files to look at. Nothing
 * is taken from the store or put there; the reader is made up.
 */
#include "cmd.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "campaign/campaign.h"
#include "campaign/campaign_partners.h"
#include "cmd_file.h"
#include "cmd_sample.h"
#include "cmd_workspace.h"
#include "render/render_kit.h"

struct rendering {
	struct app *app;
	const struct render_kit *kit;
	const struct sample *sample;
	const char *folder;
	int written;
};

/* ---- files ---- */

static int
put(struct rendering *r, struct str step, const char *suffix, struct str bytes,
    struct error *err)
{
	const char *path = arena_printf(r->app->arena, "%s/%.*s%s", r->folder,
					STR_ARG(step), suffix);

	if (file_put(path, bytes, err) < 0)
		return -(int)err->code;
	out_cell(&r->app->out, str_of(path));
	out_cell(&r->app->out, step);
	out_cell_int(&r->app->out, (int64_t)bytes.len);
	r->written++;
	return 0;
}

static int
put_mail(struct rendering *r, const struct campaign_step *step,
	 struct error *err)
{
	struct render_content content;
	struct render_mail mail;

	if (render_kit_mail(r->kit, step, &r->sample->subject, r->app->arena,
			    &content, &mail, err) < 0 ||
	    put(r, step->id, ".eml", mail.bytes, err) < 0 ||
	    put(r, step->id, ".html", content.html, err) < 0)
		return -(int)err->code;
	return put(r, step->id, ".txt", content.text, err);
}

static int
put_post(struct rendering *r, const struct campaign_step *step,
	 struct error *err)
{
	for (size_t i = 0; i < step->channel_count; i++) {
		struct str channel = step->channels[i];
		struct render_post post;

		if (render_kit_post(r->kit, step, channel, &r->sample->subject,
				    r->app->arena, &post, err) < 0 ||
		    put(r,
			str_printf(r->app->arena, "%.*s-%.*s",
				   STR_ARG(step->id), STR_ARG(channel)),
			".txt", post.text, err) < 0)
			return -(int)err->code;
	}
	return 0;
}

static int
put_page(struct rendering *r, const struct campaign_step *step,
	 struct error *err)
{
	const struct render_form_input form = { 0 };
	struct str html;

	if (render_kit_page(r->kit, step, &r->sample->subject, &form,
			    r->app->arena, &html, err) < 0)
		return -(int)err->code;
	return put(r, step->id, ".html", html, err);
}

static int
put_document(struct rendering *r, const struct campaign_step *step,
	     struct error *err)
{
	struct str html;

	if (render_kit_document(r->kit, step, &r->sample->subject,
				r->app->arena, &html, err) < 0)
		return -(int)err->code;
	return put(r, step->id, ".html", html, err);
}

static int
put_step(struct rendering *r, const struct campaign_step *step,
	 struct error *err)
{
	static int (*const puts[])(struct rendering *,
				   const struct campaign_step *,
				   struct error *) = {
		[CAMPAIGN_EMAIL] = put_mail,
		[CAMPAIGN_POST] = put_post,
		[CAMPAIGN_PAGE] = put_page,
		[CAMPAIGN_DOCUMENT] = put_document,
	};

	if (puts[step->kind](r, step, err) < 0)
		return error_context(err, "step %.*s", STR_ARG(step->id));
	return 0;
}

/* ---- the command ---- */

static int
put_all(struct rendering *r, struct error *err)
{
	static const char *const columns[] = { "file", "step", "bytes" };
	const struct campaign *campaign = render_kit_campaign(r->kit);
	const char *only = app_option(r->app, "step");
	const struct campaign_step *step;
	int code = 0;

	if (only && work_step(r->app, r->kit, only, &step, err) < 0)
		return -(int)err->code;
	if (mkdir(r->folder, 0777) != 0 && errno != EEXIST)
		return error_system(err, errno, "%s", r->folder);
	out_table_begin(&r->app->out, NULL, columns, COUNT_OF(columns));
	for (size_t i = 0; code >= 0 && i < campaign->step_count; i++)
		if (!only || str_eq_cstr(campaign->steps[i].id, only))
			code = put_step(r, &campaign->steps[i], err);
	out_table_end(&r->app->out);
	return code;
}

static int
render(struct app *app, const struct work *work, void *arg, struct error *err)
{
	const struct campaign *campaign = render_kit_campaign(work->kit);
	const struct campaign_partner_row *row;
	const char *folder = app_option(app, "out");
	const char *lang = app_option(app, "lang");
	struct rendering r = { .app = app, .kit = work->kit };
	struct sample sample;

	(void)arg;
	if (work_partner(app, app_option(app, "partner"), &row, err) < 0 ||
	    sample_make(&sample, campaign, row, lang ? str_of(lang) : STR(""),
			STR(""), app->arena, app_now_ms(app), err) < 0)
		return -(int)err->code;
	r.sample = &sample;
	r.folder = folder
		       ? folder
		       : arena_printf(app->arena, "%.*s-%.*s",
				      STR_ARG(campaign->id), STR_ARG(row->id));
	return put_all(&r, err) < 0 ? -(int)err->code : CMD_EXIT_OK;
}

static int
run(struct app *app, struct error *err)
{
	if (app_init(app, err) < 0)
		return -(int)err->code;
	return work_on_operand(app, 0, render, err);
}

extern const struct command cmd_render;
const struct command cmd_render = {
	.name = "render",
	.summary = "everything a partner would get, as files",
	.details = "Mails as .eml with their two parts beside, pages and "
		   "documents as .html, posts as\n.txt, for a made-up reader. "
		   "Links in them lead nowhere. It needs no store.",
	.examples =
	    (const struct command_example[]){
		{ "guidon render spring-launch --partner acme -o look",
		  "into the folder look" },
		{ "guidon render --partner acme --step invite --lang de",
		  "one step, for a reader of German" },
		{ 0 } },
	.operands = "[CAMPAIGN]",
	.operands_max = 1,
	.options =
	    (const struct command_option[]){
		{ .name = "partner",
		  .value = "P",
		  .required = true,
		  .help = "for this partner of partners.csv" },
		{ .name = "step", .value = "STEP", .help = "this step alone" },
		{ .name = "lang",
		  .value = "TAG",
		  .help = "the reader's language; else the partner's" },
		{ .name = "out",
		  .letter = 'o',
		  .value = "DIR",
		  .help = "the folder; else CAMPAIGN-PARTNER" },
		{ 0 } },
	.storeless = true,
	.run = run,
};
