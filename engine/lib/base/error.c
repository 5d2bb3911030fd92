#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

/* The last row's comma is the macro's own, which clang-format cannot see. */
/* clang-format off */
static const char *const code_names[] = {
	[ERROR_NONE] = "none",
#define ERROR_NAME(name, text) [ERROR_##name] = (text),
	ERROR_CODES(ERROR_NAME)
#undef ERROR_NAME
};
/* clang-format on */

int
error_set(struct error *err, enum error_code code, const char *fmt, ...)
{
	va_list ap;

	check(err && code != ERROR_NONE);
	err->code = code;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return -(int)code;
}

int
error_system(struct error *err, int number, const char *fmt, ...)
{
	char what[ERROR_TEXT_BYTES / 2];
	char words[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (strerror_r(number, words, sizeof(words)) != 0)
		snprintf(words, sizeof(words), "error %d", number);
	return error_set(err, ERROR_IO, "%s: %s", what, words);
}

int
error_context(struct error *err, const char *fmt, ...)
{
	char before[ERROR_TEXT_BYTES];
	char where[ERROR_TEXT_BYTES / 2];
	va_list ap;

	check(err && err->code != ERROR_NONE);
	memcpy(before, err->text, sizeof(before));
	va_start(ap, fmt);
	vsnprintf(where, sizeof(where), fmt, ap);
	va_end(ap);
	/* The older text gives way: where it happened is worth keeping. */
	snprintf(err->text, sizeof(err->text), "%s: %.*s", where,
		 (int)(sizeof(err->text) - strlen(where) - 3), before);
	return -(int)err->code;
}

const char *
error_code_name(enum error_code code)
{
	if ((size_t)code >= COUNT_OF(code_names))
		return "unknown";
	return code_names[code];
}

_Noreturn void
check_failed(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: bug: %s does not hold\n", file, line, what);
	abort();
}
