/*
 * What mail providers tell, on every store there is, to what intake_store.h
 * has. The calls are signed by keys of this process (told.h).
 */
#include "dispatch/dispatch_provider.h"

#include <pthread.h>

#include "returned.h"

#include "intake_store.h"
#include "told.h"

static const char *const all[] = { "ses", "sendgrid", "mailgun", "postmark" };
static const char *const signing[] = { "sendgrid", "mailgun", "postmark" };

static struct dispatch_providers *providers;
static struct dispatch_provider_sum sum;

static int
open_store(void **state)
{
	(void)state;
	assert_int_equal(open_intake_store(), 0);
	told_open(".");
	assert_ok(dispatch_providers_open(&providers,
					  &(struct dispatch_providers_config){
					      .store = store,
					      .keys = keys,
					      .pepper = pepper,
					      .clock = &clock_of_test,
					      .on = TOLD_ALL },
					  &err),
		  err);
	return 0;
}

static int
close_store(void **state)
{
	(void)state;
	dispatch_providers_close(&providers);
	close_intake_store();
	return 0;
}

/* ---- telling ---- */

/* The tag of a delivery, as our mail carries it. */
static struct str
tag_of(const struct outbox_id *id)
{
	struct str address = test_return_address(arena, keys, id);
	const struct str name = STR("bounces+");

	return str_slice(address, name.len, name.len + EVENT_ADDRESS_CHARS);
}

/* By the custom argument, and of SES by the Message-ID. */
static struct told_mail
about(const struct outbox_id *id, enum told_what what)
{
	static int number;

	return (struct told_mail){
		.what = what,
		.tag = tag_of(id),
		.message_id = message_id_of(id),
		.recipient = STR("ann@example.org"),
		.number = ++number % 60,
		.now_ms = LATER_MS,
	};
}

static int
take(const struct dispatch_provider_call *call)
{
	err = (struct error){ 0 };
	return dispatch_providers_take(providers, call, &sum, &err);
}

static void
tell(const char *provider, const struct told_mail *mail)
{
	struct dispatch_provider_call call = told_call(arena, provider, mail);

	assert_ok(take(&call), err);
	assert_int_equal(sum.malformed, 0);
}

static void
assert_sum(size_t taken, size_t again, size_t foreign, size_t malformed)
{
	assert_int_equal(sum.taken, taken);
	assert_int_equal(sum.again, again);
	assert_int_equal(sum.foreign, foreign);
	assert_int_equal(sum.malformed, malformed);
}

static int64_t
rows(bool ours)
{
	struct event_return_counts counts;
	int64_t count = 0;

	assert_ok(event_return_count(reader, &counts, &err), err);
	for (int i = 0; i < EVENT_RETURN_COUNT; i++)
		count += ours ? counts.ours[i] : counts.foreign[i];
	return count;
}

static void
assert_nothing_recorded(void)
{
	assert_nothing_changed();
	assert_int_equal(rows(true) + rows(false), 0);
}

/* A case of its own for each provider: the store begins anew. */
static void
begin_anew(void)
{
	assert_int_equal(close_store(NULL), 0);
	assert_int_equal(open_store(NULL), 0);
}

/* ---- cases: what counts ---- */

static void
a_hard_bounce_ends_all_of_that_partner(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++, begin_anew()) {
		struct told_mail m = about(&invite, TOLD_HARD);

		tell(all[i], &m);
		assert_sum(1, 0, 0, 0);
		assert_true(suppressed(SUPPRESSION_PARTNER, acme_id));
		assert_false(suppressed(SUPPRESSION_PARTNER, zeta_id));
		assert_int_equal(state_of(acme_id, RUN, "invite"), OUTBOX_SENT);
		assert_int_equal(state_of(acme_id, RUN, "nudge"),
				 OUTBOX_CANCELLED);
		assert_int_equal(events(EVENT_BOUNCED), 1);
	}
}

static void
a_soft_bounce_changes_nothing_by_itself(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++, begin_anew()) {
		struct told_mail m = about(&invite, TOLD_SOFT);

		tell(all[i], &m);
		assert_sum(1, 0, 0, 0);
		assert_nothing_changed();
		assert_int_equal(events(EVENT_SOFT_BOUNCED), 1);
	}
}

