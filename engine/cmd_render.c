/*
 * guidon render: everything a partner would get, as files to look at. The
 * reader is made up. Of a store, if there is one, it takes the partner's run of
 * the campaign, so that pages are where the files say; it puts nothing there,
 * and one that cannot be read is as good as none.
 */
#include "cmd.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "campaign/campaign.h"
#include "campaign/campaign_partners.h"
#include "cmd_file.h"
#include "cmd_sample.h"
#include "cmd_show.h"
#include "cmd_workspace.h"
#include "render/render_kit.h"

struct rendering {
	struct app *app;
	const struct work *work;
	const struct campaign_partner_row *row;
	const struct sample *sample;
	const char *folder;
};

/* ---- files ---- */

static int
put_file(struct rendering *r, struct str name, const char *suffix,
	 struct str bytes, struct error *err)
{
	const char *path = arena_printf(r->app->arena, "%s/%.*s%s", r->folder,
					STR_ARG(name), suffix);

	return file_put(path, bytes, err);
}

/* Nothing for what a thing of its kind has not. */
static int
put(struct rendering *r, struct str id, const char *suffix, struct str bytes,
    struct error *err)
{
	struct output *out = &r->app->out;

	if (bytes.len == 0)
		return 0;
	if (put_file(r, id, suffix, bytes, err) < 0)
		return -(int)err->code;
	out_cell(out, str_printf(r->app->arena, "%s/%.*s%s", r->folder,
				 STR_ARG(id), suffix));
	out_cell(out, id);
	out_cell_int(out, (int64_t)bytes.len);
	return 0;
}

/* One that is not in the workspace is on the site, if it is anywhere. */
static int
put_image(void *arg, struct str name, struct error *err)
{
	struct rendering *r = arg;
	struct sample_image image;
	const char *folder =
	    arena_printf(r->app->arena, "%s/images", r->folder);

	if (!sample_image_find(r->work->files, r->work->kit, r->row, 1, name,
			       r->app->arena, &image))
		return 0;
	if (mkdir(folder, 0777) != 0 && errno != EEXIST)
		return error_system(err, errno, "%s", folder);
	return put_file(r,
			str_printf(r->app->arena, "images/%.*s", STR_ARG(name)),
			"", image.bytes, err);
}

/* To be opened from the folder, without a network. */
static int
put_html(struct rendering *r, struct str id, struct str html, struct error *err)
{
	struct str site = render_kit_campaign(r->work->kit)->workspace->site;

	if (sample_images_move(html, site, "images/", put_image, r,
			       r->app->arena, &html, err) < 0)
		return -(int)err->code;
	return put(r, id, ".html", html, err);
}

static int
put_post(struct rendering *r, struct str id, const struct shown_post *shown,
	 struct error *err)
{
	struct arena *a = r->app->arena;
	struct str link = shown->post.link;

	return put(r, id, arena_printf(a, "-%.*s.txt", STR_ARG(shown->channel)),
		   str_printf(a, "%.*s\n%.*s%s", STR_ARG(shown->post.text),
			      STR_ARG(link), link.len ? "\n" : ""),
		   err);
}

static int
put_item(struct rendering *r, const struct show_item *item, struct error *err)
{
	struct shown shown;
	int code = show_make(&shown, r->work->kit, item, r->sample,
			     r->app->arena, err);

	for (size_t i = 0; code >= 0 && i < shown.post_count; i++)
		code = put_post(r, item->id, &shown.posts[i], err);
	if (code < 0 || put(r, item->id, ".eml", shown.mail, err) < 0 ||
	    put_html(r, item->id, shown.html, err) < 0 ||
	    put(r, item->id, ".txt", shown.text, err) < 0)
		return error_context(err, "%.*s", STR_ARG(item->id));
	return 0;
}

/* ---- the command ---- */

static int
no_item(struct app *app, const struct campaign *campaign,
	const struct show_item *items, size_t count, struct error *err)
{
	const char **names = ARENA_ARRAY(app->arena, count + 1, const char *);

	for (size_t i = 0; i < count; i++)
		names[i] = str_cstr(app->arena, items[i].id);
	return error_set(
	    err, ERROR_NOT_FOUND, "campaign %.*s: no step %s",
	    STR_ARG(campaign->id),
	    cmd_nearest(app->arena, app_option(app, "step"), names, count));
}

