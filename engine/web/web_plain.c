/*
 * Pages of our own: for what is not there, what went wrong, and for opting out
 * when a campaign's template cannot be had, since that must work always.
 *
 * They name nobody and nothing. The language is the first of Accept-Language
 * that is in the table; weights are not weighed, for browsers write the
 * languages in their order.
 */
#include "base/escape.h"
#include "base/log.h"
#include "base/arena.h"
#include "web/web_priv.h"

struct page {
	const char *title;
	const char *text;
};

struct words {
	const char *language;
	struct page pages[WEB_PLAIN_COUNT];
	const char *leave; /* the buttons */
	const char *remove;
	const char *problem_required;
	const char *problem_other;
};

static const struct words languages[] = {
	{ "en",
	  { [WEB_NOT_FOUND] = { "Page not found",
				"There is nothing at this address." },
	    [WEB_GONE] = { "No longer available",
			   "This link is no longer valid." },
	    [WEB_BAD] = { "Not understood",
			  "What was sent could not be read. Please go back "
			  "and try again." },
	    [WEB_TOO_MANY] = { "Too many at once",
			       "Nothing was saved. Please wait a minute and "
			       "try again." },
	    [WEB_FAILED] = { "Something went wrong",
			     "Nothing was saved. Please try again in a "
			     "moment." },
	    [WEB_ASK] = { "Unsubscribe",
			  "Do you want to stop receiving these emails?" },
	    [WEB_LEFT] = { "Unsubscribed",
			   "You will not receive these emails any more." },
	    [WEB_REMOVE] = { "Send no more emails",
			     "Whoever wrote this answer gets no more emails "
			     "in your company's name from here on." },
	    [WEB_REMOVED] = { "Done", "They get no more of these emails." },
	    [WEB_THANKS] = { "Thank you", "Your message has arrived." } },
	  "Unsubscribe",
	  "Send no more",
	  "This is needed.",
	  "Please check this." },
	{ "de",
	  { [WEB_NOT_FOUND] = { "Seite nicht gefunden",
				"Unter dieser Adresse gibt es nichts." },
	    [WEB_GONE] = { "Nicht mehr verf\u00fcgbar",
			   "Dieser Link ist nicht mehr g\u00fcltig." },
	    [WEB_BAD] = { "Nicht verstanden",
			  "Die Eingabe war nicht lesbar. Bitte gehen Sie "
			  "zur\u00fcck und versuchen Sie es noch einmal." },
	    [WEB_TOO_MANY] = { "Zu viel auf einmal",
			       "Es wurde nichts gespeichert. Bitte warten Sie "
			       "eine Minute und versuchen Sie es noch "
			       "einmal." },
	    [WEB_FAILED] = { "Etwas ist schiefgegangen",
			     "Es wurde nichts gespeichert. Bitte versuchen "
			     "Sie es gleich noch einmal." },
	    [WEB_ASK] = { "Abmelden",
			  "M\u00f6chten Sie diese E-Mails nicht mehr "
			  "erhalten?" },
	    [WEB_LEFT] = { "Abgemeldet",
			   "Sie erhalten diese E-Mails nicht mehr." },
	    [WEB_REMOVE] = { "Keine E-Mails mehr senden",
			     "Wer diese Antwort geschrieben hat, erh\u00e4lt "
			     "dann keine E-Mails mehr im Namen Ihres "
			     "Unternehmens." },
	    [WEB_REMOVED] = { "Erledigt",
			      "Diese Person erh\u00e4lt keine dieser E-Mails "
			      "mehr." },
	    [WEB_THANKS] = { "Vielen Dank",
			     "Ihre Nachricht ist angekommen." } },
	  "Abmelden",
	  "Nichts mehr senden",
	  "Diese Angabe fehlt.",
	  "Bitte pr\u00fcfen Sie diese Angabe." },
	{ "fr",
	  { [WEB_NOT_FOUND] = { "Page introuvable",
				"Il n\u2019y a rien \u00e0 cette adresse." },
	    [WEB_GONE] = { "Plus disponible",
			   "Ce lien n\u2019est plus valable." },
	    [WEB_BAD] = { "Demande illisible",
			  "L\u2019envoi n\u2019a pas pu \u00eatre lu. Veuillez "
			  "revenir en arri\u00e8re et r\u00e9essayer." },
	    [WEB_TOO_MANY] = { "Trop de demandes",
			       "Rien n\u2019a \u00e9t\u00e9 "
			       "enregistr\u00e9. Veuillez patienter une "
			       "minute et r\u00e9essayer." },
	    [WEB_FAILED] = { "Un probl\u00e8me est survenu",
			     "Rien n\u2019a \u00e9t\u00e9 enregistr\u00e9. "
			     "Veuillez r\u00e9essayer dans un instant." },
	    [WEB_ASK] = { "Se d\u00e9sabonner",
			  "Ne plus recevoir ces e-mails\u00a0?" },
	    [WEB_LEFT] = { "D\u00e9sabonnement effectu\u00e9",
			   "Vous ne recevrez plus ces e-mails." },
	    [WEB_REMOVE] = { "Ne plus envoyer d\u2019e-mails",
			     "L\u2019auteur de cette r\u00e9ponse ne recevra "
			     "plus d\u2019e-mails au nom de votre "
			     "entreprise." },
	    [WEB_REMOVED] = { "C\u2019est fait",
			      "Cette personne ne recevra plus ces e-mails." },
	    [WEB_THANKS] = { "Merci", "Votre message est arriv\u00e9." } },
	  "Se d\u00e9sabonner",
	  "Ne plus envoyer",
	  "Cette information manque.",
	  "Veuillez v\u00e9rifier cette information." },
};

