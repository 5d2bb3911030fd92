/*
 * The web over a real socket, on every store there is. Each case begins with
 * what web_store.h puts, an hour after Anna's mail.
 */
#include "web/web.h"

#include "base/clock.h"
#include "dispatch/dispatch_make.h"
#include "http_raw.h"
#include "lead/lead.h"
#include "render/render.h"
#include "store.h"
#include "web_store.h"
#include "xml/xml.h"

enum { TAMPERED = 1000 };

#define BROWSER "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Firefox/128.0"

static const char *url;
static struct db_store *store;
static struct db *reader;
static struct error err;
static struct render_kits *kits;
static struct dispatch_maker *maker;
static struct clock the_clock;
static struct web *web;
static struct buf answer;

/* ---- the store ---- */

static const struct db_schema *const schemas[] = {
	&db_note_schema, &event_schema,	   &partner_schema,
	&outbox_schema,	 &campaign_schema, &lead_schema,
};

static int
open_web(void **state)
{
	struct web_config config = {
		.address = "127.0.0.1",
		.proxies = 1,
		.clock = &the_clock,
	};

	(void)state;
	err = (struct error){ 0 };
	a = arena_new();
	clock_init_virtual(&the_clock, now_ms);
	assert_ok(
	    test_store_begin(&store, url, schemas, COUNT_OF(schemas), &err),
	    err);
	assert_ok(
	    db_secrets_open(store,
			    (const uint8_t *)"the master key of these tests...",
			    &err),
	    err);
	assert_ok(partner_pepper_open(&pepper, store, &err), err);
	assert_ok(event_keys_open(&keys, store, &err), err);
	assert_ok(render_kits_open(&kits, &err), err);
	assert_ok(dispatch_maker_open(&maker, store, kits, keys, &err), err);
	assert_ok(publish(store, FIXTURE, &err), err);
	assert_ok(db_commit(store, put_all, NULL, &err), err);
	assert_ok(db_reader(store, &reader, &err), err);
	config.store = store;
	config.maker = maker;
	config.keys = keys;
	config.pepper = pepper;
	assert_ok(web_open(&web, &config, &err), err);
	return 0;
}

static int
close_web(void **state)
{
	(void)state;
	web_close(&web);
	dispatch_maker_close(&maker);
	render_kits_free(&kits);
	event_keys_free(&keys);
	partner_pepper_free(&pepper);
	db_store_close(&store);
	buf_fini(&answer);
	arena_free(&a);
	return 0;
}

/* ---- asking ---- */

static int
ask(const char *request)
{
	int fd = raw_connect(web_port(web));
	int status = raw_ask(fd, request, &answer);

	close(fd);
	db_drain(store);
	return status;
}

static int
get_as(const char *agent, const char *method, const char *path)
{
	return ask(arena_printf(a,
				"%s %s HTTP/1.1\r\nHost: x\r\n"
				"User-Agent: %s\r\nConnection: close\r\n\r\n",
				method, path, agent));
}

static int
get(const char *path)
{
	return get_as(BROWSER, "GET", path);
}

/* `more` is headers, each with its line end. */
static int
post_with(const char *more, const char *type, const char *path,
	  const char *body)
{
	return ask(arena_printf(a,
				"POST %s HTTP/1.1\r\nHost: x\r\n%s"
				"Content-Type: %s\r\nContent-Length: %zu\r\n"
				"Connection: close\r\n\r\n%s",
				path, more, type, strlen(body), body));
}

static int
post_as(const char *type, const char *path, const char *body)
{
	return post_with("", type, path, body);
}

static int
post(const char *path, const char *body)
{
	return post_as("application/x-www-form-urlencoded", path, body);
}

/* The value of the page's hidden field `t`. */
static const char *
hidden(void)
{
	struct str text = buf_view(&answer);
	ptrdiff_t at = str_find(text, STR("name=\"t\" value=\""));

	assert_true(at >= 0);
	text = str_slice(text, (size_t)at + 16, text.len);
	return str_copy(a, str_slice(text, 0, (size_t)str_find_char(text, '"')))
	    .p;
}