/* One that we make is ours, and nobody's to commit. */
static int
make_folder(const struct rendering *r, struct error *err)
{
	const char *path =
	    arena_printf(r->app->arena, "%s/.gitignore", r->folder);

	if (mkdir(r->folder, 0777) == 0)
		return file_put(path, STR("*\n"), err);
	return errno == EEXIST ? 0 : error_system(err, errno, "%s", r->folder);
}

static int
put_all(struct rendering *r, struct error *err)
{
	static const char *const columns[] = { "file", "step", "bytes" };
	const struct campaign *campaign = render_kit_campaign(r->work->kit);
	const char *only = app_option(r->app, "step");
	const struct show_item *items;
	size_t count;
	int code = 0;

	items = show_list(campaign, r->app->arena, &count);
	if (only && !show_find(items, count, str_of(only)))
		return no_item(r->app, campaign, items, count, err);
	if (make_folder(r, err) < 0)
		return -(int)err->code;
	out_what_was_done(&r->app->out);
	out_table_begin(&r->app->out, NULL, columns, COUNT_OF(columns));
	for (size_t i = 0; code >= 0 && i < count; i++)
		if (!only || str_eq_cstr(items[i].id, only))
			code = put_item(r, &items[i], err);
	out_table_end(&r->app->out);
	return code;
}

/* Why links of pages lead nowhere. */
static void
say_made_up(struct app *app, const struct sample *sample, int runs)
{
	if (runs == 0)
		out_note(&app->out, "links of pages are made up until the "
				    "campaign is applied");
	else
		out_note(&app->out,
			 "links of pages are made up: %.*s has no part in "
			 "%.*s",
			 STR_ARG(sample->partner.slug),
			 STR_ARG(sample->activation.campaign));
}

static void
join(struct app *app, struct sample *sample)
{
	struct activation *runs;
	struct error err;
	int found = app_peek(app, &err), run_count = 0;

	if (found > 0)
		found = run_count = activation_list(app->db, app->arena,
						    sample->activation.campaign,
						    -1, &runs, &err);
	if (found > 0)
		found = sample_join(sample, app->db, app->arena, &err);
	if (found < 0)
		out_note(&app->out, "links of pages are made up: %s", err.text);
	else if (found == 0)
		say_made_up(app, sample, run_count);
}

static int
render(struct app *app, const struct work *work, void *arg, struct error *err)
{
	const struct campaign *campaign = render_kit_campaign(work->kit);
	const char *folder = app_option(app, "out");
	struct rendering r = { .app = app, .work = work };
	struct sample sample;
	struct str lang;

	(void)arg;
	if (app_language(app, &lang, err) < 0 ||
	    work_partner(app, app_option(app, "partner"), &r.row, err) < 0 ||
	    sample_make(&sample, campaign, r.row, lang, STR(""), app->arena,
			app_now_ms(app), err) < 0)
		return -(int)err->code;
	join(app, &sample);
	r.sample = &sample;
	r.folder =
	    folder ? folder
		   : arena_printf(app->arena, "%.*s-%.*s",
				  STR_ARG(campaign->id), STR_ARG(r.row->id));
	return put_all(&r, err) < 0 ? -(int)err->code : CMD_EXIT_OK;
}

static int
run(struct app *app, struct error *err)
{
	const char *step = app_option(app, "step");

	if (app_init(app, err) < 0)
		return -(int)err->code;
	return step ? work_on_step(app, step, 0, render, err)
		    : work_on_operand(app, 0, render, err);
}

extern const struct command cmd_render;
const struct command cmd_render = {
	.name = "render",
	.summary = "everything a partner would get, as files",
	.details = "Mails as .eml with their two parts beside, pages and "
		   "documents as .html, posts as\n.txt, and what is sent "
		   "beside the steps: the notices and the mails about a\n"
		   "lead. Images are beside. A document is a page to print "
		   "from the browser. Links to\npages are those of the "
		   "partner's own run once the campaign is applied, made "
		   "up\nbefore. The reader is made up, and the reader's own "
		   "links lead nowhere. It needs\nno store.",
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
		{ .name = "step",
		  .value = "STEP",
		  .help = "this step alone, of the campaign that has it" },
		{ .name = "lang",
		  .value = "TAG",
		  .help = "the reader's language; else the partner's" },
		{ .name = "out",
		  .letter = 'o',
		  .value = "DIR",
		  .help =
		      "the folder; else CAMPAIGN-PARTNER; git passes it over" },
		{ 0 } },
	.storeless = true,
	.run = run,
};
