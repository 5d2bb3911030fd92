/*
 * Amazon SNS, which brings what SES says: an object whose string `Message` is
 * SES' own (dispatch_provider_ses.c). It is signed by RSA over some of its
 * members, by name, each name and value in a line; so it must be parsed to be
 * verified, and nothing of it counts before.
 *
 * The certificates are the operator's to give. That which a message names is
 * not fetched: a request from outside would have us make one, to a place it
 * names, and wait for it. When no certificate verifies, the file is read again,
 * if it is another by now; so a new one is put in its place without a restart,
 * and the log names where SNS has it.
 *
 * A topic asks once whether we want it (SubscriptionConfirmation). The URL that
 * says yes is logged, and is for the operator to open.
 *
 * What is of no topic that was named is refused: whoever has an account there
 * can make topics that SNS signs for.
 */
#include "dispatch/dispatch_provider_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/civil.h"
#include "base/encode.h"
#include "base/log.h"
#include "base/verify.h"

enum {
	TOPICS_MAX = 16,
	CERTIFICATES_MAX = 8,
	FILE_BYTES_MAX = 64 << 10,
	ARN_PARTS = 6,
};

static const char variable[] = "GUIDON_SES_CERTIFICATE_FILE";

struct sns {
	struct arena *a;
	struct str topics[TOPICS_MAX];
	size_t topic_count;
	const char *file;
	struct stat seen; /* of the file when it was read */
	struct verify_key *keys[CERTIFICATES_MAX];
	size_t key_count;
};

/* ---- the certificates ---- */

static void
drop_keys(struct sns *s)
{
	for (size_t i = 0; i < s->key_count; i++)
		verify_key_free(&s->keys[i]);
	s->key_count = 0;
}

static int
check_file(const struct sns *s, struct error *err)
{
	if (S_ISREG(s->seen.st_mode) && !(s->seen.st_mode & 022))
		return 0;
	return error_set(err, ERROR_INVALID,
			 "%s has mode %04o, expected a file that only its "
			 "owner may write",
			 s->file, (unsigned)(s->seen.st_mode & 07777));
}

static int
read_file(struct sns *s, struct buf *out, struct error *err)
{
	int fd = open(s->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = 0;
	int code = 0;

	if (fd < 0 || fstat(fd, &s->seen) != 0)
		code = error_system(err, errno, "%s", s->file);
	else
		code = check_file(s, err);
	if (code >= 0) {
		n = read(fd, buf_grow(out, FILE_BYTES_MAX), FILE_BYTES_MAX);
		buf_truncate(out, n < 0 ? 0 : (size_t)n);
	}
	if (n < 0)
		code = error_system(err, errno, "%s", s->file);
	if (fd >= 0)
		(void)close(fd);
	return code;
}

/* What was there stays when the file is none. */
static int
load_keys(struct sns *s, struct error *err)
{
	struct verify_key *keys[CERTIFICATES_MAX];
	struct buf pem = { 0 };
	int count = read_file(s, &pem, err);

	if (count >= 0)
		count = verify_keys_load(keys, CERTIFICATES_MAX, buf_view(&pem),
					 err);
	buf_fini(&pem);
	if (count < 0)
		return error_context(err, "%s", variable);
	drop_keys(s);
	s->key_count = (size_t)count;
	memcpy(s->keys, keys, s->key_count * sizeof(keys[0]));
	return 0;
}

static bool
is_another_file(const struct sns *s)
{
	struct stat now;

	return stat(s->file, &now) == 0 &&
	       (now.st_mtim.tv_sec != s->seen.st_mtim.tv_sec ||
		now.st_mtim.tv_nsec != s->seen.st_mtim.tv_nsec ||
		now.st_ino != s->seen.st_ino || now.st_size != s->seen.st_size);
}

/* ---- what it is named with ---- */

static void
sns_close(void *self)
{
	struct sns *s = self;

	if (!s)
		return;
	drop_keys(s);
	arena_free(&s->a);
	free(s);
}

static int
open_file(struct sns *s, struct error *err)
{
	const char *file = getenv(variable);

	if (!file || !file[0])
		return error_set(err, ERROR_CONFIG,
				 "provider ses has no certificate, expected "
				 "the file of those that SNS signs by in %s",
				 variable);
	s->file = arena_copy(s->a, file, str_of(file).len);
	if (load_keys(s, err) < 0)
		err->code = ERROR_CONFIG;
	return s->key_count > 0 ? 0 : -(int)err->code;
}

static bool
is_topic(struct str arn)
{
	struct str part[ARN_PARTS + 1] = { { 0 } };
	size_t count = 0;

	while (count <= ARN_PARTS && str_split(&arn, ':', &part[count]))
		count++;
	return count == ARN_PARTS && str_eq_cstr(part[0], "arn") &&
	       str_eq_cstr(part[2], "sns") && part[3].len > 0 &&
	       part[4].len > 0 && part[5].len > 0;
}

static int
add_topic(struct sns *s, struct str arn, struct error *err)
{
	if (!is_topic(arn))
		return error_set(err, ERROR_CONFIG,
				 "provider ses:%.*s, expected the ARN of an "
				 "SNS topic, arn:aws:sns:REGION:ACCOUNT:NAME",
				 STR_ARG(arn));
	if (s->topic_count == TOPICS_MAX)
		return error_set(err, ERROR_CONFIG,
				 "provider ses has more than %d topics",
				 TOPICS_MAX);
	s->topics[s->topic_count++] = str_copy(s->a, arn);
	return 0;
}

static int
sns_add(void **self, struct str argument, struct error *err)
{
	struct sns *s = *self;

	if (s)
		return add_topic(s, argument, err);
	s = calloc(1, sizeof(*s));
	check(s);
	s->a = arena_new();
	if (add_topic(s, argument, err) < 0 || open_file(s, err) < 0) {
		sns_close(s);
		return -(int)err->code;
	}
	*self = s;
	return 0;
}

/* ---- URLs ---- */

static bool
has_only(struct str s, const char *more)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') &&
		    str_find_char(str_of(more), c) < 0)
			return false;
	}
	return true;
}