/* ---- what is stored ---- */

static int64_t
number(const char *sql)
{
	int64_t n = 0;

	assert_ok(db_query_int(reader, &n, sql, DB_NO_ARGS, &err), err);
	return n;
}

static int64_t
hits(void)
{
	return number("SELECT COUNT(*) FROM hit");
}

static int64_t
leads(void)
{
	return number("SELECT COUNT(*) FROM lead");
}

static int64_t
journal(void)
{
	return number("SELECT COUNT(*) FROM event");
}

/* Of what a visitor can reach: rows, and what their states add up to. */
static int64_t
everything_but_hits(void)
{
	static const char *const counts[] = {
		"SELECT COUNT(*) FROM event",
		"SELECT COUNT(*) FROM lead",
		"SELECT COUNT(*) FROM suppression",
		"SELECT COUNT(*) FROM contact",
		"SELECT COUNT(*) FROM delivery",
		"SELECT SUM(state) + SUM(epoch) FROM delivery",
		"SELECT SUM(consent) FROM contact",
	};
	int64_t sum = 0;

	for (size_t i = 0; i < COUNT_OF(counts); i++)
		sum = sum * 31 + number(counts[i]);
	return sum;
}

/* ---- pixel ---- */

static void
the_pixel_is_a_hit_when_its_token_is_ours(void **state)
{
	const char *path = path_of("/o/", EVENT_TOKEN_OPEN, 0);

	(void)state;
	assert_int_equal(get(arena_printf(a, "%s.gif", path)), 200);
	assert_true(raw_has(&answer, "Content-Type: image/gif"));
	assert_true(raw_has(&answer, "no-store"));
	assert_int_equal(raw_body_length(buf_view(&answer)), 43);
	assert_int_equal(hits(), 1);
	assert_int_equal(get("/o/nothing.gif"), 200);
	assert_int_equal(raw_body_length(buf_view(&answer)), 43);
	assert_int_equal(hits(), 1);
}

/* ---- clicks ---- */

static void
a_click_goes_where_the_campaign_says(void **state)
{
	(void)state;
	assert_int_equal(get(path_of("/c/", EVENT_TOKEN_CLICK, 1)), 302);
	assert_true(raw_has(&answer,
			    "Location: https://www.northwind.example/find?"
			    "partner=acme&utm_source="));
	assert_true(raw_has(&answer, "utm_medium=email"));
	assert_int_equal(hits(), 1);
	assert_int_equal(event_step(store, now_ms + 60000, 10, &err), 1);
	assert_int_equal(number("SELECT kind FROM event_view"), EVENT_CLICKED);
}

static void
a_click_on_a_page_takes_a_token_along(void **state)
{
	struct str where;
	ptrdiff_t at;

	(void)state;
	assert_int_equal(get(path_of("/c/", EVENT_TOKEN_CLICK, 0)), 302);
	where = buf_view(&answer);
	at = str_find(where, STR("Location: https://go.northwind.example/p/"));
	assert_true(at >= 0);
	where = str_slice(where, (size_t)at + 38, where.len);
	where = str_slice(where, 0, (size_t)str_find_char(where, '\r'));
	assert_true(str_find(where, STR("/offer?t=")) > 0);
	assert_true(str_find(where, STR("utm_campaign=spring")) > 0);
	assert_int_equal(get(str_cstr(a, where)), 200);
	assert_int_equal(hits(), 2);
	assert_int_equal(number("SELECT MAX(kind) FROM hit"), EVENT_HIT_VIEW);
}

static void
a_link_there_is_not_is_404(void **state)
{
	(void)state;
	assert_int_equal(get(path_of("/c/", EVENT_TOKEN_CLICK, 2)), 404);
	assert_int_equal(hits(), 0);
}

static void
an_expired_link_is_410(void **state)
{
	const char *path = path_of("/c/", EVENT_TOKEN_CLICK, 1);

	(void)state;
	clock_advance(&the_clock, now_ms + 60000);
	assert_int_equal(get(path), 410);
	assert_int_equal(hits(), 0);
}

