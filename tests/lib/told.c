#include "told.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/arena.h"
#include "base/civil.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "base/escape.h"

static const char mailgun_key[] = "key-0123456789abcdef0123456789abcdef";

static EVP_PKEY *rsa, *other_rsa, *ec;
static char certificate[1000];
static bool by_another;

/* ---- keys ---- */

static void
write_certificate(EVP_PKEY *key)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);
	FILE *f = fopen(certificate, "w");

	check(f && X509_set_version(x, 2) == 1);
	check(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					 (const unsigned char *)"sns.test", -1,
					 -1, 0) == 1);
	check(ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1);
	check(ASN1_TIME_set(X509_getm_notBefore(x), 1) != NULL);
	check(ASN1_TIME_set(X509_getm_notAfter(x), 4102444800) != NULL);
	check(X509_set_issuer_name(x, name) == 1);
	check(X509_set_pubkey(x, key) == 1 && X509_sign(x, key, EVP_sha256()));
	check(PEM_write_X509(f, x) == 1 && fclose(f) == 0);
	X509_free(x);
}

static void
set_sendgrid_key(void)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(ec, &der);
	struct buf b = { 0 };

	check(len > 0);
	encode_base64(&b, (struct str){ (char *)der, (size_t)len });
	check(setenv("GUIDON_SENDGRID_KEY", buf_cstr(&b), 1) == 0);
	buf_fini(&b);
	OPENSSL_free(der);
}

void
told_open(const char *folder)
{
	if (!rsa) {
		rsa = EVP_RSA_gen(2048u);
		other_rsa = EVP_RSA_gen(2048u);
		ec = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	}
	check(rsa && other_rsa && ec);
	snprintf(certificate, sizeof(certificate), "%s/sns.pem", folder);
	write_certificate(rsa);
	by_another = false;
	check(setenv("GUIDON_SES_CERTIFICATE_FILE", certificate, 1) == 0);
	check(setenv("GUIDON_MAILGUN_KEY", mailgun_key, 1) == 0);
	check(setenv("GUIDON_POSTMARK_PASSWORD",
		     "guidon:a-password-of-some-length", 1) == 0);
	set_sendgrid_key();
}

void
told_remove(void)
{
	(void)remove(certificate);
}

void
told_close(void)
{
	told_remove();
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(other_rsa);
	EVP_PKEY_free(ec);
	rsa = other_rsa = ec = NULL;
}

void
told_change_certificate(bool to_another)
{
	check(remove(certificate) == 0);
	write_certificate(to_another ? other_rsa : rsa);
}

void
told_sign_by_another(bool so)
{
	by_another = so;
}

static struct str
sign(struct arena *a, EVP_PKEY *key, const EVP_MD *md, struct str bytes)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char out[1024];
	size_t len = sizeof(out);
	struct buf b = { 0 };
	struct str text;

	check(ctx && EVP_DigestSignInit(ctx, NULL, md, NULL, key) == 1);
	check(EVP_DigestSign(ctx, out, &len, (const unsigned char *)bytes.p,
			     bytes.len) == 1);
	EVP_MD_CTX_free(ctx);
	encode_base64(&b, (struct str){ (char *)out, len });
	text = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return text;
}

static struct str
json_of(struct arena *a, struct str text)
{
	struct buf b = { 0 };
	struct str json;

	buf_char(&b, '"');
	escape_json(&b, text);
	buf_char(&b, '"');
	json = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return json;
}

/* ---- SES ---- */

static const char *
ses_what(enum told_what what)
{
	switch (what) {
	case TOLD_HARD:
		return "\"eventType\":\"Bounce\",\"bounce\":{\"bounceType\":"
		       "\"Permanent\",\"bounceSubType\":\"General\","
		       "\"bouncedRecipients\":[{\"status\":\"5.1.1\","
		       "\"action\":\"failed\",\"diagnosticCode\":"
		       "\"smtp; 550 5.1.1 user unknown\",";
	case TOLD_SOFT:
		return "\"notificationType\":\"Bounce\",\"bounce\":{"
		       "\"bounceType\":\"Transient\",\"bounceSubType\":"
		       "\"MailboxFull\",\"bouncedRecipients\":[{"
		       "\"status\":\"4.2.2\",";
	case TOLD_COMPLAINT:
		return "\"eventType\":\"Complaint\",\"complaint\":{"
		       "\"complaintFeedbackType\":\"abuse\","
		       "\"complainedRecipients\":[{";
	case TOLD_LATE:
		return "\"eventType\":\"DeliveryDelay\",\"deliveryDelay\":{"
		       "\"delayType\":\"MailboxFull\",\"delayedRecipients\":[{";
	case TOLD_ARRIVED:
		return "\"eventType\":\"Delivery\",\"delivery\":{"
		       "\"recipients\":[";
	default:
		return "\"eventType\":\"Open\",\"open\":{\"of\":[{";
	}
}

