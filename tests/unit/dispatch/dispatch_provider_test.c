/*
 * What each provider's words are worth. The calls are signed and read, and
 * nothing is stored: conformance/dispatch_provider does that.
 */
#include "dispatch/dispatch_provider_priv.h"

#include "base/arena.h"
#include "dispatch/dispatch_intake_priv.h"
#include "test.h"
#include "told.h"

static const int64_t NOW_MS = INT64_C(1772442000000);

static struct arena *arena;
static struct error err;

static int
setup(void **state)
{
	(void)state;
	crypto_init();
	arena = arena_new();
	told_open(".");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	told_close();
	return 0;
}

/* ---- reading ---- */

static const struct provider *const providers[] = {
	&ses_provider,
	&sendgrid_provider,
	&mailgun_provider,
	&postmark_provider,
};

static struct provider_news
read_call(const struct dispatch_provider_call *call)
{
	struct provider_news news = { .a = arena };

	for (size_t i = 0; i < COUNT_OF(providers); i++) {
		void *self = NULL;

		if (!str_eq_cstr(call->provider, providers[i]->name))
			continue;
		assert_ok(providers[i]->add(&self,
					    i == 0 ? STR(TOLD_TOPIC)
						   : (struct str){ 0 },
					    &err),
			  err);
		assert_ok(providers[i]->read(self, call, &news, &err), err);
		providers[i]->close(self);
	}
	return news;
}

/* Nothing that counts. */
enum { PASSED_OVER = -1 };

struct row {
	const char *body;
	int kind; /* enum provider_kind */
	enum event_return_class class;
};

static void
check_row(const char *provider, const struct row *row, struct str body)
{
	struct dispatch_provider_call call =
	    told_sign(arena, provider, body, NOW_MS);
	struct provider_news news = read_call(&call);

	assert_int_equal(news.malformed, 0);
	if (row->kind == PASSED_OVER) {
		if (news.count != 0)
			fail_msg("%s: counts", row->body);
		return;
	}
	if (news.count != 1)
		fail_msg("%s: does not count", row->body);
	if ((int)news.events[0].kind != row->kind ||
	    (row->kind == PROVIDER_RETURN &&
	     news.events[0].class != row->class))
		fail_msg("%s: is %d, %s", row->body, (int)news.events[0].kind,
			 event_return_name(news.events[0].class));
	assert_string_equal(str_cstr(arena, news.events[0].recipient),
			    "ann@example.org");
}

/* ---- cases ---- */

static void
words_of_ses(void **state)
{
	static const struct row rows[] = {
#define BOUNCE(type, sub, more)                         \
	"\"Bounce\",\"bounce\":{\"bounceType\":\"" type \
	"\",\"bounceSubType\":\"" sub "\",\"bouncedRecipients\":[{" more "@}]"
		{ BOUNCE("Permanent", "General", "\"status\":\"5.1.1\","),
		  PROVIDER_RETURN, EVENT_RETURN_HARD },
		{ BOUNCE("Permanent", "NoEmail", ""), PROVIDER_RETURN,
		  EVENT_RETURN_HARD },
		{ BOUNCE("Permanent", "OnAccountSuppressionList",
			 "\"status\":\"5.1.1\","),
		  PROVIDER_RETURN, EVENT_RETURN_HARD },
		{ BOUNCE("Permanent", "General",
			 "\"diagnosticCode\":\"smtp; 550 5.7.1 no\","),
		  PROVIDER_RETURN, EVENT_RETURN_REFUSED },
		{ BOUNCE("Transient", "MailboxFull", "\"status\":\"5.2.2\","),
		  PROVIDER_RETURN, EVENT_RETURN_SOFT },
		{ BOUNCE("Transient", "ContentRejected", ""), PROVIDER_RETURN,
		  EVENT_RETURN_REFUSED },
		{ BOUNCE("Transient", "MessageTooLarge", ""), PROVIDER_RETURN,
		  EVENT_RETURN_REFUSED },
		{ BOUNCE("Undetermined", "Undetermined", ""), PROVIDER_RETURN,
		  EVENT_RETURN_SOFT },
		{ BOUNCE("New", "New", ""), PROVIDER_RETURN,
		  EVENT_RETURN_SOFT },
		{ "\"Complaint\",\"complaint\":{\"complainedRecipients\":[{@}]",
		  PROVIDER_RETURN, EVENT_RETURN_COMPLAINT },
		{ "\"Complaint\",\"complaint\":{\"complaintFeedbackType\":"
		  "\"not-spam\",\"complainedRecipients\":[{@}]",
		  PROVIDER_ARRIVED, 0 },
		{ "\"Complaint\",\"complaint\":{\"complaintSubType\":"
		  "\"OnAccountSuppressionList\",\"complainedRecipients\":[{@}]",
		  PROVIDER_RETURN, EVENT_RETURN_HARD },
		{ "\"DeliveryDelay\",\"deliveryDelay\":{\"delayedRecipients\":"
		  "[{@}]",
		  PROVIDER_ARRIVED, 0 },
		{ "\"Open\",\"open\":{\"of\":[{@}]", PASSED_OVER, 0 },
		{ "\"Click\",\"click\":{\"of\":[{@}]", PASSED_OVER, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows) * 2; i++) {
		const struct row *row = &rows[i / 2];
		struct str whole = str_of(row->body), rest = whole, head;

		(void)str_split(&rest, '@', &head);
		check_row("ses", row,
			  str_printf(arena,
				     "{\"%s\":%.*s\"emailAddress\":"
				     "\"ann@example.org\"%.*s}}",
				     i % 2 ? "eventType" : "notificationType",
				     STR_ARG(head), STR_ARG(rest)));
	}
}

