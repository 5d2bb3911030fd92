/*
 * guidon bounce: what mails that came back say. It reads files and writes
 * nothing, so it may be tried on anything. Each mail is parsed in a child of
 * its own; this process has one thread, so it forks itself.
 */
#include "cmd.h"

#include <string.h>

#include "cmd_exit.h"
#include "cmd_file.h"

#include "base/arena.h"
#include "jail/jail.h"
#include "mime/mime_report.h"

/* Far more than is looked at: a mail may have come with what it carried. */
enum { MAIL_MAX = 64 * 1024 * 1024 };

static const char *const columns[] = { "file",	   "class",  "recipient",
				       "original", "status", "message_id",
				       "answer" };

static int
read_mail(struct arena *a, const char *path, struct mime_report *r,
	  struct error *err)
{
	const struct jail_limits limits = { JAIL_LIMITS_DEFAULT };
	struct buf packed = { 0 };
	struct str mail;
	int result = strcmp(path, "-") == 0
			 ? file_get_stdin(a, MAIL_MAX, &mail, err)
			 : file_get(path, a, MAIL_MAX, &mail, err);

	if (result < 0)
		return result;
	mail = str_slice(mail, 0, MIME_REPORT_INPUT_MAX);
	result =
	    jail_run(NULL, &limits, mime_report_answer, mail, &packed, err);
	if (result == 0)
		result = mime_report_unpack(a, buf_view(&packed), r, err);
	buf_fini(&packed);
	return result < 0 ? error_context(err, "%s", path) : 0;
}

static void
print_row(struct output *out, const char *path, const struct mime_report *r,
	  const struct mime_report_recipient *p)
{
	out_cell(out, str_of(path));
	out_cell(out, str_of(mime_report_class_name(p->class)));
	out_cell(out, p->address);
	out_cell(out, p->original);
	out_cell(out, p->status);
	out_cell(out, r->message_id);
	out_cell(out, p->diagnostic);
}

/* A row for each recipient, or one for a mail that names none. */
static void
print(struct output *out, const char *path, const struct mime_report *r)
{
	const struct mime_report_recipient nobody = { .class = r->class };

	for (size_t i = 0; i < r->count; i++)
		print_row(out, path, r, &r->recipients[i]);
	if (r->count == 0)
		print_row(out, path, r, &nobody);
}

/* One that cannot be read does not keep the others from being told. */
static int
run(struct app *app, struct error *err)
{
	enum cmd_exit code = CMD_EXIT_OK;

	(void)err;
	out_table_begin(&app->out, NULL, columns, COUNT_OF(columns));
	for (int i = 0; i < app->args.operand_count; i++) {
		const char *path = app_operand(app, i);
		struct arena *a = arena_new();
		struct mime_report *r = ARENA_NEW(a, struct mime_report);
		struct error failed = { 0 };

		if (read_mail(a, path, r, &failed) == 0) {
			print(&app->out, path, r);
		} else {
			out_error(&app->out, "%s", failed.text);
			code = cmd_exit_of(failed.code);
		}
		arena_free(&a);
	}
	out_table_end(&app->out);
	return (int)code;
}

extern const struct command cmd_bounce;
const struct command cmd_bounce = {
	.name = "bounce",
	.summary = "what mails that came back say, and for whom",
	.details =
	    "The class is hard (refused for good), soft (late, or for a reason "
	    "that\npasses), complaint, auto-reply or none. Delivery status "
	    "notifications\n(RFC 3464), feedback reports (RFC 5965) and the "
	    "words of many servers are\nunderstood. original is whom the "
	    "mail was sent to, where that is another,\nand message_id is that "
	    "mail's. Anybody may write what comes back, so it proves\nnothing, "
	    "and nothing is stored. Each is read in a child process with "
	    "limits.\nFILE - is stdin.",
	.examples =
	    (const struct command_example[]){
		{ "guidon bounce returned.eml", "one mail" },
		{ "guidon bounce --json - <returned.eml",
		  "of a mail system, for a program" },
		{ 0 } },
	.operands = "FILE...",
	.operands_min = 1,
	.operands_max = 100000,
	.storeless = true,
	.run = run,
};
