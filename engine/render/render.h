#ifndef RENDER_RENDER_H
#define RENDER_RENDER_H

/*
 * render - a delivery becomes bytes: mail and posts, and the URLs in them
 *
 * Texts come in, messages go out. What a message says besides its texts, who
 * it is from, how it is left, what it is known by, is decided here and nowhere
 * else:
 *
 *	render_urls_of(&subject, &origin, a, &urls);
 *	(make subject, HTML and text, with the URLs in them)
 *	if (render_mail_make(&subject, &origin, &content, a, &mail, err) < 0)
 *		return error_context(err, "step %s", step);
 *
 * Everything is an argument and nothing is remembered: the same arguments give
 * the same bytes, in any process, on any day. Date, Message-ID, boundary and
 * the expiry of tokens derive from the delivery.
 *
 * Invariants
 *  1. No mail is made without the sender's postal address and a link that
 *     opts out, in both its parts.
 *  2. Partner, sender, contact, activation and delivery belong together; that
 *     they do not is a bug of the caller and aborts.
 *  3. What was made passes mime_check_canonical().
 *
 * Thread rule: pure functions; the results live in the arena.
 */

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"
#include "event/event.h"
#include "outbox/outbox.h"
#include "partner/partner.h"

struct arena;

enum { RENDER_MESSAGE_KEY_BYTES = 32 };

/*
 * For whom. All is borrowed. A preview has no delivery: its tokens are the
 * word "preview", which no handler takes, and so is its Message-ID; its date is
 * the activation's start. One that is mailed nevertheless has a message_key,
 * drawn for it alone, and a Message-ID of its own.
 */
struct render_subject {
	const struct partner *partner;
	const struct partner_sender *sender; /* of a mail */
	const struct activation *activation;
	const struct contact *contact;		/* of a mail */
	const struct outbox_delivery *delivery; /* NULL: a preview */
	const struct event_keys *keys;		/* NULL in a preview */
	struct str message_key; /* RENDER_MESSAGE_KEY_BYTES; secret */
};

/* What of: the campaign's step, and where our web answers. */
struct render_origin {
	struct str site;     /* https://go.northwind.example */
	struct str brand;    /* its id; utm_source */
	struct str campaign; /* its id */
	struct str step;     /* its id */
};

/* ---- URLs ---- */

struct render_urls {
	struct str site;
	struct str pixel;
	struct str view;
	struct str unsubscribe;
};

void render_urls_of(const struct render_subject *subject,
		    const struct render_origin *origin, struct arena *a,
		    struct render_urls *out);

/* The tracked form of link number `link` of a mail. */
struct str render_url_click(const struct render_subject *subject,
			    const struct render_origin *origin, unsigned link,
			    struct arena *a);

/*
 * A landing page of the activation, for everybody. From a mail it carries a
 * token, so that a form knows whom it is about; `token` is empty otherwise.
 */
struct str render_url_page(const struct render_subject *subject,
			   const struct render_origin *origin, struct str page,
			   struct str token, struct arena *a);

/* The token of a kind for this delivery, as it stands in URLs. */
struct str render_token(const struct render_subject *subject,
			enum event_token_kind kind, unsigned link,
			struct arena *a);

/*
 * The page on which a partner has somebody mailed no more who asked it to; of
 * the delivery that they answered.
 */
struct str render_url_remove(const struct render_subject *subject,
			     const struct render_origin *origin,
			     const uint8_t answered[OUTBOX_ID_BYTES],
			     struct arena *a);

enum render_medium { RENDER_EMAIL, RENDER_SOCIAL, RENDER_WEB, RENDER_PRINT };

/*
 * `url` with utm_source, utm_medium, utm_campaign and utm_content, in lower
 * case. A parameter that is there stays, a fragment stays at the end, and
 * mailto: and tel: are left alone. INVALID when it is no http, https, mailto or
 * tel URL (RFC 3986) in printable ASCII.
 */
int render_url_tag(struct str url, enum render_medium medium,
		   const struct render_origin *origin, struct arena *a,
		   struct str *out, struct error *err) MUST_CHECK;

/* What a URL is tagged with; empty: that one is not set. */
struct render_tags {
	struct str source;
	struct str medium;
	struct str campaign;
	struct str content;
	struct str term;
};

struct render_tags render_tags_of(enum render_medium medium,
				  const struct render_origin *origin);

/* As render_url_tag(), with utm_term too. */
int render_url_tag_with(struct str url, const struct render_tags *tags,
			struct arena *a, struct str *out,
			struct error *err) MUST_CHECK;

/* ---- mail ---- */

struct render_content {
	struct str subject;
	struct str html;
	struct str text;
};