static const int statuses[WEB_PLAIN_COUNT] = {
	[WEB_NOT_FOUND] = 404, [WEB_GONE] = 410,   [WEB_BAD] = 400,
	[WEB_TOO_MANY] = 429,  [WEB_FAILED] = 503, [WEB_ASK] = 200,
	[WEB_LEFT] = 200,      [WEB_THANKS] = 200, [WEB_REMOVE] = 200,
	[WEB_REMOVED] = 200,
};

static const struct words *
words_for(struct str accepted)
{
	struct str tag;

	while (str_split(&accepted, ',', &tag)) {
		tag = str_trim(tag);
		for (size_t i = 0; i < COUNT_OF(languages); i++)
			if (str_eq_fold(str_slice(tag, 0, 2),
					str_of(languages[i].language)))
				return &languages[i];
	}
	return &languages[0];
}

static const char head[] =
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<meta name=\"robots\" content=\"noindex\">\n"
    "<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:32rem;"
    "margin:15vh auto 0;padding:0 1rem;color:#222;background:#fff}"
    "button{font:inherit;padding:.5rem 1rem}</style>\n";

static void
add_button(struct buf *b, const char *text, struct str action)
{
	buf_cat(b, "<form method=\"post\" action=\"");
	escape_html(b, action);
	buf_printf(b, "\"><button>%s</button></form>\n", text);
}

struct str
web_plain_html(const struct http_request *request, enum web_plain page,
	       struct str action)
{
	const struct words *words = words_for(request->language);
	const struct page *p = &words->pages[page];
	struct buf b = { 0 };
	struct str html;

	buf_printf(&b,
		   "<!DOCTYPE html>\n<html lang=\"%s\">\n%s<title>%s</title>\n"
		   "<h1>%s</h1>\n<p>%s</p>\n",
		   words->language, head, p->title, p->title, p->text);
	if (page == WEB_ASK || page == WEB_REMOVE)
		add_button(&b, page == WEB_ASK ? words->leave : words->remove,
			   action);
	html = str_copy(request->a, buf_view(&b));
	buf_fini(&b);
	return html;
}

void
web_plain(const struct http_request *request, struct http_response *response,
	  enum web_plain page)
{
	web_html(response, statuses[page],
		 web_plain_html(request, page, STR("")));
}

void
web_html(struct http_response *response, int status, struct str html)
{
	*response = (struct http_response){
		.status = status,
		.content_type = "text/html; charset=utf-8",
		.body = html,
	};
}

void
web_fail(const struct http_request *request, struct http_response *response,
	 const struct error *err)
{
	if (err->code == ERROR_DENIED || err->code == ERROR_NOT_FOUND) {
		web_plain(request, response,
			  err->code == ERROR_DENIED ? WEB_NOT_FOUND : WEB_GONE);
		return;
	}
	log_line(LOG_LEVEL_ERROR, "web", "failed",
		 LOG_FIELDS(LOG_TEXT("route", str_slice(request->path, 0, 3)),
			    LOG_CSTR("msg", err->text)));
	web_plain(request, response, WEB_FAILED);
}

struct str
web_problem_text(const struct http_request *request, const char *problem)
{
	const struct words *words = words_for(request->language);

	return str_of(str_eq_cstr(STR("required"), problem)
			  ? words->problem_required
			  : words->problem_other);
}
