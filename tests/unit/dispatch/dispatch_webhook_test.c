#include "dispatch/dispatch_webhook_priv.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "dispatch/dispatch_priv.h"
#include "test.h"

static struct error err;

/* The example of the specification and of its libraries. */
static void
a_signature_is_that_of_standard_webhooks(void **state)
{
	struct buf key = { 0 };
	struct buf out = { 0 };

	(void)state;
	assert_ok(
	    decode_base64(&key, STR("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), &err),
	    err);
	webhook_sign(&out, buf_view(&key), STR("msg_p5jXN8AQM9LWM0D4loKWxJek"),
		     1614265330, STR("{\"test\": 2432232314}"));
	assert_str(buf_view(&out),
		   "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
	buf_fini(&key);
	buf_fini(&out);
}

#define SENT	 OUTBOX_VERDICT_SENT
#define DEFERRED OUTBOX_VERDICT_DEFERRED
#define HELD	 OUTBOX_VERDICT_HELD
#define UNKNOWN	 OUTBOX_VERDICT_UNKNOWN

static const struct {
	enum http_fate fate;
	int status;
	enum outbox_verdict_kind post;
	enum outbox_verdict_kind hook;
} rows[] = {
	{ HTTP_ANSWERED, 200, SENT, SENT },
	{ HTTP_ANSWERED, 202, SENT, SENT },
	{ HTTP_ANSWERED, 204, SENT, SENT },
	{ HTTP_ANSWERED, 301, HELD, DEFERRED },
	{ HTTP_ANSWERED, 304, HELD, DEFERRED },
	{ HTTP_ANSWERED, 400, HELD, DEFERRED },
	{ HTTP_ANSWERED, 401, HELD, DEFERRED },
	{ HTTP_ANSWERED, 404, HELD, DEFERRED },
	{ HTTP_ANSWERED, 410, HELD, HELD },
	{ HTTP_ANSWERED, 422, HELD, DEFERRED },
	{ HTTP_ANSWERED, 429, DEFERRED, DEFERRED },
	{ HTTP_ANSWERED, 500, UNKNOWN, DEFERRED },
	{ HTTP_ANSWERED, 502, UNKNOWN, DEFERRED },
	{ HTTP_ANSWERED, 503, DEFERRED, DEFERRED },
	{ HTTP_ANSWERED, 504, UNKNOWN, DEFERRED },
	{ HTTP_NOT_SENT, 0, DEFERRED, DEFERRED },
	{ HTTP_REFUSED, 0, HELD, DEFERRED },
	{ HTTP_UNKNOWN, 0, UNKNOWN, UNKNOWN },
};

static void
posts_and_hooks_have_their_own_law(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct http_reply reply = {
			.fate = rows[i].fate,
			.status = rows[i].status,
			.retry_after_ms = 77,
			.text = STR("why"),
		};
		struct outbox_verdict post;
		struct outbox_verdict hook;

		webhook_verdict(a, false, &reply, &post);
		webhook_verdict(a, true, &reply, &hook);
		if (post.kind != rows[i].post || hook.kind != rows[i].hook)
			fail_msg("%s %d", http_fate_name(reply.fate),
				 reply.status);
		assert_int_equal(post.retry_after_ms, 77);
		assert_int_equal(webhook_is_gone(&reply), reply.status == 410);
	}
	arena_free(&a);
}

static void
a_status_quotes_the_answer(void **state)
{
	struct arena *a = arena_new();
	struct http_reply reply = { .fate = HTTP_ANSWERED, .status = 204 };
	struct outbox_verdict v;

	(void)state;
	webhook_verdict(a, false, &reply, &v);
	assert_str(v.status, "204");
	reply.text = STR("no such account");
	reply.status = 404;
	webhook_verdict(a, false, &reply, &v);
	assert_str(v.status, "404: no such account");
	reply.fate = HTTP_NOT_SENT;
	reply.text = STR("connection refused");
	webhook_verdict(a, false, &reply, &v);
	assert_str(v.status, "not sent: connection refused");
	arena_free(&a);
}

static void
a_url_that_is_wrong_is_told(void **state)
{
	static const char *const bad[] = {
		"webhook",
		"webhook:x",
		"webhook:?loopback=maybe",
		"webhook:?timeout=0",
		"webhook:?timeout=61",
		"webhook:?proxy=1",
	};
	static const char *const good[] = {
		"webhook:",
		"webhook:?loopback=yes",
		"webhook:?loopback=yes&timeout=60",
	};
	void *self;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_fails(webhook_transport.open(&self, bad[i], &err), err,
			     ERROR_CONFIG, "expected");
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		assert_ok(webhook_transport.open(&self, good[i], &err), err);
		webhook_transport.close(self);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signature_is_that_of_standard_webhooks),
		cmocka_unit_test(posts_and_hooks_have_their_own_law),
		cmocka_unit_test(a_status_quotes_the_answer),
		cmocka_unit_test(a_url_that_is_wrong_is_told),
	};

	crypto_init();
	return cmocka_run_group_tests_name("dispatch/dispatch_webhook", tests,
					   NULL, NULL);
}
