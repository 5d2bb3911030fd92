/*
 * What a brand shows. The logo is read whether a template shows it or not, so
 * that a revision has it.
 */
#include "render/render_kit_priv.h"

static void
complain(struct kit_maker *m, struct str path, const char *what)
{
	struct campaign_place at = m->kit->campaign->brand->logo_at;

	campaign_finding_add(m->findings, CAMPAIGN_ERROR, "asset",
			     STR("guidon.xml"), at.line, at.column,
			     "\"%.*s\": %s", STR_ARG(path), what);
}

int
kit_assets(struct kit_maker *m, struct error *err)
{
	const struct campaign *c = m->kit->campaign;
	struct str path, bytes, name;
	struct error refused;
	int got;

	if (c->brand->logo.len == 0)
		return 0;
	path = str_printf(m->a, "assets/%.*s", STR_ARG(c->brand->logo));
	got = m->files->read(m->files, m->a, path, &bytes, err);
	if (got < 0)
		return error_context(err, "%.*s", STR_ARG(path));
	if (got == 0)
		complain(m, path,
			 "found no such file, expected the brand's logo");
	else if (campaign_asset_name(bytes, m->a, &name, &refused) < 0)
		complain(m, path, refused.text);
	else
		m->kit->logo =
		    str_printf(m->a, "%.*s/a/%.*s", STR_ARG(c->workspace->site),
			       STR_ARG(name));
	return 0;
}
