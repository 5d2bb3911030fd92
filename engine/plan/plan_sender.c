/*
 * In whose name a partner's mail goes: "Acme via Northwind", from an address
 * of the brand's own domain, so that no partner has to touch its DNS; answers
 * go to the partner.
 */
#include "base/arena.h"
#include "mime/mime.h"
#include "plan/plan_priv.h"

static int
normal(struct arena *a, struct str address, const char *what, struct str *out,
       struct error *err)
{
	if (mime_address_normalise(a, address, out, err) < 0)
		return error_context(err, "%s", what);
	return 0;
}

int
plan_sender(const struct campaign_brand *brand, const struct partner *p,
	    struct arena *a, struct partner_sender *out, struct error *err)
{
	struct str reply_to = p->owner_email;

	if (reply_to.len == 0)
		reply_to = p->lead_email;
	*out = (struct partner_sender){
		.partner_id = p->id,
		.id = PARTNER_SENDER_DEFAULT,
		.from_name = str_printf(a, "%.*s via %.*s", STR_ARG(p->company),
					STR_ARG(brand->name)),
		.from_address = str_printf(a, "%.*s@%.*s", STR_ARG(p->slug),
					   STR_ARG(brand->sender_domain)),
		.postal_address = brand->postal,
		.opt_out_scope = STR("partner"),
		.bounces = brand->bounces,
	};
	if (normal(a, out->from_address, "sender", &out->from_address, err) < 0)
		return -(int)err->code;
	if (reply_to.len == 0)
		return 0;
	return normal(a, reply_to, "owner_email or lead_email", &out->reply_to,
		      err);
}
