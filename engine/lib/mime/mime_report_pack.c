/*
 * A report as lines of "key value": there is no line end in a text of a
 * report, so nothing is escaped. Each recipient is five lines, the address
 * first.
 */
#include "mime/mime_report.h"

#include "base/arena.h"

static void
pack_line(struct buf *out, const char *key, struct str value)
{
	buf_printf(out, "%s %.*s\n", key, STR_ARG(value));
}

void
mime_report_pack(const struct mime_report *r, struct buf *out)
{
	pack_line(out, "class", str_of(mime_report_class_name(r->class)));
	pack_line(out, "message-id", r->message_id);
	pack_line(out, "unsubscribe", r->unsubscribe);
	pack_line(out, "author", r->author);
	pack_line(out, "name", r->author_name);
	pack_line(out, "machine", r->is_machine ? STR("yes") : STR("no"));
	for (size_t i = 0; i < r->count; i++) {
		const struct mime_report_recipient *p = &r->recipients[i];

		pack_line(out, "address", p->address);
		pack_line(out, "is", str_of(mime_report_class_name(p->class)));
		pack_line(out, "original", p->original);
		pack_line(out, "status", p->status);
		pack_line(out, "diagnostic", p->diagnostic);
	}
}

/* The next line, when it has this key and a value fit for a report. */
static bool
unpack_line(struct arena *a, struct str *rest, const char *key,
	    struct str *value)
{
	size_t len = strlen(key);
	struct str line;

	if (!str_split(rest, '\n', &line) || !str_starts(line, str_of(key)) ||
	    line.len <= len || line.p[len] != ' ' ||
	    line.len > len + 1 + MIME_REPORT_VALUE_MAX || !str_utf8_valid(line))
		return false;
	for (size_t i = 0; i < line.len; i++)
		if ((unsigned char)line.p[i] < ' ' || line.p[i] == 0x7f)
			return false;
	*value = str_copy(a, str_slice(line, len + 1, line.len));
	return true;
}

static bool
unpack_class(struct arena *a, struct str *rest, const char *key,
	     enum mime_report_class *class)
{
	struct str word;

	if (!unpack_line(a, rest, key, &word))
		return false;
	for (int i = 0; i <= MIME_REPORT_COMPLAINT; i++) {
		*class = (enum mime_report_class)i;
		if (str_eq_cstr(word, mime_report_class_name(*class)))
			return true;
	}
	return false;
}

static bool
unpack_author(struct arena *a, struct str *rest, struct mime_report *r)
{
	struct str machine;

	if (!unpack_line(a, rest, "author", &r->author) ||
	    !unpack_line(a, rest, "name", &r->author_name) ||
	    !unpack_line(a, rest, "machine", &machine))
		return false;
	r->is_machine = str_eq_cstr(machine, "yes");
	return r->is_machine || str_eq_cstr(machine, "no");
}

static bool
unpack_recipient(struct arena *a, struct str *rest,
		 struct mime_report_recipient *r)
{
	return unpack_line(a, rest, "address", &r->address) &&
	       unpack_class(a, rest, "is", &r->class) &&
	       unpack_line(a, rest, "original", &r->original) &&
	       unpack_line(a, rest, "status", &r->status) &&
	       unpack_line(a, rest, "diagnostic", &r->diagnostic);
}

int
mime_report_answer(struct str mail, struct buf *out, struct error *err)
{
	struct arena *a = arena_new();
	struct mime_report *r = ARENA_NEW(a, struct mime_report);

	(void)err;
	mime_report_parse(a, mail, r);
	mime_report_pack(r, out);
	arena_free(&a);
	return 0;
}

int
mime_report_unpack(struct arena *a, struct str packed, struct mime_report *out,
		   struct error *err)
{
	struct mime_report r = { .class = MIME_REPORT_NONE };
	bool is = unpack_class(a, &packed, "class", &r.class) &&
		  unpack_line(a, &packed, "message-id", &r.message_id) &&
		  unpack_line(a, &packed, "unsubscribe", &r.unsubscribe) &&
		  unpack_author(a, &packed, &r);

	while (is && packed.len > 0) {
		is = r.count < MIME_REPORT_RECIPIENTS_MAX &&
		     unpack_recipient(a, &packed, &r.recipients[r.count]);
		r.count++;
	}
	if (!is)
		return error_set(err, ERROR_INVALID,
				 "a packed report that is none");
	*out = r;
	return 0;
}
