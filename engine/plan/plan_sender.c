/*
 * In whose name a partner's mail goes. One of the two who advertise in it is
 * its sender, as the brand states:
 *
 *	          From domain      postal address   an opt-out stops
 *	vendor    sender-domain    the brand's      all partners' mail
 *	partner   its own          its own          its own, or all
 *
 * The vendor's is "Acme via Northwind", and no partner has to touch its DNS.
 * Answers go to the partner either way.
 *
 * What does not agree is refused: a mail whose From is of one and whose address
 * or opt-out is of the other has two senders before the law, and each one's
 * opt-outs bind (16 CFR 316.2(m)). That the opt-out fits the sender is seen to
 * where the brand is read.
 */
#include "base/arena.h"
#include "base/js.h"
#include "campaign/campaign_partners.h"
#include "mime/mime.h"
#include "plan/plan_priv.h"

#define RULE "(16 CFR 316.2(m))"

static int
normal(struct arena *a, struct str address, const char *what, struct str *out,
       struct error *err)
{
	if (mime_address_normalise(a, address, out, err) < 0)
		return error_context(err, "%s", what);
	return 0;
}

/* ---- domains ---- */

static struct str
host_of(struct str website)
{
	ptrdiff_t at = str_find(website, STR("://"));
	size_t n = 0;

	if (at >= 0)
		website = str_slice(website, (size_t)at + 3, website.len);
	while (n < website.len && str_find_char(STR("/?#:"), website.p[n]) < 0)
		n++;
	website = str_slice(website, 0, n);
	if (str_starts(website, STR("www.")))
		website = str_slice(website, 4, website.len);
	return website;
}

/* `host` is `domain` or below it. */
static bool
is_of(struct str host, struct str domain)
{
	size_t more = host.len - domain.len;

	if (domain.len == 0 || host.len < domain.len ||
	    !str_eq_fold(str_slice(host, more, host.len), domain))
		return false;
	return more == 0 || host.p[more - 1] == '.';
}

static bool
is_vendors(const struct campaign_brand *brand, struct str domain)
{
	return is_of(domain, host_of(brand->website)) ||
	       is_of(domain, brand->sender_domain);
}

/* The vendor's domain is this partner's own, and not the vendor's. */
static bool
is_partners(const struct campaign_brand *brand, const struct partner *p)
{
	struct str own = host_of(p->website);

	return is_of(brand->sender_domain, own) &&
	       !is_of(host_of(brand->website), own);
}

static struct str
own_domain(const struct partner *p, struct arena *a)
{
	struct str domain = { 0 };
	struct js *js = NULL;
	struct error none;

	if (p->attributes.len == 0 || js_parse(p->attributes, &js, &none) < 0)
		return domain;
	if (js_find(js, PLAN_SENDER_DOMAIN))
		(void)js_as_str(js_find(js, PLAN_SENDER_DOMAIN), &domain);
	domain = str_copy(a, domain);
	js_free(&js);
	return domain;
}

/* ---- what does not agree ---- */

static int
refuse(struct error *err, const char *found, struct str value,
       const char *expected)
{
	return error_set(err, ERROR_INVALID,
			 "found %s \"%.*s\", expected %s " RULE, found,
			 STR_ARG(value), expected);
}

static int
check_partner_domain(const struct campaign_brand *brand, struct str domain,
		     struct error *err)
{
	if (domain.len == 0)
		return refuse(err, "the sender_domain", domain,
			      "a domain of the partner, who is the sender: "
			      "From must be of whom the mail is from");
	if (is_vendors(brand, domain))
		return refuse(
		    err, "the sender_domain", domain,
		    "a domain of the partner, who is the sender: this "
		    "is the vendor's, and the postal address the "
		    "partner's");
	return 0;
}

/* ---- the sender ---- */

/* "12 Example Quay, 20457 Hamburg, DE" */
static struct str
postal_of(const struct partner *p, struct arena *a)
{
	return str_printf(a, "%.*s, %.*s, %.*s%s%.*s%s%.*s",
			  STR_ARG(p->company), STR_ARG(p->street),
			  STR_ARG(p->postcode), p->postcode.len ? " " : "",
			  STR_ARG(p->city), p->country.len ? ", " : "",
			  STR_ARG(p->country));
}

