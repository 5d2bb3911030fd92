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

bool
kit_has_failed(const struct kit_run *run)
{
	return run->kit->trial && run->kit->trial->faults > run->faults;
}

bool
kit_is_broken(const struct kit_run *run, const struct liquid_program *program)
{
	return run->kit->trial && program &&
	       kit_source(run->kit, program)->failed;
}

/* A failure says where, by the path of the file. */
static int
fail(const struct kit_run *run, struct kit_program *source, struct error *err)
{
	struct str message = str_copy(run->a, str_of(err->text));
	struct kit_fault fault;

	if (!kit_fault_read(run->a, message, source->file, source->suffix,
			    &fault))
		return -(int)err->code;
	if (!run->kit->trial)
		return error_set(err, err->code, "%.*s:%d:%d: %.*s",
				 STR_ARG(fault.file), fault.line, fault.column,
				 STR_ARG(fault.text));
	source->failed = true;
	source->cut = true;
	kit_try_failed(run->kit->trial, &fault);
	return 0;
}

int
kit_output(const struct kit_run *run, const struct liquid_program *program,
	   struct str *out, struct error *err)
{
	struct kit_trying trying = { run, program };
	const struct liquid_unfilled unfilled = { kit_try_unfilled, &trying };
	const struct liquid_failed failed = { kit_try_lost, &trying };
	const struct liquid_inputs inputs = {
		.unfilled = run->kit->trial ? &unfilled : NULL,
		.failed = run->kit->trial ? &failed : NULL,
		.globals = run->globals,
		.locale = kit_reader_locale(run),
		.zone = kit_reader_zone(run),
		.filter_context = (void *)(uintptr_t)run,
	};
	struct buf b = { 0 };
	int code = liquid_run(program, &inputs, run->a, &b, err);

	*out = str_copy(run->a, code < 0 ? STR("") : buf_view(&b));
	buf_fini(&b);
	if (code < 0)
		return fail(run, kit_source(run->kit, program), err);
	if (run->kit->trial)
		kit_tell_gap(run->kit->trial);
	return 0;
}

bool
kit_is_run(struct str text)
{
	return str_find(text, STR("{{")) >= 0 || str_find(text, STR("{%")) >= 0;
}

const struct campaign_text *
kit_pick(const struct kit_run *run, const struct kit_words *words)
{
	return campaign_text_pick(&words->texts, run->language->tag,
				  run->kit->campaign->workspace->language);
}

int
kit_say(const struct kit_run *run, const struct kit_words *words,
	struct str *out, struct error *err)
{
	const struct campaign_text *text = kit_pick(run, words);
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

static int
fail_link(const struct kit_run *run, const struct campaign_link *link,
	  struct error *err)
{
	const struct kit_fault fault = {
		.file = run->kit->campaign->file,
		.line = link->target_at.line,
		.column = link->target_at.column,
		.text = str_copy(run->a, str_of(err->text)),
	};

	if (!run->kit->trial)
		return error_context(err, "link %.*s", STR_ARG(link->id));
	kit_try_failed(run->kit->trial, &fault);
	return 0;
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
	} else if (link->href) {
		if (kit_output(run, link->href, url, err) < 0)
			return -(int)err->code;
		if (kit_is_broken(run, link->href))
			return 0;
	}
	if (render_url_tag(*url, kit_medium(run->step), &run->origin, run->a,
			   url, err) < 0)
		return fail_link(run, link->link, err);
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
