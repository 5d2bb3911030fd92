/*
 * A campaign's mail: the links and texts of its step first, which are plain
 * text, then the template twice, which escapes them for HTML.
 *
 * Where a link leads is asked again when it is clicked, of the same kit. So
 * the target is in nobody's hands but ours.
 */
#include "render/render_kit_priv.h"

static void
set_urls(struct kit_run *run)
{
	struct liquid_object *o = liquid_object_new(run->a);
	struct render_urls urls;

	render_urls_of(run->subject, &run->origin, run->a, &urls);
	liquid_object_set(o, STR("site"), liquid_string(urls.site));
	liquid_object_set(o, STR("pixel"), liquid_string(urls.pixel));
	liquid_object_set(o, STR("view"), liquid_string(urls.view));
	liquid_object_set(o, STR("unsubscribe"),
			  liquid_string(urls.unsubscribe));
	kit_set(run, "urls", liquid_of(o));
}

static int
set_words(struct kit_run *run, struct render_content *content,
	  struct error *err)
{
	struct str preheader;

	if (kit_set_links(run, err) < 0 ||
	    kit_say(run, &run->step->subject, &content->subject, err) < 0 ||
	    kit_say(run, &run->step->preheader, &preheader, err) < 0 ||
	    kit_set_texts(run, err) < 0)
		return -(int)err->code;
	kit_set(run, "subject", liquid_string(content->subject));
	kit_set(run, "preheader", liquid_string(preheader));
	set_urls(run);
	return 0;
}

/* On trial a part whose template does not compile is left out. */
static int
output(const struct kit_run *run, const struct liquid_program *program,
       struct str *part, struct error *err)
{
	*part = STR("");
	return program ? kit_output(run, program, part, err) : 0;
}

int
kit_mail_content(struct kit_run *run, struct render_content *content,
		 struct error *err)
{
	if (set_words(run, content, err) < 0 ||
	    output(run, run->step->html, &content->html, err) < 0 ||
	    output(run, run->step->text, &content->text, err) < 0)
		return kit_context(run, err);
	return 0;
}

int
render_kit_mail(const struct render_kit *kit, const struct campaign_step *step,
		const struct render_subject *subject, struct arena *a,
		struct render_content *content, struct render_mail *mail,
		struct error *err)
{
	struct kit_run run;

	check(step->kind == CAMPAIGN_EMAIL);
	check(subject->contact && subject->sender);
	if (kit_begin(&run, kit, step, subject, a, err) < 0 ||
	    kit_mail_content(&run, content, err) < 0)
		return -(int)err->code;
	if (render_mail_make(subject, &run.origin, content, a, mail, err) < 0)
		return error_context(err, "step %.*s, template %.*s",
				     STR_ARG(step->id),
				     STR_ARG(step->template_name));
	return 0;
}

int
render_kit_link_target(const struct render_kit *kit,
		       const struct campaign_step *step, unsigned link,
		       const struct render_subject *subject, struct arena *a,
		       struct str *url, struct error *err)
{
	struct kit_run run;

	if (link >= step->link_count)
		return error_set(err, ERROR_NOT_FOUND,
				 "found link number %u of %zu in step %.*s, "
				 "expected one that it has",
				 link, step->link_count, STR_ARG(step->id));
	if (kit_begin(&run, kit, step, subject, a, err) < 0)
		return -(int)err->code;
	if (kit_link_target(&run, link, url, err) < 0)
		return kit_context(&run, err);
	return 0;
}
