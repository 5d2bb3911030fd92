#ifndef RENDER_RENDER_KIT_H
#define RENDER_RENDER_KIT_H

/*
 * render_kit - a campaign made ready: its files loaded, all of its templates
 * and texts compiled once
 *
 * A kit is immutable and shared by all workers. It holds no files open. What
 * was read to make it is the campaign's revision (campaign_revision_id()).
 *
 *	render_kit_new(&kit, files, id, &findings, err)       from a folder
 *	render_kits_get(kits, db, id, revision, &kit, err)    from the store
 *
 * Texts of the campaign (subject, preheader, texts, variants, consent, slot
 * defaults, link hrefs) are Liquid and run first, unescaped; what they give is
 * data for the template, which escapes it. A partner's own slot value is data
 * and is never run.
 *
 * Thread rule: making a kit on one thread; rendering on any.
 */

#include <stdbool.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"
#include "campaign/campaign.h"
#include "liquid/liquid.h"
#include "render/render.h"

struct arena;
struct render_kit;

/*
 * 0 with *out, or INVALID after every finding was added (missing template,
 * syntax, unknown name with the nearest, contact data in a link ...), each
 * with file:line:column.
 */
int render_kit_new(struct render_kit **out, struct campaign_files *files,
		   struct str campaign, struct campaign_findings *findings,
		   struct error *err) MUST_CHECK;

/*
 * As render_kit_new(). Who looks for faults and knows partners.csv gives
 * `attributes`, a JSON object with a value for each of its further columns:
 * templates that name another are warned of, and so are those whose names are
 * slips of a slot or of a colour. What was published was made on trial before,
 * and is not again: a rule that came later stops nothing that runs.
 */
struct render_kit_source {
	struct campaign_files *files;
	struct str campaign;
	struct str attributes;
	bool is_published;
};

int render_kit_make(struct render_kit **out,
		    const struct render_kit_source *source,
		    struct campaign_findings *findings,
		    struct error *err) MUST_CHECK;
void render_kit_free(struct render_kit **kit);
const struct campaign *render_kit_campaign(const struct render_kit *kit);

/* Kits of published revisions, made at first use; the oldest unused go. */
struct render_kits;
int render_kits_open(struct render_kits **out, struct error *err) MUST_CHECK;
void render_kits_free(struct render_kits **kits);
/* The kit is held until render_kits_put(). Any thread. */
int render_kits_get(struct render_kits *kits, struct db *db,
		    struct str campaign, struct str revision,
		    const struct render_kit **out,
		    struct error *err) MUST_CHECK;
void render_kits_put(struct render_kits *kits, const struct render_kit *kit);

/*
 * The file of the workspace whose public name this is, the brand's logo or an
 * image that a template names: 1 and its path, or 0.
 */
int render_kit_image(const struct render_kit *kit, struct str name,
		     struct str *path);

/* The names that templates may use, by kind; docs/templates.md lists them. */
extern const struct liquid_names render_kit_names[];

/* ---- mail ---- */

/*
 * subject->contact, ->sender as for render_mail_make(). `html` and `text` of
 * the content are kept for showing it in a browser. INVALID names partner and
 * field when a `required` value is empty.
 */
int render_kit_mail(const struct render_kit *kit,
		    const struct campaign_step *step,
		    const struct render_subject *subject, struct arena *a,
		    struct render_content *content, struct render_mail *mail,
		    struct error *err) MUST_CHECK;

/* Where link `link` of the step leads for this partner, with UTM parameters. */
int render_kit_link_target(const struct render_kit *kit,
			   const struct campaign_step *step, unsigned link,
			   const struct render_subject *subject,
			   struct arena *a, struct str *url,
			   struct error *err) MUST_CHECK;

/* ---- pages ---- */

/* What a visitor typed, and what is wrong with it, by field name. */
struct render_form_value {
	struct str name;
	struct str value;
	struct str problem; /* empty: none */
};

