/*
 * Whatever a provider's call holds, in front of its signature and behind it:
 * what is read has an id, short texts in one line, and a meaning; and what is
 * not read is refused with a reason. The first byte says which: s, g, m and p
 * are signed, S and M are as strangers send them.
 */
#include "dispatch/dispatch_provider_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "fuzz.h"
#include "mime/mime_report.h"
#include "told.h"

static const int64_t NOW_MS = INT64_C(1772442000000);

static void *selves[4];
static const struct provider *const providers[4] = {
	&ses_provider,
	&sendgrid_provider,
	&mailgun_provider,
	&postmark_provider,
};

static void
begin(void)
{
	char folder[] = "/tmp/guidon-fuzz-XXXXXX";
	struct error err;

	crypto_init();
	/* A topic that waits is a line each time. */
	log_open(LOG_LEVEL_ERROR);
	check(mkdtemp(folder));
	told_open(folder);
	for (size_t i = 0; i < COUNT_OF(selves); i++)
		check(providers[i]->add(&selves[i],
					i == 0 ? STR(TOLD_TOPIC)
					       : (struct str){ 0 },
					&err) >= 0);
	told_remove();
	check(rmdir(folder) == 0);
}

static void
check_text(struct str s, size_t most)
{
	check(s.len <= most && str_utf8_valid(s));
	for (size_t i = 0; i < s.len; i++)
		check((unsigned char)s.p[i] >= ' ' && s.p[i] != 0x7f);
}

static void
check_event(const struct provider_event *e)
{
	check(e->id.len > 0);
	check(e->kind <= PROVIDER_LEAVE && e->class < EVENT_RETURN_ONCE);
	check(e->kind != PROVIDER_RETURN || e->class != EVENT_RETURN_OTHER);
	/* Some are put together of three. */
	check_text(e->id, 3 * MIME_REPORT_VALUE_MAX + 2);
	check_text(e->tag, MIME_REPORT_VALUE_MAX);
	check_text(e->recipient, MIME_REPORT_VALUE_MAX);
	check_text(e->message_id, MIME_REPORT_VALUE_MAX);
	check_text(e->unsubscribe, MIME_REPORT_VALUE_MAX);
	check_text(e->status, MIME_REPORT_VALUE_MAX);
	check_text(e->said, MIME_REPORT_VALUE_MAX);
}

static void
read_call(size_t which, const struct dispatch_provider_call *call,
	  struct arena *a)
{
	struct provider_news news = { .a = a };
	struct error err;
	int code = providers[which]->read(selves[which], call, &news, &err);

	if (code < 0)
		check(err.code == ERROR_DENIED || err.code == ERROR_INVALID ||
		      err.code == ERROR_LIMIT);
	check(code >= 0 || news.count == 0);
	check(news.count <= PROVIDER_EVENTS_MAX);
	for (size_t i = 0; i < news.count; i++)
		check_event(&news.events[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "ses", "sendgrid", "mailgun",
					     "postmark" };
	static const char letters[] = "sgmpSM";
	const char *letter;
	struct str body;
	struct arena *a;

	if (size == 0 || data[0] == 0 ||
	    !(letter = strchr(letters, (char)data[0])))
		return 0;
	if (!selves[0])
		begin();
	a = arena_new();
	body = (struct str){ (const char *)data + 1, size - 1 };
	if (letter - letters < 4) {
		size_t which = (size_t)(letter - letters);
		struct dispatch_provider_call call =
		    told_sign(a, names[which], body, NOW_MS);

		read_call(which, &call, a);
	} else {
		const struct dispatch_provider_call call = { .body = body,
							     .now_ms = NOW_MS };

		read_call(*letter == 'S' ? 0 : 2, &call, a);
	}
	arena_free(&a);
	return 0;
}