static void
a_token_of_another_kind_is_404(void **state)
{
	(void)state;
	assert_int_equal(get(path_of("/u/", EVENT_TOKEN_CLICK, 0)), 404);
	assert_int_equal(get(path_of("/c/", EVENT_TOKEN_UNSUBSCRIBE, 0)), 404);
	assert_int_equal(get(path_of("/v/", EVENT_TOKEN_OPEN, 0)), 404);
}

static void
tampered_tokens_are_404_and_store_nothing(void **state)
{
	static const char *const prefixes[] = { "/c/", "/v/", "/u/" };
	static const enum event_token_kind kinds[] = {
		EVENT_TOKEN_CLICK, EVENT_TOKEN_VIEW, EVENT_TOKEN_UNSUBSCRIBE
	};
	int64_t before = everything_but_hits();

	(void)state;
	for (int i = 0; i < TAMPERED; i++) {
		char *path = arena_printf(
		    a, "%s%s", prefixes[i % 3],
		    token_of(kinds[i % 3], (unsigned)i % 2, acme.id));
		char *at = path + 3 + i * 7 % EVENT_TOKEN_CHARS;
		int status;

		*at = *at == 'A' ? 'B' : 'A';
		status = i % 2 ? get(path)
			       : post(path, "List-Unsubscribe=One-Click");
		/* A POST is for opting out alone. */
		assert_int_equal(status, i % 2 || i % 3 == 2 ? 404 : 405);
	}
	assert_int_equal(hits(), 0);
	assert_true(everything_but_hits() == before);
}

/* ---- GET and HEAD ---- */

static void
looking_changes_nothing_but_hits(void **state)
{
	static const char *const agents[] = { BROWSER, "curl/8", "Googlebot",
					      "Mozilla/5.0" };
	const char *const paths[] = {
		path_of("/o/", EVENT_TOKEN_OPEN, 0),
		path_of("/c/", EVENT_TOKEN_CLICK, 0),
		path_of("/c/", EVENT_TOKEN_CLICK, 1),
		path_of("/v/", EVENT_TOKEN_VIEW, 0),
		path_of("/u/", EVENT_TOKEN_UNSUBSCRIBE, 0),
		arena_printf(a, "%s?confirm",
			     path_of("/u/", EVENT_TOKEN_UNSUBSCRIBE, 0)),
		page_of("acme", ACME_RUN, ""),
		page_of("acme", ACME_RUN, path_of("?t=", EVENT_TOKEN_FORM, 0)),
		"/healthz",
		"/a/nothing.png",
		"/",
	};
	int64_t before = everything_but_hits();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(paths); i++)
		for (size_t j = 0; j < COUNT_OF(agents); j++) {
			(void)get_as(agents[j], "GET", paths[i]);
			(void)get_as(agents[j], "HEAD", paths[i]);
		}
	assert_true(everything_but_hits() == before);
	assert_int_equal(hits(), 4 * 8);
	assert_int_equal(number("SELECT COUNT(*) FROM hit WHERE agent = 0"), 4);
}

/* ---- the mail in a browser ---- */

static void
a_mail_is_shown_as_it_was_sent(void **state)
{
	(void)state;
	assert_int_equal(get(path_of("/v/", EVENT_TOKEN_VIEW, 0)), 200);
	assert_true(raw_has(&answer, "Northwind Access"));
	assert_true(raw_has(&answer, "img-src 'self' https:"));
	assert_int_equal(hits(), 0);
}

static int
erase_anna(struct db *db, void *arg, struct error *e)
{
	(void)arg;
	return contact_erase(db, acme.id, &anna.person, now_ms, e);
}

static void
a_mail_to_somebody_erased_is_gone(void **state)
{
	(void)state;
	assert_ok(db_commit(store, erase_anna, NULL, &err), err);
	assert_int_equal(get(path_of("/v/", EVENT_TOKEN_VIEW, 0)), 410);
}

/* ---- opting out ---- */

static void
the_page_asks_with_one_button(void **state)
{
	const char *path = path_of("/u/", EVENT_TOKEN_UNSUBSCRIBE, 0);

	(void)state;
	assert_int_equal(get(path), 200);
	assert_true(raw_has(&answer, "a***@example.org"));
	assert_true(
	    raw_has(&answer, arena_printf(a, "action=\"%s?confirm\"", path)));
}

