/*
 * Whatever is said, limits hold, the answers are lines, and it is the same
 * conversation whether it comes at once or in pieces.
 */
#include "dispatch/dispatch_lmtp_priv.h"

#include <string.h>

#include "fuzz.h"

struct heard {
	struct buf mails;
	struct buf out;
};

static void
check_limits(const struct lmtp *l)
{
	check(l->line.len <= LMTP_LINE_MAX);
	check(l->recipient_count <= LMTP_RECIPIENTS_MAX);
	check(l->mail.len <= LMTP_KEPT_MAX && l->mail.len <= l->mail_len);
	check(l->out.len == 0 || l->out.p[l->out.len - 1] == '\n');
}

static void
answer(struct lmtp *l, struct heard *h)
{
	while (l->state == LMTP_ANSWER) {
		buf_str(&h->mails, lmtp_recipient(l));
		buf_str(&h->mails, buf_view(&l->mail));
		lmtp_answer(l, (enum lmtp_said)(h->mails.len % 4));
	}
}

static void
converse(struct str all, size_t at_once, struct heard *h)
{
	enum lmtp_step step = LMTP_MORE;
	struct lmtp l;

	lmtp_init(&l);
	while (all.len > 0 && step != LMTP_CLOSE) {
		struct str part = str_slice(all, 0, at_once);

		all = str_slice(all, part.len, all.len);
		while ((step = lmtp_feed(&l, &part)) == LMTP_MAIL)
			answer(&l, h);
		check(step == LMTP_CLOSE || part.len == 0);
		check_limits(&l);
	}
	buf_str(&h->out, buf_view(&l.out));
	lmtp_fini(&l);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str all = { (const char *)data, size };
	struct heard whole = { 0 }, pieces = { 0 };

	converse(all, size + 1, &whole);
	converse(all, 1 + size % 7, &pieces);
	check(str_eq(buf_view(&whole.mails), buf_view(&pieces.mails)));
	check(str_eq(buf_view(&whole.out), buf_view(&pieces.out)));
	buf_fini(&whole.mails);
	buf_fini(&whole.out);
	buf_fini(&pieces.mails);
	buf_fini(&pieces.out);
	return 0;
}