struct str
told_ses_message(struct arena *a, const struct told_mail *mail)
{
	bool plain = mail->what == TOLD_ARRIVED;

	return str_printf(
	    a,
	    "{%s%s\"%.*s\"%s],\"timestamp\":\"2026-03-02T09:00:00.000Z\"},"
	    "\"mail\":{\"timestamp\":\"2026-03-02T08:00:00.000Z\","
	    "\"source\":\"acme@mail.example\",\"messageId\":\"010001-000000\","
	    "\"destination\":[\"%.*s\"],\"headersTruncated\":false,"
	    "\"headers\":[{\"name\":\"From\",\"value\":\"acme@mail.example\"},"
	    "{\"name\":\"Message-ID\",\"value\":\"<%.*s>\"}],"
	    "\"commonHeaders\":{\"messageId\":\"<%.*s>\"},\"tags\":{}}}",
	    ses_what(mail->what),
	    plain ? "" : "\"emailAddress\":", STR_ARG(mail->recipient),
	    plain ? "" : "}", STR_ARG(mail->recipient),
	    STR_ARG(mail->message_id), STR_ARG(mail->message_id));
}

/* Names and values of what is signed, in their order. */
static void
add_line(struct buf *b, const char *name, struct str value)
{
	buf_printf(b, "%s\n", name);
	buf_str(b, value);
	buf_char(b, '\n');
}

struct dispatch_provider_call
told_sns(struct arena *a, const struct told_sns *s)
{
	static const char confirm[] =
	    "https://sns.eu-central-1.amazonaws.com/"
	    "?Action=ConfirmSubscription&TopicArn=" TOLD_TOPIC
	    "&Token=2336412f";
	const char *type = s->type ? s->type : "Notification";
	bool news = str_eq_cstr(str_of(type), "Notification");
	struct str id =
	    str_printf(a, "22b80b92-fdea-4c2c-8f9d-%012d", s->number);
	struct buf time = { 0 }, text = { 0 };
	struct str signature;
	struct dispatch_provider_call call = { .provider = STR("ses"),
					       .now_ms = s->now_ms };

	civil_print_instant(s->now_ms, 0, &time);
	add_line(&text, "Message", s->message);
	add_line(&text, "MessageId", id);
	if (!news)
		add_line(&text, "SubscribeURL", str_of(confirm));
	add_line(&text, "Timestamp", buf_view(&time));
	if (!news)
		add_line(&text, "Token", STR("2336412f"));
	add_line(&text, "TopicArn", str_of(s->topic));
	add_line(&text, "Type", str_of(type));
	signature = sign(a, by_another ? other_rsa : rsa,
			 s->version[0] == '1' ? EVP_sha1() : EVP_sha256(),
			 buf_view(&text));
	call.body = str_printf(
	    a,
	    "{\"Type\":\"%s\",\"MessageId\":\"%.*s\",\"TopicArn\":\"%s\","
	    "\"Message\":%.*s,\"Timestamp\":\"%s\",%s%s%s"
	    "\"SignatureVersion\":\"%s\",\"Signature\":\"%.*s\","
	    "\"SigningCertURL\":\"%s\"}",
	    type, STR_ARG(id), s->topic, STR_ARG(json_of(a, s->message)),
	    buf_cstr(&time),
	    news ? "" : "\"Token\":\"2336412f\",\"SubscribeURL\":\"",
	    news ? "" : confirm, news ? "" : "\",", s->version,
	    STR_ARG(signature),
	    s->certificate_url
		? s->certificate_url
		: "https://sns.eu-central-1.amazonaws.com/"
		  "SimpleNotificationService-0123456789abcdef.pem");
	buf_fini(&time);
	buf_fini(&text);
	return call;
}

/* ---- SendGrid ---- */

static const char *
sendgrid_what(enum told_what what)
{
	switch (what) {
	case TOLD_HARD:
		return "bounce\",\"type\":\"bounce\",\"status\":\"5.1.1\","
		       "\"reason\":\"550 5.1.1 user unknown";
	case TOLD_SOFT:
		return "bounce\",\"type\":\"blocked\",\"status\":\"4.2.2\","
		       "\"reason\":\"452 4.2.2 full";
	case TOLD_LATE:
		return "deferred\",\"attempt\":\"5\",\"response\":\"400 later";
	case TOLD_COMPLAINT:
		return "spamreport";
	case TOLD_LEAVE:
		return "unsubscribe";
	case TOLD_ARRIVED:
		return "delivered\",\"response\":\"250 OK";
	default:
		return "open\",\"useragent\":\"Mozilla";
	}
}