struct next {
	struct outbox_delivery *d;
	int marked;
};

static int
claim_next(struct db *db, void *arg, struct error *e)
{
	const struct outbox_claim how = { .owner = 9,
					  .now_ms = now_ms,
					  .lease_ms = now_ms + 60000,
					  .key_id = 1,
					  .max = 1 };
	const struct outbox_key key = key_of("nudge");
	struct next *n = arg;

	if (outbox_put(db, &key, now_ms, e) < 0)
		return -(int)e->code;
	return outbox_claim(db, a, &how, &n->d, e);
}

static int
mark_next(struct db *db, void *arg, struct error *e)
{
	const struct outbox_marker marker = {
		.now_ms = now_ms,
		.sha256 = STR("0123456789abcdef0123456789abcdef"),
		.revision = revision,
		.domain = STR("mail.northwind.example"),
		.connection = STR("c1"),
	};
	struct next *n = arg;

	if (partner_lock_person(db, acme.id, &anna.person, e) < 0)
		return -(int)e->code;
	n->marked = outbox_mark(db, n->d, &marker, e);
	return n->marked;
}

static void
assert_left(void)
{
	assert_int_equal(number("SELECT COUNT(*) FROM suppression"), 1);
	assert_int_equal(number("SELECT MAX(consent) FROM contact"),
			 CONSENT_WITHDRAWN);
	assert_int_equal(number("SELECT COUNT(*) FROM event_view"
				" WHERE kind = 16"),
			 1);
}

static void
one_click_is_before_the_next_marker_and_once(void **state)
{
	const char *path = path_of("/u/", EVENT_TOKEN_UNSUBSCRIBE, 0);
	struct next next = { .marked = -1 };
	int64_t after;

	(void)state;
	assert_ok(db_commit(store, claim_next, &next, &err), err);
	assert_int_equal(post(path, "List-Unsubscribe=One-Click"), 200);
	assert_false(raw_has(&answer, "Location:"));
	assert_false(raw_has(&answer, "Set-Cookie:"));
	assert_left();
	assert_int_equal(number("SELECT COUNT(*) FROM delivery"
				" WHERE state = 7"),
			 1);
	assert_ok(db_commit(store, mark_next, &next, &err), err);
	assert_int_equal(next.marked, 0);
	after = journal();
	assert_int_equal(after, 2);
	assert_int_equal(post(path, "List-Unsubscribe=One-Click"), 200);
	assert_left();
	assert_int_equal(journal(), after);
}

static void
one_click_may_come_in_parts(void **state)
{
	(void)state;
	assert_int_equal(
	    post_as("multipart/form-data; boundary=x",
		    path_of("/u/", EVENT_TOKEN_UNSUBSCRIBE, 0),
		    "--x\r\nContent-Disposition: form-data; "
		    "name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n"),
	    200);
	assert_left();
}

static void
the_button_opts_out(void **state)
{
	(void)state;
	assert_int_equal(
	    post(arena_printf(a, "%s?confirm",
			      path_of("/u/", EVENT_TOKEN_UNSUBSCRIBE, 0)),
		 ""),
	    200);
	assert_true(raw_has(&answer, "Acme Ltd: a***@example.org"));
	assert_left();
}

static void
a_post_that_does_not_mean_it_changes_nothing(void **state)
{
	const char *path = path_of("/u/", EVENT_TOKEN_UNSUBSCRIBE, 0);
	int64_t before = everything_but_hits();

	(void)state;
	assert_int_equal(post(path, ""), 400);
	assert_int_equal(post(path, "List-Unsubscribe=Maybe"), 400);
	assert_int_equal(post_as("application/json", path, "{}"), 400);
	assert_true(everything_but_hits() == before);
}

/* ---- a partner's word ---- */

