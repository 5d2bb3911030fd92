/*
 * A post: one of the step's variants, through the template of the step. The
 * link goes beside the text, for that is how networks take it.
 */
#include "render/render_kit_priv.h"

static int
set_link(struct kit_run *run, struct str *link, struct error *err)
{
	*link = STR("");
	if (run->step->step->link_count > 0 &&
	    kit_link_target(run, 0, link, err) < 0)
		return -(int)err->code;
	kit_set(run, "link", liquid_string(*link));
	return 0;
}

static int
set_text(struct kit_run *run, size_t variant, struct str channel,
	 struct error *err)
{
	struct str text;

	if (kit_say(run, &run->step->variants[variant], &text, err) < 0)
		return -(int)err->code;
	kit_set(run, "text", liquid_string(text));
	kit_set(run, "channel", liquid_string(channel));
	return 0;
}

int
kit_post_content(struct kit_run *run, size_t variant,
		 struct render_post_content *content, struct error *err)
{
	if (kit_set_links(run, err) < 0 ||
	    set_link(run, &content->link, err) < 0 ||
	    set_text(run, variant, content->channel, err) < 0 ||
	    kit_output(run, run->step->text, &content->text, err) < 0)
		return kit_context(run, err);
	content->text = str_trim(content->text);
	return 0;
}

int
render_kit_post(const struct render_kit *kit, const struct campaign_step *step,
		struct str channel, const struct render_subject *subject,
		struct arena *a, struct render_post *out, struct error *err)
{
	struct render_post_content content = { .channel = channel };
	struct kit_run run;

	check(step->kind == CAMPAIGN_POST && step->variant_count > 0);
	if (kit_begin(&run, kit, step, subject, a, err) < 0)
		return -(int)err->code;
	out->variant = render_post_variant(subject->partner->id, &run.origin,
					   channel, step->variant_count);
	if (kit_post_content(&run, out->variant, &content, err) < 0)
		return -(int)err->code;
	out->text = content.text;
	out->link = content.link;
	out->length = render_post_length(&content, &out->most);
	if (render_post_make(subject, &run.origin, &content, a, &out->json,
			     err) < 0)
		return error_context(err, "step %.*s", STR_ARG(step->id));
	return 0;
}