struct str
told_sendgrid_event(struct arena *a, const struct told_mail *mail)
{
	return str_printf(
	    a,
	    "{\"email\":\"%.*s\",\"timestamp\":%" PRId64 ",\"smtp-id\":"
	    "\"<%.*s>\",\"event\":\"%s\",\"category\":\"guidon\",%s%.*s%s"
	    "\"sg_event_id\":\"ev-%d\",\"sg_message_id\":\"msg-%d.filter\"}",
	    STR_ARG(mail->recipient), mail->now_ms / 1000,
	    STR_ARG(mail->message_id), sendgrid_what(mail->what),
	    mail->tag.len ? "\"guidon\":\"" : "", STR_ARG(mail->tag),
	    mail->tag.len ? "\"," : "", mail->number, mail->number);
}

static struct dispatch_provider_call
sign_sendgrid(struct arena *a, struct str body, int64_t now_ms)
{
	struct http_header *h = ARENA_ARRAY(a, 2, struct http_header);
	struct str time = str_printf(a, "%" PRId64, now_ms / 1000);

	h[0].name = STR("X-Twilio-Email-Event-Webhook-Timestamp");
	h[0].value = time;
	h[1].name = STR("X-Twilio-Email-Event-Webhook-Signature");
	h[1].value =
	    sign(a, ec, EVP_sha256(),
		 str_printf(a, "%.*s%.*s", STR_ARG(time), STR_ARG(body)));
	return (struct dispatch_provider_call){ .provider = STR("sendgrid"),
						.headers = h,
						.header_count = 2,
						.body = body,
						.now_ms = now_ms };
}

/* ---- Mailgun ---- */

static const char *
mailgun_what(enum told_what what)
{
	switch (what) {
	case TOLD_HARD:
		return "failed\",\"severity\":\"permanent\",\"reason\":\"bounce"
		       "\",\"delivery-status\":{\"code\":550,\"message\":"
		       "\"5.1.1 user unknown\"},\"log-level\":\"error";
	case TOLD_SOFT:
		return "failed\",\"severity\":\"permanent\",\"reason\":\"old\","
		       "\"delivery-status\":{\"code\":452,\"enhanced-code\":"
		       "\"4.2.2\",\"message\":\"full\"},\"log-level\":\"error";
	case TOLD_LATE:
		return "failed\",\"severity\":\"temporary\",\"reason\":\"generic"
		       "\",\"delivery-status\":{\"code\":452,\"message\":"
		       "\"4.2.2 full\"},\"log-level\":\"warn";
	case TOLD_COMPLAINT:
		return "complained";
	case TOLD_LEAVE:
		return "unsubscribed";
	case TOLD_ARRIVED:
		return "delivered";
	default:
		return "opened";
	}
}

struct str
told_mailgun_data(struct arena *a, const struct told_mail *mail)
{
	return str_printf(
	    a,
	    "{\"id\":\"id-%d\",\"timestamp\":%" PRId64 ".5,\"event\":\"%s\","
	    "\"recipient\":\"%.*s\",\"message\":{\"headers\":{"
	    "\"message-id\":\"%.*s\",\"from\":\"acme@mail.example\"},"
	    "\"attachments\":[],\"size\":111},\"user-variables\":{%s%.*s%s}}",
	    mail->number, mail->now_ms / 1000, mailgun_what(mail->what),
	    STR_ARG(mail->recipient), STR_ARG(mail->message_id),
	    mail->tag.len ? "\"guidon\":\"" : "", STR_ARG(mail->tag),
	    mail->tag.len ? "\"" : "");
}

struct dispatch_provider_call
told_mailgun(struct arena *a, struct str data, const char *token,
	     int64_t now_ms)
{
	struct str text = str_printf(a, "%" PRId64 "%s", now_ms / 1000, token);
	uint8_t mac[CRYPTO_HASH_BYTES];
	struct buf hex = { 0 };
	struct dispatch_provider_call call = { .provider = STR("mailgun"),
					       .now_ms = now_ms };

	crypto_hmac_key(str_of(mailgun_key), text, mac);
	encode_hex(&hex, (struct str){ (char *)mac, sizeof(mac) });
	call.body =
	    str_printf(a,
		       "{\"signature\":{\"timestamp\":\"%" PRId64 "\","
		       "\"token\":\"%s\",\"signature\":\"%s\"},"
		       "\"event-data\":%.*s}",
		       now_ms / 1000, token, buf_cstr(&hex), STR_ARG(data));
	buf_fini(&hex);
	return call;
}