/*
 * https://sns.REGION.amazonaws.com/..., or .com.cn, without a user or a port:
 * what follows the host is in *path.
 */
static bool
is_of_sns(struct str url, struct str *path)
{
	const struct str scheme = STR("https://sns.");
	const struct str ends[] = { STR(".amazonaws.com"),
				    STR(".amazonaws.com.cn") };
	struct str rest = str_slice(url, scheme.len, url.len), host;

	if (!str_starts(url, scheme) || !str_split(&rest, '/', &host))
		return false;
	*path = rest;
	for (size_t i = 0; i < COUNT_OF(ends); i++)
		if (str_ends(host, ends[i]) && host.len > ends[i].len &&
		    has_only(str_slice(host, 0, host.len - ends[i].len), "-"))
			return true;
	return false;
}

static bool
is_certificate(struct str url)
{
	struct str path;

	return is_of_sns(url, &path) && str_ends(path, STR(".pem")) &&
	       has_only(path, "-_.") && str_find(path, STR("..")) < 0;
}

static bool
is_confirmation(struct str url)
{
	struct str path;

	return is_of_sns(url, &path) &&
	       str_starts(path, STR("?Action=ConfirmSubscription&")) &&
	       has_only(path, "?&=-_.:%");
}

/* ---- the signature ---- */

enum type { NOTIFICATION, SUBSCRIBE, UNSUBSCRIBE, TYPE_COUNT };

static const char *const types[TYPE_COUNT] = {
	[NOTIFICATION] = "Notification",
	[SUBSCRIBE] = "SubscriptionConfirmation",
	[UNSUBSCRIBE] = "UnsubscribeConfirmation",
};

/* What is signed of each, in this order; a Subject only where there is one. */
static void
add_signed(const struct js *doc, enum type type, struct buf *out)
{
	static const char *const of_news[] = { "Message",  "MessageId",
					       "Subject",  "Timestamp",
					       "TopicArn", "Type",
					       NULL };
	static const char *const of_topics[] = { "Message",	 "MessageId",
						 "SubscribeURL", "Timestamp",
						 "Token",	 "TopicArn",
						 "Type",	 NULL };
	const char *const *name = type == NOTIFICATION ? of_news : of_topics;

	for (; *name; name++) {
		if (!js_find(doc, *name))
			continue;
		buf_printf(out, "%s\n", *name);
		buf_str(out, provider_str(doc, *name));
		buf_char(out, '\n');
	}
}

