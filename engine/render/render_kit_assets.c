/*
 * What a brand shows. The logo is read whether a template shows it or not, so
 * that a revision has it.
 */
#include "render/render_kit_priv.h"

#include "base/crypto.h"
#include "base/encode.h"

static struct str
public_name(struct arena *a, struct str path, struct str bytes)
{
	uint8_t hash[CRYPTO_HASH_BYTES];
	struct buf name = { 0 };
	struct str rest = path, suffix = path, kept;

	while (str_split(&rest, '.', &suffix))
		;
	crypto_sha256(bytes, hash);
	encode_hex(&name, (struct str){ (const char *)hash, sizeof(hash) });
	buf_printf(&name, ".%.*s", STR_ARG(str_lower(a, suffix)));
	kept = str_copy(a, buf_view(&name));
	buf_fini(&name);
	return kept;
}

int
kit_assets(struct kit_maker *m, struct error *err)
{
	const struct campaign *c = m->kit->campaign;
	struct str path, bytes;
	int got;

	if (c->brand->logo.len == 0)
		return 0;
	path = str_printf(m->a, "assets/%.*s", STR_ARG(c->brand->logo));
	got = m->files->read(m->files, m->a, path, &bytes, err);
	if (got < 0)
		return error_context(err, "%.*s", STR_ARG(path));
	if (got == 0) {
		campaign_finding_add(m->findings, CAMPAIGN_ERROR, "asset",
				     STR("guidon.xml"), 1, 1,
				     "found no file \"%.*s\", expected the "
				     "logo of the brand \"%.*s\"",
				     STR_ARG(path), STR_ARG(c->brand->id));
		return 0;
	}
	m->kit->logo =
	    str_printf(m->a, "%.*s/a/%.*s", STR_ARG(c->workspace->site),
		       STR_ARG(public_name(m->a, path, bytes)));
	return 0;
}