static void
a_complaint_ends_everything(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++, begin_anew()) {
		struct told_mail m = about(&invite, TOLD_COMPLAINT);

		tell(all[i], &m);
		assert_true(suppressed(SUPPRESSION_GLOBAL, 0));
		assert_int_equal(state_of(acme_id, RUN, "nudge"),
				 OUTBOX_CANCELLED);
		assert_int_equal(events(EVENT_COMPLAINED), 1);
	}
}

static void
who_leaves_has_opted_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(signing); i++, begin_anew()) {
		struct told_mail m = about(&invite, TOLD_LEAVE);
		struct contact c;

		tell(signing[i], &m);
		m.number++;
		tell(signing[i], &m);
		assert_true(suppressed(SUPPRESSION_PARTNER, acme_id));
		assert_false(suppressed(SUPPRESSION_GLOBAL, 0));
		assert_int_equal(state_of(acme_id, RUN, "nudge"),
				 OUTBOX_CANCELLED);
		assert_int_equal(
		    contact_find(reader, arena, acme_id, &ann.person, &c, &err),
		    1);
		assert_int_equal(c.consent, CONSENT_WITHDRAWN);
		assert_int_equal(events(EVENT_UNSUBSCRIBED), 1);
	}
}

/* What is still tried, what arrived and what is looked at count against nobody. */
static void
what_goes_well_is_not_recorded(void **state)
{
	static const enum told_what well[] = { TOLD_LATE, TOLD_ARRIVED,
					       TOLD_OPENED };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++)
		for (size_t j = 0; j < COUNT_OF(well); j++) {
			struct told_mail m = about(&invite, well[j]);

			tell(all[i], &m);
			assert_nothing_recorded();
		}
	assert_int_equal(events(EVENT_SOFT_BOUNCED), 0);
}

/* ---- cases: once ---- */

static void
the_same_call_and_the_same_news_count_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++, begin_anew()) {
		struct told_mail m = about(&invite, TOLD_HARD);

		tell(all[i], &m);
		tell(all[i], &m);
		assert_sum(0, 1, 0, 0);
		m.number++; /* another event that says the same */
		tell(all[i], &m);
		assert_sum(0, 1, 0, 0);
		assert_int_equal(events(EVENT_BOUNCED), 1);
		assert_int_equal(events(EVENT_CANCELLED), 1);
		assert_int_equal(rows(true), 1);
	}
}

/* Mailgun signs time and token, and not what it says. */
static void
a_token_of_mailgun_says_one_thing(void **state)
{
	struct told_mail good = about(&invite, TOLD_ARRIVED);
	struct told_mail bad = about(&invite, TOLD_HARD);
	struct dispatch_provider_call call = told_call(arena, "mailgun", &good);

	(void)state;
	assert_ok(take(&call), err);
	bad.number = good.number;
	call = told_call(arena, "mailgun", &bad);
	assert_ok(take(&call), err);
	assert_sum(0, 1, 0, 0);
	assert_nothing_recorded();
}

/* ---- cases: proof ---- */

static void
a_message_id_is_proof_beside_its_recipient(void **state)
{
	static const char *const with_id[] = { "ses", "sendgrid", "mailgun" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(with_id); i++, begin_anew()) {
		struct told_mail m = about(&invite, TOLD_HARD);

		m.tag = STR("");
		m.recipient = STR("somebody@else.example");
		tell(with_id[i], &m);
		assert_sum(0, 0, 1, 0);
		assert_nothing_changed();
		m.number++;
		m.recipient = STR("Ann@Example.ORG");
		tell(with_id[i], &m);
		assert_sum(1, 0, 0, 0);
		assert_true(suppressed(SUPPRESSION_PARTNER, acme_id));
	}
}