static void
a_partner_has_somebody_removed_by_one_button(void **state)
{
	const char *path = path_of("/r/", EVENT_TOKEN_REMOVE, 0);
	const char *button = arena_printf(a, "%s?confirm", path);
	int64_t before = everything_but_hits();
	int64_t after;

	(void)state;
	assert_int_equal(get(path), 200);
	assert_int_equal(get_as(BROWSER, "HEAD", button), 200);
	assert_true(raw_has(&answer, "200") && everything_but_hits() == before);
	assert_int_equal(get(path), 200);
	assert_true(raw_has(&answer, arena_printf(a, "action=\"%s\"", button)));
	assert_false(raw_has(&answer, "example.org"));
	assert_int_equal(post(path, "List-Unsubscribe=One-Click"), 400);
	assert_true(everything_but_hits() == before);
	assert_int_equal(post(button, ""), 200);
	assert_left();
	assert_int_equal(number("SELECT MIN(scope) FROM suppression"),
			 SUPPRESSION_PARTNER);
	after = journal();
	assert_int_equal(post(button, ""), 200);
	assert_int_equal(journal(), after);
}

static void
a_partners_link_is_for_nothing_else(void **state)
{
	int64_t before = everything_but_hits();

	(void)state;
	assert_int_equal(
	    post(arena_printf(a, "%s?confirm",
			      path_of("/u/", EVENT_TOKEN_REMOVE, 0)),
		 ""),
	    404);
	assert_int_equal(
	    post(arena_printf(a, "%s?confirm",
			      path_of("/r/", EVENT_TOKEN_UNSUBSCRIBE, 0)),
		 ""),
	    404);
	assert_true(everything_but_hits() == before);
}

/* ---- forms ---- */

static const char *
form_with(const char *t, const char *rest)
{
	return arena_printf(a, "form=call-me&t=%s&%s", t, rest);
}

#define GOOD                                                        \
	"email=Bert%40example.org&message=Please+call&consent=yes&" \
	"unknown=1"

static void
a_page_is_for_everybody(void **state)
{
	(void)state;
	assert_int_equal(get(page_of("acme", ACME_RUN, "")), 200);
	assert_true(raw_has(&answer, "Your review with Acme Ltd"));
	assert_int_equal(hits(), 0);
}

static void
a_page_is_of_its_own_partner_and_activation(void **state)
{
	const char *t = path_of("?t=", EVENT_TOKEN_FORM, 0);

	(void)state;
	assert_int_equal(get(page_of("acme", BOLT_RUN, "")), 404);
	assert_int_equal(get(page_of("nobody", ACME_RUN, "")), 404);
	assert_int_equal(get(page_of("acme", ACME_RUN, "/more")), 404);
	assert_int_equal(get("/p/acme"), 404);
	assert_int_equal(get(page_of("bolt", BOLT_RUN, "")), 200);
	assert_int_equal(get(page_of("bolt", BOLT_RUN, t)), 404);
	assert_int_equal(
	    post(page_of("bolt", BOLT_RUN, ""), form_with(t + 3, GOOD)), 404);
	assert_int_equal(hits(), 0);
	assert_int_equal(leads(), 0);
}

static void
what_is_wrong_stands_beside_what_was_typed(void **state)
{
	const char *path = page_of("acme", ACME_RUN, "");

	(void)state;
	assert_int_equal(
	    post(path, form_with(".", "email=&message=%3Cb%3Ehello")), 422);
	assert_true(raw_has(&answer, "&lt;b&gt;hello"));
	assert_true(raw_has(&answer, "This is needed."));
	assert_int_equal(leads(), 0);
}

enum { FORMS_TRIED = 200 };

/* As many good forms as are taken of this visitor, before the 429. */
static int
forms_of(const char *visitor, const char *path)
{
	const char *more =
	    arena_printf(a, "X-Forwarded-For: 192.0.2.9, %s\r\n", visitor);
	int n = 0;

	while (n < FORMS_TRIED &&
	       post_with(more, "application/x-www-form-urlencoded", path,
			 form_with(".", GOOD)) == 200)
		n++;
	return n;
}

