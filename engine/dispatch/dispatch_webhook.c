/*
 * The transport `webhook:`: posts and event hooks leave as signed requests to
 * the endpoint of their partner.
 *
 *	webhook:			to the public internet
 *	webhook:?loopback=yes		to this host alone: for development
 *	webhook:?timeout=5		seconds for a request, 1 to 60; else 20
 *
 *	endpoint -> marker -> sign, submit ... answer -> verdict
 *
 * A session is one client with up to PARALLEL requests under way, each a
 * connection of its own with one message, so that a receiver who is slow holds
 * up few others. The marker is durable before a request is submitted; what is
 * under way when we are killed is in doubt, or goes again if it is a hook.
 *
 * A row that fails is to blame itself, or its endpoint: the session goes on,
 * and the outbox knows when the row is due next. Hence a session fails for the
 * store alone.
 *
 * 410 disables the endpoint, that of posts too, before its row is held. Other
 * rows of it are held one by one as they become due, since the endpoint is
 * looked up each time.
 *
 * Rejected: a breaker for each endpoint. The schedule spreads the attempts of
 * a row, and a request that cannot connect costs a slot for ten seconds.
 */
#include "dispatch/dispatch_priv.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "dispatch/dispatch_webhook_priv.h"

enum { PARALLEL = 16, RUN_MS = 100, TIMEOUT_S = 20, TIMEOUT_MAX_S = 60 };

struct webhook {
	bool only_loopback;
	int timeout_ms;
};

struct session {
	const struct webhook *wire;
	struct dispatch_feed *feed;
	struct http_client *client;
	int taken;
	bool failed; /* by the store: `err` */
	struct error err;
};

/* One request, until its answer. */
struct request {
	struct session *session;
	struct arena *arena;
	struct dispatch_message message;
	struct partner_endpoint endpoint;
	bool hook;
};

/* ---- where to ---- */

static enum partner_purpose
purpose_of(const struct request *r)
{
	return r->hook ? PARTNER_LEADS : PARTNER_POSTS;
}

static void
hold(struct request *r, struct str reason)
{
	feed_verdict(r->session->feed, &r->message,
		     &(struct outbox_verdict){ .kind = OUTBOX_VERDICT_HELD,
					       .status = reason });
}

/* 1 when there is one to post to; 0, and the message is held. */
static int
find_endpoint(struct request *r, struct error *err)
{
	const char *purpose = partner_purpose_name(purpose_of(r));
	struct db *db;
	int got = db_reader(feed_store(r->session->feed), &db, err);

	if (got >= 0)
		got = partner_endpoint_find(db, r->arena,
					    r->message.delivery->id.partner_id,
					    purpose_of(r), &r->endpoint, err);
	if (got < 0) {
		feed_return(r->session->feed, &r->message);
		return got;
	}
	if (got == 0)
		hold(r, str_printf(r->arena,
				   "no webhook for %s, set one with: guidon "
				   "partner webhook",
				   purpose));
	else if (!r->endpoint.enabled)
		hold(r, str_printf(r->arena,
				   "the webhook for %s is disabled (%.*s), set "
				   "it again with: guidon partner webhook",
				   purpose, STR_ARG(r->endpoint.reason)));
	return got > 0 && r->endpoint.enabled;
}

/* ---- how it ended ---- */

struct gone {
	const struct partner_endpoint *endpoint;
	int64_t now_ms;
};

static int
gone_unit(struct db *db, void *arg, struct error *err)
{
	const struct gone *gone = arg;

	return partner_endpoint_disable(db, gone->endpoint, STR("410 gone"),
					gone->now_ms, err);
}

/* False when the store did not take it: then the next attempt must. */
static bool
disable_endpoint(const struct request *r)
{
	struct dispatch_feed *feed = r->session->feed;
	struct gone gone = {
		.endpoint = &r->endpoint,
		.now_ms = feed_now(feed),
	};
	struct error err;
	int changed = db_commit(feed_store(feed), gone_unit, &gone, &err);
	struct str whose =
	    dispatch_slug(feed_store(feed), r->arena, r->endpoint.partner_id);

	log_line(LOG_LEVEL_WARN, "dispatch", "endpoint_gone",
		 LOG_FIELDS(LOG_TEXT("partner", whose),
			    LOG_CSTR("purpose",
				     partner_purpose_name(r->endpoint.purpose)),
			    LOG_CSTR("msg", changed < 0 ? err.text : "")));
	return changed >= 0;
}

static void
on_done(void *arg, const struct http_reply *reply)
{
	struct request *r = arg;
	struct arena *a = r->arena;
	struct outbox_verdict verdict;

	failpoint_pass("dispatch: post answered");
	webhook_verdict(a, r->hook, reply, &verdict);
	if (webhook_is_gone(reply) && !disable_endpoint(r))
		verdict.kind = OUTBOX_VERDICT_DEFERRED;
	feed_verdict(r->session->feed, &r->message, &verdict);
	arena_free(&a);
}

/* ---- the request ---- */

