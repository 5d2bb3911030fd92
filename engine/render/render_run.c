/*
 * One rendering: programs run over the values of one subject, each result a
 * value for the next. Links come before texts, texts before templates.
 */
#include "render/render_kit_priv.h"

#include <string.h>

void
kit_set(struct kit_run *run, const char *name, struct liquid_value value)
{
	liquid_object_set(run->globals, str_of(name), value);
}

int
kit_context(const struct kit_run *run, struct error *err)
{
	struct str slug = run->subject->partner->slug;

	if (run->step)
		return error_context(err, "partner %.*s, step %.*s",
				     STR_ARG(slug),
				     STR_ARG(run->step->step->id));
	return error_context(err, "partner %.*s", STR_ARG(slug));
}

int
kit_output(const struct kit_run *run, const struct liquid_program *program,
	   struct str *out, struct error *err)
{
	const struct liquid_unfilled unfilled = { kit_tell_unfilled,
						  (void *)(uintptr_t)run };
	const struct liquid_inputs inputs = {
		.unfilled = run->kit->trial ? &unfilled : NULL,
		.globals = run->globals,
		.locale = kit_reader_locale(run),
		.zone = kit_reader_zone(run),
		.filter_context = (void *)(uintptr_t)run,
	};
	struct buf b = { 0 };
	int code = liquid_run(program, &inputs, run->a, &b, err);

	if (code >= 0)
		*out = str_copy(run->a, buf_view(&b));
	buf_fini(&b);
	return code;
}

int
kit_say(const struct kit_run *run, const struct kit_words *words,
	struct str *out, struct error *err)
{
	const struct campaign_text *text =
	    campaign_text_pick(&words->texts, run->language->tag,
			       run->kit->campaign->workspace->language);
	const struct liquid_program *program;

	*out = text ? text->text : STR("");
	program = text ? words->programs[text - words->texts.items] : NULL;
	return program ? kit_output(run, program, out, err) : 0;
}

int
kit_set_texts(struct kit_run *run, struct error *err)
{
	const struct kit_step *step = run->step;
	struct liquid_object *texts = liquid_object_new(run->a);
	struct str text;

	for (size_t i = 0; i < step->step->text_count; i++) {
		if (kit_say(run, &step->texts[i].words, &text, err) < 0)
			return -(int)err->code;
		liquid_object_set(texts, step->texts[i].id,
				  liquid_string(text));
	}
	kit_set(run, "texts", liquid_of(texts));
	return 0;
}

/* ---- links ---- */

enum render_medium
kit_medium(const struct kit_step *step)
{
	static const enum render_medium media[] = {
		[CAMPAIGN_EMAIL] = RENDER_EMAIL,
		[CAMPAIGN_POST] = RENDER_SOCIAL,
		[CAMPAIGN_PAGE] = RENDER_WEB,
		[CAMPAIGN_DOCUMENT] = RENDER_PRINT,
	};

	return media[step->step->kind];
}

int
kit_link_target(const struct kit_run *run, size_t index, struct str *url,
		struct error *err)
{
	const struct kit_link *link = &run->step->links[index];
	struct str token = { 0 };

	*url = link->link->href;
	if (link->link->page.len > 0) {
		if (run->step->step->kind == CAMPAIGN_EMAIL &&
		    run->subject->delivery)
			token = render_token(run->subject, EVENT_TOKEN_FORM, 0,
					     run->a);
		*url = render_url_page(run->subject, &run->origin,
				       link->link->page, token, run->a);
	} else if (link->href && kit_output(run, link->href, url, err) < 0) {
		return -(int)err->code;
	}
	if (render_url_tag(*url, kit_medium(run->step), &run->origin, run->a,
			   url, err) < 0)
		return error_context(err, "link %.*s", STR_ARG(link->link->id));
	return 0;
}

/*
 * In a mail that is sent, the tracked form; else where it leads, so that a
 * preview can be tried out.
 */
static int
link_url(const struct kit_run *run, size_t index, struct str *url,
	 struct error *err)
{
	if (run->step->step->kind == CAMPAIGN_EMAIL && run->subject->delivery) {
		*url = render_url_click(run->subject, &run->origin,
					(unsigned)index, run->a);
		return 0;
	}
	return kit_link_target(run, index, url, err);
}

int
kit_set_links(struct kit_run *run, struct error *err)
{
	const struct kit_step *step = run->step;
	struct liquid_object *links = liquid_object_new(run->a), *link;
	struct str label, url;

	for (size_t i = 0; i < step->step->link_count; i++) {
		if (kit_say(run, &step->links[i].label, &label, err) < 0 ||
		    link_url(run, i, &url, err) < 0)
			return -(int)err->code;
		link = liquid_object_new(run->a);
		liquid_object_set(link, STR("url"), liquid_string(url));
		liquid_object_set(link, STR("label"), liquid_string(label));
		liquid_object_set(links, step->links[i].link->id,
				  liquid_of(link));
	}
	kit_set(run, "links", liquid_of(links));
	return 0;
}