/* Other systems may use the same account. */
static void
what_matches_nothing_is_counted_and_no_error(void **state)
{
	struct outbox_id not_there = invite;
	int foreign = 0;

	(void)state;
	not_there.bytes[0] ^= 1;
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		struct told_mail m = about(&invite, TOLD_HARD);

		m.tag = i % 2 ? tag_of(&not_there) : STR("of another system");
		m.message_id = STR("another@mail.example");
		tell(all[i], &m);
		assert_sum(0, 0, 1, 0);
		assert_int_equal(rows(false), ++foreign);
		m.number++;
		m.what = TOLD_ARRIVED;
		tell(all[i], &m);
		assert_sum(0, 0, 1, 0);
		assert_int_equal(rows(false), foreign);
	}
	assert_nothing_changed();
	assert_int_equal(rows(true), 0);
}

/* Its tag is the custom argument, and its Message-ID for SES has none. */
static void
a_bounce_of_the_doctors_is_nobodys(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++, begin_anew()) {
		struct told_mail m = about(&invite, TOLD_ARRIVED);
		struct outbox_id id = send_probe();
		struct str address =
		    test_address(arena, keys, &id, EVENT_ADDRESS_PROBE);
		ptrdiff_t plus = str_find_char(address, '+');

		address = str_slice(address, (size_t)plus + 1, address.len);
		m.tag = str_slice(address, 0, EVENT_ADDRESS_CHARS);
		m.message_id = address;
		tell(all[i], &m);
		assert_int_equal(grade_of_probe(), DOCTOR_UNKNOWN);
		m.what = TOLD_HARD;
		m.number++;
		tell(all[i], &m);
		assert_sum(1, 0, 0, 0);
		assert_int_equal(grade_of_probe(), DOCTOR_OK);
		assert_nothing_recorded();
	}
}

/* ---- cases: where the delivery stands ---- */

static void
what_was_in_doubt_had_left(void **state)
{
	static const enum told_what news[] = { TOLD_ARRIVED, TOLD_LATE,
					       TOLD_SOFT };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++)
		for (size_t j = 0; j < COUNT_OF(news); j++) {
			char step[] = "doubt-00";
			struct told_mail m;
			struct outbox_id id;

			step[6] = (char)('0' + i);
			step[7] = (char)('0' + j);
			id = send_as(key_of(acme_id, RUN, step), SENT_MS,
				     OUTBOX_VERDICT_UNKNOWN);
			assert_int_equal(state_of(acme_id, RUN, step),
					 OUTBOX_INDOUBT);
			m = about(&id, news[j]);
			tell(all[i], &m);
			assert_int_equal(state_of(acme_id, RUN, step),
					 OUTBOX_SENT);
		}
}

/* The same token, too: nothing of the first call is left. */
static void
what_is_being_sent_is_to_come_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++, begin_anew()) {
		struct outbox_id id =
		    send_as(key_of(acme_id, RUN, "marked"), SENT_MS, -1);
		struct told_mail m = about(&id, TOLD_HARD);
		struct dispatch_provider_call call =
		    told_call(arena, all[i], &m);

		assert_true(take(&call) < 0);
		assert_int_equal(err.code, ERROR_BUSY);
		assert_nothing_recorded();
		assert_true(take(&call) < 0);
		assert_int_equal(err.code, ERROR_BUSY);
	}
}

/* ---- cases: many ---- */

/* A batch: every tenth is malformed, one is for later, all else is taken. */
static void
one_bad_event_does_not_lose_the_others(void **state)
{
	enum { MANY = 1000 };
	static const char *const bad[] = {
		"{}",
		"7",
		"null",
		"[[]]",
		"{\"event\":\"bounce\",\"sg_event_id\":12}",
		"{\"event\":[],\"email\":{},\"sg_event_id\":\"x\"}",
		"{\"event\":\"bounce\",\"sg_event_id\":\"\"}",
	};
	struct outbox_id marked =
	    send_as(key_of(acme_id, RUN, "marked"), SENT_MS, -1);
	struct dispatch_provider_call call;
	struct buf body = { 0 };

	(void)state;
	buf_char(&body, '[');
	for (int i = 0; i < MANY; i++) {
		struct told_mail m = about(&invite, TOLD_HARD);

		m.number = i;
		if (i == 500)
			m.tag = tag_of(&marked);
		else if (i != 777) {
			m.tag = STR("");
			m.message_id = STR("another@mail.example");
		}
		if (i > 0)
			buf_char(&body, ',');
		buf_str(&body, i % 10 == 3 ? str_of(bad[i % 7])
					   : told_sendgrid_event(arena, &m));
	}
	buf_char(&body, ']');
	call = told_sign(arena, "sendgrid", buf_view(&body), LATER_MS);
	assert_true(take(&call) < 0);
	assert_int_equal(err.code, ERROR_BUSY);
	assert_sum(1, 0, MANY - MANY / 10 - 2, MANY / 10);
	assert_true(suppressed(SUPPRESSION_PARTNER, acme_id));
	/* It comes again: nothing counts twice. */
	assert_true(take(&call) < 0);
	assert_sum(0, MANY - MANY / 10 - 1, 0, MANY / 10);
	assert_int_equal(events(EVENT_BOUNCED), 1);
	buf_fini(&body);
}

