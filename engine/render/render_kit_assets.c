/*
 * Images of the workspace: the brand's logo, and those that templates name for
 * the filter asset_url. All of them are read when the kit is made, the logo
 * whether a template shows it or not, so that a revision has them; what names
 * one must therefore be known by then, and is text in quotes.
 */
#include "render/render_kit_priv.h"

static int
load(struct kit_maker *m, struct str file, const char *wanted,
     struct kit_image *out, struct error *err)
{
	struct str bytes;
	int got;

	out->path = str_printf(m->a, "assets/%.*s", STR_ARG(file));
	got = m->files->read(m->files, m->a, out->path, &bytes, err);
	if (got < 0)
		return got;
	if (got == 0)
		return error_set(err, ERROR_NOT_FOUND,
				 "found no such file, expected %s", wanted);
	if (campaign_asset_name(bytes, m->a, &out->name, err) < 0)
		return -(int)err->code;
	out->url = str_printf(m->a, "%.*s/a/%.*s",
			      STR_ARG(m->kit->campaign->workspace->site),
			      STR_ARG(out->name));
	return 0;
}

int
kit_image_load(struct kit_maker *m, struct str file, const char *wanted,
	       struct error *err)
{
	struct kit_image *image;

	if (map_find(&m->kit->images, file))
		return 0;
	image = ARENA_NEW(m->a, struct kit_image);
	if (load(m, file, wanted, image, err) < 0)
		return error_context(err, "\"assets/%.*s\"", STR_ARG(file));
	map_put(&m->kit->images, file, image);
	return 0;
}

struct str
kit_image_url(const struct render_kit *kit, struct str file)
{
	const struct kit_image *image = map_get(&kit->images, file);

	return image->url;
}

int
render_kit_image(const struct render_kit *kit, struct str name,
		 struct str *path)
{
	map_foreach (&kit->images, e) {
		const struct kit_image *image = e->value;

		if (str_eq(image->name, name)) {
			*path = image->path;
			return 1;
		}
	}
	return 0;
}

int
kit_assets(struct kit_maker *m, struct error *err)
{
	const struct campaign_brand *brand = m->kit->campaign->brand;
	struct str logo = brand->logo;

	if (logo.len == 0)
		return 0;
	if (kit_image_load(m, logo, "the brand's logo", err) >= 0) {
		m->kit->logo = kit_image_url(m->kit, logo);
		return 0;
	}
	if (err->code == ERROR_IO)
		return -(int)err->code;
	campaign_finding_add(m->findings, CAMPAIGN_ERROR, "asset",
			     STR("guidon.xml"), brand->logo_at.line,
			     brand->logo_at.column, "%s", err->text);
	return 0;
}