struct render_mail {
	struct str bytes;  /* the whole message, RFC 5322, CRLF */
	struct str sender; /* envelope: names the delivery where it may */
	struct str receiver;
	struct str domain;     /* of From */
	struct str message_id; /* without brackets */
};

/*
 * The Message-ID, without brackets, of the mail that is made of this delivery
 * under this key, from this domain: on every attempt the same.
 */
struct str render_message_id(const struct outbox_delivery *delivery,
			     struct str message_key, struct str domain,
			     struct arena *a);

/*
 * A campaign's mail: From, To, Reply-To, Subject, Date, Message-ID, List-Id
 * (RFC 2919), List-Unsubscribe with one click (RFC 2369, 8058), Feedback-ID
 * and two parts. INVALID when a value cannot stand in its header, when the
 * subject or a part is blank, when the contact has no address, or when postal
 * address or opt-out are missing from a part.
 */
int render_mail_make(const struct render_subject *subject,
		     const struct render_origin *origin,
		     const struct render_content *content, struct arena *a,
		     struct render_mail *out, struct error *err) MUST_CHECK;

/*
 * News of a sender that gives way to the vendor's, or comes back
 * (doctor_notice.h): plain text in the partner's language, from the subject's
 * sender. The subject's delivery is the one that brings it.
 */
struct render_sender_notice {
	struct str receiver; /* normalised */
	bool is_back;
	int64_t since_ms;   /* that the vendor's stands for it */
	struct str domain;  /* the partner's own */
	struct str instead; /* the vendor's address; empty: there is none */
	struct str asked;   /* as in a doctor_finding; may be empty */
	struct str found;
	struct str expected;
	struct str advice;
};

int render_sender_notice_make(const struct render_subject *subject,
			      const struct render_sender_notice *notice,
			      struct arena *a, struct render_mail *out,
			      struct error *err) MUST_CHECK;

/*
 * A mail of no delivery that is sent to be refused (doctor_probe.h). It comes
 * back to `bounces`, by an address that names it; its Message-ID is that
 * address's tag, at the domain of `from`. INVALID when an address is not
 * normalised. All is in `a`, or borrowed.
 */
struct render_probe {
	const uint8_t *id; /* OUTBOX_ID_BYTES */
	struct str from;
	struct str bounces; /* as of a partner_sender; empty: back to `from` */
	struct str to;
	int64_t at_ms;
};

int render_probe_make(const struct event_keys *keys,
		      const struct render_probe *probe, struct arena *a,
		      struct render_mail *out, struct error *err) MUST_CHECK;

/*
 * An answer to a campaign's mail on its way to the partner: From is the
 * partner's sender, for which we may sign, with the name of who wrote it;
 * Reply-To is who wrote it, so the partner's answer goes past us. What they
 * wrote comes first, as it came (mime_entity.h), and below it a note of ours
 * with a link by which the partner has them mailed no more. What cannot be taken
 * along so is attached as a file.
 *
 * The subject's delivery is the one that sends it on.
 */
struct render_reply {
	struct str mail;	 /* as it came */
	struct str receiver;	 /* at the partner; normalised */
	struct str address;	 /* whom to answer; normalised */
	struct str name;	 /* theirs; may be empty */
	const uint8_t *answered; /* OUTBOX_ID_BYTES: the campaign's delivery */
};

/* `origin` is the campaign's, with the step that was answered. */
int render_reply_make(const struct render_subject *subject,
		      const struct render_origin *origin,
		      const struct render_reply *reply, struct arena *a,
		      struct render_mail *out, struct error *err) MUST_CHECK;

/* ---- posts ---- */

struct render_post_content {
	struct str channel; /* "linkedin", or "mastodon:ACCOUNT" */
	struct str text;
	struct str link; /* empty: none */
};

/*
 * Characters of text and link as the network counts them; *most is what it
 * takes, 0 for one that is not known.
 */
size_t render_post_length(const struct render_post_content *content,
			  size_t *most);

/*
 * The body of the webhook that has a post published: JSON as Standard Webhooks
 * have it, of type "post.due". INVALID when the text is blank, LIMIT when text
 * and link are longer than the network takes.
 */
int render_post_make(const struct render_subject *subject,
		     const struct render_origin *origin,
		     const struct render_post_content *content, struct arena *a,
		     struct str *json, struct error *err) MUST_CHECK;

/*
 * Which of `count` variants of a post is this partner's on this channel: the
 * partners spread over all of them, and one always gets the same.
 */
size_t render_post_variant(int64_t partner_id,
			   const struct render_origin *origin,
			   struct str channel, size_t count);

#endif
