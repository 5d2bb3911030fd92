/*
 * Whatever came, it becomes a part that may stand between two delimiters of
 * ours, or nothing was added; and put in again it stays as it is.
 */
#include "base/arena.h"
#include "fuzz.h"
#include "mime/mime.h"
#include "mime/mime_entity.h"

static void
check_again(struct str once)
{
	struct buf again = { 0 };
	struct error err;

	check(mime_entity_put(&again, once, &err) == 0);
	check(str_eq(buf_view(&again), once));
	buf_fini(&again);
}

static void
check_field(struct str mail)
{
	struct arena *a = arena_new();
	struct str value = mime_entity_field(a, mail, "Subject");

	check(str_find_char(value, '\n') < 0 && str_find_char(value, '\r') < 0);
	check(mime_entity_header(mail).len <= mail.len);
	arena_free(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str mail = { (const char *)data, size };
	struct buf out = { 0 };
	struct error err;

	check_field(mail);
	if (mime_entity_put(&out, mail, &err) < 0) {
		check(out.len == 0);
	} else {
		check_again(buf_view(&out));
		buf_cat(&out, "\r\n");
		check(mime_check_canonical(buf_view(&out), &err) == 0);
	}
	buf_fini(&out);
	return 0;
}