static void
submit(struct request *r, struct str key)
{
	struct session *s = r->session;
	const struct outbox_id *id = &r->message.delivery->id;
	int64_t at_s = feed_now(s->feed) / 1000;
	struct buf hex = { 0 };
	struct buf signature = { 0 };
	const char *headers[5] = { "Content-Type: application/json" };
	struct http_post post = {
		.url = r->endpoint.url.p,
		.body = r->message.bytes,
		.headers = headers,
		.timeout_ms = s->wire->timeout_ms,
	};

	encode_hex(&hex,
		   (struct str){ (const char *)id->bytes, sizeof(id->bytes) });
	webhook_sign(&signature, key, buf_view(&hex), at_s, post.body);
	headers[1] = arena_printf(r->arena, "webhook-id: %s", buf_cstr(&hex));
	headers[2] =
	    arena_printf(r->arena, "webhook-timestamp: %" PRId64, at_s);
	headers[3] = arena_printf(r->arena, "webhook-signature: %s",
				  buf_cstr(&signature));
	buf_fini(&hex);
	buf_fini(&signature);
	failpoint_pass("dispatch: post to leave");
	http_client_submit(s->client, &post, on_done, r);
}

/* 1 under way, 0 it has its verdict, < 0 the store failed. */
static int
mark_and_submit(struct request *r, struct error *err)
{
	struct session *s = r->session;
	struct buf host = { 0 };
	struct buf key = { 0 };
	struct error why;
	int got = 0;

	if (http_client_check_url(r->endpoint.url.p, &host, &why) < 0 ||
	    partner_endpoint_key(feed_store(s->feed), &r->endpoint, &key,
				 &why) < 0) {
		hold(r, str_of(why.text));
	} else {
		feed_connected(s->feed, buf_view(&host));
		got = feed_mark(s->feed, &r->message, err);
	}
	if (got > 0)
		submit(r, buf_view(&key));
	if (key.p)
		crypto_wipe(key.p, key.cap);
	buf_fini(&key);
	buf_fini(&host);
	return got;
}

/* The next message: 1 taken, 0 there is none, < 0. */
static int
take(struct session *s, struct error *err)
{
	struct arena *a = arena_new();
	struct request *r = ARENA_NEW(a, struct request);
	int got;
	int under_way = 0;

	r->session = s;
	r->arena = a;
	feed_connected(s->feed, STR("webhook"));
	got = feed_next(s->feed, &r->message, err);
	if (got > 0) {
		r->hook =
		    outbox_at_least_once(r->message.delivery->key.channel);
		under_way = find_endpoint(r, err);
		if (under_way > 0)
			under_way = mark_and_submit(r, err);
	}
	if (under_way <= 0)
		arena_free(&a);
	return under_way < 0 ? under_way : got;
}

/* ---- a session ---- */

static bool
may_take(const struct session *s)
{
	return !s->failed && s->taken < feed_session(s->feed) &&
	       http_client_count(s->client) < PARALLEL;
}

/* Takes what may be taken; false when there is nothing, for the moment. */
static bool
take_some(struct session *s)
{
	while (may_take(s)) {
		int got = take(s, &s->err);

		s->failed = got < 0;
		if (got <= 0)
			return false;
		s->taken++;
	}
	return true;
}

static int
webhook_session(void *self, struct dispatch_feed *feed, struct error *err)
{
	struct session s = { .wire = self, .feed = feed };
	bool more;

	if (http_client_open(&s.client, s.wire->only_loopback, err) < 0)
		return -(int)err->code;
	do
		more =
		    take_some(&s) && !s.failed && s.taken < feed_session(feed);
	while (http_client_run(s.client, RUN_MS) > 0 || more);
	http_client_close(&s.client);
	if (!s.failed)
		return 0;
	*err = s.err;
	return -(int)err->code;
}

/* ---- open and close ---- */

static int
read_option(struct webhook *w, struct str option, struct error *err)
{
	struct str value = option;
	struct str name;
	int64_t seconds;

	(void)str_split(&value, '=', &name);
	if (str_eq_cstr(name, "loopback") && str_eq_cstr(value, "yes")) {
		w->only_loopback = true;
		return 0;
	}
	if (str_eq_cstr(name, "timeout") &&
	    str_int(value, 1, TIMEOUT_MAX_S, &seconds)) {
		w->timeout_ms = (int)seconds * 1000;
		return 0;
	}
	return error_set(err, ERROR_CONFIG,
			 "transport \"webhook:\": option \"%.*s\", expected "
			 "loopback=yes or timeout=SECONDS (1 to %d)",
			 STR_ARG(option), TIMEOUT_MAX_S);
}

static int
read_url(struct webhook *w, struct str url, struct error *err)
{
	struct str rest = url;
	struct str option;

	if (!str_starts(url, STR("webhook:")) ||
	    (url.len > 8 && url.p[8] != '?'))
		return error_set(err, ERROR_CONFIG,
				 "transport \"%.*s\", expected \"webhook:\"",
				 STR_ARG(url));
	rest = str_slice(url, 9, url.len);
	while (str_split(&rest, '&', &option))
		if (read_option(w, option, err) < 0)
			return -(int)err->code;
	return 0;
}

static int
webhook_open(void **out, const char *url, struct error *err)
{
	struct webhook *w = calloc(1, sizeof(*w));

	check(w);
	w->timeout_ms = TIMEOUT_S * 1000;
	if (read_url(w, str_of(url), err) < 0) {
		free(w);
		return -(int)err->code;
	}
	*out = w;
	return 0;
}

static bool
webhook_leaves(const void *self)
{
	return !((const struct webhook *)self)->only_loopback;
}

const struct transport webhook_transport = {
	.scheme = "webhook",
	.carriers = CARRIER(OUTBOX_HTTP),
	.open = webhook_open,
	.close = free,
	.leaves = webhook_leaves,
	.session = webhook_session,
};
