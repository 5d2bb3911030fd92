/*
 * What mails say, found out in children.
 *
 * A child costs more than most mails do, so many share one. When it does not
 * come back with an answer to all of them, one of them is the reason; then each
 * gets a child of its own, and who breaks that one is told apart from the
 * others.
 */
#include "dispatch/dispatch_intake_priv.h"

#include "base/arena.h"
#include "base/log.h"
#include "jail/jail.h"

static const struct jail_limits for_many = {
	.wall_ms = 20000,
	.cpu_s = 10,
	.memory_bytes = (size_t)512 * 1024 * 1024,
	.output_bytes = (size_t)16 * 1024 * 1024,
};
static const struct jail_limits for_one = { JAIL_LIMITS_DEFAULT };

static int
read_answers(struct arena *a, struct str rest, size_t count,
	     struct mime_report **reports, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		struct mime_report *r = ARENA_NEW(a, struct mime_report);

		if (mime_report_batch_next(a, &rest, r, err) < 0)
			return -(int)err->code;
		reports[i] = r;
	}
	return 0;
}

static int
parse_together(struct jail *jail, struct arena *a,
	       const struct dispatch_mail *mails, size_t count,
	       struct mime_report **reports, struct error *err)
{
	struct buf batch = { 0 }, answers = { 0 };
	int code;

	for (size_t i = 0; i < count; i++)
		mime_report_batch_add(&batch, mails[i].bytes);
	code =
	    jail_run(jail, count > 1 ? &for_many : &for_one,
		     mime_report_answer_batch, buf_view(&batch), &answers, err);
	if (code >= 0)
		code = read_answers(a, buf_view(&answers), count, reports, err);
	buf_fini(&batch);
	buf_fini(&answers);
	return code;
}

/* That there is no child to be had is not the mail's fault. */
static bool
is_fault_of_mail(const struct error *err)
{
	return err->code != ERROR_IO;
}

int
intake_parse(struct jail *jail, struct arena *a,
	     const struct dispatch_mail *mails, size_t count,
	     struct mime_report **reports, struct error *err)
{
	if (count == 0 ||
	    parse_together(jail, a, mails, count, reports, err) >= 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		reports[i] = NULL;
		if (parse_together(jail, a, &mails[i], 1, &reports[i], err) >=
		    0)
			continue;
		if (!is_fault_of_mail(err))
			return -(int)err->code;
		reports[i] = NULL;
		log_line(LOG_LEVEL_WARN, "intake", "unreadable",
			 LOG_FIELDS(LOG_CSTR("msg", err->text)));
	}
	return 0;
}