/* ---- Postmark ---- */

static const char *
postmark_what(enum told_what what)
{
	switch (what) {
	case TOLD_HARD:
		return "Bounce\",\"Type\":\"HardBounce\",\"TypeCode\":1,"
		       "\"Details\":\"smtp;550 5.1.1 user unknown";
	case TOLD_SOFT:
		return "Bounce\",\"Type\":\"SoftBounce\",\"TypeCode\":4096,"
		       "\"Details\":\"smtp;452 4.2.2 full";
	case TOLD_LATE:
		return "Bounce\",\"Type\":\"Transient\",\"TypeCode\":2,"
		       "\"Details\":\"later";
	case TOLD_COMPLAINT:
		return "SpamComplaint\",\"Type\":\"SpamComplaint\","
		       "\"TypeCode\":\"100001";
	case TOLD_LEAVE:
		return "SubscriptionChange\",\"SuppressSending\":true,"
		       "\"Origin\":\"Recipient\",\"SuppressionReason\":"
		       "\"ManualSuppression";
	case TOLD_ARRIVED:
		return "Delivery\",\"Details\":\"250 OK";
	default:
		return "Open\",\"UserAgent\":\"Mozilla";
	}
}

static struct str
postmark_body(struct arena *a, const struct told_mail *mail)
{
	bool numbered = mail->what == TOLD_HARD || mail->what == TOLD_SOFT ||
			mail->what == TOLD_LATE || mail->what == TOLD_COMPLAINT;
	const char *time = mail->what == TOLD_LEAVE
			       ? "\"ChangedAt\":\"2026-03-02T09:00:"
			       : "\"DeliveredAt\":\"2026-03-02T09:00:";

	return str_printf(
	    a,
	    "{\"RecordType\":\"%s\",\"MessageID\":\"883953f4-%d\",%s%d%s"
	    "\"MessageStream\":\"broadcast\",\"%s\":\"%.*s\",\"Metadata\":"
	    "{%s%.*s%s}}",
	    postmark_what(mail->what), mail->number,
	    numbered ? "\"ID\":" : time, mail->number, numbered ? "," : "Z\",",
	    numbered ? "Email" : "Recipient", STR_ARG(mail->recipient),
	    mail->tag.len ? "\"guidon\":\"" : "", STR_ARG(mail->tag),
	    mail->tag.len ? "\"" : "");
}

static struct dispatch_provider_call
sign_postmark(struct arena *a, struct str body, int64_t now_ms)
{
	struct http_header *h = ARENA_NEW(a, struct http_header);
	struct buf b = { 0 };

	buf_cat(&b, "Basic ");
	encode_base64(&b, str_of(getenv("GUIDON_POSTMARK_PASSWORD")));
	h->name = STR("Authorization");
	h->value = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return (struct dispatch_provider_call){ .provider = STR("postmark"),
						.headers = h,
						.header_count = 1,
						.body = body,
						.now_ms = now_ms };
}

/* ---- all ---- */

struct dispatch_provider_call
told_sign(struct arena *a, const char *provider, struct str body,
	  int64_t now_ms)
{
	struct told_sns sns = { .topic = TOLD_TOPIC,
				.version = "2",
				.message = body,
				.now_ms = now_ms };

	switch (provider[0]) {
	case 's':
		if (provider[2] == 's')
			return told_sns(a, &sns);
		return sign_sendgrid(a, body, now_ms);
	case 'm':
		return told_mailgun(a, body, "a token", now_ms);
	default:
		return sign_postmark(a, body, now_ms);
	}
}

struct dispatch_provider_call
told_call(struct arena *a, const char *provider, const struct told_mail *mail)
{
	struct told_sns sns = { .topic = TOLD_TOPIC,
				.version = mail->number % 2 ? "1" : "2",
				.number = mail->number,
				.now_ms = mail->now_ms };

	switch (provider[0]) {
	case 's':
		sns.message = told_ses_message(a, mail);
		if (provider[2] == 's')
			return told_sns(a, &sns);
		return sign_sendgrid(
		    a,
		    str_printf(a, "[%.*s]\r\n",
			       STR_ARG(told_sendgrid_event(a, mail))),
		    mail->now_ms);
	case 'm':
		return told_mailgun(a, told_mailgun_data(a, mail),
				    arena_printf(a, "token %d", mail->number),
				    mail->now_ms);
	default:
		return sign_postmark(a, postmark_body(a, mail), mail->now_ms);
	}
}