static void
who_makes_too_many_leads_is_asked_to_wait(void **state)
{
	const char *full = page_of("acme", ACME_RUN, "");
	const char *other = page_of("bolt", BOLT_RUN, "");

	(void)state;
	assert_in_range(forms_of("198.51.100.1", full), 60, FORMS_TRIED - 1);
	assert_true(raw_has(&answer, " 429 "));
	assert_true(raw_has(&answer, "Please wait a minute"));
	assert_int_equal(get(full), 200);
	assert_int_equal(post(other, form_with(".", GOOD)), 200);
}

static void
who_shares_a_proxy_waits_for_nobody_else(void **state)
{
	const char *path = page_of("acme", ACME_RUN, "");

	(void)state;
	assert_in_range(forms_of("198.51.100.1", path), 60, FORMS_TRIED - 1);
	assert_int_equal(post_with("X-Forwarded-For: 198.51.100.2\r\n",
				   "application/x-www-form-urlencoded", path,
				   form_with(".", GOOD)),
			 200);
}

static void
rubbish_shuts_no_form(void **state)
{
	const char *path = page_of("acme", ACME_RUN, "");

	(void)state;
	for (int i = 0; i < FORMS_TRIED / 3; i++) {
		assert_int_equal(post(path, form_with(".", "email=")), 422);
		assert_int_equal(post(path, "form=none&t=."), 404);
	}
	assert_int_equal(post(path, form_with(".", GOOD)), 200);
	assert_int_equal(leads(), 1);
}

static void
a_form_sent_twice_is_one_lead(void **state)
{
	const char *path = page_of("acme", ACME_RUN, "");
	const char *form;

	(void)state;
	assert_int_equal(get(path), 200);
	form = form_with(hidden(), GOOD);
	assert_int_equal(post(path, form), 200);
	assert_true(raw_has(&answer, "Acme Ltd will call you."));
	assert_int_equal(post(path, form), 200);
	assert_int_equal(leads(), 1);
	assert_int_equal(get(path), 200);
	assert_int_equal(post(path, form_with(hidden(), GOOD)), 200);
	assert_int_equal(leads(), 2);
}

static void
two_people_at_one_showing_are_two_leads(void **state)
{
	const char *path = page_of("acme", ACME_RUN, "");
	const char *t;

	(void)state;
	assert_int_equal(get(path), 200);
	t = hidden();
	assert_int_equal(
	    post(path, form_with(t, "email=ann%40example.org&consent=yes")),
	    200);
	assert_int_equal(
	    post(path, form_with(t, "email=bob%40example.org&consent=yes")),
	    200);
	assert_int_equal(
	    post(path, form_with(t, "consent=yes&email=+bob%40EXAMPLE.org")),
	    200);
	assert_int_equal(leads(), 2);
	assert_int_equal(number("SELECT COUNT(*) FROM delivery"
				" WHERE step = '" LEAD_STEP_NOTIFY "'"),
			 2);
}

static void
a_lead_knows_whose_mail_brought_it_and_what_was_agreed(void **state)
{
	const char *path =
	    page_of("acme", ACME_RUN, path_of("?t=", EVENT_TOKEN_FORM, 0));
	struct lead_filter all = { .partner_id = -1, .limit = 10 };
	struct lead *lead;

	(void)state;
	assert_int_equal(get(path), 200);
	assert_int_equal(
	    post(page_of("acme", ACME_RUN, ""), form_with(hidden(), GOOD)),
	    200);
	assert_int_equal(lead_list(reader, a, &all, &lead, &err), 1);
	assert_memory_equal(lead->delivery.p, mail.id.bytes, 16);
	assert_str(lead->address, "bert@example.org");
	assert_str(lead->consent_text, "Acme Ltd may contact me.");
	assert_str(lead->message, "Please call");
	assert_str(lead->page, "offer");
	assert_true(str_eq(lead->revision, revision));
}

static void
a_machine_s_form_is_forgotten(void **state)
{
	(void)state;
	assert_int_equal(
	    post(page_of("acme", ACME_RUN, ""),
		 form_with(".", GOOD "&" CAMPAIGN_INPUT_HONEYPOT "=http")),
	    200);
	assert_int_equal(leads(), 0);
}