struct render_form_input {
	struct str token; /* for the hidden field `t`; may be empty */
	const struct render_form_value *values;
	size_t count;
};

/*
 * The page of a step of kind PAGE, in `a`. `form` is what a visitor who got it
 * wrong sees again; zeroed for one who comes. INVALID as render_kit_mail().
 */
int render_kit_page(const struct render_kit *kit,
		    const struct campaign_step *step,
		    const struct render_subject *subject,
		    const struct render_form_input *form, struct arena *a,
		    struct str *html, struct error *err) MUST_CHECK;

/* What a form asks consent to, as its page says it; empty: it asks for none. */
int render_kit_consent(const struct render_kit *kit,
		       const struct campaign_form *form,
		       const struct render_subject *subject, struct arena *a,
		       struct str *text, struct error *err) MUST_CHECK;

enum render_notice {
	RENDER_UNSUBSCRIBE, /* asks, with one button that POSTs to `action` */
	RENDER_UNSUBSCRIBED,
	RENDER_THANKS, /* after a form */
};

struct render_lead {
	struct str given_name;
	struct str family_name;
	struct str company;
	struct str phone;
	struct str email;
	struct str message;
	struct str consent;
	struct str page;
	struct str step;
	struct str form; /* id */
	int64_t at_ms;
	const struct render_form_value *fields; /* all, in the form's order */
	size_t field_count;
	bool is_reader; /* who sent the form reads the mail that brought them */
};

/*
 * The page of that name, in `a`. `action` is where the button POSTs to, `lead`
 * what was sent in, for THANKS; else empty and NULL. THANKS needs a campaign
 * with a form.
 */
int render_kit_notice(const struct render_kit *kit, enum render_notice notice,
		      const struct render_subject *subject, struct str action,
		      const struct render_lead *lead, struct arena *a,
		      struct str *html, struct error *err) MUST_CHECK;

/* ---- documents and posts ---- */

/* The document of a step of kind DOCUMENT, as HTML to be printed; in `a`. */
int render_kit_document(const struct render_kit *kit,
			const struct campaign_step *step,
			const struct render_subject *subject, struct arena *a,
			struct str *html, struct error *err) MUST_CHECK;

struct render_post {
	struct str text;
	struct str link; /* empty: none */
	struct str json; /* text and link in what a webhook is sent */
	size_t variant;	 /* which of the step's it is */
	size_t length;	 /* of text and link, as its network counts */
	size_t most;	 /* that the network takes; 0: not known */
};

/*
 * The post of a step of kind POST for one of its channels, in `a`; a partner
 * has the same variant every time. INVALID when it is too long for the network.
 */
int render_kit_post(const struct render_kit *kit,
		    const struct campaign_step *step, struct str channel,
		    const struct render_subject *subject, struct arena *a,
		    struct render_post *out, struct error *err) MUST_CHECK;

/*
 * ---- mails about a lead ----
 *
 * They answer somebody, so they have no List-Unsubscribe and are Auto-Submitted
 * (RFC 3834). The campaign has a form, the subject a sender; else a bug.
 */

/*
 * To partner_lead_address() in the partner's language; Reply-To is the visitor.
 * `content` as of render_kit_mail().
 */
int render_kit_lead_notify(const struct render_kit *kit,
			   const struct render_subject *subject,
			   const struct render_lead *lead, struct arena *a,
			   struct render_content *content,
			   struct render_mail *mail,
			   struct error *err) MUST_CHECK;
/*
 * To the visitor, in the partner's name. What was typed is said back only to
 * `is_reader`: anybody may type anybody's address, and nobody is to write to
 * others through our form.
 */
int render_kit_lead_thanks(const struct render_kit *kit,
			   const struct render_subject *subject,
			   const struct render_lead *lead, struct arena *a,
			   struct render_content *content,
			   struct render_mail *mail,
			   struct error *err) MUST_CHECK;

#endif