static void
words_of_sendgrid(void **state)
{
	static const struct row rows[] = {
		{ "bounce\",\"type\":\"bounce\",\"status\":\"5.0.0",
		  PROVIDER_RETURN, EVENT_RETURN_HARD },
		{ "bounce\",\"reason\":\"550 5.7.1 no", PROVIDER_RETURN,
		  EVENT_RETURN_REFUSED },
		{ "bounce\",\"type\":\"bounce\",\"status\":\"4.0.0",
		  PROVIDER_RETURN, EVENT_RETURN_SOFT },
		{ "bounce\",\"type\":\"blocked\",\"status\":\"5.0.0",
		  PROVIDER_RETURN, EVENT_RETURN_REFUSED },
		{ "dropped\",\"reason\":\"Bounced Address", PROVIDER_RETURN,
		  EVENT_RETURN_HARD },
		{ "dropped\",\"reason\":\"Spam Reporting Address",
		  PROVIDER_RETURN, EVENT_RETURN_HARD },
		{ "dropped\",\"reason\":\"Spam Content", PROVIDER_RETURN,
		  EVENT_RETURN_REFUSED },
		{ "dropped\",\"reason\":\"Unsubscribed Address", PROVIDER_LEAVE,
		  0 },
		{ "spamreport", PROVIDER_RETURN, EVENT_RETURN_COMPLAINT },
		{ "unsubscribe", PROVIDER_LEAVE, 0 },
		{ "group_unsubscribe", PROVIDER_LEAVE, 0 },
		{ "group_resubscribe", PASSED_OVER, 0 },
		{ "processed", PROVIDER_ARRIVED, 0 },
		{ "deferred", PROVIDER_ARRIVED, 0 },
		{ "delivered", PROVIDER_ARRIVED, 0 },
		{ "open", PASSED_OVER, 0 },
		{ "click", PASSED_OVER, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row("sendgrid", &rows[i],
			  str_printf(arena,
				     "[{\"email\":\"ann@example.org\","
				     "\"sg_event_id\":\"x\",\"event\":\"%s\"}]",
				     rows[i].body));
}

static void
words_of_mailgun(void **state)
{
	static const struct row rows[] = {
#define FAILED(severity, reason) \
	"failed\",\"severity\":\"" severity "\",\"reason\":\"" reason
		{ FAILED("permanent", "bounce"), PROVIDER_RETURN,
		  EVENT_RETURN_HARD },
		{ FAILED("permanent", "suppress-bounce"), PROVIDER_RETURN,
		  EVENT_RETURN_HARD },
		{ FAILED("permanent", "suppress-complaint"), PROVIDER_RETURN,
		  EVENT_RETURN_HARD },
		{ FAILED("permanent", "suppress-unsubscribe"), PROVIDER_LEAVE,
		  0 },
		{ FAILED("permanent", "old"), PROVIDER_RETURN,
		  EVENT_RETURN_SOFT },
		{ FAILED(
		      "permanent",
		      "generic") "\",\"delivery-status\":{\"enhanced-code\":\"5.7.1\"},"
				 "\"a\":\"",
		  PROVIDER_RETURN, EVENT_RETURN_REFUSED },
		{ FAILED(
		      "permanent",
		      "generic") "\",\"delivery-status\":{\"message\":\"4.4.7 late\"},"
				 "\"a\":\"",
		  PROVIDER_RETURN, EVENT_RETURN_SOFT },
		{ FAILED("temporary", "generic"), PROVIDER_ARRIVED, 0 },
		{ "complained", PROVIDER_RETURN, EVENT_RETURN_COMPLAINT },
		{ "unsubscribed", PROVIDER_LEAVE, 0 },
		{ "delivered", PROVIDER_ARRIVED, 0 },
		{ "opened", PASSED_OVER, 0 },
		{ "clicked", PASSED_OVER, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row("mailgun", &rows[i],
			  str_printf(arena,
				     "{\"recipient\":\"ann@example.org\","
				     "\"event\":\"%s\"}",
				     rows[i].body));
}

static void
words_of_postmark(void **state)
{
	static const struct row rows[] = {
#define POSTMARK(type) "Bounce\",\"Type\":\"" type
		{ POSTMARK("HardBounce"), PROVIDER_RETURN, EVENT_RETURN_HARD },
		{ POSTMARK("HardBounce") "\",\"Details\":\"smtp;554 5.7.1 no",
		  PROVIDER_RETURN, EVENT_RETURN_REFUSED },
		{ POSTMARK("BadEmailAddress"), PROVIDER_RETURN,
		  EVENT_RETURN_HARD },
		{ POSTMARK("SoftBounce"), PROVIDER_RETURN, EVENT_RETURN_SOFT },
		{ POSTMARK("Transient"), PROVIDER_ARRIVED, 0 },
		{ POSTMARK("DnsError"), PROVIDER_RETURN, EVENT_RETURN_SOFT },
		{ POSTMARK("SpamNotification"), PROVIDER_RETURN,
		  EVENT_RETURN_REFUSED },
		{ POSTMARK("Blocked"), PROVIDER_RETURN, EVENT_RETURN_REFUSED },
		{ POSTMARK("SpamComplaint"), PROVIDER_RETURN,
		  EVENT_RETURN_COMPLAINT },
		{ POSTMARK("Unsubscribe"), PROVIDER_LEAVE, 0 },
		{ POSTMARK("AutoResponder"), PROVIDER_RETURN,
		  EVENT_RETURN_AUTO_REPLY },
		{ POSTMARK("ChallengeVerification"), PASSED_OVER, 0 },
		{ POSTMARK("OpenRelayTest"), PASSED_OVER, 0 },
		{ POSTMARK("Subscribe"), PASSED_OVER, 0 },
		{ "SpamComplaint", PROVIDER_RETURN, EVENT_RETURN_COMPLAINT },
#define CHANGE(stops, origin, reason)                     \
	"SubscriptionChange\",\"SuppressSending\":" stops \
	",\"Origin\":\"" origin "\",\"SuppressionReason\":\"" reason
		{ CHANGE("true", "Recipient", "ManualSuppression"),
		  PROVIDER_LEAVE, 0 },
		{ CHANGE("false", "Recipient", "ManualSuppression"),
		  PASSED_OVER, 0 },
		{ CHANGE("true", "Recipient", "HardBounce"), PASSED_OVER, 0 },
		{ CHANGE("true", "Customer", "ManualSuppression"), PASSED_OVER,
		  0 },
		{ "Delivery", PROVIDER_ARRIVED, 0 },
		{ "Open", PASSED_OVER, 0 },
		{ "Click", PASSED_OVER, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row("postmark", &rows[i],
			  str_printf(arena,
				     "{\"Email\":\"ann@example.org\",\"ID\":7,"
				     "\"RecordType\":\"%s\"}",
				     rows[i].body));
}

/* Of a text that a stranger wrote, one line of so many bytes. */
static void
texts_are_one_short_line(void **state)
{
	struct buf body = { 0 };
	struct dispatch_provider_call call;
	struct provider_news news;

	(void)state;
	buf_cat(&body, "[{\"event\":\"bounce\",\"sg_event_id\":\"x\","
		       "\"reason\":\"a\\r\\nb\\u001b[31m");
	for (int i = 0; i < 1000; i++)
		buf_cat(&body, "\\u00e9");
	buf_cat(&body, "\"}]");
	call = told_sign(arena, "sendgrid", buf_view(&body), NOW_MS);
	news = read_call(&call);
	assert_int_equal(news.count, 1);
	assert_true(news.events[0].said.len <= MIME_REPORT_VALUE_MAX);
	assert_true(str_utf8_valid(news.events[0].said));
	assert_true(str_starts(news.events[0].said, STR("a  b [31m\xc3\xa9")));
	buf_fini(&body);
}

static void
a_status_is_found_where_it_stands(void **state)
{
	static const char *const rows[][2] = {
		{ "5.1.1", "5.1.1" },
		{ "smtp; 550 5.1.1 unknown", "5.1.1" },
		{ "550-5.7.26 long", "5.7.26" },
		{ "from 192.5.1.1 5.2.2 full", "5.2.2" },
		{ "192.0.2.5.1.1", "" },
		{ "version 5.1", "" },
		{ "5.1.1.1", "" },
		{ "5.1.1111", "" },
		{ "6.1.1", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_string_equal(
		    str_cstr(arena, provider_status(str_of(rows[i][0]))),
		    rows[i][1]);
}

static void
mail_names_itself_to_those_who_need_it(void **state)
{
	struct str header;

	(void)state;
	assert_ok(dispatch_provider_header(STR("sendgrid"), STR("abc"), arena,
					   &header, &err),
		  err);
	assert_string_equal(
	    header.p, "X-SMTPAPI: {\"unique_args\":{\"guidon\":\"abc\"}}\r\n");
	assert_ok(dispatch_provider_header(STR("postmark"), STR("abc"), arena,
					   &header, &err),
		  err);
	assert_string_equal(header.p, "X-PM-Metadata-guidon: abc\r\n");
	assert_true(dispatch_provider_header(STR("ses"), STR("abc"), arena,
					     &header, &err) < 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_ses),
		cmocka_unit_test(words_of_sendgrid),
		cmocka_unit_test(words_of_mailgun),
		cmocka_unit_test(words_of_postmark),
		cmocka_unit_test(texts_are_one_short_line),
		cmocka_unit_test(a_status_is_found_where_it_stands),
		cmocka_unit_test(mail_names_itself_to_those_who_need_it),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
