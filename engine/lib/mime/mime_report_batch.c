/*
 * Many mails for one child, and its answers: each is a line with its length,
 * then its bytes.
 */
#include "mime/mime_report.h"

#include "base/arena.h"

enum { BATCH_MAX = 1024 * 1024 * 1024 };

static void
add(struct buf *out, struct str bytes)
{
	buf_printf(out, "%zu\n", bytes.len);
	buf_str(out, bytes);
}

/* False when there is not what its length says. */
static bool
take(struct str *rest, struct str *bytes)
{
	struct str line;
	int64_t len;

	if (!str_split(rest, '\n', &line) ||
	    !str_int(line, 0, BATCH_MAX, &len) || (size_t)len > rest->len)
		return false;
	*bytes = str_slice(*rest, 0, (size_t)len);
	*rest = str_slice(*rest, (size_t)len, rest->len);
	return true;
}

void
mime_report_batch_add(struct buf *batch, struct str mail)
{
	add(batch, str_slice(mail, 0, MIME_REPORT_INPUT_MAX));
}

int
mime_report_answer_batch(struct str batch, struct buf *out, struct error *err)
{
	struct buf one = { 0 };
	struct str mail;
	int code = 0;

	while (code == 0 && batch.len > 0) {
		buf_clear(&one);
		code = take(&batch, &mail)
			   ? mime_report_answer(mail, &one, err)
			   : error_set(err, ERROR_INVALID,
				       "a batch of mails that is none");
		if (code == 0)
			add(out, buf_view(&one));
	}
	buf_fini(&one);
	return code;
}

int
mime_report_batch_next(struct arena *a, struct str *rest,
		       struct mime_report *out, struct error *err)
{
	struct str packed;

	if (!take(rest, &packed))
		return error_set(err, ERROR_INVALID,
				 "a packed report that is none");
	return mime_report_unpack(a, packed, out, err);
}
