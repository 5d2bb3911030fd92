#ifndef RENDER_RENDER_PRIV_H
#define RENDER_RENDER_PRIV_H

/*
 * render, inside - what several files need of a subject
 */

#include "render/render.h"

/* When it is said to be made: see struct render_subject. */
int64_t render_date_ms(const struct render_subject *subject);

/* Those that are there belong to one partner and one activation; else abort. */
void render_check_subject(const struct render_subject *subject);

enum render_part { RENDER_HTML, RENDER_TEXT };

/*
 * INVALID when this part lacks the postal address of its sender or the link
 * that opts out, or has them in a comment or a hidden element alone.
 */
int render_footer_check(struct str part, enum render_part kind,
			const struct partner_sender *sender,
			struct str unsubscribe, struct arena *a,
			struct error *err) MUST_CHECK;

/* INVALID when a post cannot be published, LIMIT when it is too long. */
int render_post_check(const struct render_post_content *content,
		      struct error *err) MUST_CHECK;

enum { RENDER_ID_BYTES = 20, RENDER_BOUNDARY_BYTES = 15 };

/* A MAC of the delivery's id for this purpose, in base32. */
struct str render_derive(const struct render_subject *subject,
			 const char *purpose, size_t bytes, struct arena *a);

/*
 * An address of ours that says which delivery it is about. Only for a subject
 * with a delivery and a sender that has `bounces`.
 */
struct str render_address(const struct render_subject *subject,
			  enum event_address_kind kind, struct arena *a);

/* Where it comes back to: that address, or the sender's. */
struct str render_envelope_sender(const struct render_subject *subject,
				  struct arena *a);

/* Those that our own words to partners are in. */
enum render_language { RENDER_EN, RENDER_DE, RENDER_FR, RENDER_LANGUAGE_COUNT };

/* By the first subtag; English for one that there is none of. */
enum render_language render_language(struct str tag);

/* RFC 5322, of the delivery's date. */
struct str render_date(const struct render_subject *subject, struct arena *a);

/* Whom a mail goes to, and to whom answers go. */
struct render_reader {
	struct str receiver;
	struct str given_name; /* of the receiver; may be empty */
	struct str family_name;
	struct str reply_to; /* may be empty */
	struct str reply_name;
};

/*
 * A mail about one thing that somebody asked for: it belongs to no list, and
 * says that no person wrote it (RFC 3834). subject->contact is not looked at.
 */
int render_mail_automatic(const struct render_subject *subject,
			  const struct render_origin *origin,
			  const struct render_content *content,
			  const struct render_reader *to, struct arena *a,
			  struct render_mail *out,
			  struct error *err) MUST_CHECK;

#endif
