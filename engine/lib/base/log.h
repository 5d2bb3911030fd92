#ifndef BASE_LOG_H
#define BASE_LOG_H

/*
 * log - one line on stderr for one fact
 *
 *	log_line(LOG_LEVEL_INFO, "dispatch", "sent",
 *		 LOG_FIELDS(LOG_TEXT("partner", partner->id),
 *			    LOG_INT("attempt", n),
 *			    LOG_CSTR("msg", "accepted")));
 *
 * writes
 *
 *	ts=2026-03-01T09:30:00.125Z level=info module=dispatch event=sent
 *	partner=acme attempt=2 msg=accepted
 *
 * as one line. The form is logfmt. Module, event and keys are words of ours
 * (a-z 0-9 _ .; anything else aborts), values are anybody's bytes. A value
 * that is not plain ASCII without blanks, quotes, '=' and '\' stands in double
 * quotes; in there " and \ have a \ before them, newline, CR and TAB are \n,
 * \r and \t, and each byte of a control or direction-changing character or of
 * malformed UTF-8 is \xNN. So no value can end its line, forge a field or
 * command a terminal.
 *
 * A value that would be longer than LOG_VALUE_BYTES ends in "..."; fields that
 * do not fit into LOG_LINE_BYTES are left out and the line ends in cut=true.
 * That is the size up to which a pipe takes a line whole.
 *
 * Addresses of people are masked at level info and above: the caller passes
 * them through log_mask_address().
 *
 * Thread rule: all threads, any time; lines are never mixed. A line that
 * stderr does not take is lost. errno is kept.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct arena;

enum { LOG_VALUE_BYTES = 640, LOG_LINE_BYTES = 4096 };

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR,
};

enum log_type { LOG_TYPE_TEXT, LOG_TYPE_INT };

struct log_field {
	const char *key;
	enum log_type type;
	struct str text;
	int64_t number;
};

struct log_fields {
	const struct log_field *fields;
	size_t count;
};

/* One field: of a struct str, of a NUL-terminated string, of an integer. */
#define LOG_TEXT(name, value)                                         \
	{                                                             \
		.key = (name), .type = LOG_TYPE_TEXT, .text = (value) \
	}
#define LOG_CSTR(name, value) LOG_TEXT(name, str_of(value))
#define LOG_INT(name, value)                                           \
	{                                                              \
		.key = (name), .type = LOG_TYPE_INT, .number = (value) \
	}

#define LOG_FIELDS(...)                                \
	((struct log_fields){                          \
	    (const struct log_field[]){ __VA_ARGS__ }, \
	    COUNT_OF(((const struct log_field[]){ __VA_ARGS__ })) })
#define LOG_NO_FIELDS ((struct log_fields){ NULL, 0 })

/* Lines below `least` are dropped from now on; at first that is info. */
void log_open(enum log_level least);

/* Whether a line of this level is written: some cost more than the line. */
bool log_takes(enum log_level level);

void log_line(enum log_level level, const char *module, const char *event,
	      struct log_fields fields);

/*
 * The mail address with its local part hidden but for the first character:
 * j***@example.org. What has no '@' becomes "***".
 */
struct str log_mask_address(struct arena *a, struct str address);

/* ---- for tests ---- */

/*
 * Lines go into `capture`, which starts as { 0 }, instead of to stderr; NULL:
 * to stderr again. They stay in there until log_capture_fini().
 */
struct log_capture {
	struct buf lines;
};

void log_capture(struct log_capture *capture);

/* How many of the captured lines have `part` in them. */
size_t log_captured(const struct log_capture *capture, const char *part);

void log_capture_fini(struct log_capture *capture);

#endif