static bool
is_by_one(const struct sns *s, struct str text, struct str signature,
	  enum verify_hash hash, int64_t now_ms)
{
	for (size_t i = 0; i < s->key_count; i++)
		if (verify_key_is_current(s->keys[i], now_ms) &&
		    verify_signature(s->keys[i], hash, text, signature))
			return true;
	return false;
}

static bool
is_signed(struct sns *s, const struct js *doc, enum type type, int64_t now_ms)
{
	struct str version = provider_str(doc, "SignatureVersion");
	enum verify_hash hash =
	    str_eq_cstr(version, "1") ? VERIFY_SHA1 : VERIFY_SHA256;
	struct buf text = { 0 }, signature = { 0 };
	struct error ignored;
	bool good = (hash == VERIFY_SHA1 || str_eq_cstr(version, "2")) &&
		    decode_base64(&signature, provider_str(doc, "Signature"),
				  &ignored) >= 0;

	add_signed(doc, type, &text);
	if (good) {
		good = is_by_one(s, buf_view(&text), buf_view(&signature), hash,
				 now_ms);
		if (!good && is_another_file(s) && load_keys(s, &ignored) >= 0)
			good = is_by_one(s, buf_view(&text),
					 buf_view(&signature), hash, now_ms);
	}
	buf_fini(&text);
	buf_fini(&signature);
	return good;
}

static bool
is_of_topic(const struct sns *s, struct str arn)
{
	for (size_t i = 0; i < s->topic_count; i++)
		if (str_eq(s->topics[i], arn))
			return true;
	return false;
}

static int
verify(struct sns *s, const struct js *doc, enum type type, int64_t now_ms,
       struct error *err)
{
	struct str url = provider_str(doc, "SigningCertURL");
	int64_t at_ms;

	if (!is_of_topic(s, provider_str(doc, "TopicArn")))
		return error_set(err, ERROR_DENIED,
				 "the topic is none of --providers");
	if (civil_parse_instant(provider_str(doc, "Timestamp"), &at_ms, err) <
	    0) {
		err->code = ERROR_DENIED;
		return error_context(err, "Timestamp");
	}
	if (provider_check_age(at_ms, now_ms, err) < 0)
		return -(int)err->code;
	if (!is_certificate(url))
		return error_set(err, ERROR_DENIED,
				 "its certificate is not at "
				 "https://sns.REGION.amazonaws.com/");
	if (!is_signed(s, doc, type, now_ms))
		return error_set(err, ERROR_DENIED,
				 "no certificate in %s verifies its signature; "
				 "SNS has the one that it names at %.*s",
				 variable, STR_ARG(url));
	return 0;
}

/* ---- what it brings ---- */

static void
log_topic(const struct js *doc, enum type type)
{
	struct str url = provider_str(doc, "SubscribeURL");

	log_line(LOG_LEVEL_WARN, "provider",
		 type == SUBSCRIBE ? "subscription_waits" : "unsubscribed",
		 LOG_FIELDS(LOG_CSTR("provider", "ses"),
			    LOG_TEXT("topic", provider_str(doc, "TopicArn")),
			    LOG_TEXT("open_to_confirm",
				     is_confirmation(url)
					 ? url
					 : STR("none: no URL of SNS"))));
}

static int
type_of(const struct js *doc, enum type *out, struct error *err)
{
	struct str name = provider_str(doc, "Type");

	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (str_eq_cstr(name, types[i])) {
			*out = (enum type)i;
			return 0;
		}
	return error_set(err, ERROR_INVALID, "no message of SNS");
}

static int
sns_read(void *self, const struct dispatch_provider_call *call,
	 struct provider_news *news, struct error *err)
{
	struct js *doc;
	enum type type;
	int code = js_parse(call->body, &doc, err);

	if (code < 0)
		return code;
	code = type_of(doc, &type, err);
	if (code >= 0)
		code = verify(self, doc, type, call->now_ms, err);
	if (code >= 0 && type == NOTIFICATION)
		provider_read_ses(provider_str(doc, "Message"),
				  provider_text(news->a, doc, "MessageId"),
				  news);
	else if (code >= 0)
		log_topic(doc, type);
	js_free(&doc);
	return code;
}

const struct provider ses_provider = {
	.name = "ses",
	/* 256 KB of a message, as a string within another. */
	.body_max = 640 << 10,
	.add = sns_add,
	.close = sns_close,
	.read = sns_read,
};
