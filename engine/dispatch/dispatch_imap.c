/*
 * A mailbox at another server: what is in it is taken, then moved to a folder
 * of what was taken. Whoever dies in between finds the mail where it was, and
 * takes it again to no effect.
 *
 * A mail is fetched, taken and moved one after the other: what a server costs
 * by its distance is more than a child does.
 */
#include "dispatch/dispatch_intake_priv.h"

#include <stdlib.h>

#include "base/arena.h"
#include "dispatch/dispatch_secret.h"
#include "http/http_imap.h"

enum { BATCH = 100, PASSWORD_BYTES_MAX = 250 };

struct imap_place {
	struct http_imap *box;
	bool has_folder;
};

static void
place_close(void *self)
{
	struct imap_place *p = self;

	http_imap_close(&p->box);
	free(p);
}

static int
log_in(struct imap_place *p, struct error *err)
{
	static const struct secret secrets[] = {
		{ "GUIDON_IMAP_PASSWORD", "password", PASSWORD_BYTES_MAX,
		  false },
		{ "GUIDON_IMAP_PASSWORD_FILE", "password", PASSWORD_BYTES_MAX,
		  true },
	};
	struct buf found = { 0 }, password = { 0 };
	size_t which = 0;
	size_t count = secret_count(secrets, COUNT_OF(secrets), &which, &found);
	int code;

	buf_fini(&found);
	if (count != 1)
		return error_set(err, ERROR_CONFIG,
				 "the mailbox's user has %s, expected either "
				 "%s or %s",
				 count ? "two passwords" : "no password",
				 secrets[0].variable, secrets[1].variable);
	code = secret_read(&password, &secrets[which], NULL, err);
	if (code >= 0)
		http_imap_login(p->box, buf_cstr(&password));
	else
		(void)error_context(err, "the mailbox's user");
	secret_wipe(&password);
	return code;
}

static int
place_open(void **out, const char *scheme, const char *rest, struct error *err)
{
	struct imap_place *p = calloc(1, sizeof(*p));
	struct arena *a = arena_new();
	int code;

	check(p);
	code = http_imap_open(&p->box, arena_printf(a, "%s:%s", scheme, rest),
			      err);
	if (code >= 0)
		code = log_in(p, err);
	arena_free(&a);
	if (code < 0) {
		place_close(p);
		return code;
	}
	*out = p;
	return 0;
}

static int
imap_open(void **out, const char *rest, struct error *err)
{
	return place_open(out, "imap", rest, err);
}

static int
imaps_open(void **out, const char *rest, struct error *err)
{
	return place_open(out, "imaps", rest, err);
}

/* 1 when it was taken and moved. */
static int
take(const struct imap_place *p, struct dispatch_intake *in, uint32_t uid,
     struct error *err)
{
	struct dispatch_taken taken;
	struct buf bytes = { 0 };
	struct dispatch_mail mail = { 0 };
	int code = http_imap_fetch(p->box, uid, DISPATCH_MAIL_MAX, &bytes, err);

	mail.bytes = buf_view(&bytes);
	if (code >= 0 && dispatch_intake_take(in, &mail, 1, &taken, err) == 0)
		code = -(int)err->code;
	buf_fini(&bytes);
	if (code >= 0)
		code = http_imap_move(p->box, uid, err);
	return code < 0 ? code : 1;
}

/* One that cannot be taken now does not keep the others from it. */
static int64_t
take_listed(const struct imap_place *p, struct dispatch_intake *in,
	    struct error *err)
{
	uint32_t uids[BATCH];
	int count = http_imap_list(p->box, uids, BATCH, err);
	struct error first = { 0 }, why;
	int64_t sum = 0;

	if (count < 0)
		return count;
	for (int i = 0; i < count && intake_goes_on(in); i++) {
		int got = take(p, in, uids[i], &why);

		if (got > 0)
			sum++;
		else if (first.code == ERROR_NONE)
			first = why;
		if (got < 0 && why.code == ERROR_IO)
			break;
	}
	if (first.code == ERROR_NONE)
		return sum;
	*err = first;
	return -(int64_t)err->code;
}

static int64_t
imap_run(void *self, struct dispatch_intake *in, struct error *err)
{
	struct imap_place *p = self;
	int64_t sum = 0;
	int64_t taken;

	if (!p->has_folder && http_imap_make_folder(p->box, err) < 0) {
		http_imap_leave(p->box);
		return -(int64_t)err->code;
	}
	p->has_folder = true;
	do {
		taken = take_listed(p, in, err);
		sum += taken > 0 ? taken : 0;
	} while (taken == BATCH && intake_goes_on(in));
	http_imap_leave(p->box);
	return taken < 0 ? taken : sum;
}

const struct intake_source imap_source = {
	.scheme = "imap",
	.is_looked_into = true,
	.look_ms = IMAP_LOOK_MS,
	.open = imap_open,
	.close = place_close,
	.run = imap_run,
};

const struct intake_source imaps_source = {
	.scheme = "imaps",
	.is_looked_into = true,
	.look_ms = IMAP_LOOK_MS,
	.open = imaps_open,
	.close = place_close,
	.run = imap_run,
};
