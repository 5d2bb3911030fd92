/*
 * The mail that tells of a sender that gives way to the vendor, and of its
 * return. It is to be understood by somebody who has never heard of SPF: what
 * happens to their mail stands first, then what to do, and what was found below
 * for whoever looks after the domain, in the words of guidon doctor.
 */
#include "render/render_priv.h"

#include "base/arena.h"
#include "base/civil.h"
#include "mime/mime.h"

/* {D} is the domain, {P} the partner, {V} the vendor's address, {T} since when. */
static const struct words {
	const char *subject_down;
	const char *subject_back;
	const char *down;
	const char *until;
	const char *back;
	const char *was;
	const char *found;
	const char *expected;
	const char *advice;
} languages[RENDER_LANGUAGE_COUNT] = {
	[RENDER_EN] = {
		"{D}: mail is sent in the vendor's name for now",
		"{D}: mail is sent in the partner's name again",
		"Receivers are likely to refuse mail from {D}. So from now "
		"on the mail of {P} is from {V} instead: sender, postal "
		"address and opt-out are the vendor's.",
		"It stays so until the domain is well again. It is looked at "
		"every hour, and you will be told.",
		"Nothing is wrong with {D} any more. From now on the mail of "
		"{P} is from there again.",
		"It has been from {V} since {T}. Nothing is to be done.",
		"Found", "Expected", "What to do",
	},
	[RENDER_DE] = {
		"{D}: E-Mails gehen vorerst im Namen des Herstellers hinaus",
		"{D}: E-Mails gehen wieder im Namen des Partners hinaus",
		"Empf\u00e4nger nehmen E-Mails von {D} wahrscheinlich nicht "
		"an. Die E-Mails von {P} kommen deshalb ab jetzt von {V}: "
		"Absender, Postanschrift und Abmeldung sind die des "
		"Herstellers.",
		"Das bleibt so, bis die Domain wieder in Ordnung ist. Sie wird "
		"jede Stunde gepr\u00fcft, und Sie werden benachrichtigt.",
		"{D} ist wieder in Ordnung. Die E-Mails von {P} kommen ab "
		"jetzt wieder von dort.",
		"Sie kamen von {V} seit {T}. Es ist nichts zu tun.",
		"Gefunden", "Erwartet", "Was zu tun ist",
	},
	[RENDER_FR] = {
		"{D}\u00a0: e-mails envoy\u00e9s au nom du fournisseur pour "
		"l\u2019instant",
		"{D}\u00a0: e-mails de nouveau envoy\u00e9s au nom du "
		"partenaire",
		"Les destinataires refuseront sans doute les e-mails de {D}. "
		"D\u00e9sormais, les e-mails de {P} viennent donc de {V}\u00a0"
		": l\u2019exp\u00e9diteur, l\u2019adresse postale et le "
		"d\u00e9sabonnement sont ceux du fournisseur.",
		"Cela dure jusqu\u2019\u00e0 ce que le domaine soit de nouveau "
		"en ordre. Il est v\u00e9rifi\u00e9 chaque heure, et vous serez "
		"averti.",
		"{D} est de nouveau en ordre. Les e-mails de {P} en viennent "
		"de nouveau.",
		"Ils venaient de {V} depuis {T}. Il n\u2019y a rien \u00e0 "
		"faire.",
		"Trouv\u00e9", "Attendu", "Que faire",
	},
};

struct letter {
	const struct render_subject *subject;
	const struct render_sender_notice *notice;
	const struct words *words;
	struct arena *a;
	struct buf out;
};

/* ---- the text ---- */

static void
put_line(struct buf *b, const char *name, struct str value)
{
	if (value.len > 0)
		buf_printf(b, "%s: %.*s\n", name, STR_ARG(value));
}

static struct str
since_of(const struct letter *l)
{
	int64_t at_ms = l->notice->since_ms;
	struct buf b = { 0 };
	struct str text;

	civil_print_instant(at_ms - at_ms % 1000, 0, &b);
	text = str_copy(l->a, buf_view(&b));
	buf_fini(&b);
	return text;
}