static void
a_batch_without_an_end_is_refused(void **state)
{
	struct dispatch_provider_call call;
	struct buf body = { 0 };

	(void)state;
	buf_char(&body, '[');
	for (int i = 0; i < PROVIDER_EVENTS_MAX; i++)
		buf_cat(&body, "1,");
	buf_cat(&body, "1]");
	call = told_sign(arena, "sendgrid", buf_view(&body), LATER_MS);
	assert_true(take(&call) < 0);
	assert_int_equal(err.code, ERROR_LIMIT);
	buf_fini(&body);
}

/* ---- cases: what is refused ---- */

static void
assert_refused(const struct dispatch_provider_call *call, enum error_code code)
{
	assert_true(take(call) < 0);
	assert_int_equal(err.code, code);
	assert_nothing_recorded();
}

/* A byte of the body that is signed, or of what signs it. */
static struct dispatch_provider_call
spoil(struct dispatch_provider_call call, const char *near)
{
	ptrdiff_t at = str_find(call.body, str_of(near));
	char *body = str_cstr(arena, call.body);

	assert_true(at >= 0);
	at += (ptrdiff_t)strlen(near);
	body[at] = body[at] == '1' ? '2' : '1';
	call.body.p = body;
	return call;
}

static void
what_is_not_signed_by_them_leaves_nothing(void **state)
{
	struct told_mail m = about(&invite, TOLD_HARD);
	struct dispatch_provider_call call;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(signing); i++) {
		call = told_call(arena, signing[i], &m);
		call.header_count = 0;
		if (i != 1) /* Mailgun signs within */
			assert_refused(&call, ERROR_DENIED);
	}
	call = spoil(told_call(arena, "mailgun", &m), "\"signature\":\"");
	assert_refused(&call, ERROR_DENIED);
	call = spoil(told_call(arena, "mailgun", &m), "\"token\":\"");
	assert_refused(&call, ERROR_DENIED);
	call = spoil(told_call(arena, "mailgun", &m), "\"timestamp\":\"177244");
	assert_refused(&call, ERROR_DENIED);
	call = spoil(told_call(arena, "sendgrid", &m), "\"status\":\"");
	assert_refused(&call, ERROR_DENIED);
	call = spoil(told_call(arena, "ses", &m), "5.1.");
	assert_refused(&call, ERROR_DENIED);
	call = spoil(told_call(arena, "ses", &m), "\"MessageId\":\"");
	assert_refused(&call, ERROR_DENIED);
	call = spoil(told_call(arena, "ses", &m), "\"Signature\":\"");
	assert_refused(&call, ERROR_DENIED);
}

static void
another_password_is_none(void **state)
{
	static const char *const given[] = {
		"",
		"Basic",
		"Basic ",
		"Basic !",
		"Bearer Z3VpZG9uOmEtcGFzc3dvcmQtb2Ytc29tZS1sZW5ndGg=",
		"Basic Z3VpZG9uOmEtcGFzc3dvcmQtb2Ytc29tZS1sZW5ndGg",
		"Basic Z3VpZG9uOmEtcGFzc3dvcmQ=",
	};
	struct told_mail m = about(&invite, TOLD_HARD);
	struct dispatch_provider_call call = told_call(arena, "postmark", &m);
	struct http_header h = call.headers[0];

	(void)state;
	call.headers = &h;
	for (size_t i = 0; i < COUNT_OF(given); i++) {
		h.value = str_of(given[i]);
		assert_refused(&call, ERROR_DENIED);
	}
	h.value = STR("basic Z3VpZG9uOmEtcGFzc3dvcmQtb2Ytc29tZS1sZW5ndGg=");
	assert_ok(take(&call), err);
}