static int
be_partner(const struct campaign_brand *brand, const struct partner *p,
	   struct arena *a, struct partner_sender *out, struct error *err)
{
	struct str domain = own_domain(p, a);

	if (check_partner_domain(brand, domain, err) < 0)
		return -(int)err->code;
	if (p->street.len == 0 || p->city.len == 0)
		return refuse(err, "the postal address", postal_of(p, a),
			      "street and city of the partner, who is the "
			      "sender");
	out->from_name = p->company;
	out->from_address =
	    str_printf(a, "%.*s@%.*s", STR_ARG(p->slug), STR_ARG(domain));
	out->postal_address = postal_of(p, a);
	return 0;
}

static int
be_vendor(const struct campaign_brand *brand, const struct partner *p,
	  struct arena *a, struct partner_sender *out, struct error *err)
{
	if (is_partners(brand, p))
		return refuse(err, "the sender-domain", brand->sender_domain,
			      "a domain of the vendor, who is the sender: this "
			      "is the partner's, and the postal address the "
			      "vendor's");
	out->from_name = str_printf(a, "%.*s via %.*s", STR_ARG(p->company),
				    STR_ARG(brand->name));
	out->from_address = str_printf(a, "%.*s@%.*s", STR_ARG(p->slug),
				       STR_ARG(brand->sender_domain));
	out->postal_address = brand->postal;
	return 0;
}

/* `be` says who it is. */
static int
sender_of(const struct campaign_brand *brand, const struct partner *p,
	  struct arena *a,
	  int (*be)(const struct campaign_brand *, const struct partner *,
		    struct arena *, struct partner_sender *, struct error *),
	  struct partner_sender *out, struct error *err)
{
	struct str reply_to = partner_reply_address(p);

	*out = (struct partner_sender){
		.partner_id = p->id,
		.id = PARTNER_SENDER_DEFAULT,
		.opt_out_scope =
		    brand->opt_out_is_partner ? STR("partner") : STR("vendor"),
		.bounces = brand->bounces,
	};
	if (be(brand, p, a, out, err) < 0)
		return -(int)err->code;
	if (normal(a, out->from_address, "sender", &out->from_address, err) < 0)
		return -(int)err->code;
	if (reply_to.len == 0)
		return 0;
	return normal(a, reply_to, "owner_email or lead_email", &out->reply_to,
		      err);
}

int
plan_sender(const struct campaign_brand *brand, const struct partner *p,
	    struct arena *a, struct partner_sender *out, struct error *err)
{
	return sender_of(brand, p, a,
			 brand->sender_is_partner ? be_partner : be_vendor, out,
			 err);
}

bool
plan_sender_fallback(const struct campaign_brand *brand,
		     const struct partner *p, struct arena *a,
		     struct partner_sender *out)
{
	struct error none;

	if (!brand->sender_is_partner || brand->sender_domain.len == 0 ||
	    sender_of(brand, p, a, be_vendor, out, &none) < 0)
		return false;
	out->id = PARTNER_SENDER_FALLBACK;
	out->opt_out_scope = STR("vendor");
	return true;
}

/* What a partner may have set by itself does not show in the file. */
static enum campaign_severity
severity_of(const struct campaign *c, struct partner *p, struct arena *a,
	    struct error *err)
{
	struct partner_sender sender;
	struct error ignored;

	if (!c->brand->sender_is_partner || (p->street.len && p->city.len))
		return CAMPAIGN_ERROR;
	p->street = p->city = STR("?");
	if (plan_sender(c->brand, p, a, &sender, &ignored) >= 0)
		return CAMPAIGN_WARNING;
	*err = ignored;
	return CAMPAIGN_ERROR;
}

void
plan_check_senders(const struct campaign *c,
		   const struct campaign_partner_row *rows, size_t count,
		   struct campaign_findings *findings)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < count; i++) {
		struct partner p = plan_partner_of(&rows[i]);
		struct partner_sender sender;
		struct error err;
		const char *why;

		if (c->brand->sender_domain.len == 0 ||
		    !plan_partner_fits(c, &p, &why) ||
		    plan_sender(c->brand, &p, a, &sender, &err) >= 0)
			continue;
		campaign_finding_add(findings, severity_of(c, &p, a, &err),
				     "sender", STR("partners.csv"),
				     rows[i].line, 1, "partner \"%.*s\": %s",
				     STR_ARG(p.slug), err.text);
	}
	arena_free(&a);
}