/* What stands for this letter in the words; empty: nothing does. */
static struct str
place_of(const struct letter *l, char letter)
{
	switch (letter) {
	case 'D':
		return l->notice->domain;
	case 'P':
		return l->subject->partner->company;
	case 'V':
		return l->notice->instead;
	case 'T':
		return since_of(l);
	default:
		return STR("");
	}
}

static void
put_words(const struct letter *l, struct buf *b, const char *words)
{
	for (const char *w = words; *w; w++) {
		if (w[0] == '{' && w[1] && w[2] == '}') {
			buf_str(b, place_of(l, w[1]));
			w += 2;
		} else {
			buf_char(b, *w);
		}
	}
}

static void
put_down(const struct letter *l, struct buf *b)
{
	const struct render_sender_notice *n = l->notice;

	put_words(l, b, l->words->down);
	buf_printf(b, "\n\n%s\n\n%.*s\n", l->words->until, STR_ARG(n->asked));
	put_line(b, l->words->found, n->found);
	put_line(b, l->words->expected, n->expected);
	put_line(b, l->words->advice, n->advice);
}

static void
put_back(const struct letter *l, struct buf *b)
{
	put_words(l, b, l->words->back);
	buf_char(b, '\n');
	if (l->notice->instead.len == 0)
		return;
	buf_char(b, '\n');
	put_words(l, b, l->words->was);
	buf_char(b, '\n');
}

/* ---- the mail ---- */

static int
put_subject(struct letter *l, struct error *err)
{
	struct buf b = { 0 };
	int code;

	put_words(l, &b,
		  l->notice->is_back ? l->words->subject_back
				     : l->words->subject_down);
	code = mime_header(&l->out, "Subject", buf_view(&b), err);
	buf_fini(&b);
	return code;
}

static int
put_text(struct letter *l, struct error *err)
{
	struct buf b = { 0 };
	int code;

	if (l->notice->is_back)
		put_back(l, &b);
	else
		put_down(l, &b);
	code = mime_text(&l->out, buf_view(&b), err);
	buf_fini(&b);
	return code;
}

/* RFC 3834: a machine wrote it, and none is to answer. */
static int
put_all(struct letter *l, const struct render_mail *mail, struct error *err)
{
	const struct partner_sender *from = l->subject->sender;
	struct str id = str_printf(l->a, "<%.*s>", STR_ARG(mail->message_id));

	if (mime_header_mailbox(&l->out, "From", from->from_name,
				from->from_address, err) < 0 ||
	    mime_header_mailbox(&l->out, "To", STR(""), mail->receiver, err) <
		0 ||
	    put_subject(l, err) < 0 ||
	    mime_header_raw(&l->out, "Date", render_date(l->subject, l->a),
			    err) < 0 ||
	    mime_header_raw(&l->out, "Message-ID", id, err) < 0 ||
	    mime_header_raw(&l->out, "Auto-Submitted", STR("auto-generated"),
			    err) < 0)
		return -(int)err->code;
	buf_cat(&l->out, "MIME-Version: 1.0\r\n");
	if (put_text(l, err) < 0)
		return -(int)err->code;
	return mime_check_canonical(buf_view(&l->out), err);
}

int
render_sender_notice_make(const struct render_subject *subject,
			  const struct render_sender_notice *notice,
			  struct arena *a, struct render_mail *out,
			  struct error *err)
{
	struct letter l = {
		.subject = subject,
		.notice = notice,
		.words =
		    &languages[render_language(subject->partner->language)],
		.a = a,
	};
	int code;

	render_check_subject(subject);
	check(subject->sender && subject->delivery);
	out->receiver = notice->receiver;
	out->sender = render_envelope_sender(subject, a);
	out->domain = mime_address_domain(subject->sender->from_address);
	out->message_id = render_message_id(
	    subject->delivery, subject->message_key, out->domain, a);
	code = put_all(&l, out, err);
	if (code >= 0)
		out->bytes = str_copy(a, buf_view(&l.out));
	buf_fini(&l.out);
	return code < 0 ? error_context(err, "notice") : 0;
}