static void
a_form_there_is_not_is_404(void **state)
{
	(void)state;
	assert_int_equal(
	    post(page_of("acme", ACME_RUN, ""), "form=other&" GOOD), 404);
	assert_int_equal(post_as("text/plain", page_of("acme", ACME_RUN, ""),
				 form_with(".", GOOD)),
			 400);
	assert_int_equal(leads(), 0);
}

/* ---- the rest ---- */

static int
put_image(struct db *db, void *arg, struct error *e)
{
	const struct str *bytes = arg;

	return campaign_object_put(db, *bytes, e);
}

static void
an_image_is_cached_for_ever(void **state)
{
	struct campaign_files *files;
	struct str bytes;
	struct str name;

	(void)state;
	assert_ok(campaign_folder_open(&files, FIXTURE, &err), err);
	assert_ok(files->read(files, a, STR("assets/logo.png"), &bytes, &err),
		  err);
	campaign_files_close(&files);
	assert_ok(campaign_asset_name(bytes, a, &name, &err), err);
	assert_ok(db_commit(store, put_image, &bytes, &err), err);
	assert_int_equal(get(arena_printf(a, "/a/%s", name.p)), 200);
	assert_true(raw_has(&answer, "Content-Type: image/png"));
	assert_true(raw_has(&answer, "immutable"));
	assert_int_equal(get("/a/../etc/passwd"), 404);
}

static void
it_says_that_it_is_well(void **state)
{
	(void)state;
	assert_int_equal(get("/healthz"), 200);
}

static void
our_own_pages_speak_the_visitor_s_language(void **state)
{
	(void)state;
	assert_int_equal(ask("GET /c/x HTTP/1.1\r\nHost: x\r\n"
			     "Accept-Language: it, de-AT;q=0.8\r\n"
			     "Connection: close\r\n\r\n"),
			 404);
	assert_true(raw_has(&answer, "Seite nicht gefunden"));
	assert_true(raw_has(&answer, "lang=\"de\""));
	assert_int_equal(get("/c/x"), 404);
	assert_true(raw_has(&answer, "Page not found"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_web, close_web)

static int
run_suite(const char *name)
{
	const struct CMUnitTest tests[] = {
		CASE(the_pixel_is_a_hit_when_its_token_is_ours),
		CASE(a_click_goes_where_the_campaign_says),
		CASE(a_click_on_a_page_takes_a_token_along),
		CASE(a_link_there_is_not_is_404),
		CASE(an_expired_link_is_410),
		CASE(a_token_of_another_kind_is_404),
		CASE(tampered_tokens_are_404_and_store_nothing),
		CASE(looking_changes_nothing_but_hits),
		CASE(a_mail_is_shown_as_it_was_sent),
		CASE(a_mail_to_somebody_erased_is_gone),
		CASE(the_page_asks_with_one_button),
		CASE(one_click_is_before_the_next_marker_and_once),
		CASE(one_click_may_come_in_parts),
		CASE(the_button_opts_out),
		CASE(a_post_that_does_not_mean_it_changes_nothing),
		CASE(a_partner_has_somebody_removed_by_one_button),
		CASE(a_partners_link_is_for_nothing_else),
		CASE(a_page_is_for_everybody),
		CASE(a_page_is_of_its_own_partner_and_activation),
		CASE(what_is_wrong_stands_beside_what_was_typed),
		CASE(who_makes_too_many_leads_is_asked_to_wait),
		CASE(who_shares_a_proxy_waits_for_nobody_else),
		CASE(rubbish_shuts_no_form),
		CASE(a_form_sent_twice_is_one_lead),
		CASE(two_people_at_one_showing_are_two_leads),
		CASE(a_lead_knows_whose_mail_brought_it_and_what_was_agreed),
		CASE(a_machine_s_form_is_forgotten),
		CASE(a_form_there_is_not_is_404),
		CASE(an_image_is_cached_for_ever),
		CASE(it_says_that_it_is_well),
		CASE(our_own_pages_speak_the_visitor_s_language),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
	xml_init();
	return test_on_both(&url, run_suite, "web/sqlite", "web/postgresql");
}
