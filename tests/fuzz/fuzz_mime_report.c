/*
 * Whatever came back, its report is fit to be shown and stored: texts of one
 * line and of bounded length, a class that follows from the recipients. It goes
 * through a pipe unchanged, and is the same for other line ends.
 */
#include "base/arena.h"
#include "fuzz.h"
#include "mime/mime_report.h"

static void
check_text(struct str s, size_t max)
{
	check(s.len <= max && str_utf8_valid(s));
	for (size_t i = 0; i < s.len; i++)
		check((unsigned char)s.p[i] >= ' ' && s.p[i] != 0x7f);
}

static void
check_report(const struct mime_report *r)
{
	enum mime_report_class worst = MIME_REPORT_NONE;

	check(r->count <= MIME_REPORT_RECIPIENTS_MAX);
	check_text(r->message_id, MIME_REPORT_VALUE_MAX);
	check_text(r->unsubscribe, MIME_REPORT_VALUE_MAX);
	check_text(r->author, MIME_REPORT_VALUE_MAX);
	check_text(r->author_name, MIME_REPORT_VALUE_MAX);
	for (size_t i = 0; i < r->count; i++) {
		const struct mime_report_recipient *p = &r->recipients[i];

		check(p->class > MIME_REPORT_AUTO_REPLY && p->address.len > 0);
		check_text(p->address, MIME_REPORT_VALUE_MAX);
		check_text(p->original, MIME_REPORT_VALUE_MAX);
		check_text(p->status, MIME_REPORT_VALUE_MAX);
		check_text(p->diagnostic, MIME_REPORT_DIAGNOSTIC_MAX);
		worst = p->class > worst ? p->class : worst;
	}
	check(r->count == 0 || r->class == worst);
}

/* With LF for all three ends. */
static struct str
with_lf(struct arena *a, struct str mail)
{
	char *out = arena_alloc(a, mail.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < mail.len; i++) {
		out[len++] = mail.p[i] == '\r' ? '\n' : mail.p[i];
		i += mail.p[i] == '\r' && i + 1 < mail.len &&
		     mail.p[i + 1] == '\n';
	}
	return (struct str){ out, len };
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str mail = { (const char *)data, size };
	struct arena *a = arena_new();
	struct mime_report *r = ARENA_NEW(a, struct mime_report);
	struct buf packed = { 0 }, again = { 0 };
	struct error err;

	mime_report_parse(a, mail, r);
	check_report(r);
	mime_report_pack(r, &packed);
	check(packed.len <= MIME_REPORT_PACKED_MAX);
	check(mime_report_unpack(a, buf_view(&packed), r, &err) == 0);
	mime_report_pack(r, &again);
	check(str_eq(buf_view(&packed), buf_view(&again)));
	if (size <= MIME_REPORT_INPUT_MAX) {
		buf_clear(&again);
		mime_report_parse(a, with_lf(a, mail), r);
		mime_report_pack(r, &again);
		check(str_eq(buf_view(&packed), buf_view(&again)));
	}
	buf_fini(&packed);
	buf_fini(&again);
	arena_free(&a);
	return 0;
}
