#ifndef BASE_CHECK_H
#define BASE_CHECK_H

/*
 * check - an assertion that stays in every build
 *
 * For what only a bug of ours can break. It prints the place and aborts; the
 * supervisor restarts us and the rows make that safe. Never for input.
 */

_Noreturn void check_failed(const char *file, int line, const char *what);

#define check(condition) \
	((condition) ? (void)0 : check_failed(__FILE__, __LINE__, #condition))

/* On every function whose failure must not be overlooked. */
#define MUST_CHECK __attribute__((warn_unused_result))

#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
