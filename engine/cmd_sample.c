#include "cmd_sample.h"

#include "base/arena.h"
#include "campaign/campaign.h"
#include "campaign/campaign_asset.h"
#include "campaign/campaign_partners.h"
#include "plan/plan_partner.h"
#include "render/render_kit.h"

/* Not zero and not drawn: a preview is the same every time. */
enum { SAMPLE_ID = 1 };

static struct contact
contact_of(const struct partner *partner, struct str lang, struct str address,
	   struct str tags)
{
	return (struct contact){
		.partner_id = partner->id,
		.id = SAMPLE_ID,
		.address = address.len ? address : STR("alex@example.com"),
		.given_name = STR("Alex"),
		.family_name = STR("Morgan"),
		.company = STR("Example Ltd"),
		.phone = STR("+1 202 555 0101"),
		.language = lang.len ? lang : partner->language,
		.country = partner->country,
		.tags = tags,
		.attributes = STR("{}"),
		.consent = CONSENT_GIVEN,
	};
}

int
sample_make(struct sample *out, const struct campaign *campaign,
	    const struct campaign_partner_row *row, struct str lang,
	    struct str address, struct arena *a, int64_t now_ms,
	    struct error *err)
{
	*out = (struct sample){ .partner = plan_partner_of(row) };
	out->partner.id = SAMPLE_ID;
	if (plan_sender(campaign->brand, &out->partner, a, &out->sender, err) <
	    0)
		return error_context(err, "partner %.*s", STR_ARG(row->id));
	out->activation = (struct activation){
		.partner_id = SAMPLE_ID,
		.id = SAMPLE_ID,
		.campaign = campaign->id,
		.parameters = STR("{}"),
		.start_ms = now_ms,
	};
	out->contact = contact_of(&out->partner, lang, address,
				  campaign_sample_tags(campaign, a));
	out->subject = (struct render_subject){
		.partner = &out->partner,
		.sender = &out->sender,
		.activation = &out->activation,
		.contact = &out->contact,
	};
	return 0;
}

int
sample_join(struct sample *s, struct db *db, struct arena *a, struct error *err)
{
	struct partner partner;
	struct activation *runs;
	int found = partner_find(db, a, s->partner.slug, &partner, err);

	if (found > 0)
		found = activation_list(db, a, s->activation.campaign,
					partner.id, &runs, err);
	if (found <= 0)
		return found;
	s->partner.id = partner.id;
	s->sender.partner_id = partner.id;
	s->contact.partner_id = partner.id;
	s->activation.partner_id = partner.id;
	s->activation.id = runs[found - 1].id;
	s->activation.parameters = runs[found - 1].parameters;
	return 1;
}

/* ---- images ---- */

static const char *
content_type_of(struct str name)
{
	static const struct {
		const char *suffix;
		const char *media;
	} types[] = {
#define TYPE(id, suffix, media) { "." suffix, media },
		CAMPAIGN_ASSET_TYPES(TYPE)
#undef TYPE
	};

	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (str_ends(name, str_of(types[i].suffix)))
			return types[i].media;
	return "application/octet-stream";
}

int
sample_image_find(struct campaign_files *files, const struct render_kit *kit,
		  const struct campaign_partner_row *rows, size_t row_count,
		  struct str name, struct arena *a, struct sample_image *out)
{
	struct str path;
	struct error err;

	out->content_type = content_type_of(name);
	for (size_t i = 0; i < row_count; i++) {
		out->bytes = rows[i].logo_bytes;
		if (rows[i].logo_name.len > 0 &&
		    str_eq(rows[i].logo_name, name))
			return 1;
	}
	return kit && render_kit_image(kit, name, &path) &&
	       files->read(files, a, path, &out->bytes, &err) > 0;
}

static size_t
name_length(struct str text)
{
	size_t len = 0;

	while (len < text.len && ((text.p[len] >= 'a' && text.p[len] <= 'z') ||
				  (text.p[len] >= '0' && text.p[len] <= '9') ||
				  text.p[len] == '.'))
		len++;
	return len;
}

int
sample_images_move(struct str html, struct str site, const char *where,
		   int (*found)(void *arg, struct str name, struct error *err),
		   void *arg, struct arena *a, struct str *out,
		   struct error *err)
{
	struct str there = str_printf(a, "%.*s/a/", STR_ARG(site));
	struct buf moved = { 0 };
	ptrdiff_t at;
	int code = 0;

	while (code >= 0 && (at = str_find(html, there)) >= 0) {
		buf_str(&moved, str_slice(html, 0, (size_t)at));
		buf_cat(&moved, where);
		html = str_slice(html, (size_t)at + there.len, html.len);
		if (found)
			code = found(arg, str_slice(html, 0, name_length(html)),
				     err);
	}
	buf_str(&moved, html);
	*out = str_copy(a, buf_view(&moved));
	buf_fini(&moved);
	return code;
}
