#ifndef PLAN_PLAN_PARTNER_H
#define PLAN_PLAN_PARTNER_H

/*
 * plan_partner - a row of partners.csv as a partner, whether a campaign is for
 * it, in whose name its mail goes, and whether it is told of its leads
 *
 * Thread rule: pure functions.
 */

#include <stdbool.h>

#include "base/check.h"
#include "base/error.h"
#include "campaign/campaign.h"
#include "campaign/campaign_partners.h"
#include "partner/partner.h"

struct arena;
struct campaign_findings;

/* As the file says it, borrowed; its logo is the public name. */
struct partner plan_partner_of(const struct campaign_partner_row *row);

/* Whether it is in the audience; *why is set either way, and the campaign's. */
bool plan_partner_fits(const struct campaign *c, const struct partner *p,
		       const char **why);

/* The column of partners.csv that has a partner's own domain. */
#define PLAN_SENDER_DOMAIN "sender_domain"

/*
 * The partner's sender for a brand; `p` as it counts. In `a`. INVALID when one
 * of the partner's addresses is none, or when From, postal address and opt-out
 * would not all be of whom the brand states to be the sender.
 */
int plan_sender(const struct campaign_brand *brand, const struct partner *p,
		struct arena *a, struct partner_sender *out,
		struct error *err) MUST_CHECK;

/*
 * Whom mail is from while the partner's own domain is not well in DNS: the
 * vendor. 1, or 0: the partner is not the sender, or the vendor cannot be it.
 */
bool plan_sender_fallback(const struct campaign_brand *brand,
			  const struct partner *p, struct arena *a,
			  struct partner_sender *out);

/* An error for each row in the audience for which plan_sender() refuses. */
void plan_check_senders(const struct campaign *c,
			const struct campaign_partner_row *rows, size_t count,
			struct campaign_findings *findings);

/*
 * A warning for each row in the audience of a campaign with a form that has no
 * address for leads. That a partner has set one, or a webhook, is not known.
 */
void plan_check_leads(const struct campaign *c,
		      const struct campaign_partner_row *rows, size_t count,
		      struct campaign_findings *findings);

/*
 * Warnings where a condition "replied" cannot hold: the brand has no address
 * that mail comes back to, or partners in the audience are answered past us.
 */
void plan_check_replies(const struct campaign *c,
			const struct campaign_partner_row *rows, size_t count,
			struct campaign_findings *findings);

#endif
