#ifndef BASE_ERROR_H
#define BASE_ERROR_H

/*
 * error - what went wrong, in words a user can act on
 *
 * Three kinds of trouble are kept apart. A bug is a check() that aborts. A
 * failure is a negative return and a filled struct error. The fate of one
 * message is neither: it is data (enum outcome of dispatch).
 *
 * One convention everywhere: a function that can fail returns < 0 and has
 * filled `err`, or >= 0 (0, 1 or a count, as its comment says) and has left
 * `err` untouched. `err` is the last parameter and never NULL. The level that
 * meets the trouble writes the text; levels above add where they were with
 * error_context(); the top prints it once.
 *
 * The text is one line: what was found, then what was expected, no full stop.
 * A parse error begins with file:line:column.
 *
 * Thread rule: a struct error belongs to its caller; nothing here is shared.
 */

#include <stdarg.h>

/* The codes a caller can act on. Text says the rest. */
#define ERROR_CODES(X)                                                      \
	X(INVALID, "invalid")	  /* the input is wrong: mend and retry */  \
	X(NOT_FOUND, "not found") /* no such thing, for this asker */       \
	X(EXISTS, "exists")	  /* it is there already */                 \
	X(BUSY, "busy")		  /* somebody else holds it: retry later */ \
	X(LIMIT, "limit")	  /* too big, too deep, too many */         \
	X(DENIED, "denied")	  /* not allowed */                         \
	X(IO, "i/o")		  /* disk, network or server failed */      \
	X(CONFIG, "config")	  /* the set-up is wrong, not the input */  \
	X(INTERNAL, "internal")	  /* our own fault, survived */

enum error_code {
	ERROR_NONE,
#define ERROR_ENUM(name, text) ERROR_##name,
	ERROR_CODES(ERROR_ENUM)
#undef ERROR_ENUM
};

enum { ERROR_TEXT_BYTES = 512 };

struct error {
	enum error_code code;
	char text[ERROR_TEXT_BYTES]; /* NUL-terminated, UTF-8, one line */
};

/*
 * Fill `err` and return -code, so that a failing function ends with
 * `return error_set(err, ERROR_INVALID, "...")`. Longer text is cut.
 */
int error_set(struct error *err, enum error_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* As error_set(), and adds ": " and the system's words for `number`. */
int error_system(struct error *err, int number, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Put "<what>: " before the text of a failure. Returns -err->code, so
 * `return error_context(err, "partner %s", id)` passes the failure up.
 */
int error_context(struct error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The code's word, as in ERROR_CODES; for logs and JSON. */
const char *error_code_name(enum error_code code);

#endif
