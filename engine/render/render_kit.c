/*
 * A kit is made in passes over what was loaded: the assets are read, the
 * templates and texts compiled, and the objects built that no partner changes.
 * Each pass adds its findings and goes on, over what could be read of files
 * that have some already, so that one run of the check tells all there is to
 * mend. In the end each step of which nothing was said is made on trial.
 *
 * Everything lives in the kit's arena but the programs, which are kept in a
 * list to be freed.
 */
#include "render/render_kit.h"

#include "render/render_kit_priv.h"

static int
refuse(const struct campaign_findings *findings, size_t before,
       struct error *err)
{
	for (size_t i = before; i < findings->count; i++) {
		const struct campaign_finding *f = &findings->items[i];

		if (f->severity == CAMPAIGN_ERROR)
			return error_set(err, ERROR_INVALID, "%.*s:%d:%d: %.*s",
					 STR_ARG(f->file), f->line, f->column,
					 STR_ARG(f->text));
	}
	return error_set(err, ERROR_INVALID,
			 "found a campaign that cannot be used, expected one "
			 "without errors");
}

/* Without guidon.xml the campaign is looked at all the same. */
static int
read_workspace(struct kit_maker *m, const struct campaign_workspace **workspace,
	       struct error *err)
{
	int code = campaign_workspace_read(m->files, m->a, m->findings,
					   workspace, err);

	if (code >= 0 || err->code != ERROR_NOT_FOUND)
		return code;
	campaign_finding_add(m->findings, CAMPAIGN_ERROR, "file",
			     STR("guidon.xml"), 1, 1, "%s", err->text);
	return 0;
}

static int
make(struct kit_maker *m, const struct render_kit_source *source,
     struct error *err)
{
	struct campaign_findings *findings = m->findings;
	const struct campaign_workspace *workspace;
	size_t errors = findings->error_count, before = findings->count;

	if (read_workspace(m, &workspace, err) < 0)
		return -(int)err->code;
	if (campaign_read(m->files, m->a, workspace, source->campaign, findings,
			  &m->kit->campaign, err) < 0)
		return -(int)err->code;
	if (!m->kit->campaign)
		return refuse(findings, before, err);
	if (kit_assets(m, err) < 0)
		return -(int)err->code;
	kit_compile(m);
	kit_languages(m);
	if (!m->is_published)
		kit_try(m, before);
	if (findings->error_count > errors)
		return refuse(findings, before, err);
	return 0;
}

int
render_kit_make(struct render_kit **out, const struct render_kit_source *source,
		struct campaign_findings *findings, struct error *err)
{
	struct arena *a = arena_new();
	struct render_kit *kit = ARENA_NEW(a, struct render_kit);
	struct kit_maker maker = { .kit = kit,
				   .files = source->files,
				   .findings = findings,
				   .a = a,
				   .is_published = source->is_published,
				   .attributes = source->attributes };

	maker.columns = kit_names_in(a, source->attributes);
	kit->a = a;
	map_init(&kit->templates, a, NULL);
	map_init(&kit->images, a, NULL);
	if (make(&maker, source, err) < 0) {
		if (source->files->failure.code != ERROR_NONE)
			*err = source->files->failure;
		render_kit_free(&kit);
		return -(int)err->code;
	}
	*out = kit;
	return 0;
}

int
render_kit_new(struct render_kit **out, struct campaign_files *files,
	       struct str campaign, struct campaign_findings *findings,
	       struct error *err)
{
	return render_kit_make(
	    out,
	    &(struct render_kit_source){ .files = files, .campaign = campaign },
	    findings, err);
}

void
render_kit_free(struct render_kit **kit)
{
	struct arena *a;

	if (!*kit)
		return;
	for (struct kit_program *p = (*kit)->programs; p; p = p->next)
		liquid_free(&p->program);
	a = (*kit)->a;
	arena_free(&a);
	*kit = NULL;
}

const struct campaign *
render_kit_campaign(const struct render_kit *kit)
{
	return kit->campaign;
}