static void
what_is_too_old_or_ahead_is_refused(void **state)
{
	static const char *const timed[] = { "ses", "sendgrid", "mailgun" };
	const int64_t off[] = { -PROVIDER_AGE_MS - 1000,
				PROVIDER_AHEAD_MS + 1000 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(timed); i++)
		for (size_t j = 0; j < COUNT_OF(off); j++) {
			struct told_mail m = about(&invite, TOLD_HARD);
			struct dispatch_provider_call call;

			m.now_ms = LATER_MS + off[j];
			call = told_call(arena, timed[i], &m);
			call.now_ms = LATER_MS;
			assert_refused(&call, ERROR_DENIED);
		}
	for (size_t i = 0; i < COUNT_OF(timed); i++) {
		struct told_mail m = about(&invite, TOLD_HARD);
		struct dispatch_provider_call call;

		m.now_ms = LATER_MS - PROVIDER_AGE_MS;
		call = told_call(arena, timed[i], &m);
		call.now_ms = LATER_MS;
		assert_ok(take(&call), err);
	}
}

static void
what_cannot_be_read_leaves_nothing(void **state)
{
	static const char *const bodies[] = {
		"", "[", "{\"Type\":", "\xff", "nothing", "{\"a\":1,\"a\":2}",
	};
	struct told_mail m = about(&invite, TOLD_HARD);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		struct dispatch_provider_call call =
		    told_call(arena, all[i], &m);

		for (size_t j = 0; j < COUNT_OF(bodies); j++) {
			struct dispatch_provider_call other = told_sign(
			    arena, all[i], str_of(bodies[j]), LATER_MS);

			if (i == 0 || i == 2)
				other.body = str_of(bodies[j]);
			assert_refused(&other, ERROR_INVALID);
		}
		call.body.len--;
		if (i == 1)
			assert_refused(&call, ERROR_DENIED);
		else
			assert_refused(&call, ERROR_INVALID);
	}
}

/* ---- cases: SNS ---- */

static struct told_sns
sns_about(const struct told_mail *m)
{
	return (struct told_sns){
		.topic = TOLD_TOPIC,
		.version = "2",
		.message = told_ses_message(arena, m),
		.now_ms = LATER_MS,
	};
}

static void
a_topic_that_was_not_named_is_refused(void **state)
{
	static const char *const topics[] = {
		"",
		"arn:aws:sns:eu-central-1:123456789012:mai",
		"arn:aws:sns:eu-central-1:210987654321:mail",
	};
	struct told_mail m = about(&invite, TOLD_HARD);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(topics); i++) {
		struct told_sns s = sns_about(&m);
		struct dispatch_provider_call call;

		s.topic = topics[i];
		call = told_sns(arena, &s);
		assert_refused(&call, ERROR_DENIED);
	}
}

static void
a_certificate_elsewhere_is_refused(void **state)
{
	static const char *const urls[] = {
		"",
		"http://sns.eu-central-1.amazonaws.com/a.pem",
		"https://sns.eu-central-1.amazonaws.com.evil.example/a.pem",
		"https://sns.eu-central-1.amazonaws.com@evil.example/a.pem",
		"https://evil.example/sns.eu-central-1.amazonaws.com/a.pem",
		"https://sns.eu-central-1.amazonaws.com:444/a.pem",
		"https://sns.a.b.amazonaws.com/a.pem",
		"https://sns..amazonaws.com/a.pem",
		"https://sns.amazonaws.com/a.pem",
		"https://s3.eu-central-1.amazonaws.com/a.pem",
		"https://sns.eu-central-1.amazonaws.com/a.crt",
		"https://sns.eu-central-1.amazonaws.com/a.pem?b=.pem",
		"https://sns.eu-central-1.amazonaws.com/..pem",
		"https://sns.eu-central-1.amazonaws.com",
	};
	struct told_mail m = about(&invite, TOLD_HARD);
	struct told_sns s = sns_about(&m);
	struct dispatch_provider_call call;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(urls); i++) {
		s.certificate_url = urls[i];
		call = told_sns(arena, &s);
		assert_refused(&call, ERROR_DENIED);
	}
	s.certificate_url = "https://sns.cn-north-1.amazonaws.com.cn/a-1.pem";
	call = told_sns(arena, &s);
	assert_ok(take(&call), err);
}

static void
a_version_that_is_not_known_is_refused(void **state)
{
	static const char *const versions[] = { "", "0", "3", "22" };
	struct told_mail m = about(&invite, TOLD_HARD);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(versions); i++) {
		struct told_sns s = sns_about(&m);
		struct dispatch_provider_call call;

		s.version = versions[i];
		call = told_sns(arena, &s);
		assert_refused(&call, ERROR_DENIED);
	}
}

/* The operator puts the next one in its place, and nothing is started anew. */
static void
a_certificate_may_follow_another(void **state)
{
	struct told_mail m = about(&invite, TOLD_HARD);
	struct dispatch_provider_call call;

	(void)state;
	told_sign_by_another(true);
	call = told_call(arena, "ses", &m);
	assert_refused(&call, ERROR_DENIED);
	assert_non_null(strstr(err.text, "https://sns.eu-central-1."));
	told_change_certificate(true);
	assert_ok(take(&call), err);
	assert_sum(1, 0, 0, 0);
	told_sign_by_another(false);
}

static bool
was_logged(const char *text)
{
	return str_find(buf_view(&lines.lines), str_of(text)) >= 0;
}

static void
a_subscription_waits_for_the_operator(void **state)
{
	struct told_mail m = about(&invite, TOLD_HARD);
	struct told_sns s = sns_about(&m);
	struct dispatch_provider_call call;

	(void)state;
	s.type = "SubscriptionConfirmation";
	call = told_sns(arena, &s);
	assert_ok(take(&call), err);
	assert_true(was_logged("event=subscription_waits"));
	assert_true(was_logged("https://sns.eu-central-1.amazonaws.com/"
			       "?Action=ConfirmSubscription"));
	s.type = "UnsubscribeConfirmation";
	call = told_sns(arena, &s);
	assert_ok(take(&call), err);
	assert_true(was_logged("event=unsubscribed"));
	s.type = "Another";
	call = told_sns(arena, &s);
	assert_true(take(&call) < 0);
	assert_nothing_recorded();
}

/* SES writes so when a topic is named to it. */
static void
words_in_a_notification_are_passed_over(void **state)
{
	struct dispatch_provider_call call = told_sign(
	    arena, "ses",
	    STR("Successfully validated SNS topic for Amazon SES."), LATER_MS);

	(void)state;
	assert_ok(take(&call), err);
	assert_sum(0, 0, 0, 1);
	assert_nothing_recorded();
}

/* ---- cases: the thread ---- */

static void
keep_answer(void *arg, enum dispatch_provider_answer answer)
{
	*(enum dispatch_provider_answer *)arg = answer;
}

/* Closing takes what waits. */
static void
each_call_is_answered_after_its_commit(void **state)
{
	enum { CALLS = 32, WHOLE = 27 };
	struct outbox_id marked =
	    send_as(key_of(acme_id, RUN, "marked"), SENT_MS, -1);
	enum dispatch_provider_answer answers[CALLS] = { 0 };
	struct dispatch_provider_call calls[CALLS];

	(void)state;
	for (int i = 0; i < CALLS; i++) {
		struct told_mail m =
		    about(i == WHOLE ? &marked : &invite, TOLD_HARD);

		m.number = i;
		calls[i] = told_call(arena, all[i % 4], &m);
		if (i > WHOLE)
			calls[i].body = str_slice(calls[i].body, 0, 9);
		dispatch_providers_submit(providers, &calls[i], keep_answer,
					  &answers[i]);
	}
	dispatch_providers_close(&providers);
	for (int i = 0; i < CALLS; i++)
		if (i < WHOLE)
			assert_int_equal(answers[i], PROVIDER_TAKEN);
		else if (i == WHOLE)
			assert_int_equal(answers[i], PROVIDER_LATER);
		else if (i % 4 == 1)
			assert_int_equal(answers[i], PROVIDER_DENIED);
		else
			assert_int_equal(answers[i], PROVIDER_MALFORMED);
	assert_int_equal(events(EVENT_BOUNCED), 1);
}

/* The thread, held up at its first call until it may go on. */
struct gate {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool reached, open;
};

static void
wait_at_gate(void *arg, enum dispatch_provider_answer answer)
{
	struct gate *g = arg;

	assert_int_equal(answer, PROVIDER_TAKEN);
	pthread_mutex_lock(&g->mutex);
	g->reached = true;
	pthread_cond_signal(&g->changed);
	while (!g->open)
		pthread_cond_wait(&g->changed, &g->mutex);
	pthread_mutex_unlock(&g->mutex);
}

static void
what_is_more_than_can_wait_is_for_later(void **state)
{
	enum dispatch_provider_answer answers[PROVIDER_CALLS_MAX + 1] = { 0 };
	struct gate g = { .mutex = PTHREAD_MUTEX_INITIALIZER,
			  .changed = PTHREAD_COND_INITIALIZER };
	struct told_mail m = about(&invite, TOLD_HARD);
	struct dispatch_provider_call call = told_call(arena, "postmark", &m);

	(void)state;
	dispatch_providers_submit(providers, &call, wait_at_gate, &g);
	pthread_mutex_lock(&g.mutex);
	while (!g.reached)
		pthread_cond_wait(&g.changed, &g.mutex);
	pthread_mutex_unlock(&g.mutex);
	for (int i = 0; i <= PROVIDER_CALLS_MAX; i++)
		dispatch_providers_submit(providers, &call, keep_answer,
					  &answers[i]);
	assert_int_equal(answers[PROVIDER_CALLS_MAX], PROVIDER_LATER);
	assert_int_equal(answers[0], 0);
	pthread_mutex_lock(&g.mutex);
	g.open = true;
	pthread_cond_signal(&g.changed);
	pthread_mutex_unlock(&g.mutex);
	dispatch_providers_close(&providers);
	for (int i = 0; i < PROVIDER_CALLS_MAX; i++)
		assert_int_equal(answers[i], PROVIDER_TAKEN);
}

/* ---- all of them ---- */

static int
suite(const char *name)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, open_store, close_store)
	const struct CMUnitTest tests[] = {
		CASE(a_hard_bounce_ends_all_of_that_partner),
		CASE(a_soft_bounce_changes_nothing_by_itself),
		CASE(a_complaint_ends_everything),
		CASE(who_leaves_has_opted_out),
		CASE(what_goes_well_is_not_recorded),
		CASE(the_same_call_and_the_same_news_count_once),
		CASE(a_token_of_mailgun_says_one_thing),
		CASE(a_message_id_is_proof_beside_its_recipient),
		CASE(what_matches_nothing_is_counted_and_no_error),
		CASE(a_bounce_of_the_doctors_is_nobodys),
		CASE(what_was_in_doubt_had_left),
		CASE(what_is_being_sent_is_to_come_again),
		CASE(one_bad_event_does_not_lose_the_others),
		CASE(a_batch_without_an_end_is_refused),
		CASE(what_is_not_signed_by_them_leaves_nothing),
		CASE(another_password_is_none),
		CASE(what_is_too_old_or_ahead_is_refused),
		CASE(what_cannot_be_read_leaves_nothing),
		CASE(a_topic_that_was_not_named_is_refused),
		CASE(a_certificate_elsewhere_is_refused),
		CASE(a_version_that_is_not_known_is_refused),
		CASE(a_certificate_may_follow_another),
		CASE(a_subscription_waits_for_the_operator),
		CASE(words_in_a_notification_are_passed_over),
		CASE(each_call_is_answered_after_its_commit),
		CASE(what_is_more_than_can_wait_is_for_later),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
	int failed = test_on_both(&url, suite, "sqlite", "postgresql");

	told_close();
	return failed;
}
